// Package image discovers images in OCI image layouts.
package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/idpbuilder-push-oci/pkg/oci"
)

// Image is one image of a layout. Its parts have been checked against their digests.
type Image struct {
	Descriptor oci.Descriptor // of the manifest
	Content    []byte         // of the manifest, byte for byte
	Blobs      []oci.Descriptor
	folder     string
}

// Discover finds the image of that name in a layout; the name may be empty where the layout holds one image.
func Discover(folder, name string) (*Image, error) {
	var index oci.Index
	if content, err := os.ReadFile(filepath.Join(folder, "index.json")); err != nil {
		return nil, fmt.Errorf("%s is no image layout: %w", folder, err)
	} else if err := json.Unmarshal(content, &index); err != nil {
		return nil, fmt.Errorf("index.json of %s: %w", folder, err)
	}
	descriptor, err := choose(index.Manifests, name)
	if err != nil {
		return nil, fmt.Errorf("layout %s: %w", folder, err)
	}
	found := &Image{Descriptor: descriptor, folder: folder}
	if err := found.check(descriptor); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if found.Content, err = os.ReadFile(found.path(descriptor)); err != nil {
		return nil, err
	}
	var manifest oci.Manifest
	if err := json.Unmarshal(found.Content, &manifest); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", descriptor.Digest, err)
	}
	found.Blobs = append(found.Blobs, manifest.Config)
	found.Blobs = append(found.Blobs, manifest.Layers...)
	for _, blob := range found.Blobs {
		if err := found.check(blob); err != nil {
			return nil, fmt.Errorf("manifest %s: %w", descriptor.Digest, err)
		}
	}
	return found, nil
}

// choose picks the image of that name, or the only one.
func choose(manifests []oci.Descriptor, name string) (oci.Descriptor, error) {
	var chosen []oci.Descriptor
	for _, one := range manifests {
		if name == "" || one.Annotations[oci.AnnotationName] == name {
			chosen = append(chosen, one)
		}
	}
	switch {
	case len(chosen) != 1:
		return oci.Descriptor{}, fmt.Errorf("%d of %d images have the name %q, one is wanted", len(chosen), len(manifests), name)
	case chosen[0].MediaType != oci.MediaTypeManifest:
		return oci.Descriptor{}, fmt.Errorf("media type %q is not supported", chosen[0].MediaType)
	}
	return chosen[0], nil
}

// Open opens a part of the image.
func (i *Image) Open(blob oci.Descriptor) (io.ReadCloser, error) { return os.Open(i.path(blob)) }

func (i *Image) path(blob oci.Descriptor) string {
	return filepath.Join(i.folder, "blobs", "sha256", blob.Digest.Hex())
}

// check compares a part of the image with its descriptor.
func (i *Image) check(blob oci.Descriptor) error {
	if err := blob.Digest.Validate(); err != nil {
		return err
	}
	file, err := i.Open(blob)
	if err != nil {
		return err
	}
	defer file.Close()
	hash := sha256.New()
	switch size, err := io.Copy(hash, file); {
	case err != nil:
		return err
	case size != blob.Size:
		return fmt.Errorf("blob %s has %d bytes, %d are wanted", blob.Digest, size, blob.Size)
	case hex.EncodeToString(hash.Sum(nil)) != blob.Digest.Hex():
		return fmt.Errorf("blob %s has another content", blob.Digest)
	}
	return nil
}
