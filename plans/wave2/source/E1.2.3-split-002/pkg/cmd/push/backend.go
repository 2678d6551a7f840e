package push

import (
	"context"
	"flag"
	"os"

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
var backend Backend = layoutBackend{getenv: os.Getenv}
