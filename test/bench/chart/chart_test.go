package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// Pictures are well formed, say their figures, and keep what they draw inside.
func TestPicturesAreWellFormed(t *testing.T) {
	bars := Bars{Title: "A < B", Under: "medians", Unit: "µs", Aim: 12, Bars: []Bar{{Label: "raw", Value: 4.84}, {Label: "ours", Ours: true, Value: 7.2, Small: 3}, {Label: "nothing"}}}
	curve := Curve{Title: "Back", XName: "seconds", Right: 15, Top: 100, YUnit: " %", Aim: 15, Points: []Point{{0, 0}, {2, 50}, {3.5, 100}}}
	for name, c := range map[string]struct {
		svg  string
		want []string
	}{
		"bars":  {bars.SVG(), []string{"A &lt; B", "4.8 µs", "3 / 7.2 µs", "aim: 12 µs"}},
		"curve": {curve.SVG(), []string{"seconds", "100 %", "aim"}},
		"empty": {Bars{}.SVG(), nil},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.svg, want) {
				t.Errorf("%s: no %q in\n%s", name, want, c.svg)
			}
		}
		if strings.Contains(c.svg, "NaN") || strings.Contains(c.svg, "Inf") {
			t.Errorf("%s: not a number in\n%s", name, c.svg)
		}
		d := xml.NewDecoder(strings.NewReader(c.svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, c.svg)
			}
		}
	}
}

func TestStepsAreRound(t *testing.T) {
	for most, want := range map[float64]float64{5: 1, 10: 1, 15: 2, 30: 5, 150: 20} {
		if got := step(most); got != want {
			t.Errorf("to %v in steps of %v, want %v", most, got, want)
		}
	}
}
