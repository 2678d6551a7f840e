// Package cli is a small frame for programs that are made of subcommands.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// ErrUsage marks errors in how a command was called; the program then exits with 2.
var ErrUsage = errors.New("wrong usage")

// Usagef returns an error that is an ErrUsage.
func Usagef(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUsage, fmt.Sprintf(format, args...))
}

// Invocation is one call of a command.
type Invocation struct {
	Flags *flag.FlagSet // parsed
	Args  []string      // what follows the flags
	Out   io.Writer
}

// Command is a subcommand of a program.
type Command struct {
	Name  string
	Usage string // the arguments, as shown by help
	Short string // what it does, in one line
	Flags func(*flag.FlagSet)
	Run   func(context.Context, Invocation) error
}

// Execute parses the arguments and runs the command.
func (c *Command) Execute(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	if c.Flags != nil {
		c.Flags(flags)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "%s\n\nusage: %s %s\n", c.Short, c.Name, c.Usage)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return nil
	case err != nil:
		return Usagef("%v", err)
	}
	return c.Run(ctx, Invocation{Flags: flags, Args: flags.Args(), Out: out})
}

// Program is a set of commands.
type Program struct {
	Name     string
	Commands []*Command
}

// Run runs the command that the arguments name and returns the exit code of the program.
func (p Program) Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		p.help(out)
		return 0
	}
	for _, command := range p.Commands {
		if command.Name != args[0] {
			continue
		}
		err := command.Execute(ctx, args[1:], out)
		if err == nil {
			return 0
		}
		fmt.Fprintf(errOut, "%s %s: %v\n", p.Name, command.Name, err)
		if errors.Is(err, ErrUsage) {
			return 2
		}
		return 1
	}
	fmt.Fprintf(errOut, "%s: there is no command %q\n", p.Name, args[0])
	p.help(errOut)
	return 2
}

func (p Program) help(out io.Writer) {
	fmt.Fprintf(out, "usage: %s COMMAND [flags] [arguments]\n\n", p.Name)
	for _, command := range p.Commands {
		fmt.Fprintf(out, "  %-8s %s\n", command.Name, command.Short)
	}
}
