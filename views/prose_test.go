package views

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProse(t *testing.T) {
	text, code, strong := func(s string) Span { return Span{Text: s} }, func(s string) Span { return Span{Text: s, Code: true} }, func(s string) Span { return Span{Text: s, Strong: true} }
	for in, want := range map[string][]Block{
		"":                         nil,
		" \n\n ":                   nil,
		"one\n  line":              {{Items: [][]Span{{text("one line")}}}},
		"a `b` **c d** *e*.":       {{Items: [][]Span{{text("a "), code("b"), text(" "), strong("c d"), text(" "), strong("e"), text(".")}}}},
		"first\n\n- `x`: y\n- z\n": {{Items: [][]Span{{text("first")}}}, {List: true, Items: [][]Span{{code("x"), text(": y")}, {text("z")}}}},
		"an `open one":             {{Items: [][]Span{{text("an `open one")}}}},
		"2 * 3":                    {{Items: [][]Span{{text("2 * 3")}}}},
		"<b>&amp;":                 {{Items: [][]Span{{text("<b>&amp;")}}}},
	} {
		if d := cmp.Diff(want, Prose(in)); d != "" {
			t.Errorf("%q:\n%s", in, d)
		}
	}
}
