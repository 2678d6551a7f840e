package local

import (
	"context"
	"errors"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/cli"
	"example.org/idpbuilder-push-oci/pkg/cmd/push"
	"example.org/idpbuilder-push-oci/pkg/image"
)

func execute(command *cli.Command, args ...string) (string, error) {
	var out strings.Builder
	err := command.Execute(context.Background(), args, &out)
	return out.String(), err
}

func TestSampleThenPush(t *testing.T) {
	t.Setenv("IDPBUILDER_USERNAME", "")
	t.Setenv("IDPBUILDER_PASSWORD", "")
	folder := t.TempDir()
	digest := "sha256:"
	if out, err := execute(SampleCmd, folder); err != nil || !strings.Contains(out, digest) {
		t.Fatalf("error %v, output %s", err, out)
	} else {
		digest = strings.Fields(out)[2]
	}
	out, err := execute(Wrap(push.PushCmd), "--username", "me", "--password", "secret", "--failures", "1",
		"push", "--plain-http", "--username", "me", "--password", "secret", "--retry-delay", "0s",
		"--layout", folder, "--image", image.SampleName, "REGISTRY/team/hello:v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"authentication: bearer", "retry 1 of 3", "local registry holds team/hello:v1 " + digest} {
		if !strings.Contains(out, want) {
			t.Errorf("%q does not show in\n%s", want, out)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"pull"}, {"push"}} {
		if _, err := execute(Wrap(push.PushCmd), args...); !errors.Is(err, cli.ErrUsage) {
			t.Errorf("local %q: got error %v", args, err)
		}
	}
	if _, err := execute(SampleCmd); !errors.Is(err, cli.ErrUsage) {
		t.Errorf("sample: got error %v", err)
	}
}
