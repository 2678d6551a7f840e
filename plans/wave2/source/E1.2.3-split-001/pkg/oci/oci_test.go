package oci

import "testing"

func TestDigest(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := DigestOf(nil); got != "sha256:"+empty || got.Hex() != empty || got.Validate() != nil {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []Digest{"", empty, "sha256:../../etc/passwd", "sha512:" + empty, "sha256:" + empty + "\n"} {
		if wrong.Validate() == nil {
			t.Errorf("%q passes", wrong)
		}
	}
}

func TestParseReference(t *testing.T) {
	for text, want := range map[string]Reference{
		"registry.example.org/hello":      {"registry.example.org", "hello", "latest"},
		"127.0.0.1:5000/team/hello:v1":    {"127.0.0.1:5000", "team/hello", "v1"},
		"[::1]:5000/my-team/a__b.c:1.2-3": {"[::1]:5000", "my-team/a__b.c", "1.2-3"},
	} {
		if got, err := ParseReference(text); err != nil || got != want {
			t.Errorf("%s: got %v, error %v", text, got, err)
		}
	}
	for _, text := range []string{"", "hello", "host/", "/hello", "host/Hello", "host/../x", "host/x:", "host/x@sha256:1", "a b/x"} {
		if got, err := ParseReference(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
