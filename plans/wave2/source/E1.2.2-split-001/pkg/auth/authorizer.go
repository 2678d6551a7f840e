package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxToken bounds the answer of a token service.
const maxToken = 1 << 20

// Authorizer answers the challenges of one registry. It is not safe for concurrent use.
type Authorizer struct {
	Credentials Credentials
	Client      *http.Client
	PlainHTTP   bool                             // a token service without TLS is accepted
	Log         func(format string, args ...any) // may be nil

	header string
}

// Header is the value of the Authorization header to send, empty before the first challenge.
func (a *Authorizer) Header() string { return a.header }

// Answer takes the first challenge that it knows and prepares the header that answers it.
func (a *Authorizer) Answer(ctx context.Context, challenges []Challenge) error {
	for _, challenge := range challenges {
		switch challenge.Scheme {
		case "basic":
			if a.Credentials.Empty() {
				return fmt.Errorf("authentication: the registry wants a user name and a password, give flags or set $%s and $%s",
					UsernameVariable, PasswordVariable)
			}
			login := a.Credentials.Username + ":" + a.Credentials.Password
			a.header = "Basic " + base64.StdEncoding.EncodeToString([]byte(login))
			a.logf("authentication: basic, %s", a.Credentials)
			return nil
		case "bearer":
			token, err := a.token(ctx, challenge.Parameters)
			if err != nil {
				return fmt.Errorf("authentication: %w", err)
			}
			a.header = "Bearer " + token
			a.logf("authentication: bearer token for %s", a.Credentials)
			return nil
		}
	}
	return errors.New("authentication: the registry offers neither basic nor bearer")
}

// token asks the token service that a bearer challenge names.
func (a *Authorizer) token(ctx context.Context, parameters map[string]string) (string, error) {
	realm, err := url.Parse(parameters["realm"])
	if err != nil || realm.Host == "" {
		return "", fmt.Errorf("realm %q is not a URL", parameters["realm"])
	}
	if realm.Scheme != "https" && !(a.PlainHTTP && realm.Scheme == "http") {
		return "", fmt.Errorf("realm %s is not HTTPS", realm.Redacted())
	}
	query := realm.Query()
	for _, name := range []string{"service", "scope"} {
		if parameters[name] != "" {
			query.Set(name, parameters[name])
		}
	}
	realm.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, realm.String(), nil)
	if err != nil {
		return "", err
	}
	if !a.Credentials.Empty() {
		request.SetBasicAuth(a.Credentials.Username, a.Credentials.Password)
	}
	response, err := a.Client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the token service answers %s", response.Status)
	}
	var answer struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxToken)).Decode(&answer); err != nil {
		return "", fmt.Errorf("the token service answers no JSON: %w", err)
	}
	if answer.Token == "" {
		answer.Token = answer.AccessToken
	}
	if answer.Token == "" {
		return "", errors.New("the token service gives no token")
	}
	return answer.Token, nil
}

func (a *Authorizer) logf(format string, args ...any) {
	if a.Log != nil {
		a.Log(format, args...)
	}
}
