package auth

import (
	"reflect"
	"testing"
)

func TestParseChallenges(t *testing.T) {
	bearer := Challenge{"bearer", map[string]string{
		"realm": "https://auth.example.org/token", "service": "registry", "scope": "repository:hello:pull,push"}}
	const text = `Bearer realm="https://auth.example.org/token",service="registry", scope="repository:hello:pull,push"`
	for _, test := range []struct {
		values []string
		want   []Challenge
	}{
		{nil, nil},
		{[]string{""}, nil},
		{[]string{"Basic"}, []Challenge{{"basic", map[string]string{}}}},
		{[]string{`Basic realm="a \"b\", c"`}, []Challenge{{"basic", map[string]string{"realm": `a "b", c`}}}},
		{[]string{text}, []Challenge{bearer}},
		{[]string{text + `, BASIC realm=x`}, []Challenge{bearer, {"basic", map[string]string{"realm": "x"}}}},
		{[]string{"Basic realm=x", text}, []Challenge{{"basic", map[string]string{"realm": "x"}}, bearer}},
		{[]string{`realm="lost"`}, nil},
		{[]string{`Basic realm="open`}, []Challenge{{"basic", map[string]string{"realm": `"open`}}}},
	} {
		if got := ParseChallenges(test.values); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: got %v", test.values, got)
		}
	}
}
