package views

import (
	"strconv"
	"time"
)

// Choice is one of several things to choose from.
type Choice struct {
	Value, Text string
	Chosen      bool
}

// PersonLine is a person in the list of people.
type PersonLine struct {
	ID, Name, Email, Role string
	Teams                 string // names; "" = none
	Seen                  time.Time
	State                 string // "active", "away" or "disabled"
	You                   bool
}

// InviteLine is somebody who was invited and has not come yet.
type InviteLine struct {
	ID, Name, Email, Role, Teams string
	Until                        time.Time
	Expired                      bool
}

// PersonForm is what an administrator says about a person. Errors are by field:
// name, email, role, teams; "" is about the whole form.
type PersonForm struct {
	Name, Email, Role string
	Teams             []Choice
	Errors            map[string]string
}

// LinkModel is a one-time link, or a key, shown once.
type LinkModel struct {
	Title, Text string
	Label       string // of the field
	Value       string
}

// PeopleModel is the page /settings/people.
type PeopleModel struct {
	People  []PersonLine
	Invites []InviteLine
	Form    PersonForm
	Made    *LinkModel
}

// SessionLine is a browser in which somebody is signed in.
type SessionLine struct {
	ID, Browser, Address string
	Began, Seen          time.Time
	Here                 bool // the viewer's own, of this very page
}

// SessionsModel lists a person's sessions and ends them at Action.
type SessionsModel struct {
	Action string
	Lines  []SessionLine
	Own    bool // the viewer's
}

// PersonModel is the page /settings/people/{id}.
type PersonModel struct {
	PersonLine
	Form              PersonForm
	Claimed, Accepted int // leads they hold
	Away              AwayModel
	Sessions          SessionsModel
	Made              *LinkModel
	Error             string // what was refused beside the form
}

// AccountModel is the page /account. Errors are by field: name, old, password,
// again.
type AccountModel struct {
	Name, Email, Role, Teams string
	Errors                   map[string]string
	Sessions                 SessionsModel
}

// PasswordModel is the page where somebody who came by a one-time link chooses a
// password. Errors are by field: password, again.
type PasswordModel struct {
	Action       string
	Title, Intro string
	Email        string
	Button       string
	Errors       map[string]string
}

// roles that a person may have, as a form offers them.
var roles = []option{
	{"rep", "Sales: sees and takes the leads of their teams"},
	{"manager", "Sales manager: sees who holds what, reassigns; without a team, of all of them"},
	{"marketing", "Marketing: watches every team’s follow-up, corrects and adds leads"},
	{"admin", "Administrator: people, teams, keys, displays; looks, takes no leads"},
}

// stateWord says whether a person can sign in.
func stateWord(state string) string {
	switch state {
	case "away":
		return "Away"
	case "disabled":
		return "Disabled"
	}
	return "Active"
}

func peopleCount(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}

func personURL(id string) string { return "/settings/people/" + id }

func orNone(s string) string {
	if s == "" {
		return txtNoTeam
	}
	return s
}
