package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/idpbuilder-push-oci/pkg/oci"
)

func TestDiscoverTheSample(t *testing.T) {
	folder := t.TempDir()
	written, err := WriteSample(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", SampleName} {
		found, err := Discover(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		if found.Descriptor.Digest != written.Digest || oci.DigestOf(found.Content) != written.Digest || len(found.Blobs) != 2 {
			t.Errorf("found %+v", found.Descriptor)
		}
	}
	if _, err := Discover(folder, "other"); err == nil || !strings.Contains(err.Error(), `0 of 1 images have the name "other"`) {
		t.Errorf("got error %v", err)
	}
}

func TestDiscoverRefusesSpoiledLayouts(t *testing.T) {
	manifest := func(t *testing.T, folder string) string {
		found, err := Discover(folder, "")
		if err != nil {
			t.Fatal(err)
		}
		return found.path(found.Descriptor)
	}
	for wrong, spoil := range map[string]func(t *testing.T, folder string) (path, content string){
		"is no image layout":  func(_ *testing.T, folder string) (string, string) { return folder, "" },
		"unexpected end":      func(_ *testing.T, folder string) (string, string) { return folder + "/index.json", "{" },
		"not a sha256 digest": func(_ *testing.T, folder string) (string, string) { return folder + "/index.json", badDigest },
		"is not supported":    func(_ *testing.T, folder string) (string, string) { return folder + "/index.json", badType },
		"bytes":               func(t *testing.T, folder string) (string, string) { return manifest(t, folder), "short" },
		"another content": func(t *testing.T, folder string) (string, string) {
			path := manifest(t, folder)
			content, _ := os.ReadFile(path)
			return path, strings.Replace(string(content), "2", "3", 1)
		},
	} {
		folder := t.TempDir()
		if _, err := WriteSample(folder); err != nil {
			t.Fatal(err)
		}
		if path, content := spoil(t, folder); path == folder {
			folder = filepath.Join(folder, "elsewhere")
		} else if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Discover(folder, ""); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got error %v", wrong, err)
		}
	}
}

const (
	badDigest = `{"manifests": [{"mediaType": "` + oci.MediaTypeManifest + `", "digest": "sha256:../../x"}]}`
	badType   = `{"manifests": [{"mediaType": "` + oci.MediaTypeIndex + `"}]}`
)
