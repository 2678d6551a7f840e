// Package oci holds the types of the OCI image and distribution specifications that a push needs.
package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
)

// The media types that are known here.
const (
	MediaTypeIndex    = "application/vnd.oci.image.index.v1+json"
	MediaTypeManifest = "application/vnd.oci.image.manifest.v1+json"
	MediaTypeConfig   = "application/vnd.oci.image.config.v1+json"
	MediaTypeLayer    = "application/vnd.oci.image.layer.v1.tar"
)

// AnnotationName is the annotation that names an image in the index of a layout.
const AnnotationName = "org.opencontainers.image.ref.name"

// Digest names content by its hash: sha256 and 64 hex digits.
type Digest string

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// DigestOf is the digest of the content.
func DigestOf(content []byte) Digest {
	sum := sha256.Sum256(content)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Validate wants the only form of a digest that is used here.
func (d Digest) Validate() error {
	if !digestForm.MatchString(string(d)) {
		return fmt.Errorf("%q is not a sha256 digest", string(d))
	}
	return nil
}

// Hex is the digest without its algorithm. The digest must be valid.
func (d Digest) Hex() string { return string(d)[len("sha256:"):] }

// Descriptor points to content.
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      Digest            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Describe is the descriptor of the content.
func Describe(mediaType string, content []byte) Descriptor {
	return Descriptor{MediaType: mediaType, Digest: DigestOf(content), Size: int64(len(content))}
}

// Index lists the images of a layout.
type Index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType,omitempty"`
	Manifests     []Descriptor `json:"manifests"`
}

// Manifest lists the parts of an image.
type Manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType,omitempty"`
	Config        Descriptor   `json:"config"`
	Layers        []Descriptor `json:"layers"`
}
