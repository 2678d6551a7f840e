package push

import (
	"errors"
	"strings"
	"time"

	"example.org/idpbuilder-push-oci/pkg/cli"
)

// The most that the command line may ask for.
const (
	maxRetries    = 10
	maxRetryDelay = time.Minute
)

// Validate reports all that is wrong with the options at once, as usage errors.
func (o PushOptions) Validate() error {
	var wrong []error
	reject := func(is bool, format string, args ...any) {
		if is {
			wrong = append(wrong, cli.Usagef(format, args...))
		}
	}
	registry, repository, _ := strings.Cut(o.Destination, "/")
	reject(registry == "" || repository == "", "destination %q is not REGISTRY/REPOSITORY[:TAG]", o.Destination)
	reject(strings.Contains(o.Destination, "://"), "destination %q must not hold a scheme", o.Destination)
	reject(o.Layout == "", "--%s is empty", flagLayout)
	reject(o.Username == "" && o.Password != "", "--%s is given without --%s", flagPassword, flagUsername)
	reject(o.Retries < 0 || o.Retries > maxRetries, "--%s %d is not between 0 and %d", flagRetries, o.Retries, maxRetries)
	reject(o.RetryDelay < 0 || o.RetryDelay > maxRetryDelay,
		"--%s %s is not between 0s and %s", flagRetryDelay, o.RetryDelay, maxRetryDelay)
	return errors.Join(wrong...)
}
