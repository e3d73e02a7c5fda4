package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"hotleads/lead/imports"
)

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
		most := size
		if most == 0 {
			most = -1
		}
		return &bar{began: time.Now(), what: what, ProgressBar: progressbar.NewOptions64(most, progressbar.OptionSetWriter(c.stderr), progressbar.OptionSetDescription(what),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
	}
	return &lines{w: c.stderr, what: what, size: size, began: time.Now(), told: time.Now()}
}

// bar is drawn by bytes, with rows and their rate before it.
type bar struct {
	*progressbar.ProgressBar
	what  string
	began time.Time
	told  time.Time
}

func (b *bar) at(offset int64, rows int) {
	if now := time.Now(); now.Sub(b.told) >= 200*time.Millisecond {
		b.told = now
		b.Describe(fmt.Sprintf("%s: %s, %s a second", b.what, count(rows, "row", "rows"), imports.Thousands(rate(rows, now.Sub(b.began)))))
		_ = b.Set64(offset) // a bar that can't be drawn stops nothing
	}
}
func (b *bar) end() { _ = b.Finish() }

func rate(rows int, took time.Duration) int {
	return int(float64(rows) / max(took.Seconds(), 0.001))
}

// linesEvery is how often progress is told where no terminal shows a bar.
const linesEvery = 5 * time.Second

type lines struct {
	w           io.Writer
	what        string
	size        int64
	began, told time.Time
}

func (l *lines) at(offset int64, rows int) {
	now := time.Now()
	if now.Sub(l.told) < linesEvery {
		return
	}
	l.told = now
	took := now.Sub(l.began)
	text := fmt.Sprintf("%s: %s, %s a second", l.what, count(rows, "row", "rows"), imports.Thousands(rate(rows, took)))
	if l.size > 0 && offset > 0 {
		left := time.Duration(float64(took) * float64(l.size-offset) / float64(offset)).Round(time.Second)
		text += fmt.Sprintf(", %d %%, %s left", 100*offset/l.size, max(left, 0))
	}
	fmt.Fprintln(l.w, text)
}

func (l *lines) end() {}
