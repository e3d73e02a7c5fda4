package sla

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Kind is the part of the hand-off that a clock times.
type Kind string

const (
	Claim    Kind = "claim"    // qualified → claimed
	Decision Kind = "decision" // claimed → accepted or returned
	Touch    Kind = "touch"    // accepted → first contact
	Response Kind = "response" // qualified → first contact, what the buyer feels
)

var kinds = []Kind{Claim, Decision, Touch, Response}

// tiers in rising order of heat; a tier's place in it is its rank.
var tiers = []string{"warm", "hot", "fire"}

// MaxTargetMinutes bounds every target of a policy: about 23 months around the
// clock, far inside what a time.Duration holds.
const MaxTargetMinutes = 1_000_000

// Targets holds business minutes by tier ("warm", "hot", "fire") and kind.
// Where a tier gives no response target, it is the sum of the other three.
type Targets map[string]map[Kind]float64

// Policy is the agreement's promise of speed.
type Policy struct {
	Targets Targets `json:"targets"`
	// RiskShare is the share of the target after which a clock is at risk,
	// between 0 and 1, both excluded.
	RiskShare float64 `json:"risk_share"`
	// AfterHoursClaim is the claim target, in business minutes, of a lead that
	// arrives while the team is closed, where the tier's own is not longer.
	// 0 switches it off.
	AfterHoursClaim float64 `json:"after_hours_claim_minutes"`
	// ReleaseOnBreach puts a claimed lead back on the board when its decision
	// clock breaches.
	ReleaseOnBreach bool `json:"release_on_decision_breach"`
	// Escalation lets more people claim a lead that waits; nil: nobody else.
	Escalation *Escalation `json:"escalate_claim,omitempty"`
	// Teams holds, by a team's slug, what it promises differently.
	Teams map[string]TeamPolicy `json:"teams,omitempty"`
}

// Escalation says after which share of the claim target a lead that nobody of
// its team has claimed may be claimed by others, too: by the team's manager,
// and by the reps of every team. 0: never.
type Escalation struct {
	ManagerShare float64 `json:"manager_share"`
	EveryShare   float64 `json:"every_team_share"`
}

// TeamPolicy is what one team promises differently; what it leaves out is as for
// all.
type TeamPolicy struct {
	// Targets need not name every tier and clock.
	Targets    Targets     `json:"targets,omitempty"`
	Escalation *Escalation `json:"escalate_claim,omitempty"`
}

// For is the policy of a team, by its slug.
func (p Policy) For(team string) Policy {
	own, differs := p.Teams[team]
	p.Teams = nil
	if !differs {
		return p
	}
	all := p.Targets
	p.Targets = Targets{}
	for tier, minutes := range all {
		p.Targets[tier] = maps.Clone(minutes)
		maps.Copy(p.Targets[tier], own.Targets[tier])
	}
	if own.Escalation != nil {
		p.Escalation = own.Escalation
	}
	return p
}

// DefaultPolicy is what a new installation promises.
func DefaultPolicy() Policy {
	return Policy{
		Targets: Targets{
			"fire": {Claim: 10, Decision: 10, Touch: 10},
			"hot":  {Claim: 30, Decision: 60, Touch: 60},
			"warm": {Claim: 240, Decision: 240, Touch: 480},
		},
		RiskShare:       0.75,
		AfterHoursClaim: 60,
	}
}

// Print is a fingerprint of what the policy wants of clocks: those with equal
// prints compute the same due times.
func (p Policy) Print() string {
	return print(struct {
		Targets    Targets
		Risk       float64
		AfterHours float64
	}{p.Targets, p.RiskShare, p.AfterHoursClaim})
}

// Validate says what is wrong with the policy, as [Problems].
func (p Policy) Validate() error {
	var r reader
	r.targets("targets", p.Targets, true)
	if !(p.RiskShare > 0 && p.RiskShare < 1) {
		r.refuse("risk_share", "%v; want a share between 0 and 1, such as 0.75", p.RiskShare)
	}
	if !(p.AfterHoursClaim >= 0 && p.AfterHoursClaim <= MaxTargetMinutes) {
		r.refuse("after_hours_claim_minutes", "%v; want business minutes from 0 (off) to %d", p.AfterHoursClaim, MaxTargetMinutes)
	}
	r.escalation("escalate_claim", p.Escalation)
	for _, team := range slices.Sorted(maps.Keys(p.Teams)) {
		if team == "" {
			r.refuse("teams", "a team has no name; want its slug, as in the address of its board")
			continue
		}
		r.targets("teams."+team+".targets", p.Teams[team].Targets, false)
		r.escalation("teams."+team+".escalate_claim", p.Teams[team].Escalation)
	}
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems
}

// targets refuses tiers, clocks and minutes that there are none of, and what is
// missing of all of them.
func (r *reader) targets(path string, t Targets, whole bool) {
	for _, tier := range slices.Sorted(maps.Keys(t)) {
		if !slices.Contains(tiers, tier) {
			r.refuse(path+"."+tier, "unknown tier; want fire, hot or warm")
			continue
		}
		for _, kind := range slices.Sorted(maps.Keys(t[tier])) {
			if !slices.Contains(kinds, kind) {
				r.refuse(fmt.Sprintf("%s.%s.%s", path, tier, kind), "unknown clock; want claim, decision, touch or response")
			}
		}
	}
	for _, tier := range tiers {
		for _, kind := range kinds {
			minutes, given := t[tier][kind]
			switch at := fmt.Sprintf("%s.%s.%s", path, tier, kind); {
			case !given && kind != Response && whole:
				r.refuse(at, "missing; want business minutes")
			case given && !(minutes > 0 && minutes <= MaxTargetMinutes):
				r.refuse(at, "%v; want business minutes over 0, at most %d", minutes, MaxTargetMinutes)
			}
		}
	}
}

// MaxShare bounds the shares of an escalation.
const MaxShare = 10

func (r *reader) escalation(path string, e *Escalation) {
	if e == nil {
		return
	}
	share := func(key string, s float64) {
		if !(s >= 0 && s <= MaxShare) {
			r.refuse(path+"."+key, "%v; want a share of the claim target from 0 (never) to %d, such as 0.5", s, MaxShare)
		}
	}
	share("manager_share", e.ManagerShare)
	share("every_team_share", e.EveryShare)
	if e.EveryShare > 0 && e.ManagerShare > e.EveryShare {
		r.refuse(path+".every_team_share", "%v; want at least the manager_share, %v, or 0", e.EveryShare, e.ManagerShare)
	}
}

// bound is the tier by which a lead's clocks run. The tiers "none" and "" (a lead
// that cooled over a weekend, or comes back at its callback date, may stand below
// the threshold) are held to warm's targets.
func bound(tier string) string {
	if tier == "none" || tier == "" {
		return "warm"
	}
	return tier
}

// Minutes is the target of a kind for a lead of a tier, in business minutes.
func (p Policy) Minutes(kind Kind, tier string) (float64, error) {
	tier = bound(tier)
	targets, known := p.Targets[tier]
	if !known {
		return 0, fmt.Errorf("sla: no targets for tier %q", tier)
	}
	if minutes, given := targets[kind]; given {
		return minutes, nil
	}
	if kind != Response {
		return 0, fmt.Errorf("sla: no target for clock %q in tier %q", kind, tier)
	}
	return targets[Claim] + targets[Decision] + targets[Touch], nil
}

// target is the business time that a clock has which is asked for now. Where it
// arrived while the team is closed, the claim has the after-hours minutes if
// they are longer, and the response, which contains the claim, as many more.
func (p Policy) target(kind Kind, tier string, whileClosed bool) (time.Duration, error) {
	minutes, err := p.Minutes(kind, tier)
	if err != nil {
		return 0, err
	}
	if whileClosed && (kind == Claim || kind == Response) {
		claim, err := p.Minutes(Claim, tier)
		if err != nil {
			return 0, err
		}
		minutes += max(0, p.AfterHoursClaim-claim)
	}
	if !(minutes > 0 && minutes <= 4*MaxTargetMinutes) {
		return 0, fmt.Errorf("sla: target of clock %q in tier %q is %v minutes", kind, tier, minutes)
	}
	return time.Duration(math.Round(minutes * float64(time.Minute))), nil
}

// rank orders tiers by heat; below warm is -1.
func rank(tier string) int { return slices.Index(tiers, tier) }
