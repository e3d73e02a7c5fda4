package lead

import (
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"hotleads/scoring"
	"hotleads/sla"
)

// Clock is one SLA clock of a lead. Current clocks belong to the present
// hand-off, stopped ones included; they stop being so when it ends.
type Clock struct {
	ID      string `json:"id"`
	OwnerID string `json:"owner,omitempty"` // who held the lead when it started; of a response, who holds it while it runs
	Current bool   `json:"current"`

	TeamID    string `json:"team,omitempty"`      // whose calendar and targets it runs by
	Agreement int    `json:"agreement,omitempty"` // the version that its due time was last computed by
	Policy    string `json:"policy,omitempty"`    // see Rules.PolicyPrint; else a program started it that knew of none
	Source    string `json:"source,omitempty"`    // where the lead came from
	Counted   bool   `json:"counted,omitempty"`   // of a response: the hand-off counts as an MQL for the promise

	// When AtRiskAt and BreachedAt were written down: see FoundLate.
	RiskNotedAt   time.Time `json:"risk_noted_at,omitzero"`
	BreachNotedAt time.Time `json:"breach_noted_at,omitzero"`

	Stopped Stopped `json:"stopped,omitzero"`
	sla.Clock
}

// Stopped says who stopped a clock, and by what.
type Stopped struct {
	Kind  ActorKind `json:"kind,omitempty"`
	By    string    `json:"by,omitempty"` // user id
	Via   string    `json:"via,omitempty"`
	Move  Move      `json:"move,omitempty"`
	Owner string    `json:"owner,omitempty"` // who held the lead then, or had until then
	Seq   int64     `json:"seq,omitempty"`   // the row of the lead's history
}

// lateBy is how long after it was due a moment is written down at most where all
// is well. What was written down later was found late: nobody was told in time.
const lateBy = 2 * time.Second

// FoundLate tells whether a recorded change of the clock was written down later
// than it should have been, for nothing was running when it was due.
func (c Clock) FoundLate() bool {
	return isLate(c.AtRiskAt, c.RiskNotedAt) || isLate(c.BreachedAt, c.BreachNotedAt)
}

func isLate(at, noted time.Time) bool { return !at.IsZero() && noted.Sub(at) > lateBy }

// AfterHours tells whether the clock was asked for while the team was closed.
func (c Clock) AfterHours() bool { return !c.WaitingSince.IsZero() }

// Same tells whether nothing of a clock differs.
func (c Clock) Same(o Clock) bool {
	if !slices.Equal(c.Changes, o.Changes) {
		return false
	}
	c.Changes, o.Changes = nil, nil
	return reflect.DeepEqual(c, o)
}

// Running tells whether the clock has not stopped.
func (c Clock) Running() bool { return c.StoppedAt.IsZero() }

// History is one row of a lead's history: appended in the move's transaction,
// never edited, free of personal data (the note stands in its own table).
type History struct {
	Seq                     int64
	RecordedAt, OccurredAt  time.Time
	Move                    Move
	From, To                Stage
	ActorKind               ActorKind
	ActorID, Via            string
	OwnerBefore, OwnerAfter string
	TeamBefore, TeamAfter   string
	Tier                    scoring.Tier
	Score                   float64
	Source                  string
	Reason                  string
	Note                    string
	Agreement               int
	Cause                   string // why the system did it, in words
	UndoOf                  int64  // the row that an undo reverses
	Channel, Outcome        string // of a touch
	Amount                  int64
	Counted                 bool // a qualification that counts as an MQL for the promise
}

// Outgoing is a row of the outbox: what outgoing integrations will read, not
// before its time (undo takes it back until then).
type Outgoing struct {
	Topic     string // "lead.claimed", "clock.breached", …
	Seq       int64  // history row it belongs to, 0 for clock states
	NotBefore time.Time
	Data      map[string]any // ids and numbers, no personal data
}

// Work is one lead while it is being changed inside a transaction: the pure
// rules change it, the store then writes what changed.
type Work struct {
	Lead    *Lead
	Clocks  []Clock // current ones
	New     bool    // the lead is not stored yet
	Named   bool    // something but an anonymous id leads to it since this transaction
	History []History
	Outbox  []Outgoing
	// Occasions are what people are to be told of.
	Occasions []Occasion
	Late      []string // scoring rules to be derived again from the stored activities; "*" = all

	DropClocks    []string // clock ids an undo deletes
	DropOutboxSeq int64    // > 0: pending outbox rows from this history row on are taken back
	WasOnBoard    string   // team on whose board it was before
	Untold        bool     // no message said anything of its traits in this transaction
	Weight        Weight   // once its traits are all heard; of the last transaction until then
	wasOpen       bool     // every team could claim it before
	everywhere    []string // teams on whose boards it is or was for that
	Heard         int      // activities heard in this transaction
	did           doings   // by them
	recomputed    bool     // a clock runs by another calendar or agreement than before
	lapsed        bool     // that a decision clock breached was written down in this transaction, or is an undo's to heed
	reheat        bool     // clocks an undo put back have to follow the tier once the ledger is back
}

// NewLead begins an unknown person's record.
func NewLead(rules *Rules, now time.Time) *Work {
	return &Work{New: true, Lead: &Lead{
		ID: uuid.Must(uuid.NewV7()).String(), CreatedAt: now, UpdatedAt: now,
		Profile: Profile{Traits: scoring.Traits{}, TraitTimes: map[string]time.Time{}},
		Life:    Life{Stage: Nurture, StageAt: now},
		Ledger:  scoring.Ledger{}, Since: scoring.Ledger{}, Model: rules.Version,
	}}
}

// Begin notes where the lead stands before it is changed.
func (w *Work) Begin() {
	if w.Lead.OnBoard() {
		w.WasOnBoard = w.Lead.TeamID
	}
	w.wasOpen = w.Lead.open()
	w.did.raised = w.Lead.HandRaisedAt
}

// Boards are the teams whose boards the change may show on.
func (w *Work) Boards() []string {
	var teams []string
	if w.WasOnBoard != "" {
		teams = append(teams, w.WasOnBoard)
	}
	if w.Lead.OnBoard() && w.Lead.TeamID != w.WasOnBoard {
		teams = append(teams, w.Lead.TeamID)
	}
	for _, t := range w.everywhere {
		if !slices.Contains(teams, t) {
			teams = append(teams, t)
		}
	}
	return teams
}

// record appends the history row of a move that has just been made, and its
// outbox row.
func (w *Work) record(sc Scene, before Life, h History) {
	l := w.Lead
	l.HistorySeq++
	score, tier := w.ScoreAt(sc.Rules, sc.Now)
	h.Seq, h.RecordedAt = l.HistorySeq, sc.Now
	if h.OccurredAt.IsZero() {
		h.OccurredAt = sc.Now
	}
	h.From, h.To = before.Stage, l.Stage
	h.ActorKind, h.ActorID, h.Via = sc.Actor.Kind, sc.Actor.ID, sc.Actor.Via
	h.OwnerBefore, h.OwnerAfter = before.OwnerID, l.OwnerID
	h.TeamBefore, h.TeamAfter = before.TeamID, l.TeamID
	h.Tier, h.Score, h.Source, h.Agreement = tier, score.Total, l.Source, sc.Rules.Version
	w.History = append(w.History, h)
	w.stopped(sc, h)
	w.holds()
	if h.Move == UndoMove {
		return // what it undoes was never sent
	}
	w.given(sc, h)
	w.Outbox = append(w.Outbox, Outgoing{
		Topic: "lead." + string(h.Move), Seq: h.Seq, NotBefore: sc.Now.Add(UndoFor),
		Data: map[string]any{"from": h.From, "to": h.To, "owner": h.OwnerAfter, "team": h.TeamAfter, "score": h.Score, "reason": h.Reason},
	})
}

// moveTo changes the stage.
func (w *Work) moveTo(s Stage, now time.Time) {
	w.Lead.Stage, w.Lead.StageAt = s, now
	w.Lead.answered()
}

// Weight is what a lead's traits are worth to one scorer. To weigh them takes as
// long as all else that an activity costs.
type Weight struct {
	by   *scoring.Scorer
	core [7]string // the traits with a field of their own
	fit  scoring.Fit
}

// weigh keeps the fit of traits that do not change any more.
func (w *Work) weigh(r *Rules) {
	w.Weight = Weight{r.Scorer, w.Lead.core(), w.fit(r)}
}

func (w *Work) fit(r *Rules) scoring.Fit {
	if w.Weight.by == r.Scorer && w.Weight.core == w.Lead.core() {
		return w.Weight.fit
	}
	return r.Fit(w.Lead)
}

// learned forgets the weight of traits that are not what they were.
func (w *Work) learned() { w.Weight = Weight{} }

// ScoreAt is the score and tier of the lead as it is by now, at a moment.
func (w *Work) ScoreAt(r *Rules, at time.Time) (scoring.Score, scoring.Tier) {
	return r.score(w.Lead, w.fit(r), at)
}

// Hold is what keeps the lead off the board at a moment, and when that ends by
// time alone; zero: never.
func (w *Work) Hold(r *Rules, now time.Time) (Hold, time.Time) {
	fit := w.fit(r)
	h := r.hold(w.Lead, fit, now)
	if h == "" {
		return "", time.Time{}
	}
	return h, r.holdEnds(w.Lead, fit, now)
}

// Fit weighs the lead's traits.
func (r *Rules) Fit(l *Lead) scoring.Fit { return r.Scorer.Fit(l.AllTraits()) }

// ScoreAt is the lead's score and its tier, lifted by a hand-raise, at a moment.
func (l *Lead) ScoreAt(r *Rules, at time.Time) (scoring.Score, scoring.Tier) {
	return r.score(l, r.Fit(l), at)
}

func (r *Rules) score(l *Lead, fit scoring.Fit, at time.Time) (scoring.Score, scoring.Tier) {
	s := r.Scorer.Score(l.Ledger, fit, at)
	return s, r.lift(l, s.Tier, fit)
}

// lift raises the tier of who asked for sales and has not been touched since.
func (r *Rules) lift(l *Lead, t scoring.Tier, fit scoring.Fit) scoring.Tier {
	if l.HandRaisedAt.IsZero() || l.Stage == Won || l.Stage == Lost || l.Stage == Disqualified {
		return t
	}
	to := scoring.Hot
	if fit.Points >= r.Criteria.HandRaiseFit {
		to = scoring.Fire
	}
	if to.Rank() > t.Rank() {
		return to
	}
	return t
}

// Explain is the lead with score, tier and receipt at a moment.
func (r *Rules) Explain(l Lead, clocks []Clock, at time.Time) Scored {
	fit := r.Fit(&l)
	score := r.Scorer.Score(l.Ledger, fit, at)
	return Scored{Lead: l, Score: score, Tier: r.lift(&l, score.Tier, fit), Signals: r.Scorer.Signals(l.Ledger, fit, at), Clocks: runningFirst(clocks), At: at}
}

// runningFirst are the current clocks, those that run before those that stopped.
func runningFirst(clocks []Clock) []Clock {
	out := make([]Clock, 0, len(clocks))
	for _, running := range []bool{true, false} {
		for _, c := range clocks {
			if c.Current && c.Running() == running {
				out = append(out, c)
			}
		}
	}
	return out
}
