package push

import (
	"context"
	"errors"
	"flag"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// Backend does the work behind PushCmd. The command only parses; what is pushed, and how, is the backend's.
type Backend interface {
	// Flags adds the flags that the backend reads.
	Flags(flags *flag.FlagSet)
	// Push pushes what the call asks for.
	Push(ctx context.Context, call cli.Invocation) error
}

// backend is the one in use.
var backend Backend = unavailable{}

// unavailable stands in until there is something to push with. It reads the flags all the same.
type unavailable struct{}

func (unavailable) Flags(flags *flag.FlagSet) { addFlags(flags) }

func (unavailable) Push(_ context.Context, call cli.Invocation) error {
	options, err := optionsFrom(call)
	if err != nil {
		return err
	}
	return errors.Join(options.Validate(), errors.New("push is not available yet"))
}
