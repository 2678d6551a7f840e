package push

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

func TestPushRefusesBeforeItConnects(t *testing.T) {
	t.Setenv("IDPBUILDER_USERNAME", "")
	t.Setenv("IDPBUILDER_PASSWORD", "")
	for _, test := range []struct {
		args  string
		usage bool
		want  string
	}{
		{"", true, "one destination is wanted"},
		{"--retries 99 registry.invalid/hello", true, "--retries 99"},
		{"registry.invalid/Hello", true, `"Hello" is not a repository`},
		{"--layout testdata/none registry.invalid/hello", false, "is no image layout"},
		{"--username me registry.invalid/hello", false, "must come together"},
	} {
		err := PushCmd.Execute(context.Background(), strings.Fields(test.args), io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) || errors.Is(err, cli.ErrUsage) != test.usage {
			t.Errorf("%s: got error %v", test.args, err)
		}
	}
}
