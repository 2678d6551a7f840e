// Package retry tries an operation again when its failure may pass, with bounded exponential back-off.
package retry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Policy says how often to try again and how long to wait before that.
type Policy struct {
	Retries int           // tries after the first
	Base    time.Duration // wait before the first retry, doubled with each
	Max     time.Duration // the longest wait

	// Sleep waits; nil is Sleep. It returns early, with an error, when the context ends.
	Sleep func(ctx context.Context, wait time.Duration) error
	// Notify is told of every retry before the wait; may be nil.
	Notify func(retry int, wait time.Duration, err error)
}

// temporary is a failure that may pass.
type temporary struct {
	error
	after time.Duration
}

func (t *temporary) Unwrap() error { return t.error }

// Temporary marks an error as one that may pass. The next try is not made before the time given.
func Temporary(err error, after time.Duration) error { return &temporary{err, after} }

// Do runs the operation until it succeeds, fails for good, or the policy is used up.
func (p Policy) Do(ctx context.Context, operation func(context.Context) error) error {
	sleep := p.Sleep
	if sleep == nil {
		sleep = Sleep
	}
	for retry := 1; ; retry++ {
		err := operation(ctx)
		var passing *temporary
		if !errors.As(err, &passing) {
			return err
		}
		if retry > p.Retries {
			return fmt.Errorf("gave up after try %d: %w", retry, err)
		}
		wait := min(max(p.wait(retry), passing.after), p.Max)
		if p.Notify != nil {
			p.Notify(retry, wait, err)
		}
		if stopped := sleep(ctx, wait); stopped != nil {
			return fmt.Errorf("%w, after: %w", stopped, err)
		}
	}
}

// wait doubles the base with each retry, up to the longest wait.
func (p Policy) wait(retry int) time.Duration {
	wait := p.Base
	for ; retry > 1 && wait < p.Max; retry-- {
		wait *= 2
	}
	return wait
}

// Sleep waits, or returns the context's error as soon as the context ends.
func Sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Status tells whether an HTTP status may pass.
func Status(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// After reads a Retry-After header, seconds or a date; 0 where it says nothing.
func After(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
