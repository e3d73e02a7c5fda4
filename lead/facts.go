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
	// Rep is who had to act: of a decision or touch clock whoever held the lead, of
	// the others whoever ended the wait; "" where nobody has.
	Rep    string
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
