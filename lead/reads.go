package lead

import (
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// Search is what to look for in the list of leads. Zero fields don't narrow.
type Search struct {
	Words   string   // found by prefix in name, company, email, phone, title and user id
	Stage   Stage    //
	Team    string   // team id
	Seen    []string // ids of teams whose leads may be seen; nil: all. Leads without a team are seen by all
	OwnerID string
	Source  string         // exactly
	Tiers   []scoring.Tier // one of these when the lead was last changed; scores fade, so that it may be lower now
	Held    bool           // only those that something keeps off the board, at Now
	Hold    Hold           // only those that this keeps off the board, at Now
	Now     time.Time      // for Held and Hold
	Backlog bool           // only the backlog, the best first by the score that each came with
	Circle  Circle         // only those that wait and that more than their team's reps may claim; OfEvery: any team's, whoever asks. The newest first
	Newest  bool           // the newest first, in an order that changes of leads leave as it is; else the last changed first
	After   *SearchPoint   // the page after this point
	Limit   int            // 1 to 1000
}

// SearchPoint is where a page of a search ended.
type SearchPoint struct {
	ListedAt time.Time `json:"l,omitzero"`
	ID       string    `json:"i"`
}

// ActivityPoint is where a page of activities ended.
type ActivityPoint struct {
	OccurredAt time.Time `json:"o"`
	MessageID  string    `json:"m"`
}

// RunningSearch asks for clocks that run. Zero fields don't narrow, but for the kind:
// where none is named, it is those that a person acts on, not the response clock.
type RunningSearch struct {
	Teams             []string // their leads'; nil: all, empty: none
	Kind              sla.Kind
	Rep, Tier, Source string // Rep: see Clock.Rep
	Limit             int
}

// RunningClock is a clock that runs, with its lead's id.
type RunningClock struct {
	LeadID string
	Clock
}

// TeamsSeen are the ids of the teams whose leads the person sees; nil: all.
func (u User) TeamsSeen() []string {
	if u.Role == Rep || (u.Role == Manager && len(u.Teams) > 0) {
		return append([]string{}, u.Teams...)
	}
	return nil
}

// SetUp is what the first visit says: the company, its first team and its
// administrator.
type SetUp struct {
	Company, Zone, Team   string
	Name, Email, Password string
}

// Duplicate is two leads that may be one person. Merging them is for people.
type Duplicate struct {
	A, B   string // ids, A before B
	Cause  string // the kind of identity that both claimed: "email", "phone", "user"
	SeenAt time.Time
}

// DuplicatePoint is where a page of suspected duplicates ended.
type DuplicatePoint struct {
	SeenAt time.Time `json:"t"`
	A      string    `json:"a"`
	B      string    `json:"b"`
}

// DuplicateSearch asks for suspected duplicates, the latest first: pairs of which
// both are there and may be seen.
type DuplicateSearch struct {
	LeadID string   // one of the two; "": any
	Seen   []string // as in Search
	After  *DuplicatePoint
	Limit  int
}
