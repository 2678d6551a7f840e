package auth

import (
	"fmt"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	full := map[string]string{UsernameVariable: "env", PasswordVariable: "envpass"}
	half := map[string]string{PasswordVariable: "envpass"}
	for _, test := range []struct {
		username, password string
		environment        map[string]string
		want               string
		fails              bool
	}{
		{"me", "secret", full, "user me, from the flags", false},
		{"", "", full, "user env, from the environment", false},
		{"", "", nil, "anonymous", false},
		{"me", "", full, "", true},
		{"", "", half, "", true},
	} {
		got, err := Resolve(test.username, test.password, func(name string) string { return test.environment[name] })
		if test.fails != (err != nil) || !test.fails && got.String() != test.want {
			t.Errorf("%q: got %v, error %v", test.username, got, err)
		}
		if text := fmt.Sprint(got, err); strings.Contains(text, "secret") || strings.Contains(text, "envpass") {
			t.Errorf("the password shows in %q", text)
		}
	}
}
