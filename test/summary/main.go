// Command summary reads the events of go test -json from standard input and prints what go test itself
// would: each package's closing line and the output of what failed. After it stands a summary that names
// every test that was left out, and why. Its exit status is 1 when something failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"
)

// event is one line of go test -json (cmd/test2json, and go help buildjson for the build's).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string // empty: the package itself
	Output     string
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// report is what is known so far.
type report struct {
	out      io.Writer
	lines    map[string][]string // output by package and test, until its end is known
	passed   int
	packages int
	failed   []string
	leftOut  map[string][]string // tests by reason
}

// run copies from in to out. Its error says what failed.
func run(in io.Reader, out io.Writer) error {
	start := time.Now()
	r := &report{out: out, lines: map[string][]string{}, leftOut: map[string][]string{}}
	input := bufio.NewReader(in)
	for {
		line, err := input.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprintf(out, "%s", line) // not an event: go's own complaint
			} else {
				r.add(e)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read go test's events: %w", err)
		}
	}
	return r.close(time.Since(start))
}

func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.lines[key] = append(r.lines[key], e.Output)
	case "pass":
		if e.Test == "" {
			r.packages++
			r.print(key, "ok ")
		} else {
			r.passed++
		}
		delete(r.lines, key)
	case "skip":
		if e.Test == "" {
			r.packages++
			r.print(key, "? ")
		} else {
			reason := reasonOf(r.lines[key])
			r.leftOut[reason] = append(r.leftOut[reason], key)
		}
		delete(r.lines, key)
	case "fail":
		if e.Test == "" {
			r.packages++
			r.printRunning(e.Package)
		}
		r.failed = append(r.failed, strings.TrimSpace(key))
		r.print(key, "")
		delete(r.lines, key)
	}
}

// print writes the lines that begin with prefix.
func (r *report) print(key, prefix string) {
	for _, line := range r.lines[key] {
		if strings.HasPrefix(line, prefix) && !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.out, line)
		}
	}
}

// printRunning writes what tests said that never ended, because their package panicked or was stopped.
func (r *report) printRunning(pkg string) {
	var keys []string
	for key := range r.lines {
		if strings.HasPrefix(key, pkg+" ") && key != pkg+" " {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		r.print(key, "")
		delete(r.lines, key)
	}
}

// reasonOf finds why a test was skipped: the message between its source position and its closing line.
func reasonOf(lines []string) string {
	reason := "no reason given"
	for _, line := range lines {
		if _, message, ok := strings.Cut(line, ".go:"); ok {
			if _, text, ok := strings.Cut(message, ": "); ok {
				reason = strings.TrimPrefix(strings.TrimSpace(text), "left out: ")
			}
		}
	}
	return reason
}

func (r *report) close(took time.Duration) error {
	var reasons []string
	leftOut := 0
	for reason, tests := range r.leftOut {
		reasons = append(reasons, reason)
		leftOut += len(tests)
	}
	sort.Strings(reasons)
	fmt.Fprintf(r.out, "\n%d packages, %d tests passed, %d failed, %d left out, %s\n",
		r.packages, r.passed, len(r.failed), leftOut, took.Round(time.Second))
	for _, reason := range reasons {
		fmt.Fprintf(r.out, "left out: %s (%s)\n", reason, strings.Join(r.leftOut[reason], ", "))
	}
	if len(r.failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(r.failed, ", "))
	}
	if r.packages == 0 {
		return fmt.Errorf("failed: nothing was tested")
	}
	return nil
}
