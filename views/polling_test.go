package views_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Nothing polls: what changes on a page comes by its stream. What is left that
// asks again and again is a stream that does not exist yet, and a wall whose
// browser has no script.
func TestNothingPolls(t *testing.T) {
	asks := regexp.MustCompile(`hx-trigger="[^"]*every|http-equiv="refresh"`)
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if asks.MatchString(line) && !strings.Contains(line, "hx-sse:connect=") && !strings.Contains(line, "<noscript>") {
				t.Errorf("%s:%d polls: %s", file, i+1, strings.TrimSpace(line))
			}
		}
	}
	scripts, err := filepath.Glob("../static/app/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	timed := regexp.MustCompile(`setInterval\([^;]*(fetch|htmx\.ajax|XMLHttpRequest)`)
	for _, file := range scripts {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := timed.Find(text); m != nil {
			t.Errorf("%s polls: %s", file, m)
		}
	}
}
