package lead

import (
	"strings"
	"time"
	"unicode/utf8"

	"hotleads/scoring"
	"hotleads/sla"
)

// What an administrator does with people and teams.

// How long one-time links are good for.
const (
	InviteFor = 7 * 24 * time.Hour
	ResetFor  = 24 * time.Hour
)

// The administrative acts on people who are there, their links and sessions,
// and on teams.
const (
	PersonInvited   Deed = "person.invite"
	InviteRenewed   Deed = "person.invite-again"
	InviteWithdrawn Deed = "person.invite-withdraw"
	PersonChanged   Deed = "person.change"
	PersonEnabled   Deed = "person.enable"
	ResetLinkMade   Deed = "person.reset-link"
	SessionEnded    Deed = "person.sessions"
	TeamChanged     Deed = "team.change"
	TeamDisabled    Deed = "team.disable"
	TeamEnabled     Deed = "team.enable"
	CompanyNamed    Deed = "company.name"
)

// Invite is somebody asked in by a one-time link that has not been used yet.
type Invite struct {
	ID        string
	Email     string
	Name      string
	Role      Role
	Teams     []string // ids
	By        string   // user id of who invited
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Expired tells whether the link is no longer good.
func (i Invite) Expired(now time.Time) bool { return !i.ExpiresAt.After(now) }

// Session is one browser in which somebody is signed in.
type Session struct {
	ID        string // names it, and opens nothing
	UserID    string
	CreatedAt time.Time
	SeenAt    time.Time // to a few minutes
	Address   string    // of the network
	Agent     string    // what the browser calls itself
}

// Persona is what an administrator decides about a person.
type Persona struct {
	Name  string
	Role  Role
	Teams []string // ids
}

// Check refuses what no person is.
func (p Persona) Check() error {
	var role error
	if !p.Role.Valid() {
		role = invalid("role", "choose what they do: rep, manager, marketing or admin")
	}
	return Together(CheckName("name", "the person", p.Name), role)
}

// MaxName bounds the names of people, teams, keys, displays and the company, in
// characters.
const MaxName = 100

// CheckName refuses names that are missing, or longer than MaxName.
func CheckName(field, whose, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return invalid(field, "say what %s is called", whose)
	case utf8.RuneCountInString(name) > MaxName:
		return invalid(field, "the name is too long: at most %d characters", MaxName)
	}
	return nil
}

// TeamPlan is what an administrator decides about a team.
type TeamPlan struct {
	Name         string
	Calendar     *sla.Calendar // nil: the agreement's
	Route        scoring.Filter
	MaxClaimed   int
	MaxUntouched int
}

// mostHeld bounds what a team lets a rep hold.
const mostHeld = 1000

// Check refuses what no team is.
func (p TeamPlan) Check() error {
	var claimed, untouched error
	if p.MaxClaimed < 1 || p.MaxClaimed > mostHeld {
		claimed = invalid("max_claimed", "how many leads a rep may claim: a whole number from 1 to 1,000")
	}
	if p.MaxUntouched < 1 || p.MaxUntouched > mostHeld {
		untouched = invalid("max_untouched", "how many leads may wait for a rep's first contact: a whole number from 1 to 1,000")
	}
	return Together(CheckName("name", "the team", p.Name), claimed, untouched)
}

// MayHold tells whether the person may hold a lead of the team: an active rep
// of it.
func (u User) MayHold(team string) bool {
	return u.Active() && u.Role == Rep && (team == "" || u.In(team))
}

// Tends tells whether a lead of the team that the person holds is looked after at
// a moment: they may hold it, or manage the team (its claim had escalated to them),
// and are there.
func (u User) Tends(team string, now time.Time) bool {
	return (u.managesTeam(team) || u.MayHold(team)) && u.There(now)
}

// managesTeam tells whether the person is an active manager of the team.
func (u User) managesTeam(team string) bool { return u.Active() && u.Role == Manager && u.Sees(team) }
