package handlers

import (
	"math"
	"time"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/views"
)

// How wide the parts of a clock's picture are, in hundredths of it. Nights and
// weekends would leave no room for what counts, so that they are all as wide.
const (
	gapWide   = 7.0
	gapsMost  = 42.0 // of them all together
	onWide    = 12.0
	leastWide = 1.5
	labelRoom = 22.0 // between two labels of a row, on a small screen, too
)

// working is how a clock came to stand as it does, in words and drawn over the open and
// closed hours of its team; team is the lead's.
func (sc scene) working(c lead.Clock, team string) views.WhyModel {
	cal := sc.clockCalendar(c, team)
	story := c.Story(cal, sc.book, sc.now)
	m := views.WhyModel{ID: c.ID, Kind: string(c.Kind), State: string(c.State(sc.now)), Outcome: string(c.Outcome), Words: lead.InWords(story)}
	if c.Running() {
		c.Clock, _ = c.Record(sc.now)
	}
	p := draw(c.Course(cal))
	m.Parts = p.parts
	if !c.Running() && c.BreachedAt.IsZero() {
		story = append(story, lead.Told{At: c.DueAt, What: lead.ToldDue})
	}
	for _, t := range story {
		side, drawn := sides[t.What]
		if !drawn || t.At.After(p.end) {
			continue
		}
		mark := views.WhyMark{Kind: t.What, X: p.x(t.At), Below: side == below}
		if n := len(m.Marks); n == 0 || m.Marks[n-1] != mark {
			m.Marks = append(m.Marks, mark)
			p.at = append(p.at, t.At.In(cal.Zone()))
		}
	}
	p.label(m.Marks)
	return m
}

type side int

const (
	above side = iota // what people did
	below             // what the hours and the promise did
)

var sides = map[string]side{
	lead.ToldAsked: above, lead.ToldStopped: above, sla.MadeHotter: above, sla.Resumed: above, sla.Recomputed: above, sla.Widened: above,
	lead.ToldOpened: below, lead.ToldRisk: below, lead.ToldBreached: below, lead.ToldDue: below,
}

// first are the marks that are labelled where there is no room for all.
var first = []string{lead.ToldAsked, lead.ToldBreached, lead.ToldDue, lead.ToldStopped, lead.ToldOpened}

// drawing is a course laid out from left to right.
type drawing struct {
	course []lead.Part
	parts  []views.WhyPart
	end    time.Time   // of the last part that has one
	at     []time.Time // the moments of the marks, in the team's zone
}

// draw gives time that counts its share of the width, and every gap the same.
func draw(course []lead.Part) *drawing {
	p := &drawing{course: course}
	var counted time.Duration
	gaps, rest := 0, 100.0
	for _, part := range course {
		switch {
		case part.What == lead.PartOn:
			rest -= onWide
			continue
		case isGap(part):
			gaps++
		default:
			counted += part.To.Sub(part.From)
		}
		p.end = part.To
	}
	gap := min(gapWide, gapsMost/float64(max(gaps, 1)))
	rest -= gap * float64(gaps)
	var widths []float64
	total := 0.0
	for _, part := range course {
		w := gap
		switch {
		case part.What == lead.PartOn:
			w = onWide
		case !isGap(part):
			w = max(leastWide, rest*float64(part.To.Sub(part.From))/float64(max(counted, 1)))
		}
		widths, total = append(widths, w), total+w
	}
	x := 0.0
	for i, part := range course {
		w := widths[i] * 100 / total
		p.parts = append(p.parts, views.WhyPart{Kind: part.What, X: tenth(x), Width: tenth(w)})
		x += w
	}
	return p
}

func isGap(p lead.Part) bool { return p.What == lead.PartClosed || p.What == lead.PartPaused }

// x is where a moment of the course stands.
func (p *drawing) x(at time.Time) float64 {
	for i, part := range p.course {
		if part.What == lead.PartOn || at.After(part.To) {
			continue
		}
		share := float64(at.Sub(part.From)) / float64(part.To.Sub(part.From))
		return tenth(p.parts[i].X + p.parts[i].Width*max(0, share))
	}
	return 100
}

// label writes the moments to the marks that have room for it.
func (p *drawing) label(marks []views.WhyMark) {
	layout := "15:04"
	for _, at := range p.at {
		if at.YearDay() != p.at[0].YearDay() {
			layout = "Mon 15:04"
		}
	}
	try := func(i int) {
		for j, m := range marks {
			if m.Label != "" && m.Below == marks[i].Below && math.Abs(m.X-marks[i].X) < labelRoom && i != j {
				return
			}
		}
		marks[i].Label = p.at[i].Format(layout)
	}
	for _, kind := range first {
		for i, m := range marks {
			if m.Kind == kind {
				try(i)
			}
		}
	}
	for i := range marks {
		try(i)
	}
}
