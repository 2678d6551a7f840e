// Package local holds the commands that try a push out, without a registry of one's own.
package local

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"example.org/idpbuilder-push-oci/pkg/cli"
	"example.org/idpbuilder-push-oci/pkg/image"
	"example.org/idpbuilder-push-oci/pkg/registry/local"
)

// placeholder stands for the address of the registry in the arguments of the wrapped command.
const placeholder = "REGISTRY"

// SampleCmd writes a sample image.
var SampleCmd = &cli.Command{
	Name:  "sample",
	Usage: "FOLDER",
	Short: "Write a tiny image to a folder",
	Run: func(_ context.Context, call cli.Invocation) error {
		if len(call.Args) != 1 {
			return cli.Usagef("one folder is wanted, got %d", len(call.Args))
		}
		descriptor, err := image.WriteSample(call.Args[0])
		if err == nil {
			fmt.Fprintf(call.Out, "image %s %s\n", image.SampleName, descriptor.Digest)
		}
		return err
	},
}

// Wrap makes the command that runs another one, say push, against an in-process registry.
func Wrap(wrapped *cli.Command) *cli.Command {
	var options local.Options
	return &cli.Command{
		Name:  "local",
		Usage: fmt.Sprintf("[flags] %s [its flags] %s/REPOSITORY[:TAG]", wrapped.Name, placeholder),
		Short: fmt.Sprintf("Run %s against a registry in this process", wrapped.Name),
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&options.Username, "username", "", "`name` that the registry knows; none lets everybody in")
			flags.StringVar(&options.Password, "password", "", "its `password`")
			flags.BoolVar(&options.Basic, "basic", false, "the registry wants basic authentication instead of a token")
			flags.IntVar(&options.FailUploads, "failures", 0, "fail the first `so many` uploads with 503")
		},
		Run: func(ctx context.Context, call cli.Invocation) error {
			if len(call.Args) == 0 || call.Args[0] != wrapped.Name {
				return cli.Usagef("the flags must be followed by %s and its arguments", wrapped.Name)
			}
			return run(ctx, options, wrapped, call)
		},
	}
}

// run starts the registry, runs the command with the address filled in, and shows what the registry holds then.
func run(ctx context.Context, options local.Options, wrapped *cli.Command, call cli.Invocation) (err error) {
	registry, err := local.Start(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, registry.Close()) }()
	fmt.Fprintf(call.Out, "local registry at %s, it fails the first %d uploads\n", registry.Address(), options.FailUploads)
	args := slices.Clone(call.Args[1:])
	for i := range args {
		if rest, found := strings.CutPrefix(args[i], placeholder+"/"); found {
			args[i] = registry.Address() + "/" + rest
		}
	}
	if err := wrapped.Execute(ctx, args, call.Out); err != nil {
		return err
	}
	for _, line := range registry.List() {
		fmt.Fprintf(call.Out, "local registry holds %s\n", line)
	}
	return nil
}
