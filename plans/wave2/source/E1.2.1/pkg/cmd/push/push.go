// Package push holds the push command: its flags, its options and how it runs.
package push

import (
	"context"
	"flag"
	"fmt"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

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
