package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
)

func TestProgramRun(t *testing.T) {
	greet := &Command{
		Name:  "greet",
		Usage: "[flags] NAME",
		Short: "Say hello",
		Flags: func(flags *flag.FlagSet) { flags.Bool("loud", false, "shout") },
		Run: func(_ context.Context, call Invocation) error {
			switch {
			case len(call.Args) != 1:
				return Usagef("one NAME is wanted")
			case call.Args[0] == "nobody":
				return errors.New("nobody is there")
			}
			fmt.Fprintf(call.Out, "hello %s\n", call.Args[0])
			return nil
		},
	}
	program := Program{Name: "demo", Commands: []*Command{greet}}
	for _, test := range []struct {
		args string
		code int
		out  string
		err  string
	}{
		{"greet you", 0, "hello you", ""},
		{"greet --loud you", 0, "hello you", ""},
		{"greet -h", 0, "usage: greet [flags] NAME", ""},
		{"help", 0, "Say hello", ""},
		{"greet", 2, "", "demo greet: wrong usage: one NAME is wanted"},
		{"greet --soft you", 2, "", "flag provided but not defined"},
		{"greet nobody", 1, "", "nobody is there"},
		{"sing", 2, "", `no command "sing"`},
	} {
		var out, errOut strings.Builder
		code := program.Run(context.Background(), strings.Fields(test.args), &out, &errOut)
		if code != test.code || !strings.Contains(out.String(), test.out) || !strings.Contains(errOut.String(), test.err) {
			t.Errorf("%s: exit %d, out %q, err %q", test.args, code, out.String(), errOut.String())
		}
	}
}
