package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnswer(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "me" || password != "secret" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprintf(w, `{"access_token": "%s for %s"}`, r.FormValue("scope"), r.FormValue("service"))
	}))
	defer service.Close()
	me, other := Credentials{Username: "me", Password: "secret"}, Credentials{Username: "you", Password: "guess"}
	bearer := fmt.Sprintf(`Bearer realm="%s/token",service="registry",scope="repository:hello:push"`, service.URL)
	for _, test := range []struct {
		name      string
		who       Credentials
		challenge string
		plain     bool
		want      string // the header, or a part of the error
	}{
		{"basic", me, "Basic", false, "Basic bWU6c2VjcmV0"},
		{"basic, anonymous", Credentials{}, "Basic", false, "wants a user name"},
		{"bearer", me, bearer, true, "Bearer repository:hello:push for registry"},
		{"bearer, refused", other, bearer, true, "403 Forbidden"},
		{"bearer, not HTTPS", me, bearer, false, "is not HTTPS"},
		{"bearer, no realm", me, "Bearer", true, "is not a URL"},
		{"unknown, then basic", me, "Negotiate, Basic", false, "Basic bWU6c2VjcmV0"},
		{"unknown", me, "Negotiate", false, "neither basic nor bearer"},
	} {
		authorizer := Authorizer{Credentials: test.who, Client: service.Client(), PlainHTTP: test.plain}
		err := authorizer.Answer(context.Background(), ParseChallenges([]string{test.challenge}))
		if authorizer.Header() != test.want && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %q, error %v", test.name, authorizer.Header(), err)
		}
	}
}
