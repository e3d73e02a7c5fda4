package handlers

import (
	"cmp"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// leadJSON is a lead in the API. What is not known is null.
type leadJSON struct {
	ID             string         `json:"id"`
	UserID         *string        `json:"user_id"`
	Email          *string        `json:"email"`
	Phone          *string        `json:"phone"`
	Name           *string        `json:"name"`
	Company        *string        `json:"company"`
	Title          *string        `json:"title"`
	Country        *string        `json:"country"`
	Traits         scoring.Traits `json:"traits"`
	Score          float64        `json:"score"`
	Tier           scoring.Tier   `json:"tier"`
	Stage          lead.Stage     `json:"stage"`
	Owner          *refJSON       `json:"owner"`
	Team           *refJSON       `json:"team"`
	Signals        []signalJSON   `json:"signals"`
	Clocks         []clockJSON    `json:"clocks"`
	HeldBack       *string        `json:"held_back"`
	Backlog        bool           `json:"backlog"`
	BackAgain      *backJSON      `json:"back_again"`
	ClaimableBy    *string        `json:"claimable_by"`
	OfferedTo      *refJSON       `json:"offered_to"`
	OfferedUntil   *time.Time     `json:"offered_until"`
	QualifiedAt    *time.Time     `json:"qualified_at"`
	CallbackAt     *time.Time     `json:"callback_at"`
	Amount         *int64         `json:"amount"`
	Source         *string        `json:"source"`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
	LastActivityAt *time.Time     `json:"last_activity_at"`
	Version        int64          `json:"version"`
}

type refJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type signalJSON struct {
	Rule   string     `json:"rule"`
	Label  string     `json:"label"`
	Detail string     `json:"detail"`
	Points float64    `json:"points"`
	Count  int        `json:"count"`
	LastAt *time.Time `json:"last_at"`
}

type clockJSON struct {
	Kind          string     `json:"kind"`
	Tier          string     `json:"tier"`
	State         string     `json:"state"`
	TargetMinutes float64    `json:"target_minutes"`
	StartedAt     time.Time  `json:"started_at"`
	RiskAt        time.Time  `json:"risk_at"`
	DueAt         time.Time  `json:"due_at"`
	WaitingSince  *time.Time `json:"waiting_since"`
	BreachedAt    *time.Time `json:"breached_at"`
	StoppedAt     *time.Time `json:"stopped_at"`
	Outcome       *string    `json:"outcome"`
	UsedSeconds   float64    `json:"used_seconds"`
	Owner         *refJSON   `json:"owner"`

	Why       string         `json:"why"`
	FoundLate bool           `json:"found_late"`
	StoppedBy *stoppedByJSON `json:"stopped_by"`
	Changes   []clockChange  `json:"changes"`
}

// stoppedByJSON is who stopped a clock, and by what.
type stoppedByJSON struct {
	Kind lead.ActorKind `json:"kind"`
	Move lead.Move      `json:"move"`
}

// clockChange is one thing that happened to a clock while it ran.
type clockChange struct {
	What     string     `json:"what"`
	At       time.Time  `json:"at"`
	PausedAt *time.Time `json:"paused_at"`
	TierFrom *string    `json:"tier_from"`
	TierTo   *string    `json:"tier_to"`
	DueFrom  time.Time  `json:"due_from"`
	DueTo    time.Time  `json:"due_to"`
	Cause    *string    `json:"cause"`
}

type backJSON struct {
	Reason string    `json:"reason"`
	Label  string    `json:"label"`
	Note   *string   `json:"note"`
	By     *refJSON  `json:"by"`
	At     time.Time `json:"at"`
}

type historyJSON struct {
	Seq              int64      `json:"seq"`
	Move             lead.Move  `json:"move"`
	From             lead.Stage `json:"from"`
	To               lead.Stage `json:"to"`
	Actor            actorJSON  `json:"actor"`
	Owner            *refJSON   `json:"owner"`
	Reason           *string    `json:"reason"`
	Note             *string    `json:"note"`
	Cause            *string    `json:"cause"`
	Channel          *string    `json:"channel"`
	Outcome          *string    `json:"outcome"`
	Amount           *int64     `json:"amount"`
	Score            float64    `json:"score"`
	Tier             string     `json:"tier"`
	AgreementVersion int        `json:"agreement_version"`
	Counted          bool       `json:"counted"`
	UndoOf           *int64     `json:"undo_of"`
	At               time.Time  `json:"at"`
}

type actorJSON struct {
	Kind  lead.ActorKind `json:"kind"`
	ID    string         `json:"id,omitempty"`
	Name  string         `json:"name"`
	Email string         `json:"email,omitempty"`
}

type activityJSON struct {
	MessageID  string         `json:"message_id"`
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties"`
	OccurredAt time.Time      `json:"occurred_at"`
	ReceivedAt time.Time      `json:"received_at"`
	SaidAt     *time.Time     `json:"said_at"`
}

func activity(a lead.Activity) activityJSON {
	out := activityJSON{MessageID: a.MessageID, Name: a.Name, Properties: a.Properties, OccurredAt: a.OccurredAt, ReceivedAt: a.ReceivedAt, SaidAt: optional(a.SaidAt)}
	if out.Properties == nil {
		out.Properties = map[string]any{}
	}
	return out
}

// optional is nil for a zero value.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func (sc scene) ref(id string) *refJSON {
	if id == "" {
		return nil
	}
	return &refJSON{ID: id, Name: sc.book.Name(id)}
}

// json is a lead as the API tells it; note is the one of its last return.
func (sc scene) json(l lead.Scored, note string) leadJSON {
	out := leadJSON{
		ID: l.ID, UserID: optional(l.UserID), Email: optional(l.Email), Phone: optional(l.Phone), Name: optional(l.Name), Company: optional(l.Company),
		Title: optional(l.Title), Country: optional(l.Country), Traits: l.Traits, Score: l.Score.Total, Tier: l.Tier, Stage: l.Stage, Owner: sc.ref(l.OwnerID),
		Backlog: l.Backlog, QualifiedAt: optional(l.QualifiedAt), CallbackAt: optional(l.CallbackAt), Source: optional(l.Source),
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt, LastActivityAt: optional(l.LastActivityAt), Version: l.Version,
		Signals: make([]signalJSON, len(l.Signals)), Clocks: make([]clockJSON, len(l.Clocks)),
	}
	if out.Traits == nil {
		out.Traits = scoring.Traits{}
	}
	if a, held := sc.heldOff(&l.Lead); held {
		out.HeldBack = &a.Text
	}
	if t := sc.book.Team(l.TeamID); t != nil {
		out.Team = &refJSON{ID: t.ID, Name: t.Name}
	}
	if l.Stage == lead.Won {
		out.Amount = &l.Amount
	}
	if l.Stage == lead.MQL {
		circle, _ := l.Claimable()
		out.ClaimableBy = new(cmp.Or(string(circle), "team"))
	}
	if l.Stage == lead.MQL && l.OfferedUntil.After(sc.now) {
		out.OfferedTo, out.OfferedUntil = sc.ref(l.OfferedTo), optional(l.OfferedUntil)
	}
	if l.BackAgain() {
		reason, _ := sc.rules.Reason(l.ReturnReason)
		out.BackAgain = &backJSON{Reason: l.ReturnReason, Label: reason.Label, Note: optional(note), By: sc.ref(l.ReturnedBy), At: l.ReturnedAt}
	}
	for i, g := range l.Signals {
		out.Signals[i] = signalJSON{g.Rule, g.Label, g.Detail, g.Points, g.Count, optional(g.LastAt)}
	}
	for i, c := range l.Clocks {
		out.Clocks[i] = sc.clockJSON(c, l.TeamID)
	}
	return out
}

// clockJSON is a clock of a lead of the team.
func (sc scene) clockJSON(c lead.Clock, team string) clockJSON {
	out := clockJSON{
		Kind: string(c.Kind), Tier: c.Tier, State: string(c.State(sc.now)), TargetMinutes: c.Target.Minutes(), StartedAt: c.StartedAt, RiskAt: c.RiskAt, DueAt: c.DueAt,
		WaitingSince: optional(c.WaitingSince), BreachedAt: optional(c.BreachedAt), StoppedAt: optional(c.StoppedAt), Outcome: optional(string(c.Outcome)),
		UsedSeconds: c.Used.Seconds(), Owner: sc.ref(c.OwnerID),
		Why: lead.InWords(c.Story(sc.clockCalendar(c, team), sc.book, sc.now)), FoundLate: c.FoundLate(), Changes: make([]clockChange, len(c.Changes)),
	}
	if !c.Running() && c.Stopped.Kind != "" {
		out.StoppedBy = &stoppedByJSON{c.Stopped.Kind, c.Stopped.Move}
	}
	for i, g := range c.Changes {
		out.Changes[i] = clockChange{g.What, g.At, optional(g.PausedAt), optional(g.TierFrom), optional(g.TierTo), g.DueFrom, g.DueTo, optional(g.Cause)}
	}
	return out
}

func (sc scene) history(h lead.History) historyJSON {
	out := historyJSON{
		Seq: h.Seq, Move: h.Move, From: h.From, To: h.To, Owner: sc.ref(h.OwnerAfter), Reason: optional(h.Reason), Note: optional(h.Note), Cause: optional(h.Cause),
		Channel: optional(h.Channel), Outcome: optional(h.Outcome), Amount: optional(h.Amount), Score: h.Score, Tier: string(h.Tier), AgreementVersion: h.Agreement,
		Counted: h.Counted, UndoOf: optional(h.UndoOf), At: h.RecordedAt,
		Actor: actorJSON{Kind: h.ActorKind, ID: h.ActorID, Name: sc.who(h)},
	}
	if h.ActorKind == lead.ByPerson {
		out.Actor.Email = sc.book.Users[h.ActorID].Email
	}
	return out
}
