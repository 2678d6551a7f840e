// Package push pushes a discovered image to a registry.
package push

import (
	"context"
	"fmt"
	"io"

	"example.org/idpbuilder-push-oci/pkg/image"
	"example.org/idpbuilder-push-oci/pkg/oci"
)

// Registry is where an image is pushed to.
type Registry interface {
	HasBlob(ctx context.Context, digest oci.Digest) (bool, error)
	UploadBlob(ctx context.Context, blob oci.Descriptor, open func() (io.ReadCloser, error)) error
	PutManifest(ctx context.Context, tag, mediaType string, content []byte) error
}

// Pusher pushes images to a registry.
type Pusher struct {
	Registry Registry
	Log      func(format string, args ...any)
}

// Push uploads the blobs which the registry lacks and then the manifest, so that a tag never points to half an image.
func (p Pusher) Push(ctx context.Context, source *image.Image, tag string) error {
	for _, blob := range source.Blobs {
		held, err := p.Registry.HasBlob(ctx, blob.Digest)
		if err != nil {
			return fmt.Errorf("look for blob %s: %w", blob.Digest, err)
		}
		if held {
			p.Log("blob %s is there already", blob.Digest)
			continue
		}
		open := func() (io.ReadCloser, error) { return source.Open(blob) }
		if err := p.Registry.UploadBlob(ctx, blob, open); err != nil {
			return fmt.Errorf("upload blob %s: %w", blob.Digest, err)
		}
		p.Log("blob %s uploaded, %d bytes", blob.Digest, blob.Size)
	}
	if err := p.Registry.PutManifest(ctx, tag, source.Descriptor.MediaType, source.Content); err != nil {
		return fmt.Errorf("put manifest %s: %w", source.Descriptor.Digest, err)
	}
	return nil
}
