package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"

	"example.org/idpbuilder-push-oci/pkg/oci"
)

// SampleName is the name of the image that WriteSample writes.
const SampleName = "hello"

// WriteSample writes a layout with one tiny image, always the same, for tests and demos.
func WriteSample(folder string) (oci.Descriptor, error) {
	layer, err := sampleLayer()
	if err != nil {
		return oci.Descriptor{}, err
	}
	config := mustMarshal(map[string]any{
		"architecture": "amd64",
		"os":           "linux",
		"config":       map[string]any{},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []oci.Digest{oci.DigestOf(layer)}},
	})
	manifest := mustMarshal(oci.Manifest{
		SchemaVersion: 2,
		MediaType:     oci.MediaTypeManifest,
		Config:        oci.Describe(oci.MediaTypeConfig, config),
		Layers:        []oci.Descriptor{oci.Describe(oci.MediaTypeLayer, layer)},
	})
	descriptor := oci.Describe(oci.MediaTypeManifest, manifest)
	descriptor.Annotations = map[string]string{oci.AnnotationName: SampleName}
	index := oci.Index{SchemaVersion: 2, MediaType: oci.MediaTypeIndex, Manifests: []oci.Descriptor{descriptor}}

	blobs := filepath.Join(folder, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return oci.Descriptor{}, err
	}
	files := map[string][]byte{
		filepath.Join(folder, "oci-layout"): []byte(`{"imageLayoutVersion":"1.0.0"}`),
		filepath.Join(folder, "index.json"): mustMarshal(index),
	}
	for _, content := range [][]byte{layer, config, manifest} {
		files[filepath.Join(blobs, oci.DigestOf(content).Hex())] = content
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return oci.Descriptor{}, err
		}
	}
	return descriptor, nil
}

// sampleLayer is an archive with one file.
func sampleLayer() ([]byte, error) {
	const text = "hello, world\n"
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	if err := archive.WriteHeader(&tar.Header{Name: "hello.txt", Mode: 0o644, Size: int64(len(text))}); err != nil {
		return nil, err
	}
	if _, err := archive.Write([]byte(text)); err != nil {
		return nil, err
	}
	err := archive.Close()
	return layer.Bytes(), err
}

// mustMarshal is for values that are known to have a JSON form.
func mustMarshal(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}
