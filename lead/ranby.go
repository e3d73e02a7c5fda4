package lead

import (
	"strings"
	"time"

	"hotleads/sla"
)

// RanBy tells whether these are the hours that the clock ran by: it is that calendar,
// or one that was changed since in what is nothing to the clock, as for next year's
// holidays.
func (c Clock) RanBy(cal *sla.Calendar) bool {
	return c.Hours() == cal.Print() || !c.Running() && c.comesOut(cal)
}

// Hours is the fingerprint of the calendar that the clock runs by, or ran: see
// sla.Calendar.Print; "" where nobody noted it.
func (c Clock) Hours() string {
	_, print, _ := strings.Cut(c.Policy, ".")
	return print
}

// comesOut tells whether what is recorded of a stopped clock follows from these hours:
// the opening at which it began, the business time that it used, when it was due.
func (c Clock) comesOut(cal *sla.Calendar) bool {
	from, before := c.AskedAt, time.Duration(0)
	for _, g := range c.Changes {
		switch g.What {
		case sla.Recomputed:
			return false
		case sla.Resumed:
			if cal.Elapsed(from, g.PausedAt) != g.Used-before {
				return false
			}
			from, before = g.At, g.Used
		}
	}
	here := cal.Elapsed(c.StartedAt, c.StoppedAt)
	if c.Kind == sla.Decision { // its rep may have used some of it in another one
		before = c.Used - here
	}
	opens, err := cal.NextOpening(from)
	switch {
	case err != nil || !opens.Equal(c.StartedAt) || here != c.Used-before || before < 0:
		return false
	case !c.BreachedAt.IsZero() && c.BreachedAt.Before(c.StartedAt): // it was due before it went on
		return true
	}
	due, err := cal.Due(c.StartedAt, c.Target-before)
	return err == nil && due.Equal(c.DueAt)
}
