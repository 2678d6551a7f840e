package push

import (
	"flag"
	"time"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// The flags of the push command, by name.
const (
	flagLayout     = "layout"
	flagImage      = "image"
	flagUsername   = "username"
	flagPassword   = "password"
	flagPlainHTTP  = "plain-http"
	flagRetries    = "retries"
	flagRetryDelay = "retry-delay"
)

// addFlags adds the flags of the push command.
func addFlags(flags *flag.FlagSet) {
	flags.String(flagLayout, ".", "`folder` that holds the image, an OCI image layout")
	flags.String(flagImage, "", "`name` of the image, where the layout holds several")
	flags.String(flagUsername, "", "`name` to log in with (default $IDPBUILDER_USERNAME)")
	flags.String(flagPassword, "", "`password` to log in with (default $IDPBUILDER_PASSWORD)")
	flags.Bool(flagPlainHTTP, false, "talk HTTP instead of HTTPS")
	flags.Int(flagRetries, 3, "how `often` a failed request is tried again")
	flags.Duration(flagRetryDelay, 500*time.Millisecond, "`wait` before the first retry, doubled with each")
}

// optionsFrom reads the options out of a parsed command line.
func optionsFrom(call cli.Invocation) (PushOptions, error) {
	if len(call.Args) != 1 {
		return PushOptions{}, cli.Usagef("one destination is wanted, got %d", len(call.Args))
	}
	return PushOptions{
		Destination: call.Args[0],
		Layout:      value[string](call.Flags, flagLayout),
		Image:       value[string](call.Flags, flagImage),
		Username:    value[string](call.Flags, flagUsername),
		Password:    value[string](call.Flags, flagPassword),
		PlainHTTP:   value[bool](call.Flags, flagPlainHTTP),
		Retries:     value[int](call.Flags, flagRetries),
		RetryDelay:  value[time.Duration](call.Flags, flagRetryDelay),
	}, nil
}

// value is what a flag was set to. Asking for a flag that is not there is a mistake in the program, and panics.
func value[T any](flags *flag.FlagSet, name string) T {
	return flags.Lookup(name).Value.(flag.Getter).Get().(T)
}
