package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"hotleads/lead/imports"
	"hotleads/store"
)

func importCommand() command {
	return command{
		name: "import", args: "FILE.csv --map MAP.yaml", brief: "take leads, traits and outcomes from a CSV file", settings: databaseSettings,
		about: `
The mapping says which columns mean what; docs/import.md describes it. What would
qualify waits in the backlog until a manager releases it. The same row is taken
once, however often the file is imported: an import that was stopped is simply
run again. A row that can't be taken is reported and does not keep the others
out. Encoding (UTF-8, UTF-16 with its mark, Windows-1252) and separator (comma,
semicolon, tab, bar) are recognised, and named in the report.

  hotleads import leads.csv --map map.yaml --dry-run
  hotleads import leads.csv --map map.yaml --rejected refused.csv

  # map.yaml
  identity: {user_id: "Customer number", email: "Email"}
  traits: {name: "Full name", title: "Job title"}   # or: traits: all
  empty: ["", "n/a"]`,
		define: func(fs *flag.FlagSet) action {
			var o importOptions
			fs.StringVar(&o.mapping, "map", "", "`MAP.yaml`: the mapping")
			fs.BoolVar(&o.dry, "dry-run", false, "change nothing, say what would happen")
			fs.BoolVar(&o.live, "live", false, "what qualifies goes on the board and its clocks start, as if it happened now")
			fs.StringVar(&o.rejected, "rejected", "", "`FILE.csv`: made of the refused rows, with line and reason")
			fs.StringVar(&o.report, "report", "", "`FILE`: the report, besides on standard output")
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				switch {
				case len(args) != 1:
					return wrongUsage("say which file, one")
				case o.mapping == "":
					return wrongUsage("--map: say which file holds the mapping")
				}
				o.file = args[0]
				return withStore(ctx, s, func(st *store.Store) error { return c.importFile(ctx, st, o) })
			}
		},
	}
}

// importOptions are what the command line says.
type importOptions struct {
	file, mapping, rejected, report string
	dry, live                       bool
}

func (c *cli) importFile(ctx context.Context, st *store.Store, o importOptions) (err error) {
	text, err := os.ReadFile(o.mapping)
	if err != nil {
		return err
	}
	m, err := imports.ParseMapping(text)
	if err != nil {
		return fmt.Errorf("%s: %w", o.mapping, err)
	}
	f, err := os.Open(o.file)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(0)
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	r, err := imports.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	teams, err := st.Teams(ctx)
	if err != nil {
		return err
	}
	plan, err := m.Bind(r.Head(), teams)
	if err != nil {
		return fmt.Errorf("%s: %w", o.mapping, err)
	}
	report := &imports.Report{Dry: o.dry, Live: o.live, All: "--rejected FILE.csv"}
	sheet, done, err := o.sheet(r.Head())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	shown := c.newProgress(size, o.dry)
	run := imports.Run{Desk: c.deskBeside(st), Reader: r, Plan: plan, Live: o.live, Dry: o.dry, Tick: shown.at}
	var unwritten error
	run.Done = func(commit imports.Commit) {
		report.Note(commit)
		unwritten = errors.Join(unwritten, sheet.Write(commit.Refused))
	}
	err = run.All(ctx)
	shown.end()
	report.Encoding, report.Separator = r.Encoding(), r.Separator()
	if err == nil {
		err = imports.Fault(report.Tally)
	}
	return errors.Join(err, unwritten, c.tell(report, o.report))
}

// tell writes the report on standard output, and to a file where one is named.
func (c *cli) tell(r *imports.Report, file string) error {
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		return err
	}
	_, err := io.WriteString(c.stdout, b.String())
	if file != "" {
		err = errors.Join(err, os.WriteFile(file, []byte(b.String()), 0o600))
	}
	return err
}

// sheet is where refused rows go: nowhere unless --rejected names a file, which
// is not the one that is read.
func (o importOptions) sheet(head []string) (*imports.Sheet, func() error, error) {
	to := io.Discard
	closed := func() error { return nil }
	if o.rejected != "" {
		a, aerr := os.Stat(o.rejected)
		b, berr := os.Stat(o.file)
		if aerr == nil && berr == nil && os.SameFile(a, b) {
			return nil, nil, wrongUsage("--rejected: %s is the file that is imported", o.rejected)
		}
		f, err := os.OpenFile(o.rejected, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return nil, nil, err
		}
		to, closed = f, f.Close
	}
	sheet, err := imports.NewSheet(to, head)
	return sheet, closed, err
}
