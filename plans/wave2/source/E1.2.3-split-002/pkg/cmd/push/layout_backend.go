package push

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"example.org/idpbuilder-push-oci/pkg/auth"
	"example.org/idpbuilder-push-oci/pkg/cli"
	"example.org/idpbuilder-push-oci/pkg/image"
	"example.org/idpbuilder-push-oci/pkg/oci"
	"example.org/idpbuilder-push-oci/pkg/push"
	"example.org/idpbuilder-push-oci/pkg/registry"
	"example.org/idpbuilder-push-oci/pkg/retry"
)

// maxWait is the longest wait before a retry.
const maxWait = 30 * time.Second

// layoutBackend pushes images out of OCI image layouts.
type layoutBackend struct {
	getenv func(string) string
}

func (layoutBackend) Flags(flags *flag.FlagSet) { addFlags(flags) }

func (b layoutBackend) Push(ctx context.Context, call cli.Invocation) error {
	options, err := optionsFrom(call)
	if err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return err
	}
	target, err := oci.ParseReference(options.Destination)
	if err != nil {
		return cli.Usagef("%v", err)
	}
	credentials, err := auth.Resolve(options.Username, options.Password, b.getenv)
	if err != nil {
		return err
	}
	source, err := image.Discover(options.Layout, options.Image)
	if err != nil {
		return err
	}
	log := func(format string, args ...any) { fmt.Fprintf(call.Out, format+"\n", args...) }
	log("pushing to %s", target)
	pusher := push.Pusher{Registry: client(target, credentials, options, log), Log: log}
	if err := pusher.Push(ctx, source, target.Tag); err != nil {
		return err
	}
	log("pushed %s@%s", target, source.Descriptor.Digest)
	return nil
}

// client puts together the parts that a registry is talked to with.
func client(
	target oci.Reference, credentials auth.Credentials, options PushOptions, log func(string, ...any),
) *registry.Client {
	base := &url.URL{Scheme: "https", Host: target.Registry}
	if options.PlainHTTP {
		base.Scheme = "http"
	}
	// A proxy must never see what goes to a registry in the clear.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if options.PlainHTTP {
		transport.Proxy = nil
	}
	connection := &http.Client{Transport: transport}
	return &registry.Client{
		Base:       base,
		Repository: target.Repository,
		HTTP:       connection,
		Auth:       &auth.Authorizer{Credentials: credentials, Client: connection, PlainHTTP: options.PlainHTTP, Log: log},
		Retry: retry.Policy{
			Retries: options.Retries,
			Base:    options.RetryDelay,
			Max:     maxWait,
			Notify: func(number int, wait time.Duration, err error) {
				log("retry %d of %d in %s: %v", number, options.Retries, wait, err)
			},
		},
	}
}
