package lead

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// Agreement is the versioned document that marketing and sales sign.
type Agreement struct {
	SchemaVersion int           `json:"schema_version"`
	Criteria      Criteria      `json:"criteria"`
	Scoring       scoring.Model `json:"scoring"`
	SLA           SLA           `json:"sla"`
	ReturnReasons []Reason      `json:"return_reasons"`
	Commitments   Commitments   `json:"commitments"`
}

// Criteria says what each stage means and who is on the board.
type Criteria struct {
	Stages         map[Stage]string `json:"stages"`          // in words, as both departments signed them
	RequiredTraits []string         `json:"required_traits"` // one of them is enough; empty: none needed
	CoolShare      float64          `json:"cool_share"`      // of the threshold; under it an unclaimed lead may cool
	CoolIdleDays   float64          `json:"cool_idle_days"`  // without activity
	CountOnceDays  float64          `json:"count_once_days"` // a lead counts as an MQL once in so many days
	LostForDays    float64          `json:"lost_for_days"`   // then a lost lead is nurture again
	HandRaiseFit   float64          `json:"hand_raise_fit"`  // fit from which a hand-raise is on fire, else hot
	HandRaiseDays  float64          `json:"hand_raise_days"` // older hand-raises (a replay of history) are ordinary activities
	OfferShare     float64          `json:"offer_share"`     // of the claim target for which a lead that is back is offered to its last rep
	ExpiredMinutes float64          `json:"expired_minutes"` // business minutes for which an expired claim's rep waits
}

// SLA is the calendar and the clocks' policy.
type SLA struct {
	Calendar *sla.Calendar `json:"calendar"`
	sla.Policy
}

// Reason is why a lead may be returned and what happens to it next.
type Reason struct {
	Key             string `json:"key"`
	Label           string `json:"label"`
	NeedsDate       bool   `json:"needs_date,omitempty"`
	NeedsAttempts   int    `json:"needs_attempts,omitempty"` // touches to have been logged in this hand-off
	Next            string `json:"next"`                     // in words
	ClearEngagement bool   `json:"clear_engagement,omitempty"`
	Blocks          string `json:"blocks,omitempty"` // BlockedFit, BlockedData or BlockedProposal
	Track           string `json:"track,omitempty"`  // nurture track
	Offer           bool   `json:"offer,omitempty"`  // when it comes back it is offered to the same rep first
}

// Commitments is each side's half of the bargain. Shares are 0 to 1.
type Commitments struct {
	MQLsPerRepWeek float64 `json:"mqls_per_rep_week"`
	AcceptedShare  float64 `json:"accepted_share"`
	ClaimedInTime  float64 `json:"claimed_in_time"`
	DecidedInTime  float64 `json:"decided_in_time"`
	TouchedInTime  float64 `json:"touched_in_time"`
	BecomeSQL      float64 `json:"become_sql"`
}

// DefaultAgreement is the one a new installation starts with, in the time zone.
func DefaultAgreement(zone string) (Agreement, error) {
	cal, err := sla.DefaultCalendar(zone)
	if err != nil {
		return Agreement{}, err
	}
	return Agreement{
		SchemaVersion: 1,
		Criteria: Criteria{
			Stages: map[Stage]string{
				Nurture: "Not ready: marketing keeps in touch.",
				MQL:     "Ready for sales: the score is over the threshold with intent, or they asked for sales.",
				Claimed: "A rep is reviewing it; nobody else can.",
				SAL:     "Accepted by sales: worth working, not yet qualified.",
				SQL:     "Qualified by sales: an opportunity.",
				Won:     "Bought.", Lost: "Did not buy.", Disqualified: "Never a customer: spam, a competitor.",
			},
			RequiredTraits: []string{"email", "phone"},
			CoolShare:      0.9, CoolIdleDays: 10, CountOnceDays: 90, LostForDays: 30,
			HandRaiseFit: 10, HandRaiseDays: 14, OfferShare: 0.25, ExpiredMinutes: 30,
		},
		Scoring: scoring.DefaultModel(),
		SLA:     SLA{Calendar: cal, Policy: sla.DefaultPolicy()},
		ReturnReasons: []Reason{
			{Key: "not_now", Label: "Not now", NeedsDate: true, Offer: true, Next: "comes back to you on that morning"},
			{Key: "no_answer", Label: "No answer", NeedsAttempts: 1, ClearEngagement: true, Track: "re-engage", Offer: true, Next: "engagement starts anew; track “re-engage”"},
			{Key: "researching", Label: "Just researching", ClearEngagement: true, Track: "education", Offer: true, Next: "engagement starts anew; track “education”"},
			{Key: "wrong_person", Label: "Wrong person", Track: "find the colleague", Next: "score kept; track “find the colleague”"},
			{Key: "wrong_fit", Label: "Wrong fit", Blocks: BlockedFit, Next: "waits until a trait changes or they ask for sales"},
			{Key: "bad_data", Label: "Bad contact data", Blocks: BlockedData, Offer: true, Next: "marketing mends it; comes back to you"},
			{Key: "customer", Label: "Customer or open deal", Blocks: BlockedProposal, Next: "goes to its owner; not marketing’s quality"},
			{Key: "not_a_buyer", Label: "Competitor, applicant, vendor, test", Blocks: BlockedProposal, Next: "proposed for disqualification; marketing confirms"},
			{Key: "duplicate", Label: "Duplicate", Blocks: BlockedProposal, Next: "merge proposed"},
		},
		Commitments: Commitments{MQLsPerRepWeek: 6, AcceptedShare: .65, ClaimedInTime: .9, DecidedInTime: .9, TouchedInTime: .85, BecomeSQL: .4},
	}, nil
}

// Reason finds a return reason by its key.
func (a *Agreement) Reason(key string) (Reason, bool) {
	for _, r := range a.ReturnReasons {
		if r.Key == key {
			return r, true
		}
	}
	return Reason{}, false
}

// Rules is an agreement in force, compiled: safe for concurrent use.
type Rules struct {
	Version int
	Agreement
	Scorer *scoring.Scorer
	// Excluded are the company's own lists.
	Excluded Exclusions
}

// Compile checks the agreement and makes it usable. Errors name the path.
func (a Agreement) Compile(version int) (*Rules, error) {
	s, err := scoring.Compile(a.Scoring)
	errs := []error{err, a.SLA.Validate()}
	if a.SLA.Calendar == nil {
		errs = append(errs, errors.New("sla.calendar: missing"))
	}
	seen := map[string]bool{}
	for i, r := range a.ReturnReasons {
		if r.Key == "" || r.Label == "" || seen[r.Key] {
			errs = append(errs, fmt.Errorf("return_reasons[%d]: wants a key of its own and a label", i))
		}
		seen[r.Key] = true
	}
	c := a.Criteria
	for path, v := range map[string]float64{
		"cool_share": c.CoolShare, "cool_idle_days": c.CoolIdleDays, "count_once_days": c.CountOnceDays,
		"lost_for_days": c.LostForDays, "hand_raise_days": c.HandRaiseDays, "offer_share": c.OfferShare, "expired_minutes": c.ExpiredMinutes,
	} {
		if !(v >= 0 && v < 1e6) {
			errs = append(errs, fmt.Errorf("criteria.%s: %v is not between 0 and 1,000,000", path, v))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Rules{Version: version, Agreement: a, Scorer: s}, nil
}

// ParseAgreement reads an agreement's stored bytes.
func ParseAgreement(body []byte) (Agreement, error) {
	var a Agreement
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("agreement: %w", err)
	}
	return a, nil
}

// CalendarOf is the team's calendar, else the agreement's.
func (r *Rules) CalendarOf(t *Team) *sla.Calendar {
	if t != nil && t.Calendar != nil {
		return t.Calendar
	}
	return r.SLA.Calendar
}

func days(d float64) time.Duration { return time.Duration(d * 24 * float64(time.Hour)) }
