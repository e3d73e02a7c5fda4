package lead

import (
	"time"

	"hotleads/sla"
)

// Facts are clocks of one sort: alike in all that a report tells apart, but for
// when each was asked for and how long it took. See package lead/report.
type Facts struct {
	Kind   sla.Kind
	TeamID string
	Rep    string // see Clock.Rep
	Tier   string
	Source string
	// Result is how the promise stands: [sla.Met]; [sla.Missed], running or not;
	// [sla.Unrecorded]; [sla.Cancelled]; "" for a clock that runs and is not due.
	Result  sla.Outcome
	Running bool
	// Done tells whether the step was made: claimed, decided, or touched. A clock
	// may end without, as when a lead cools.
	Done     bool
	Closed   bool // a claim or response that was asked for while the team was closed
	Counted  bool // of a response: the hand-off counts as an MQL
	Verified bool // another system ended it, or a program on a person's behalf
	Each     []Stretch
}

// Stretch is one clock of a sort: the moment when it was asked for, in seconds
// since 1970, and the business seconds that it took; 0 while it runs.
type Stretch struct{ Asked, Used int64 }

// FactsQuery asks for the clocks that were asked for from From to before To, in
// some teams; nil: in all.
type FactsQuery struct {
	Teams    []string
	From, To time.Time
	Now      time.Time // what is due by then and runs is missed
}

// What a search for clocks may want of them, beside the outcomes met, unrecorded
// and cancelled.
const (
	ClocksMissed    = "missed"    // ended late, or run and are due
	ClocksJudged    = "judged"    // met, or missed
	ClocksOrdinary  = "ordinary"  // met, or missed, and not asked for while the team was closed
	ClocksOpen      = "open"      // run and are not due
	ClocksWaiting   = "waiting"   // run
	ClocksUnclaimed = "unclaimed" // claims that were missed and that nobody took
	ClocksDone      = "done"      // the step was made, in ordinary hours
)

// Nobody is asked for as a rep where nobody had to act: see [Clock.Rep].
const Nobody = "nobody"

// ClockSearch asks for the clocks behind a figure: those that FactsQuery asks
// for, narrowed. Zero fields don't narrow.
type ClockSearch struct {
	FactsQuery
	Kind              sla.Kind
	Rep, Tier, Source string
	Result            string         // one of the above, or a sla.Outcome
	UsedFrom, UsedTo  time.Duration  // took so long or longer, and shorter than that
	Spans             [][2]time.Time // asked for in one of these; nil: whenever
	After             *ClockPoint    // the page after this point
	Limit             int
}

// ClockPoint is where a page of clocks ended.
type ClockPoint struct {
	AskedAt time.Time `json:"t"`
	ID      string    `json:"i"`
}

// LeadClock is a clock with its lead's id.
type LeadClock struct {
	LeadID string
	Clock
}
