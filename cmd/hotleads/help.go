package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

func isHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// helpAll is what `hotleads --help` prints.
func (c *cli) helpAll() error {
	var b strings.Builder
	b.WriteString("Hot Leads scores leads by what marketing and sales agreed, and shows the ready ones live.\n\nUsage: hotleads [COMMAND] [FLAGS]\n\n")
	writeCommands(&b, commands())
	b.WriteString("\nWithout a command it serves. `hotleads COMMAND --help` tells more, with examples.\n")
	_, err := io.WriteString(c.stdout, b.String())
	return err
}

// helpGroup is what `hotleads user --help` prints.
func (c *cli) helpGroup(name string, group []command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: hotleads %s %s [FLAGS]\n\n", name, strings.Join(secondWords(group), "|"))
	writeCommands(&b, group)
	fmt.Fprintf(&b, "\n`hotleads %s %s --help` tells more, with examples.\n", name, secondWords(group)[0])
	_, err := io.WriteString(c.stdout, b.String())
	return err
}

func writeCommands(w io.Writer, list []command) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, cmd := range list {
		fmt.Fprintf(t, "  %s\t%s\n", cmd.name, cmd.brief)
	}
	t.Flush()
}

// help is what `hotleads user add --help` prints.
func (c *cli) help(cmd command) error {
	var b strings.Builder
	usage := "hotleads " + cmd.name
	if cmd.args != "" {
		usage += " " + cmd.args
	}
	fmt.Fprintf(&b, "%s.\n\nUsage: %s [FLAGS]\n", strings.ToUpper(cmd.brief[:1])+cmd.brief[1:], usage)
	if cmd.about != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.Trim(cmd.about, "\n"))
	}
	own := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	cmd.define(own)
	writeFlags(&b, own)
	writeSettings(&b, cmd.settings)
	_, err := io.WriteString(c.stdout, b.String())
	return err
}

func writeFlags(w io.Writer, fs *flag.FlagSet) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	n := 0
	fs.VisitAll(func(f *flag.Flag) {
		if n++; n == 1 {
			fmt.Fprint(w, "\nFlags:\n")
		}
		// A usage is "`VALUE`: what it is", for a switch only the latter.
		value, usage := "", f.Usage
		if rest, ok := strings.CutPrefix(f.Usage, "`"); ok {
			value, usage, _ = strings.Cut(rest, "`")
		}
		fmt.Fprintf(t, "  %s\t%s\n", strings.TrimSpace("--"+f.Name+" "+value), strings.TrimPrefix(usage, ": "))
	})
	t.Flush()
}

func writeSettings(w io.Writer, names []string) {
	if len(names) == 0 {
		return
	}
	fmt.Fprint(w, "\nSettings, from the environment or a flag, which wins:\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, set := range settingTable {
		if !slices.Contains(names, set.name) {
			continue
		}
		about := set.about
		if set.fallback != "" {
			about += " (" + set.fallback + ")"
		}
		fmt.Fprintf(t, "  %s\t--%s\t%s\n", set.name, flagOf(set.name), about)
	}
	t.Flush()
}

// firstWords are the names of the commands and groups, each once.
func firstWords(list []command) []string {
	var words []string
	for _, cmd := range list {
		if first, _, _ := strings.Cut(cmd.name, " "); !slices.Contains(words, first) {
			words = append(words, first)
		}
	}
	return words
}

func secondWords(group []command) []string {
	words := make([]string, len(group))
	for i, cmd := range group {
		_, words[i], _ = strings.Cut(cmd.name, " ")
	}
	return words
}
