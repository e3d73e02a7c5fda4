package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// The sentences on top of pages that tell of many leads.

// PeriodSentence is what the promises of a period were like, in one sentence.
func PeriodSentence(r report.SLA) string {
	n, when := r.HandOffs, PeriodWords(r.Query)
	if n.All == 0 {
		return when + " no lead was handed over."
	}
	s := when + " " + Count(n.All, "lead was", "leads were") + " handed over. "
	response := r.Clocks[len(r.Clocks)-1]
	called := Count(n.Called, "was", "were") + " called"
	switch {
	case n.Called == 0:
		return s + "None was called yet."
	case response.Done >= n.Called:
		return s + called + ", half of them within " + Minutes(response.Median) + "."
	case response.Done > 0: // the median is of those alone
		return s + called + "; of those that came in opening hours half within " + Minutes(response.Median) + "."
	}
	return s + called + "."
}

// PeriodWords are a report's period as a sentence begins with it.
func PeriodWords(q report.Query) string {
	const day = "2 Jan 2006"
	last, monday, today := q.To.Add(-time.Second), report.Monday(q.Now, q.Zone), lead.Today(q.Now, q.Zone)
	switch {
	case q.From.Equal(monday) && q.To.Equal(lead.DaysOn(monday, 7, q.Zone)):
		return "This week"
	case q.From.Equal(today) && q.To.Equal(lead.DaysOn(today, 1, q.Zone)):
		return "Today"
	case q.From.Equal(lead.Today(last, q.Zone)):
		return "On " + last.In(q.Zone).Format(day)
	}
	return "From " + q.From.In(q.Zone).Format(day) + " to " + last.In(q.Zone).Format(day)
}

// NothingAsked says that a period has no figures.
func NothingAsked(q report.Query) string { return PeriodWords(q) + ": nothing was asked for." }

// UnclaimedWords count the leads that everybody saw and nobody claimed.
func UnclaimedWords(n int) string {
	return "Seen by all, claimed by none: " + Count(n, "lead", "leads")
}

// PeriodAsides are what a report tells apart, a sentence each.
func PeriodAsides(r report.SLA) []string {
	var out []string
	if claim, response := r.Clocks[0], r.Clocks[len(r.Clocks)-1]; r.HandOffs.Closed > 0 {
		s := Count(r.HandOffs.Closed, "lead", "leads") + " came while the team was closed, and count apart:"
		if n := claim.ClosedMet + claim.ClosedMissed; n > 0 {
			s += fmt.Sprintf(" %d of %d claimed in time", claim.ClosedMet, n)
		} else {
			s += " none due yet"
		}
		if response.Closed.Done > 0 {
			s += ", half of those called within " + Minutes(response.Closed.Median)
		}
		out = append(out, s+".")
	}
	touch := r.Clocks[2]
	other, self := touch.Verified, touch.SelfReported
	others := other.Met + other.Missed + other.ClosedMet + other.ClosedMissed
	if all := others + self.Met + self.Missed + self.ClosedMet + self.ClosedMissed; all > 0 {
		out = append(out, fmt.Sprintf("Of %s %d came from the CRM or telephony, %d were logged by hand.", Count(all, "first touch", "first touches"), others, all-others))
	}
	if r.HandOffs.Ended+r.HandOffs.Unrecorded > 0 {
		out = append(out, fmt.Sprintf("%d ended without a call, %d went on in the CRM.", r.HandOffs.Ended, r.HandOffs.Unrecorded))
	}
	return out
}

// Waiting counts the clocks that run: all of them, or the first of more.
type Waiting struct {
	All             int
	More            bool
	Overdue, AtRisk int
	Nobody          int            // nobody has their lead
	On              map[string]int // by the name of who has; not nil
}

// Add counts a clock that runs.
func (n *Waiting) Add(r SLARow) {
	n.All++
	switch sla.State(r.Clock.State) {
	case sla.Breached:
		n.Overdue++
	case sla.AtRisk:
		n.AtRisk++
	}
	if r.With == "" {
		n.Nobody++
	} else {
		n.On[r.With]++
	}
}

// Now says how the hand-offs stand, and on whom they wait.
func (n Waiting) Now() string {
	if n.All == 0 {
		return "Nobody waits now."
	}
	s := "Now " + Count(n.All, "clock runs", "clocks run") + "."
	if n.More {
		s = fmt.Sprintf("Now more than %d clocks run. Of the first %d:", n.All, n.All)
	}
	switch {
	case n.Overdue > 0 && n.AtRisk > 0:
		s += fmt.Sprintf(" %d overdue, %d at risk.", n.Overdue, n.AtRisk)
	case n.Overdue > 0:
		s += fmt.Sprintf(" %d overdue.", n.Overdue)
	case n.AtRisk > 0:
		s += fmt.Sprintf(" %d at risk, none overdue.", n.AtRisk)
	default:
		s += " All in time."
	}
	return s + " " + n.onWhom()
}

func (n Waiting) onWhom() string {
	var parts []string
	if n.Nobody > 0 {
		parts = append(parts, Count(n.Nobody, "waits on nobody", "wait on nobody"))
	}
	who, most, held := "", 0, 0
	for name, k := range n.On {
		held += k
		if k > most || k == most && name < who {
			who, most = name, k
		}
	}
	switch {
	case len(n.On) == 1:
		parts = append(parts, fmt.Sprintf("%d on %s", most, who))
	case len(n.On) > 1 && most == 1:
		parts = append(parts, fmt.Sprintf("%d on as many reps", held))
	case len(n.On) > 1:
		parts = append(parts, fmt.Sprintf("%d on %d reps, most of them (%d) on %s", held, len(n.On), most, who))
	}
	return strings.Join(parts, ", ") + "."
}

// Holding says how a team stands, and who of it is not there.
func (m HoldingsModel) Holding() (sentence, aside string) {
	held, holders, away, left := 0, 0, 0, 0
	for _, p := range m.People {
		if n := p.Claimed + p.Accepted + p.InContact + p.Opportunities; n > 0 {
			held += n
			holders++
		}
		if p.State != "" {
			away++
		}
	}
	for _, l := range m.Left {
		left += l.All
	}
	sentence = "Nobody holds a lead."
	if held > 0 {
		sentence = Count(holders, "rep holds", "reps hold") + " " + Count(held, "lead", "leads") + "."
	}
	if m.AllOverdue > 0 {
		sentence += " " + strconv.Itoa(m.AllOverdue) + " overdue."
	}
	switch {
	case left > 0:
		aside = Count(left, "accepted lead was", "accepted leads were") + " left behind."
	case away > 0:
		aside = Count(away, "is", "are") + " away."
	}
	return sentence, aside
}
