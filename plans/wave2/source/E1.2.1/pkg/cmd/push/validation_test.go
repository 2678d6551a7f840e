package push

import (
	"errors"
	"strings"
	"testing"
	"time"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

func TestValidate(t *testing.T) {
	good := PushOptions{Destination: "registry.example.org/hello", Layout: "img"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for wrong, spoil := range map[string]func(*PushOptions){
		"is not REGISTRY/REPOSITORY": func(o *PushOptions) { o.Destination = "hello" },
		"must not hold a scheme":     func(o *PushOptions) { o.Destination = "https://registry.example.org/hello" },
		"--layout is empty":          func(o *PushOptions) { o.Layout = "" },
		"without --username":         func(o *PushOptions) { o.Password = "secret" },
		"--retries 11":               func(o *PushOptions) { o.Retries = 11 },
		"--retry-delay -1s":          func(o *PushOptions) { o.RetryDelay = -time.Second },
	} {
		options := good
		spoil(&options)
		if err := options.Validate(); !errors.Is(err, cli.ErrUsage) || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got error %v", wrong, err)
		}
	}
}

func TestValidateReportsEverything(t *testing.T) {
	err := PushOptions{Retries: -1}.Validate()
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 3 {
		t.Errorf("got %d lines: %v", lines, err)
	}
}
