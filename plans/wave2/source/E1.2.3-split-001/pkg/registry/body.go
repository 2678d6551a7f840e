package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// body is what a request carries; it can be opened again for another try.
type body struct {
	mediaType string
	size      int64
	open      func() (io.ReadCloser, error)
}

func bodyOf(mediaType string, content []byte) *body {
	return &body{mediaType, int64(len(content)), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	}}
}

// request makes a request with the body; a nil body is none.
func (b *body) request(ctx context.Context, method, target string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil || b == nil {
		return request, err
	}
	request.Header.Set("Content-Type", b.mediaType)
	if request.Body, err = b.open(); err != nil {
		return nil, err
	}
	request.GetBody, request.ContentLength = b.open, b.size
	return request, nil
}

// Error is an answer that was not wanted.
type Error struct {
	Method string
	Path   string
	Status int
	Detail string // what the registry says about it; may be empty
}

func newError(method, path string, status int, text []byte) *Error {
	var answer struct {
		Errors []struct{ Code, Message string }
	}
	var details []string
	if json.Unmarshal(text, &answer) == nil {
		for _, one := range answer.Errors {
			details = append(details, strings.TrimSpace(one.Code+" "+one.Message))
		}
	}
	return &Error{method, path, status, strings.Join(details, "; ")}
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}
