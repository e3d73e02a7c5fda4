package store

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// leadRow is a row of leads.
type leadRow struct {
	ID             string
	Version        int64
	CreatedAt      instant
	UpdatedAt      instant
	Stage          string
	OwnerID        nullable
	TeamID         nullable
	Touched        bool
	UserID         string
	Email          string
	Phone          string
	Name           string
	Company        string
	Title          string
	Country        string
	Source         string
	Traits         string
	TraitTimes     string
	Score          float64
	Tier           string
	Backlog        bool
	HeldBack       string
	Life           string
	HistorySeq     int64
	Undo           string
	Model          int
	Ledger         string
	Since          string
	LastActivityAt instant
	MergedInto     string
	WakeAt         instant
	Hold           string
	HoldEnds       instant
	ListedAt       instant
	BacklogScore   points // of those in a backlog
	ClaimableBy    string
}

// ofTeam is what lead.OfTeam is called in the column.
const ofTeam = "team"

// leadColumns are the columns of leads in the order of values.
var leadColumns = strings.Fields(`id version created_at updated_at stage owner_id team_id touched user_id email phone name company title
	country source traits trait_times score tier backlog held_back life history_seq undo model ledger since last_activity_at merged_into wake_at hold hold_ends listed_at backlog_score claimable_by`)

// The columns are always named: an older program goes on beside a newer schema.
var leadList = strings.Join(leadColumns, ", ")

func (r *leadRow) values() []any {
	return []any{r.ID, r.Version, r.CreatedAt, r.UpdatedAt, r.Stage, r.OwnerID, r.TeamID, r.Touched, r.UserID, r.Email, r.Phone, r.Name, r.Company, r.Title,
		r.Country, r.Source, r.Traits, r.TraitTimes, r.Score, r.Tier, r.Backlog, r.HeldBack, r.Life, r.HistorySeq, r.Undo, r.Model, r.Ledger, r.Since, r.LastActivityAt, r.MergedInto, r.WakeAt, r.Hold, r.HoldEnds, r.ListedAt, r.BacklogScore, r.ClaimableBy}
}

// heardColumns are those that nearly every message changes, and the two that one
// with traits does, in the order of heard.
var heardColumns = strings.Fields(`id version updated_at score ledger last_activity_at traits trait_times`)

// withoutTraits is how many of heardColumns a message without traits changes.
const withoutTraits = 6

func (r *leadRow) heard() []any {
	return []any{r.ID, r.Version, r.UpdatedAt, r.Score, r.Ledger, r.LastActivityAt, r.Traits, r.TraitTimes}
}

// changed tells whether anything of a row but heardColumns, and whether one of
// the traits, is not as it was.
func (r *leadRow) changed(was *leadRow) (more, traits bool) {
	like := *was
	like.Version, like.UpdatedAt, like.Score, like.Ledger, like.LastActivityAt, like.Traits, like.TraitTimes = r.Version, r.UpdatedAt, r.Score, r.Ledger, r.LastActivityAt, r.Traits, r.TraitTimes
	return like != *r && !slices.EqualFunc(like.values(), r.values(), same), was.Traits != r.Traits || was.TraitTimes != r.TraitTimes
}

// same compares values of one column.
func same(a, b any) bool {
	if x, is := a.(instant); is {
		return at(time.Time(x)).Equal(at(time.Time(b.(instant))))
	}
	return a == b
}

// columns are where leadColumns are read to.
func (r *leadRow) columns() []any {
	return []any{&r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt, &r.Stage, &r.OwnerID, &r.TeamID, &r.Touched, &r.UserID, &r.Email, &r.Phone, &r.Name, &r.Company, &r.Title,
		&r.Country, &r.Source, &r.Traits, &r.TraitTimes, &r.Score, &r.Tier, &r.Backlog, &r.HeldBack, &r.Life, &r.HistorySeq, &r.Undo, &r.Model, &r.Ledger, &r.Since, &r.LastActivityAt, &r.MergedInto, &r.WakeAt, &r.Hold, &r.HoldEnds, &r.ListedAt, &r.BacklogScore, &r.ClaimableBy}
}

// listedFor is how long activity alone leaves a lead where it stands in lists.
const listedFor = time.Hour

// listed is what lists show of a lead and are narrowed by, its score aside.
type listed struct {
	stage, owner, team, tier, source, hold              string
	userID, email, phone, name, company, title, country string
}

func (r *leadRow) listed() listed {
	return listed{r.Stage, string(r.OwnerID), string(r.TeamID), r.Tier, r.Source, r.Hold,
		r.UserID, r.Email, r.Phone, r.Name, r.Company, r.Title, r.Country}
}

// toRow is the lead as it is written, with what queries look for computed, and
// how it was before, if it was.
func toRow(w *lead.Work, before before, rules *lead.Rules, now time.Time) (leadRow, error) {
	was := before.row
	l := w.Lead
	score, tier := w.ScoreAt(rules, now)
	row := leadRow{
		ID: l.ID, Version: l.Version, CreatedAt: instant(l.CreatedAt), UpdatedAt: instant(l.UpdatedAt),
		Stage: string(l.Stage), OwnerID: nullable(l.OwnerID), TeamID: nullable(l.TeamID), Touched: !l.TouchedAt.IsZero(),
		UserID: l.UserID, Email: l.Email, Phone: l.Phone, Name: l.Name, Company: l.Company, Title: l.Title, Country: l.Country, Source: l.Source,
		Score: score.Total, Tier: string(tier), Backlog: l.Backlog, HeldBack: l.HeldBack, HistorySeq: l.HistorySeq,
		Model: l.Model, LastActivityAt: instant(l.LastActivityAt), MergedInto: l.MergedInto,
		ClaimableBy: cmp.Or(string(l.Circle), ofTeam),
	}
	if hold, ends := w.Hold(rules, now); hold != "" {
		row.Hold, row.HoldEnds = string(hold), instant(ends)
		if hold == lead.HoldBacklog {
			row.BacklogScore = points{sql.NullFloat64{Float64: row.Score, Valid: true}}
		}
	}
	row.ListedAt = row.UpdatedAt
	if was != nil && was.listed() == row.listed() && l.UpdatedAt.Sub(time.Time(was.ListedAt)) < listedFor {
		row.ListedAt = was.ListedAt
	}
	if l.MergedInto == "" {
		row.WakeAt = instant(w.WakeAt())
	}
	columns := []struct {
		to   *string
		from any
	}{{&row.Ledger, l.Ledger}, {&row.Since, l.Since}, {&row.Life, l.Life}, {&row.Traits, l.Traits}, {&row.TraitTimes, l.TraitTimes}}
	if len(l.Since) == 0 {
		row.Since = noJSON
	}
	if was != nil && l.Life == before.life {
		row.Life = was.Life
	}
	if was != nil && w.Untold {
		row.Traits, row.TraitTimes = was.Traits, was.TraitTimes
	}
	for _, f := range columns {
		if *f.to != "" {
			continue
		}
		b, err := appendJSON(nil, f.from)
		if err != nil {
			return row, fmt.Errorf("store: lead %s: %w", l.ID, err)
		}
		*f.to = string(b)
	}
	if l.Undo != nil {
		b, err := json.Marshal(l.Undo)
		if err != nil {
			return row, fmt.Errorf("store: lead %s: %w", l.ID, err)
		}
		row.Undo = string(b)
	}
	return row, nil
}

// noJSON is an empty object.
const noJSON = "{}"

// lead is the row as the domain sees it.
func (r *leadRow) lead() (lead.Lead, error) {
	l := lead.Lead{
		ID: r.ID, Version: r.Version, CreatedAt: time.Time(r.CreatedAt), UpdatedAt: time.Time(r.UpdatedAt), ListedAt: time.Time(r.ListedAt),
		Profile: lead.Profile{UserID: r.UserID, Email: r.Email, Phone: r.Phone, Name: r.Name, Company: r.Company, Title: r.Title, Country: r.Country,
			Traits: scoring.Traits{}, TraitTimes: map[string]time.Time{}},
		Ledger: scoring.Ledger{}, Since: scoring.Ledger{}, Model: r.Model,
		LastActivityAt: time.Time(r.LastActivityAt), Source: r.Source, MergedInto: r.MergedInto,
	}
	for _, f := range []struct {
		from string
		to   any
	}{{r.Traits, &l.Traits}, {r.TraitTimes, &l.TraitTimes}, {r.Life, &l.Life}, {r.Ledger, &l.Ledger}, {r.Since, &l.Since}} {
		if f.from == noJSON {
			continue
		}
		if err := json.Unmarshal([]byte(f.from), f.to); err != nil {
			return l, fmt.Errorf("store: lead %s: %w", r.ID, err)
		}
	}
	if r.Undo != "" {
		l.Undo = &lead.Undo{}
		if err := json.Unmarshal([]byte(r.Undo), l.Undo); err != nil {
			return l, fmt.Errorf("store: lead %s: undo: %w", r.ID, err)
		}
	}
	// The columns are the truth of what queries look for.
	l.Stage, l.OwnerID, l.TeamID = lead.Stage(r.Stage), string(r.OwnerID), string(r.TeamID)
	l.Backlog, l.HeldBack, l.HistorySeq = r.Backlog, r.HeldBack, r.HistorySeq
	l.Circle = lead.OfTeam
	if r.ClaimableBy != ofTeam {
		l.Circle = lead.Circle(r.ClaimableBy)
	}
	return l, nil
}

// clockRow is a row of clocks. Durations are microseconds.
type clockRow struct {
	ID           string  `db:"id"`
	LeadID       string  `db:"lead_id"`
	OwnerID      string  `db:"owner_id"`
	Kind         string  `db:"kind"`
	Tier         string  `db:"tier"`
	Current      bool    `db:"is_current"`
	Target       int64   `db:"target"`
	Used         int64   `db:"used"`
	StartedAt    instant `db:"started_at"`
	RiskAt       instant `db:"risk_at"`
	DueAt        instant `db:"due_at"`
	WaitingSince instant `db:"waiting_since"`
	AtRiskAt     instant `db:"at_risk_at"`
	BreachedAt   instant `db:"breached_at"`
	StoppedAt    instant `db:"stopped_at"`
	Outcome      string  `db:"outcome"`

	TeamID        string  `db:"team_id"`
	Agreement     int     `db:"agreement"`
	Policy        string  `db:"policy"`
	AskedAt       instant `db:"asked_at"`
	RiskNotedAt   instant `db:"risk_noted_at"`
	BreachNotedAt instant `db:"breach_noted_at"`
	StoppedKind   string  `db:"stopped_kind"`
	StoppedBy     string  `db:"stopped_by"`
	StoppedMove   string  `db:"stopped_move"`
	StoppedOwner  string  `db:"stopped_owner"`
	StoppedSeq    int64   `db:"stopped_seq"`
	StoppedVia    string  `db:"stopped_via"`
	Source        string  `db:"source"`
	Counted       bool    `db:"counted"`
	Changes       string  `db:"changes"` // JSON; "" where there are none
}

var (
	clockColumns = strings.Fields(`id lead_id owner_id kind tier is_current target used started_at risk_at due_at waiting_since at_risk_at breached_at stopped_at outcome
		team_id agreement policy asked_at risk_noted_at breach_noted_at stopped_kind stopped_by stopped_move stopped_owner stopped_seq changes stopped_via source counted`)
	clockList = strings.Join(clockColumns, ", ")
)

func clockValues(leadID string, c lead.Clock) ([]any, error) {
	changes := ""
	if len(c.Changes) > 0 {
		b, err := json.Marshal(c.Changes)
		if err != nil {
			return nil, fmt.Errorf("store: clock %s: %w", c.ID, err)
		}
		changes = string(b)
	}
	return []any{c.ID, leadID, c.OwnerID, string(c.Kind), c.Tier, c.Current, c.Target.Microseconds(), c.Used.Microseconds(),
		instant(c.StartedAt), instant(c.RiskAt), instant(c.DueAt), instant(c.WaitingSince), instant(c.AtRiskAt), instant(c.BreachedAt), instant(c.StoppedAt), string(c.Outcome),
		c.TeamID, c.Agreement, c.Policy, instant(c.AskedAt), instant(c.RiskNotedAt), instant(c.BreachNotedAt),
		string(c.Stopped.Kind), c.Stopped.By, string(c.Stopped.Move), c.Stopped.Owner, c.Stopped.Seq, changes, c.Stopped.Via, c.Source, c.Counted}, nil
}

func (r *clockRow) clock() (lead.Clock, error) {
	c := lead.Clock{ID: r.ID, OwnerID: r.OwnerID, Current: r.Current, TeamID: r.TeamID, Agreement: r.Agreement, Policy: r.Policy, Source: r.Source, Counted: r.Counted,
		RiskNotedAt: time.Time(r.RiskNotedAt), BreachNotedAt: time.Time(r.BreachNotedAt),
		Stopped: lead.Stopped{Kind: lead.ActorKind(r.StoppedKind), By: r.StoppedBy, Via: r.StoppedVia, Move: lead.Move(r.StoppedMove), Owner: r.StoppedOwner, Seq: r.StoppedSeq},
		Clock: sla.Clock{
			Kind: sla.Kind(r.Kind), Tier: r.Tier, Target: time.Duration(r.Target) * time.Microsecond, Used: time.Duration(r.Used) * time.Microsecond,
			AskedAt: time.Time(r.AskedAt), StartedAt: time.Time(r.StartedAt), RiskAt: time.Time(r.RiskAt), DueAt: time.Time(r.DueAt), WaitingSince: time.Time(r.WaitingSince),
			AtRiskAt: time.Time(r.AtRiskAt), BreachedAt: time.Time(r.BreachedAt), StoppedAt: time.Time(r.StoppedAt), Outcome: sla.Outcome(r.Outcome),
		}}
	if c.AskedAt.IsZero() { // written by a program that knew nothing of it
		if c.AskedAt = c.WaitingSince; c.AskedAt.IsZero() {
			c.AskedAt = c.StartedAt
		}
	}
	if r.Changes != "" {
		if err := json.Unmarshal([]byte(r.Changes), &c.Changes); err != nil {
			return c, fmt.Errorf("store: clock %s: %w", r.ID, err)
		}
	}
	return c, nil
}
