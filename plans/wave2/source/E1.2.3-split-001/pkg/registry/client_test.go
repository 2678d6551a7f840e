package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/auth"
	"example.org/idpbuilder-push-oci/pkg/oci"
	"example.org/idpbuilder-push-oci/pkg/retry"
)

// talk lets a client talk to a registry that gives the answers in their order, each `STATUS[ NAME=VALUE]`.
// What the registry was asked, it keeps.
func talk(t *testing.T, answers ...string) (*Client, *[]string) {
	t.Helper()
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), content)))
		if len(asked) > len(answers) {
			t.Errorf("one request too many: %s", asked[len(asked)-1])
			return
		}
		status, header, _ := strings.Cut(answers[len(asked)-1], " ")
		if name, value, found := strings.Cut(header, "="); found {
			w.Header().Set(name, value)
		}
		code := 0
		fmt.Sscan(status, &code)
		w.WriteHeader(code)
		if code >= 400 && r.Method != http.MethodHead {
			fmt.Fprint(w, `{"errors": [{"code": "SAMPLE", "message": "no reason"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{
		Base: base, Repository: "team/hello", HTTP: server.Client(), Retry: retry.Policy{Retries: 1},
		Auth: &auth.Authorizer{Credentials: auth.Credentials{Username: "me", Password: "secret"}},
	}, &asked
}

func expect(t *testing.T, asked *[]string, want ...string) {
	t.Helper()
	if got := strings.Join(*asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("the registry was asked\n%s\nwanted\n%s", got, strings.Join(want, "\n"))
	}
}

func TestHasBlobLogsInAndRetries(t *testing.T) {
	client, asked := talk(t, "401 WWW-Authenticate=Basic", "503 Retry-After=0", "200", "404")
	for _, want := range []bool{true, false} {
		if held, err := client.HasBlob(context.Background(), "sha256:1"); err != nil || held != want {
			t.Errorf("got %v, error %v", held, err)
		}
	}
	const head = "HEAD /v2/team/hello/blobs/sha256:1"
	expect(t, asked, head, head, head, head)
}

func TestRefusedCredentialsAreNotRetried(t *testing.T) {
	client, _ := talk(t, "401 WWW-Authenticate=Basic", "401 WWW-Authenticate=Basic")
	var refused *Error
	if _, err := client.HasBlob(context.Background(), "sha256:1"); !errors.As(err, &refused) || refused.Status != 401 {
		t.Errorf("got error %v", err)
	}
}

func TestUploadBlobStartsAgain(t *testing.T) {
	client, asked := talk(t, "202 Location=/up/1?state=x", "500", "202 Location=/up/2", "201")
	content := []byte("hello")
	err := client.UploadBlob(context.Background(), oci.Describe(oci.MediaTypeLayer, content), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	digest := url.QueryEscape(string(oci.DigestOf(content)))
	expect(t, asked, "POST /v2/team/hello/blobs/uploads/", "PUT /up/1?digest="+digest+"&state=x hello",
		"POST /v2/team/hello/blobs/uploads/", "PUT /up/2?digest="+digest+" hello")
}

func TestUploadStaysAtTheRegistry(t *testing.T) {
	for _, answer := range []string{"202 Location=https://elsewhere.example.org/up", "202"} {
		client, _ := talk(t, answer)
		if err := client.UploadBlob(context.Background(), oci.Descriptor{}, nil); err == nil {
			t.Errorf("%s: no error", answer)
		}
	}
}

func TestPutManifest(t *testing.T) {
	for answer, wrong := range map[string]string{
		"201":                                 "",
		"201 Docker-Content-Digest=sha256:00": "as sha256:00",
		"400":                                 "400 Bad Request (SAMPLE no reason)",
	} {
		client, asked := talk(t, answer)
		err := client.PutManifest(context.Background(), "v1", oci.MediaTypeManifest, []byte("{}"))
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got error %v", answer, err)
		}
		expect(t, asked, "PUT /v2/team/hello/manifests/v1 {}")
	}
}
