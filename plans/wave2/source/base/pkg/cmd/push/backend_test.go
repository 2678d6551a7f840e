package push

import (
	"context"
	"io"
	"strings"
	"testing"
)

func TestPushIsNotAvailableYet(t *testing.T) {
	err := PushCmd.Execute(context.Background(), []string{"registry.example.org/hello:v1"}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "not available yet") {
		t.Errorf("got error %v", err)
	}
}
