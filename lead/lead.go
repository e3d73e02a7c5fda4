// Package lead is the domain: what a lead is, who is on the board, which
// moves a person or the system may make, and the use cases that the pages,
// the API and the intake call (Desk). It reads no clock, opens no connection
// and renders nothing: `now` is an argument, the stores are interfaces.
//
//	desk := lead.NewDesk(store, ranking, bell, log)
//	results, err := desk.Take(ctx, messages)               // activities come in
//	l, err := desk.Move(ctx, id, lead.Request{Move: lead.Claim}, actor, now)
//	n, err := desk.Sweep(ctx, now, 200)                    // what is due happens
package lead

import (
	"maps"
	"strings"
	"time"

	"hotleads/scoring"
)

// Stage is where a lead stands between marketing and sales.
type Stage string

// The stages, in the order in which a lead passes them.
const (
	Nurture      Stage = "nurture"
	MQL          Stage = "mql"
	Claimed      Stage = "claimed"
	SAL          Stage = "sal"
	SQL          Stage = "sql"
	Won          Stage = "won"
	Lost         Stage = "lost"
	Disqualified Stage = "disqualified"
)

// Stages lists every stage.
var Stages = []Stage{Nurture, MQL, Claimed, SAL, SQL, Won, Lost, Disqualified}

// Valid tells whether s is one of the stages.
func (s Stage) Valid() bool {
	for _, t := range Stages {
		if s == t {
			return true
		}
	}
	return false
}

// Lead is a person known from at least one identity, with what they did and
// where they stand. Zero times mean "not".
type Lead struct {
	ID        string
	Version   int64 // grows with every stored change
	CreatedAt time.Time
	UpdatedAt time.Time
	ListedAt  time.Time // last change that lists are ordered by: activity alone counts once an hour; the store's

	Profile
	Life

	Ledger scoring.Ledger // engagement of all activities since EngagementSince
	Since  scoring.Ledger // the second ledger: engagement since the last return, caps afresh
	Model  int            // agreement version that Ledger and Since were computed with

	LastActivityAt time.Time
	Source         string // where the lead came from: utm_source, referrer or the import
	MergedInto     string // the lead that this (once anonymous) one became part of
	Undo           *Undo  // the last move that its actor may still reverse
}

// Profile is who the lead is.
type Profile struct {
	UserID, Email, Phone, Name, Company, Title, Country string

	Traits     scoring.Traits       // every other trait
	TraitTimes map[string]time.Time // when each trait, core ones included, was last said
}

// Life is what moves change. Undo puts it back as a whole.
type Life struct {
	Stage   Stage     `json:"stage"`
	StageAt time.Time `json:"stage_at,omitzero"`
	OwnerID string    `json:"owner,omitempty"`
	TeamID  string    `json:"team,omitempty"`

	QualifiedAt   time.Time `json:"qualified_at,omitzero"`   // start of the present hand-off
	HandRaisedAt  time.Time `json:"hand_raised_at,omitzero"` // asked for sales and not touched since
	CountedAt     time.Time `json:"counted_at,omitzero"`     // last time it counted as an MQL for the promise
	HeldBack      string    `json:"held_back,omitempty"`     // why it is excluded, though ready
	Backlog       bool      `json:"backlog,omitempty"`       // ready through an import or a new agreement; waits for release
	TouchedAt     time.Time `json:"touched_at,omitzero"`     // first touch of this hand-off
	AskedAt       time.Time `json:"asked_at,omitzero"`       // asked something of the rep who had touched it, and nobody acted on that since
	Asked         Happening `json:"asked,omitempty"`         // what
	Attempts      int       `json:"attempts,omitempty"`      // touches of this hand-off
	ClosedAt      time.Time `json:"closed_at,omitzero"`      // won or lost
	Amount        int64     `json:"amount,omitempty"`        // minor units of the company currency
	OfferedTo     string    `json:"offered_to,omitempty"`    // its last rep, who alone may claim until OfferedUntil
	OfferedUntil  time.Time `json:"offered_until,omitzero"`  //
	ExpiredFor    string    `json:"expired_for,omitempty"`   // the rep whose claim expired, barred until BarredUntil
	BarredUntil   time.Time `json:"barred_until,omitzero"`   //
	CallbackAt    time.Time `json:"callback_at,omitzero"`    // the morning it comes back
	Blocked       string    `json:"blocked,omitempty"`       // why it may not qualify: BlockedFit, BlockedData, BlockedProposal
	ReturnedAt    time.Time `json:"returned_at,omitzero"`    // last return
	ReturnedBy    string    `json:"returned_by,omitempty"`   // whose return that was
	ReturnReason  string    `json:"return_reason,omitempty"` // key of the agreement
	ReturnSeq     int64     `json:"return_seq,omitempty"`    // its history row, which leads to the note
	EngagementAt  time.Time `json:"engagement_at,omitzero"`  // activities up to then no longer count ("engagement → 0")
	ReactivatesAt time.Time `json:"reactivates_at,omitzero"` // a lost lead is nurture again then
	Circle        Circle    `json:"circle,omitempty"`        // who may claim it while it waits
	WidenAt       time.Time `json:"widen_at,omitzero"`       // when more people may claim it
	CoolAt        time.Time `json:"cool_at,omitzero"`        // when it may leave the board unclaimed
	Edits         int64     `json:"edits,omitempty"`         // rows of history that are no moves: added, corrected
	HistorySeq    int64     `json:"-"`                       // rows of history so far
	Note          string    `json:"-"`                       // only in views: the note of the last return
}

// Reasons for which a returned lead may not qualify until something changes.
const (
	BlockedFit      = "fit"      // until a trait changes or a hand-raise
	BlockedData     = "data"     // until its email or phone is mended
	BlockedProposal = "proposal" // marketing decides: customer, not a buyer, duplicate
)

// Undo is a move that can still be reversed: what the lead and its running
// clocks were before it.
type Undo struct {
	By     string    `json:"by"` // user id
	Move   Move      `json:"move"`
	Seq    int64     `json:"seq"`  // first history row of the move
	Last   int64     `json:"last"` // last history row of the move
	Until  time.Time `json:"until"`
	Life   Life      `json:"life"`
	Clocks []Clock   `json:"clocks,omitempty"`
}

// Known tells whether anything but an anonymous id leads to the lead. A
// telephone number without its country names nobody.
func (p *Profile) Known() bool {
	return p.UserID != "" || p.Email != "" || NormalPhone(p.Phone) != ""
}

// DisplayName is the name, or the best that stands for it.
func (l *Lead) DisplayName() string {
	for _, s := range []string{l.Name, l.Email, l.Phone, l.UserID} {
		if !Blank(s) {
			return s
		}
	}
	return "Anonymous " + l.ID[max(0, len(l.ID)-4):]
}

// OnBoard tells whether the lead belongs on its team's board: waiting,
// claimed, or accepted and not yet touched.
func (l *Lead) OnBoard() bool {
	if l.TeamID == "" || l.MergedInto != "" {
		return false
	}
	return l.Stage == MQL || l.Stage == Claimed || (l.Stage == SAL && l.TouchedAt.IsZero())
}

// Held tells whether a rep holds the lead.
func (l *Lead) Held() bool {
	return l.OwnerID != "" && (l.Stage == Claimed || l.Stage == SAL || l.Stage == SQL)
}

// BackAgain tells whether the lead was returned before and is in a hand-off again.
func (l *Lead) BackAgain() bool { return !l.ReturnedAt.IsZero() && l.Stage != Nurture }

func (p *Profile) core() [7]string {
	return [...]string{p.UserID, p.Email, p.Phone, p.Name, p.Company, p.Title, p.Country}
}

// AllTraits is every trait by name, the core ones and the derived email_domain
// and email_kind (business, free or disposable) included: what conditions see.
func (p *Profile) AllTraits() scoring.Traits {
	t := make(scoring.Traits, len(p.Traits)+10)
	maps.Copy(t, p.Traits)
	for _, core := range [...]struct{ name, value string }{
		{"user_id", p.UserID}, {"email", p.Email}, {"phone", p.Phone}, {"name", p.Name},
		{"company", p.Company}, {"title", p.Title}, {"country", p.Country},
	} {
		if core.value != "" {
			t[core.name] = core.value
		}
	}
	if d := EmailDomain(p.Email); d != "" {
		t["email_domain"] = d
		t["email_kind"] = EmailKind(d)
	}
	return t
}

// EmailDomain is the lower-case domain of an address, or "".
func EmailDomain(email string) string {
	if i := strings.LastIndexByte(email, '@'); i >= 0 {
		return strings.ToLower(email[i+1:])
	}
	return ""
}

// Scored is a lead with its score at a moment: what boards and the API show.
type Scored struct {
	Lead
	Score   scoring.Score
	Tier    scoring.Tier // with the lift of a hand-raise
	Signals []scoring.Signal
	Clocks  []Clock // running ones first
	At      time.Time
}

// IdentityKind says what kind of value an identity is.
type IdentityKind string

// The kinds of identity, strongest first.
const (
	ByUser      IdentityKind = "user"
	ByEmail     IdentityKind = "email"
	ByPhone     IdentityKind = "phone"
	ByAnonymous IdentityKind = "anonymous"
)

// Identity leads to exactly one lead.
type Identity struct {
	Kind  IdentityKind `db:"kind"`
	Value string       `db:"value"`
}

// Activity is one thing that a lead did.
type Activity struct {
	MessageID  string
	LeadID     string
	Name       string // the event's name as sent, trimmed
	Properties map[string]any
	OccurredAt time.Time // skew-corrected, never after ReceivedAt
	ReceivedAt time.Time
	SaidAt     time.Time // the original where OccurredAt was clamped, else zero
}

// Scoring is the activity as the scoring model sees it.
func (a Activity) Scoring() scoring.Activity {
	return scoring.Activity{ID: a.MessageID, Event: a.Name, Properties: a.Properties, At: a.OccurredAt}
}
