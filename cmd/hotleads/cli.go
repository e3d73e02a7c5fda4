package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// cli is what a command has around it.
type cli struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// command is one thing that the binary does.
type command struct {
	name     string   // one or two words
	args     string   // what it takes besides flags, for the usage line
	brief    string   // one line
	about    string   // what else to know, then examples
	settings []string // names of the settings that it reads
	define   func(*flag.FlagSet) action
}

// action runs a command whose flags have been read. args are what was no flag.
type action func(ctx context.Context, c *cli, s settings, args []string) error

// usageError is wrong usage: exit status 2.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func wrongUsage(format string, a ...any) error { return &usageError{fmt.Sprintf(format, a...)} }

// start reads a command's flags and settings and runs it.
func (c *cli) start(ctx context.Context, cmd command, args []string) error {
	fs, act, given := cmd.flags()
	rest, err := parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return c.help(cmd)
	case err != nil:
		return wrongUsage("%s; its flags are %s", err, strings.Join(flagNames(fs), ", "))
	case len(rest) > 0 && cmd.args == "":
		return wrongUsage("it takes no argument, got %q; its flags are %s", rest[0], strings.Join(flagNames(fs), ", "))
	}
	s, err := readSettings(cmd.settings, c.getenv, given())
	if err != nil {
		return err
	}
	return act(ctx, c, s, rest)
}

// flags are a command's own flags and those of its settings. The last result
// tells which settings were given as flags.
func (cmd command) flags() (*flag.FlagSet, action, func() map[string]string) {
	fs := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	act := cmd.define(fs)
	byFlag := map[string]string{}
	for _, set := range settingTable {
		if slices.Contains(cmd.settings, set.name) {
			byFlag[flagOf(set.name)] = set.name
			fs.String(flagOf(set.name), "", "")
		}
	}
	return fs, act, func() map[string]string {
		given := map[string]string{}
		fs.Visit(func(f *flag.Flag) {
			if name, ok := byFlag[f.Name]; ok {
				given[name] = f.Value.String()
			}
		})
		return given
	}
}

// flagOf is the flag of a setting: --base-url of BASE_URL.
func flagOf(setting string) string {
	return strings.ToLower(strings.ReplaceAll(setting, "_", "-"))
}

// parse reads flags that stand before, between and behind other arguments, and
// returns those others. Behind "--" nothing is a flag.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		left := fs.Args()
		if len(left) == 0 {
			return rest, nil
		}
		if read := len(args) - len(left); read > 0 && args[read-1] == "--" {
			return append(rest, left...), nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

func flagNames(fs *flag.FlagSet) []string {
	names := []string{}
	fs.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	return append(names, "--help")
}

// texts is a flag that may be repeated.
type texts []string

func (t *texts) String() string { return strings.Join(*t, ", ") }

// Set implements flag.Value.
func (t *texts) Set(v string) error {
	*t = append(*t, v)
	return nil
}

// table writes rows under their heads, in columns.
func table(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = printable(cell); cells[i] == "" {
				cells[i] = "–"
			}
		}
		if _, err := fmt.Fprintln(t, strings.Join(cells, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// printable is text that does nothing to the terminal it is shown on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// oneLine is an error of several lines in one.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printable(strings.ReplaceAll(strings.TrimSpace(s), "\n", "; "))), " ")
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// day is a moment in a table.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}
