package lead

import (
	"context"
	"errors"
	"time"

	"hotleads/scoring"
)

// Store is where the truth is kept. Every method returns ErrUnavailable
// (wrapped) where the database is away, ErrNotFound where nothing is there.
type Store interface {
	// Change runs f in one transaction; nothing is kept if f fails. It may run
	// f again when the database asks for a retry.
	Change(ctx context.Context, f func(Tx) error) error
	// TakeIn is Change for what goes on about the same leads: the store may keep
	// the works that f wrote, to hand them out again. So once f has returned,
	// nobody looks at any of its works.
	TakeIn(ctx context.Context, f func(Tx) error) error

	// Ping tells whether the database answers.
	Ping(ctx context.Context) error

	// Lead reads one lead with its current clocks; a merged lead is given as it
	// is, MergedInto set.
	Lead(ctx context.Context, id string) (Lead, []Clock, error)
	// LeadID finds the lead that an identity leads to.
	LeadID(ctx context.Context, id Identity) (string, error)
	// OnBoard reads what is on a team's board, in no particular order.
	OnBoard(ctx context.Context, team string) ([]BoardEntry, error)
	// Versions reads the versions of leads by id.
	Versions(ctx context.Context, ids []string) ([]BoardEntry, error)
	// Cards reads leads by id with their current clocks.
	Cards(ctx context.Context, ids []string) (map[string]Card, error)
	// HistorySince are the rows of leads' histories that were written from a moment on, the
	// oldest first, without their notes.
	HistorySince(ctx context.Context, leads []string, since time.Time) (map[string][]History, error)

	// Due are ids of leads for which something is due at now, at most n.
	Due(ctx context.Context, now time.Time, n int) ([]string, error)
	// Unannounced are leads whose last change on a board was stored before that
	// moment and has not been announced, at most n.
	Unannounced(ctx context.Context, before time.Time, n int) ([]string, error)
	// Teamless are leads on their way through sales (mql to sql) that no team
	// has, and those of disabled teams that wait on a board or in a backlog; at
	// most n.
	Teamless(ctx context.Context, n int) ([]string, error)
	// Strays are the people who have claimed leads that they may no longer hold,
	// or who are away.
	Strays(ctx context.Context, now time.Time) ([]string, error)
	// Outdated counts the leads that were scored by an older agreement than that
	// version, as far as most.
	Outdated(ctx context.Context, version, most int) (int, error)
	// Stale tells whether running clocks of one of the teams run by another
	// calendar or agreement than that.
	Stale(ctx context.Context, prints []TeamPrint) (bool, error)
	// Announced notes that the lead's ranking is up to that version.
	Announced(ctx context.Context, versions map[string]int64) error

	// DropActivities drops what was received more than that many whole months
	// before the month of now, and nothing else: message ids stay.
	DropActivities(ctx context.Context, now time.Time, months int) (Dropped, error)

	// LeftBehind tells whether activities were left behind by a merge (Tx.Bring).
	LeftBehind(ctx context.Context) (bool, error)

	// Drips are the backlogs that go to their boards by themselves.
	Drips(ctx context.Context) ([]Drip, error)

	// Rules is the agreement in force with the company's lists; Book the
	// directory. Both are at most a second old.
	Rules(ctx context.Context) (*Rules, error)
	Book(ctx context.Context) (*Book, error)
	// User reads a person afresh, by id or email.
	User(ctx context.Context, idOrEmail string) (User, error)
	// SetAway notes until when an active person is away; the zero time: they are there.
	// What was planned for now ends with it. What they are to hear later they may hear now.
	SetAway(ctx context.Context, by Actor, userID string, until, now time.Time) error
	// AddLeave notes a time in which a person will be away and returns its id.
	// DropLeave takes one back: what they are to hear later they may hear now.
	AddLeave(ctx context.Context, by Actor, userID string, l Leave, now time.Time) (string, error)
	DropLeave(ctx context.Context, by Actor, userID, id string, now time.Time) error

	// Untold says whether people are to be told of something at now.
	Untold(ctx context.Context, now time.Time) (bool, error)
	// Tell runs f in one transaction, or does nothing where another instance tells.
	Tell(ctx context.Context, f func(Teller) error) error
	// ReadAlerts notes that a person has seen their notices, up to one.
	ReadAlerts(ctx context.Context, user string, upTo AlertPoint, now time.Time) error
	// ReadAlert notes that a person has seen a notice of theirs, if they were told.
	ReadAlert(ctx context.Context, user, id string, now time.Time) error
}

// BoardEntry is a lead on a board, by reference.
type BoardEntry struct {
	ID      string `db:"id"`
	Version int64  `db:"version"`
}

// Card is a lead as a board needs it.
type Card struct {
	Lead   Lead
	Clocks []Clock
}

// Tx is the store within one transaction.
type Tx interface {
	// NewMessages notes message ids for good and returns those not seen before.
	NewMessages(ctx context.Context, ids []string, at time.Time) (map[string]bool, error)
	// Identities finds the leads that identities lead to, following merges.
	Identities(ctx context.Context, ids []Identity) (map[Identity]string, error)
	// Identify makes an identity lead to a lead. It returns the lead that it
	// leads to then: another one if somebody was faster.
	Identify(ctx context.Context, id Identity, lead string) (string, error)
	// Lock reads leads with their current clocks and keeps everybody else from
	// changing them until the transaction ends. Ids that lead nowhere are left out.
	Lock(ctx context.Context, ids []string) (map[string]*Work, error)
	// Write stores what changed and sets the leads' new versions.
	Write(ctx context.Context, now time.Time, works []*Work) error
	// Append stores activities.
	Append(ctx context.Context, activities []Activity) error
	// Activities reads a lead's stored activities with one of the folded event names
	// that occurred before a point (nil: all), the latest first, at most n.
	Activities(ctx context.Context, lead string, events []string, before *ActivityPoint, n int) ([]scoring.Activity, error)
	// Merge moves identities and activities of one lead to another, and what people
	// were told of it, or are to be. Of very many activities the latest go at once and
	// the rest by Bring.
	Merge(ctx context.Context, from, into string) error
	// Bring moves activities that Merge left behind: the latest of one lead, at most n.
	// It tells whether there were any, and which lead has all of its own by that; ""
	// where none has.
	Bring(ctx context.Context, n int) (some bool, whole string, err error)
	// SuspectDuplicate notes that two known leads may be one person.
	SuspectDuplicate(ctx context.Context, a, b, cause string, now time.Time) error
	// Holding locks a person's holdings and reads them; ErrConflict where the
	// person is no longer active.
	Holding(ctx context.Context, user, team string) (Holding, error)
	// Forget removes leads with everything that is theirs, message ids and
	// identities, as if they had never come in.
	Forget(ctx context.Context, leads, messages []string, identities []Identity) error
	// NoteImport keeps how far an import is. It tells whether somebody asked to
	// end it; ErrConflict where the worker has lost its lease.
	NoteImport(ctx context.Context, n ImportNote) (cancel bool, err error)
	// Outdated finds and locks leads that were scored by an older agreement than
	// that version, those on boards first, at most n; those that another
	// transaction has locked are left out.
	Outdated(ctx context.Context, version, n int) ([]string, error)
	// Stale finds and locks leads whose running clocks run by another calendar or
	// agreement than that of their team, at most n; those that another
	// transaction has locked are left out.
	Stale(ctx context.Context, prints []TeamPrint, n int) ([]string, error)
	// Claims are the ids of leads that the person has claimed and not decided.
	Claims(ctx context.Context, user string) ([]string, error)
	// Backlog are the ids of the best leads in a team's backlog, at most n;
	// CountBacklog is how many there are.
	Backlog(ctx context.Context, team string, n int) ([]string, error)
	CountBacklog(ctx context.Context, team string) (int, error)
	// Drip locks and reads how a team's backlog goes to its board; one that says
	// no more than the team where there is none. SetDrip keeps it, or ends it
	// where nothing is to be released any more.
	Drip(ctx context.Context, team string) (Drip, error)
	SetDrip(ctx context.Context, d Drip) error
	// Record writes a line of the audit trail; its ID is made here.
	Record(ctx context.Context, a Act) error
}

// Ranking keeps each team's board in order of score, fast to read and safe to
// lose: the store can always tell it again.
type Ranking interface {
	// Rank puts leads where they belong; a rank written from a newer version
	// stays.
	Rank(ctx context.Context, ranks []Rank) error
	// Top are the ids on a team's board, best first, at most n, all where n is 0;
	// ErrNotRanked where the team's ranking has not been built or was lost.
	Top(ctx context.Context, team string, n int) ([]string, error)
	// Reset forgets a team's ranking.
	Reset(ctx context.Context, team string) error
	// Begin notes that all of a team's ranks are about to be written, and returns
	// a token by which Built says afterwards that the ranking is whole again.
	// ErrNotRanked where it was lost, or reset, in between.
	Begin(ctx context.Context, team string) (token string, err error)
	Built(ctx context.Context, team, token string) error
}

// ErrNotRanked: a team's ranking was lost, or never made.
var ErrNotRanked = errors.New("the ranking is not built")

// Rank is a lead's place: off the board where On is false.
type Rank struct {
	Team    string
	LeadID  string
	Version int64
	On      bool
	Score   float64
}

// Notice says what changed, by id; who hears it reads the truth.
type Notice struct {
	Teams []string `json:"teams,omitempty"`
	Leads []string `json:"leads,omitempty"`
	// Moved are those of them that were moved: what people were told of them may be
	// done. Of the others nothing but their activities, traits and moments changed.
	Moved []string `json:"moved,omitempty"`
	// All: more leads were moved than Moved names.
	All bool `json:"all,omitempty"`
	// People have notices of their own to look at.
	People []string `json:"people,omitempty"`
}

// Bell rings notices to every instance. It never waits for a listener.
type Bell interface {
	Ring(ctx context.Context, n Notice) error
}
