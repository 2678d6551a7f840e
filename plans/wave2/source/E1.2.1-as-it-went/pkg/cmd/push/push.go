// Package push holds the push command: its flags, its options and how it runs.
package push

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// PushOptions is what the command line asks for.
type PushOptions struct {
	Destination string        // REGISTRY/REPOSITORY[:TAG]
	Layout      string        // folder of the OCI image layout
	Image       string        // name of the image in the layout; may be empty where there is one only
	Username    string        // for the registry
	Password    string        // for the registry
	PlainHTTP   bool          // talk HTTP instead of HTTPS
	Retries     int           // how often a failed request is tried again
	RetryDelay  time.Duration // wait before the first retry; it doubles with each
}

// PushCmd is the push command: it reads the flags, validates the options and pushes.
var PushCmd = &cli.Command{
	Name:  "push",
	Usage: "[flags] REGISTRY/REPOSITORY[:TAG]",
	Short: "Push an OCI image to a registry",
	Flags: pushFlags,
	Run:   runPush,
}

// pushFlags adds the flags of the backend in use.
func pushFlags(flags *flag.FlagSet) {
	backend.Flags(flags)
}

// runPush validates the options, so that nothing starts with half of them wrong, and pushes.
func runPush(ctx context.Context, call cli.Invocation) error {
	options, err := optionsFrom(call)
	if err != nil {
		return err
	}
	if err := options.Validate(); err != nil {
		return err
	}
	if err := backend.Push(ctx, call); err != nil {
		return fmt.Errorf("push to %s: %w", options.Destination, err)
	}
	return nil
}
