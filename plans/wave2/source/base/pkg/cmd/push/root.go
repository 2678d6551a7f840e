// Package push is the command that pushes an OCI image to a registry.
package push

import (
	"context"
	"flag"
	"strings"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// PushCmd pushes an image to a registry.
var PushCmd = &cli.Command{
	Name:  "push",
	Usage: "[flags] REGISTRY/REPOSITORY[:TAG]",
	Short: "Push an OCI image to a registry",
	Flags: func(flags *flag.FlagSet) { backend.Flags(flags) },
	Run:   runPush,
}

// runPush checks the arguments and hands over to the backend.
func runPush(ctx context.Context, call cli.Invocation) error {
	if err := checkDestination(call.Args); err != nil {
		return err
	}
	return backend.Push(ctx, call)
}

// checkDestination wants exactly one argument that names a registry and a repository.
func checkDestination(args []string) error {
	if len(args) != 1 {
		return cli.Usagef("one destination is wanted, got %d", len(args))
	}
	if registry, repository, _ := strings.Cut(args[0], "/"); registry == "" || repository == "" {
		return cli.Usagef("destination %q is not REGISTRY/REPOSITORY[:TAG]", args[0])
	}
	return nil
}
