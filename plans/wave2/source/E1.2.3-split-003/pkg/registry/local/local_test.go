package local

import (
	"context"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/cmd/push"
	"example.org/idpbuilder-push-oci/pkg/image"
)

// pushSample pushes the sample image with the push command, as a user would, and returns what it writes.
func pushSample(t *testing.T, registry *Registry, flags ...string) (string, error) {
	t.Helper()
	folder := t.TempDir()
	if _, err := image.WriteSample(folder); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--plain-http", "--retry-delay", "0s", "--layout", folder}, flags...)
	var out strings.Builder
	err := push.PushCmd.Execute(context.Background(), append(args, registry.Address()+"/team/hello:v1"), &out)
	return out.String(), err
}

func start(t *testing.T, options Options) *Registry {
	t.Helper()
	t.Setenv("IDPBUILDER_USERNAME", "me")
	t.Setenv("IDPBUILDER_PASSWORD", "secret")
	registry, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.Close() })
	return registry
}

func TestPush(t *testing.T) {
	written, err := image.WriteSample(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		options Options
		shows   string
	}{
		"anonymous":        {Options{}, "uploaded"},
		"basic":            {Options{Username: "me", Password: "secret", Basic: true}, "authentication: basic"},
		"bearer":           {Options{Username: "me", Password: "secret"}, "authentication: bearer token"},
		"failing uploads":  {Options{Username: "me", Password: "secret", FailUploads: 3}, "retry 3 of 3"},
		"forgotten upload": {Options{ForgetUpload: true}, "retry 1 of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := start(t, test.options)
			out, err := pushSample(t, registry)
			if err != nil || strings.Join(registry.List(), "\n") != "team/hello:v1 "+string(written.Digest) || !strings.Contains(out, test.shows) {
				t.Errorf("error %v, output:\n%s", err, out)
			}
			if strings.Contains(out, "secret") {
				t.Errorf("the password shows in the output:\n%s", out)
			}
		})
	}
}

func TestPushAgainUploadsNothing(t *testing.T) {
	registry := start(t, Options{})
	for _, want := range []int{0, 2} {
		out, err := pushSample(t, registry)
		if got := strings.Count(out, "is there already"); err != nil || got != want {
			t.Errorf("%d blobs were there, wanted %d, error %v", got, want, err)
		}
	}
}

func TestPushFails(t *testing.T) {
	for want, test := range map[string]struct {
		options Options
		flags   []string
	}{
		"token service answers 401": {Options{Username: "you", Password: "other"}, nil},
		"401 Unauthorized":          {Options{Username: "you", Password: "other", Basic: true}, nil},
		"gave up after try 4":       {Options{FailUploads: 4}, nil},
		"gave up after try 1":       {Options{FailUploads: 1}, []string{"--retries", "0"}},
	} {
		registry := start(t, test.options)
		_, err := pushSample(t, registry, test.flags...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", want, err)
		}
		if held := registry.List(); held != nil {
			t.Errorf("%s: the registry holds %s", want, held)
		}
	}
}
