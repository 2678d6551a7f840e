// Package auth logs in to registries: credentials, challenges and the answers to them.
package auth

import "errors"

// The environment variables that credentials are taken from where no flag gives them.
const (
	UsernameVariable = "IDPBUILDER_USERNAME"
	PasswordVariable = "IDPBUILDER_PASSWORD"
)

// Credentials are what a user logs in with.
type Credentials struct {
	Username string
	Password string
	Source   string // where they come from, for messages
}

// Resolve takes the credentials from the flags or else from the environment, never half from each.
// No credentials at all are no error: a registry may want none.
func Resolve(username, password string, getenv func(string) string) (Credentials, error) {
	found := Credentials{Username: username, Password: password, Source: "flags"}
	if username == "" && password == "" {
		found = Credentials{Username: getenv(UsernameVariable), Password: getenv(PasswordVariable), Source: "environment"}
	}
	if (found.Username == "") != (found.Password == "") {
		return Credentials{}, errors.New("authentication: user name and password must come together, from " + found.Source)
	}
	return found, nil
}

// Empty tells whether there is nothing to log in with.
func (c Credentials) Empty() bool { return c.Username == "" }

// String shows the user and hides the password.
func (c Credentials) String() string {
	if c.Empty() {
		return "anonymous"
	}
	return "user " + c.Username + ", from the " + c.Source
}
