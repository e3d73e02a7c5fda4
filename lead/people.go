package lead

import (
	"slices"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// Role is what a person does here.
type Role string

// The roles. An admin sets up and looks; only the other three take part in hand-offs.
const (
	Rep       Role = "rep"
	Manager   Role = "manager"
	Marketing Role = "marketing"
	Admin     Role = "admin"
)

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return r == Rep || r == Manager || r == Marketing || r == Admin }

// User is a person who signs in.
type User struct {
	ID         string
	Email      string // trimmed, lower-case; unique
	Name       string
	Role       Role
	Teams      []string // team ids, first joined first
	Password   string   // argon2id in PHC form; never rendered
	CreatedAt  time.Time
	DisabledAt time.Time
	AwayUntil  time.Time // away since a while: not offered leads, may not claim for now
	Leaves     []Leave   // days that were planned, earliest first
}

// Active tells whether the person may sign in and hold leads.
func (u User) Active() bool { return u.DisabledAt.IsZero() }

// There tells whether the person is active and not away.
func (u User) There(now time.Time) bool { return u.Active() && !u.BackAt(now).After(now) }

// BackAt is when a person who is away comes back; a moment not after now where
// they are not away.
func (u User) BackAt(now time.Time) time.Time {
	back := u.AwayUntil
	for _, l := range u.Leaves { // one may begin where the last one ends
		if !l.From.After(now) && l.Until.After(back) || back.After(now) && !l.From.After(back) && l.Until.After(back) {
			back = l.Until
		}
	}
	return back
}

// In tells whether the person is a member of the team.
func (u User) In(team string) bool { return slices.Contains(u.Teams, team) }

// Sees tells whether the person may look at leads of a team ("" = none yet).
// Marketing and admins see every team; reps their own; a manager without a
// team manages all of them.
func (u User) Sees(team string) bool {
	switch u.Role {
	case Marketing, Admin:
		return true
	case Manager:
		return team == "" || len(u.Teams) == 0 || u.In(team)
	case Rep:
		return team == "" || u.In(team)
	}
	return false
}

// Team shares a board, a calendar and routing rules.
type Team struct {
	ID           string
	Slug         string // immutable, in URLs
	Name         string
	Route        scoring.Filter // a lead that matches belongs here; empty: only by default
	Calendar     *sla.Calendar  // nil: the agreement's
	MaxClaimed   int            // claimed-undecided leads a rep may hold
	MaxUntouched int            // accepted-untouched leads a rep may hold
	CreatedAt    time.Time
	DisabledAt   time.Time
}

// Default holding limits of a team.
const (
	DefaultMaxClaimed   = 3
	DefaultMaxUntouched = 5
)

// Route picks the team of a lead: the first (oldest) team all of whose rules
// match, else the default team, which is the oldest one. No team: nil.
func Route(teams []Team, traits scoring.Traits) *Team {
	var first *Team
	for i := range teams {
		t := &teams[i]
		if !t.DisabledAt.IsZero() {
			continue
		}
		if first == nil {
			first = t
		}
		if !t.Route.Empty() && t.Route.Match(traits) {
			return t
		}
	}
	return first
}

// Book is the directory: who works here, in which teams. Immutable.
type Book struct {
	Users map[string]User
	Teams []Team // oldest first
	// Faults are what stands in it and cannot be read. It is done without: one person's
	// time away, or a team's calendar, keeps nobody else waiting. A team goes by the
	// calendar it had before, as far as the process knows it, else by the agreement's.
	Faults []error
}

// Team finds a team by id; nil where there is none.
func (b *Book) Team(id string) *Team {
	for i := range b.Teams {
		if b.Teams[i].ID == id {
			return &b.Teams[i]
		}
	}
	return nil
}

// FirstTeam is the first of a person's teams that is not disabled; nil where there is
// none.
func (b *Book) FirstTeam(u User) *Team {
	for _, id := range u.Teams {
		if t := b.Team(id); t != nil && t.DisabledAt.IsZero() {
			return t
		}
	}
	return nil
}

// adrift tells whether leads of that team (an id) want another one: it is none,
// or it is disabled. A team that this book does not know yet is a new one.
func (b *Book) adrift(team string) bool {
	t := b.Team(team)
	return team == "" || t != nil && !t.DisabledAt.IsZero()
}

// Name is the person's name, or "somebody" for one who is not in the book.
func (b *Book) Name(id string) string {
	if u, ok := b.Users[id]; ok {
		return u.Name
	}
	return "somebody"
}

// ActorKind says who made a move.
type ActorKind string

// The kinds of actor.
const (
	ByPerson ActorKind = "user"
	BySystem ActorKind = "system"
	ByKey    ActorKind = "key" // another system through the API or a server key: the CRM
)

// Actor is who makes a move.
type Actor struct {
	Kind ActorKind
	ID   string // user id or key id
	User User   // where Kind is ByPerson
	Via  string // "page", "api", "intake", "cli": for the record
}

// System is the product itself.
var System = Actor{Kind: BySystem}

// Person is the actor that a user is.
func Person(u User, via string) Actor { return Actor{Kind: ByPerson, ID: u.ID, User: u, Via: via} }
