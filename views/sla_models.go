package views

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

// SLATile is one figure of the report with what was promised.
type SLATile struct {
	Kind   string // claim, decision, touch or response
	Figure string // "94 %", "28 min"; "–" where there is nothing to tell
	Text   string // "claimed in time · promised 90 %"
	State  string // kept, broken or ""
	Today  string // "today 92 %"
	Note   string // "1 missed"
	URL    string // the clocks behind the note; "" where there are none
}

// SLAChart is how long one kind of step took.
type SLAChart struct {
	Kind, Title, Sub string
	Bars             []SLABar
	Lines            []SLALine
	Unit             string
}

// SLABar is a step of a distribution: its place, in hundredths of the drawing's width,
// its heights in pixels, and what it says.
type SLABar struct {
	X, Width         float64
	MetY, MetHeight  int
	MissY, MissHight int
	Label            string // below it; "" for none
	Title            string // "10 to 20 min: 4 in time, 1 late"
	From             string // "10–20"
	Met, Missed      int
	URL              string
}

// SLALine is an upright line of a drawing, with words at its top.
type SLALine struct {
	X      float64 // in hundredths of its width
	Y      int     // where the words stand
	Kind   string  // median, p90 or target
	Text   string
	Before bool // the words stand before the line
}

// anchor and dx are where the words of a line begin or end.
func (l SLALine) anchor() (anchor, dx string) {
	if l.Before {
		return "end", "-4"
	}
	return "start", "4"
}

// SLACell is one hour of the week.
type SLACell struct {
	Level int    // 0: nothing came, 1 to 5: the share missed
	Text  string // "2/5"
	Title string
	URL   string
}

// SLADay is a row of the heat map.
type SLADay struct {
	Day   string
	Cells []SLACell
}

// SLAShare is a row of a table by what clocks differ in.
type SLAShare struct {
	Name, URL string
	HandOffs  SLACount
	Waiting   SLACount
	Shares    []SLACellFigure // claim, decision, touch
	Response  SLACellFigure   // its median
}

// SLACount is a number of clocks, and where they are listed; "": nowhere.
type SLACount struct {
	N   int
	URL string
}

// SLACellFigure is a figure in a table: an attainment, or a median.
type SLACellFigure struct {
	Text, State, Of string
	Title           string // what it is of, where Of does not say so
	URL             string // the clocks that it is of; "": none
}

// SLATable is the clocks by one thing.
type SLATable struct {
	Title, Of string
	Rows      []SLAShare
}

// SLAWeek is a row of the trend.
type SLAWeek struct {
	Label, URL string
	HandOffs   SLACount
	Shares     []SLACellFigure
	Response   SLACellFigure
}

// SLABreach is a promise that was not kept, and why.
type SLABreach struct {
	LeadID string // "" for one that the viewer may not open
	Name   string
	Kind   string
	State  string // met, missed, open, unrecorded, cancelled
	Why    string
	// Working is its picture; nil for none.
	Working *WhyModel
}

// SLAFilter is what the report can be narrowed by.
type SLAFilter struct {
	From, To string
	Choices  []Filter
	Source   string
	Errors   map[string]string
	Periods  []TeamLink // Slug is an address here
	Reset    string
}

// narrowed tells whether more than one of the periods is asked for: then a phone shows
// by what.
func (f SLAFilter) narrowed() bool {
	chosen := slices.ContainsFunc(f.Choices, func(c Filter) bool { return c.Value != "" })
	usual := slices.ContainsFunc(f.Periods, func(p TeamLink) bool { return p.Current })
	return chosen || !usual || len(f.Errors) > 0
}

// SLAFigures are all that the page tells beside the running clocks.
type SLAFigures struct {
	Empty      string // why there are no figures; "" where there are
	Tiles      []SLATile
	Asides     []string // sentences below the tiles
	Unclaimed  string
	UnclaimURL string
	Charts     []SLAChart
	Heat       []SLADay
	Hours      []string
	HeatSub    string
	Weeks      []SLAWeek
	Tables     []SLATable
	Breaches   []SLABreach
	AllURL     string
	CSV        string
}

// SLAClocksModel is the page /sla/clocks: what is behind a figure.
type SLAClocksModel struct {
	Title, Sub string
	Back       string
	Rows       []SLABreach
	Paging     Paging
}

// titled is a title where there is one.
func titled(title string) templ.Attributes {
	if title == "" {
		return nil
	}
	return templ.Attributes{"title": title}
}

func itoa(n int) string { return strconv.Itoa(n) }
