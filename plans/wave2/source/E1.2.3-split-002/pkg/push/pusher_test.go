package push

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/image"
	"example.org/idpbuilder-push-oci/pkg/oci"
)

// shelf is a registry that keeps its blobs in a map.
type shelf struct {
	blobs map[oci.Digest]bool
	steps []string
	full  error
}

func (s *shelf) HasBlob(_ context.Context, digest oci.Digest) (bool, error) {
	return s.blobs[digest], nil
}

func (s *shelf) UploadBlob(_ context.Context, blob oci.Descriptor, open func() (io.ReadCloser, error)) error {
	file, err := open()
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if oci.DigestOf(content) != blob.Digest {
		return errors.New("another blob was opened")
	}
	s.steps = append(s.steps, "blob")
	return errors.Join(err, s.full)
}

func (s *shelf) PutManifest(_ context.Context, tag, _ string, _ []byte) error {
	s.steps = append(s.steps, "manifest "+tag)
	return nil
}

func TestPush(t *testing.T) {
	folder := t.TempDir()
	if _, err := image.WriteSample(folder); err != nil {
		t.Fatal(err)
	}
	source, err := image.Discover(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	for want, registry := range map[string]*shelf{
		"blob, blob, manifest v1": {},
		"blob, manifest v1":       {blobs: map[oci.Digest]bool{source.Blobs[0].Digest: true}},
		"blob":                    {full: full},
	} {
		err := Pusher{Registry: registry, Log: t.Logf}.Push(context.Background(), source, "v1")
		if got := strings.Join(registry.steps, ", "); got != want || !errors.Is(err, registry.full) {
			t.Errorf("%s: got %s, error %v", want, got, err)
		}
	}
}
