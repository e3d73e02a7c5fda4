package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"hotleads/lead"
)

// isTerminal tells whether a stream is a terminal, and gives its descriptor.
func isTerminal(stream any) (int, bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd := int(f.Fd())
	return fd, term.IsTerminal(fd)
}

// password reads a new password: the first line of standard input where that
// was asked for, else twice from the terminal, without showing it.
func (c *cli) password(ctx context.Context, fromStdin bool) (string, error) {
	if fromStdin {
		line, err := bufio.NewReader(io.LimitReader(c.stdin, 4*lead.MaxPassword)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.New("there is no password on standard input")
		}
		return line, nil
	}
	fd, ok := isTerminal(c.stdin)
	if !ok {
		return "", wrongUsage("standard input is no terminal to ask for the password: give it there with --password-stdin")
	}
	first, err := c.ask(ctx, fd, "New password: ")
	if err != nil {
		return "", err
	}
	second, err := c.ask(ctx, fd, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}

// ask reads a line from a terminal without echo. When ctx ends the terminal is
// as it was before.
func (c *cli) ask(ctx context.Context, fd int, prompt string) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1) // the reader is left behind if ctx ends first
	fmt.Fprint(c.stderr, prompt)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		fmt.Fprintln(c.stderr)
		if a.err != nil {
			return "", fmt.Errorf("read the password: %w", a.err)
		}
		return string(a.text), nil
	case <-ctx.Done():
		fmt.Fprintln(c.stderr)
		return "", errors.Join(errors.New("given up"), term.Restore(fd, before))
	}
}
