package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
)

// shownRefusals is how many refused rows are shown; --rejected has all.
const shownRefusals = 20

// report is what an import tells when it is over.
type report struct {
	dry, live bool
	read      int // rows
	refused   int
	shown     []string
	rejected  *csv.Writer // nil: not asked for
}

// refuse notes that a row is not taken, and why.
func (r *report) refuse(x row, reason error) error {
	r.refused++
	if len(r.shown) < shownRefusals {
		r.shown = append(r.shown, fmt.Sprintf("line %d: %s", x.line, oneLine(reason.Error())))
	}
	if r.rejected == nil {
		return nil
	}
	return r.rejected.Write(append([]string{strconv.Itoa(x.line), reason.Error()}, x.cells...))
}

// write ends the report. whole tells whether the file was read to its end. That
// every row was refused is an error.
func (r *report) write(w io.Writer, t tally, whole bool) error {
	var b strings.Builder
	if len(r.shown) > 0 {
		fmt.Fprintf(&b, "Refused:\n")
		for _, line := range r.shown {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		if more := r.refused - len(r.shown); more > 0 {
			fmt.Fprintf(&b, "  and %s (all of them: --rejected FILE.csv)\n", count(more, "more", "more"))
		}
	}
	if r.dry {
		b.WriteString("Nothing was changed. It would be:\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 1, ' ', tabwriter.AlignRight)
	line := func(n int, noun, text string) {
		if n != 1 {
			noun += "s"
		}
		fmt.Fprintf(table, "  %s\t %s\n", thousands(n), strings.TrimSpace(noun+" "+text))
	}
	line(r.read, "row", "read")
	line(t.created, "new lead", "")
	line(t.updated, "row", "with news of known leads")
	line(t.unchanged, "row", "known before")
	line(r.refused, "row", "refused")
	if t.outcome > 0 {
		line(t.outcome, "lead", "closed, won or lost")
	}
	if t.held > 0 {
		line(t.held, "lead", "ready but held back")
	}
	if r.live {
		line(t.qualified, "lead", "on the board")
	} else {
		line(t.backlog, "lead", "in the backlog, until a manager releases them")
	}
	table.Flush()
	_, err := io.WriteString(w, b.String())
	if r.rejected != nil {
		r.rejected.Flush()
		err = errors.Join(err, r.rejected.Error())
	}
	if err == nil && whole && r.read > 0 && r.refused == r.read {
		err = errors.New("every row was refused")
	}
	return err
}

// progress shows how far an import has come.
type progress interface {
	at(offset int64, rows int)
	end()
}

// newProgress is a bar on a terminal, else a line every few seconds. size is the
// file's in bytes, 0 where it is not known.
func (c *cli) newProgress(size int64, dry bool) progress {
	what := "importing"
	if dry {
		what = "trying"
	}
	if _, ok := isTerminal(c.stderr); ok {
		if size == 0 {
			size = -1
		}
		return bar{progressbar.NewOptions64(size, progressbar.OptionSetWriter(c.stderr), progressbar.OptionSetDescription(what),
			progressbar.OptionShowBytes(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
	}
	return &lines{w: c.stderr, what: what, size: size, told: time.Now()}
}

type bar struct{ *progressbar.ProgressBar }

func (b bar) at(offset int64, _ int) { _ = b.Set64(offset) } // a bar that can't be drawn stops nothing
func (b bar) end()                   { _ = b.Finish() }

// linesEvery is how often progress is told where no terminal shows a bar.
const linesEvery = 5 * time.Second

type lines struct {
	w    io.Writer
	what string
	size int64
	told time.Time
}

func (l *lines) at(offset int64, rows int) {
	if time.Since(l.told) < linesEvery {
		return
	}
	l.told = time.Now()
	share := ""
	if l.size > 0 {
		share = fmt.Sprintf(", %d %%", 100*offset/l.size)
	}
	fmt.Fprintf(l.w, "%s: %s%s\n", l.what, count(rows, "row", "rows"), share)
}

func (l *lines) end() {}
