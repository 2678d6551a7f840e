package retry

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var errBusy = errors.New("busy")

// attempt fails the given number of times, then succeeds, and returns the waits that were asked for.
func attempt(policy Policy, failures int, after time.Duration) ([]time.Duration, error) {
	var waits []time.Duration
	policy.Sleep = func(_ context.Context, wait time.Duration) error {
		waits = append(waits, wait)
		return nil
	}
	err := policy.Do(context.Background(), func(context.Context) error {
		if failures--; failures >= 0 {
			return Temporary(errBusy, after)
		}
		return nil
	})
	return waits, err
}

func TestBackOff(t *testing.T) {
	policy := Policy{Retries: 4, Base: time.Second, Max: 5 * time.Second}
	const s = time.Second
	for _, test := range []struct {
		failures int
		after    time.Duration
		waits    []time.Duration
		fails    bool
	}{
		{0, 0, nil, false},
		{2, 0, []time.Duration{1 * s, 2 * s}, false},
		{4, 0, []time.Duration{1 * s, 2 * s, 4 * s, 5 * s}, false},
		{5, 0, []time.Duration{1 * s, 2 * s, 4 * s, 5 * s}, true},
		{2, 3 * s, []time.Duration{3 * s, 3 * s}, false},
		{1, time.Hour, []time.Duration{5 * s}, false},
	} {
		waits, err := attempt(policy, test.failures, test.after)
		if !reflect.DeepEqual(waits, test.waits) || test.fails != errors.Is(err, errBusy) {
			t.Errorf("%d failures: waits %v, error %v", test.failures, waits, err)
		}
	}
}

func TestNoRetryOfWhatWillNotPass(t *testing.T) {
	tries := 0
	err := Policy{Retries: 3}.Do(context.Background(), func(context.Context) error {
		tries++
		return errBusy
	})
	if tries != 1 || err != errBusy {
		t.Errorf("%d tries, error %v", tries, err)
	}
}

func TestNotify(t *testing.T) {
	var told []int
	policy := Policy{Retries: 2, Notify: func(retry int, _ time.Duration, err error) {
		if errors.Is(err, errBusy) {
			told = append(told, retry)
		}
	}}
	if _, err := attempt(policy, 3, 0); err == nil || !strings.Contains(err.Error(), "gave up after try 3") {
		t.Errorf("got error %v", err)
	}
	if !reflect.DeepEqual(told, []int{1, 2}) {
		t.Errorf("told of %v", told)
	}
}

func TestTheContextEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	policy := Policy{Retries: 1, Base: time.Hour, Max: time.Hour}
	err := policy.Do(ctx, func(context.Context) error {
		cancel()
		return Temporary(errBusy, 0)
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errBusy) {
		t.Errorf("got error %v", err)
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[int]bool{200: false, 401: false, 404: false, 429: true, 501: false, 503: true} {
		if Status(code) != want {
			t.Errorf("%d: got %v", code, !want)
		}
	}
}

func TestAfter(t *testing.T) {
	now := time.Date(2025, 10, 5, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"soon":                          0,
		"Sun, 05 Oct 2025 12:00:30 GMT": 30 * time.Second,
		"Sun, 05 Oct 2025 11:00:00 GMT": 0,
	} {
		if got := After(value, now); got != want {
			t.Errorf("%q: got %v", value, got)
		}
	}
}
