package push

import (
	"context"
	"errors"
	"flag"
	"io"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// recorder is a backend that keeps what it was asked for.
type recorder struct{ args []string }

func (r *recorder) Flags(flags *flag.FlagSet) { flags.Bool("fast", false, "") }

func (r *recorder) Push(_ context.Context, call cli.Invocation) error {
	r.args = call.Args
	return nil
}

func TestRootHandsOverToTheBackend(t *testing.T) {
	kept, spy := backend, &recorder{}
	backend = spy
	t.Cleanup(func() { backend = kept })
	if err := PushCmd.Execute(context.Background(), []string{"--fast", "registry.example.org/hello"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(spy.args) != 1 || spy.args[0] != "registry.example.org/hello" {
		t.Errorf("the backend got %q", spy.args)
	}
}

func TestCheckDestination(t *testing.T) {
	if err := checkDestination([]string{"registry.example.org/team/hello:v1"}); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{nil, {"a/b", "c/d"}, {"hello"}, {"/hello"}, {"registry.example.org/"}} {
		if err := checkDestination(args); !errors.Is(err, cli.ErrUsage) {
			t.Errorf("%q: got error %v", args, err)
		}
	}
}
