// Package registry talks to an OCI registry, as far as a push needs it.
package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"example.org/idpbuilder-push-oci/pkg/auth"
	"example.org/idpbuilder-push-oci/pkg/oci"
	"example.org/idpbuilder-push-oci/pkg/retry"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

// Client pushes to one repository. Every request is authorized as the registry asks, and retried by the policy.
type Client struct {
	Base       *url.URL // of the registry, such as https://registry.example.org
	Repository string
	HTTP       *http.Client
	Auth       *auth.Authorizer
	Retry      retry.Policy
}

// HasBlob tells whether the repository holds a blob.
func (c *Client) HasBlob(ctx context.Context, digest oci.Digest) (bool, error) {
	held := false
	err := c.Retry.Do(ctx, func(ctx context.Context) error {
		answer, err := c.send(ctx, http.MethodHead, c.url("blobs", string(digest)), nil, http.StatusOK, http.StatusNotFound)
		held = err == nil && answer.StatusCode == http.StatusOK
		return err
	})
	return held, err
}

// UploadBlob uploads a blob in one piece. A retry starts a new upload, so open may be called more than once.
func (c *Client) UploadBlob(ctx context.Context, blob oci.Descriptor, open func() (io.ReadCloser, error)) error {
	return c.Retry.Do(ctx, func(ctx context.Context) error {
		started, err := c.send(ctx, http.MethodPost, c.url("blobs", "uploads")+"/", nil, http.StatusAccepted)
		if err != nil {
			return err
		}
		location, err := started.Location()
		if err != nil {
			return fmt.Errorf("the registry starts an upload and does not say where: %w", err)
		}
		if location.Scheme != c.Base.Scheme || location.Host != c.Base.Host {
			return fmt.Errorf("the registry wants the upload at another host, %s", location.Redacted())
		}
		query := location.Query()
		query.Set("digest", string(blob.Digest))
		location.RawQuery = query.Encode()
		_, err = c.send(ctx, http.MethodPut, location.String(),
			&body{"application/octet-stream", blob.Size, open}, http.StatusCreated)
		return err
	})
}

// PutManifest stores a manifest under a tag.
func (c *Client) PutManifest(ctx context.Context, tag, mediaType string, content []byte) error {
	return c.Retry.Do(ctx, func(ctx context.Context) error {
		answer, err := c.send(ctx, http.MethodPut, c.url("manifests", tag), bodyOf(mediaType, content), http.StatusCreated)
		if err != nil {
			return err
		}
		got, want := answer.Header.Get("Docker-Content-Digest"), oci.DigestOf(content)
		if got != "" && got != string(want) {
			return fmt.Errorf("the registry stored manifest %s as %s", want, got)
		}
		return nil
	})
}

func (c *Client) url(parts ...string) string {
	return c.Base.JoinPath(append([]string{"v2", c.Repository}, parts...)...).String()
}

// send makes a request, once more when the registry asks for authentication first, and wants one of the statuses.
// The body of the answer is used up.
func (c *Client) send(ctx context.Context, method, target string, content *body, want ...int) (*http.Response, error) {
	for challenged := false; ; challenged = true {
		request, err := content.request(ctx, method, target)
		if err != nil {
			return nil, err
		}
		if header := c.Auth.Header(); header != "" {
			request.Header.Set("Authorization", header)
		}
		answer, err := c.HTTP.Do(request)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, err
		case err != nil:
			return nil, retry.Temporary(err, 0)
		}
		text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		answer.Body.Close()
		switch {
		case slices.Contains(want, answer.StatusCode):
			return answer, nil
		case answer.StatusCode == http.StatusUnauthorized && !challenged:
			if err := c.Auth.Answer(ctx, auth.ParseChallenges(answer.Header.Values("WWW-Authenticate"))); err != nil {
				return nil, err
			}
			continue
		}
		err = newError(method, request.URL.Path, answer.StatusCode, text)
		if retry.Status(answer.StatusCode) {
			err = retry.Temporary(err, retry.After(answer.Header.Get("Retry-After"), time.Now()))
		}
		return nil, err
	}
}
