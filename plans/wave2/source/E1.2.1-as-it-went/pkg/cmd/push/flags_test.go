package push

import (
	"errors"
	"flag"
	"testing"
	"time"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

func parse(t *testing.T, args ...string) (PushOptions, error) {
	t.Helper()
	flags := flag.NewFlagSet("push", flag.ContinueOnError)
	addFlags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return optionsFrom(cli.Invocation{Flags: flags, Args: flags.Args()})
}

func TestOptionsFromFlags(t *testing.T) {
	got, err := parse(t, "--layout", "img", "--image", "v2", "--username", "me", "--password", "secret",
		"--plain-http", "--retries", "5", "--retry-delay", "2s", "127.0.0.1:5000/hello:v1")
	want := PushOptions{Destination: "127.0.0.1:5000/hello:v1", Layout: "img", Image: "v2", Username: "me",
		Password: "secret", PlainHTTP: true, Retries: 5, RetryDelay: 2 * time.Second}
	if err != nil || got != want {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestDefaults(t *testing.T) {
	got, err := parse(t, "registry.example.org/hello")
	want := PushOptions{Destination: "registry.example.org/hello", Layout: ".", Retries: 3, RetryDelay: 500 * time.Millisecond}
	if err != nil || got != want {
		t.Errorf("got %+v, error %v", got, err)
	}
}

func TestOneDestination(t *testing.T) {
	for _, args := range [][]string{nil, {"a/b", "c/d"}} {
		if _, err := parse(t, args...); !errors.Is(err, cli.ErrUsage) {
			t.Errorf("%q: got error %v", args, err)
		}
	}
}
