package oci

import (
	"fmt"
	"regexp"
	"strings"
)

// Reference says where an image goes: a registry, a repository in it, and a tag.
type Reference struct {
	Registry   string // host or host:port
	Repository string
	Tag        string
}

var (
	registryForm   = regexp.MustCompile(`^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$`)
	repositoryForm = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)
	tagForm        = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
)

// ParseReference reads REGISTRY/REPOSITORY[:TAG]; the tag is latest by default.
func ParseReference(text string) (Reference, error) {
	registry, rest, _ := strings.Cut(text, "/")
	repository, tag, tagged := strings.Cut(rest, ":")
	if !tagged {
		tag = "latest"
	}
	for _, part := range []struct {
		what, value string
		form        *regexp.Regexp
	}{{"registry", registry, registryForm}, {"repository", repository, repositoryForm}, {"tag", tag, tagForm}} {
		if !part.form.MatchString(part.value) {
			return Reference{}, fmt.Errorf("reference %q: %q is not a %s", text, part.value, part.what)
		}
	}
	return Reference{registry, repository, tag}, nil
}

// String is the reference in full.
func (r Reference) String() string { return r.Registry + "/" + r.Repository + ":" + r.Tag }
