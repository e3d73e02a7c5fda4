package lead

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
	Next            string `json:"next,omitempty"`           // in words
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
		SchemaVersion: SchemaVersion,
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
	sla    map[string]teamSLA // by slug; "" is for every team that differs in nothing
	// Excluded are the company's own lists.
	Excluded Exclusions
}

// teamSLA is what the agreement wants of a team's clocks, with its fingerprint.
type teamSLA struct {
	policy sla.Policy
	print  string
}

// ofTeam is what the agreement wants of a team's clocks.
func (r *Rules) ofTeam(t *Team) teamSLA {
	if t != nil {
		if own, differs := r.sla[t.Slug]; differs {
			return own
		}
	}
	return r.sla[""]
}

// PolicyOf is what the agreement wants of the clocks of a team.
func (r *Rules) PolicyOf(t *Team) sla.Policy { return r.ofTeam(t).policy }

// PolicyPrint tells the calendar and the policy of a team from any others, as
// "policy.calendar".
func (r *Rules) PolicyPrint(t *Team) string {
	return r.ofTeam(t).print + "." + r.CalendarOf(t).Print()
}

// Compile checks the agreement and makes it usable. The error is Faults:
// everything that is wrong.
func (a Agreement) Compile(version int) (*Rules, error) {
	s, err := scoring.Compile(a.Scoring)
	var f Faults
	a.Criteria.check(&f)
	f.take("scoring", err)
	if a.SLA.Calendar == nil {
		f.add("sla.calendar", "missing; wants an object")
	}
	f.take("sla", a.SLA.Validate())
	a.checkReasons(&f)
	a.Commitments.check(&f)
	if len(f) > 0 {
		return nil, f
	}
	r := &Rules{Version: version, Agreement: a, Scorer: s, sla: map[string]teamSLA{}}
	for _, slug := range append(slices.Collect(maps.Keys(a.SLA.Teams)), "") {
		p := a.SLA.For(slug)
		r.sla[slug] = teamSLA{p, p.Print()}
	}
	return r, nil
}

// mostDays bounds days, minutes and counts of an agreement.
const mostDays = 1e6

func (c Criteria) check(f *Faults) {
	for _, stage := range slices.Sorted(maps.Keys(c.Stages)) {
		if !stage.Valid() {
			f.add(join("criteria.stages", string(stage)), "is not a stage; %s", meant(string(stage), stageNames()))
		}
	}
	for i, name := range c.RequiredTraits {
		if path := fmt.Sprintf("criteria.required_traits[%d]", i); strings.TrimSpace(name) == "" {
			f.add(path, "must not be empty")
		} else if slices.Contains(c.RequiredTraits[:i], name) {
			f.add(path, "%q stands there already", name)
		}
	}
	f.number("criteria.cool_share", c.CoolShare, 0, 1)
	f.number("criteria.cool_idle_days", c.CoolIdleDays, 0, mostDays)
	f.number("criteria.count_once_days", c.CountOnceDays, 0, mostDays)
	f.number("criteria.lost_for_days", c.LostForDays, 0, mostDays)
	f.number("criteria.hand_raise_fit", c.HandRaiseFit, -mostDays, mostDays)
	f.number("criteria.hand_raise_days", c.HandRaiseDays, 0, mostDays)
	f.number("criteria.offer_share", c.OfferShare, 0, 1)
	f.number("criteria.expired_minutes", c.ExpiredMinutes, 0, mostDays)
}

func stageNames() []string {
	names := make([]string, len(Stages))
	for i, s := range Stages {
		names[i] = string(s)
	}
	return names
}

func (a Agreement) checkReasons(f *Faults) {
	if len(a.ReturnReasons) == 0 {
		f.add("return_reasons", "wants at least one: nothing is returned without a reason")
	}
	first := map[string]int{}
	for i, r := range a.ReturnReasons {
		path := fmt.Sprintf("return_reasons[%d]", i)
		if j, taken := first[r.Key]; taken {
			f.add(path+".key", "%q is taken by return_reasons[%d]", r.Key, j)
		} else if first[r.Key] = i; !reasonKey.MatchString(r.Key) {
			f.add(path+".key", "%q is not a key: wants a small letter, then up to 39 small letters, digits and _", clip(r.Key, 40))
		}
		if strings.TrimSpace(r.Label) == "" {
			f.add(path+".label", "must not be empty")
		}
		if r.NeedsAttempts < 0 || r.NeedsAttempts > 100 {
			f.add(path+".needs_attempts", "must be a number from 0 to 100, got %d", r.NeedsAttempts)
		}
		if !slices.Contains([]string{"", BlockedFit, BlockedData, BlockedProposal}, r.Blocks) {
			f.add(path+".blocks", "%q is not one of %s, %s, %s", clip(r.Blocks, 40), BlockedFit, BlockedData, BlockedProposal)
		}
	}
}

func (c Commitments) check(f *Faults) {
	f.number("commitments.mqls_per_rep_week", c.MQLsPerRepWeek, 0, mostDays)
	f.number("commitments.accepted_share", c.AcceptedShare, 0, 1)
	f.number("commitments.claimed_in_time", c.ClaimedInTime, 0, 1)
	f.number("commitments.decided_in_time", c.DecidedInTime, 0, 1)
	f.number("commitments.touched_in_time", c.TouchedInTime, 0, 1)
	f.number("commitments.become_sql", c.BecomeSQL, 0, 1)
}

// CalendarOf is the team's calendar, else the agreement's.
func (r *Rules) CalendarOf(t *Team) *sla.Calendar {
	if t != nil && t.Calendar != nil {
		return t.Calendar
	}
	return r.SLA.Calendar
}

func days(d float64) time.Duration { return time.Duration(d * 24 * float64(time.Hour)) }
