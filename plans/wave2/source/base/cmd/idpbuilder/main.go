// Idpbuilder pushes OCI images to registries.
package main

import (
	"context"
	"os"
	"os/signal"

	"example.org/idpbuilder-push-oci/pkg/cli"
	"example.org/idpbuilder-push-oci/pkg/cmd/push"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := program().Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// program lists the subcommands.
func program() cli.Program {
	return cli.Program{Name: "idpbuilder", Commands: []*cli.Command{push.PushCmd}}
}
