package lead

import "time"

// ByOperator is who works at the server's command line.
const ByOperator ActorKind = "operator"

// Operator is the actor of commands: whoever may run them there.
var Operator = Actor{Kind: ByOperator, Via: "cli"}

// Deed names an administrative act.
type Deed string

// The administrative acts of people, teams, keys, lists and the agreement.
// Other rooms name theirs in the same way: what, then what was done to it.
const (
	CompanySetUp       Deed = "company.set-up"
	PersonAdded        Deed = "person.add"
	PersonDisabled     Deed = "person.disable"
	PasswordSet        Deed = "person.password"
	TeamAdded          Deed = "team.add"
	KeyAdded           Deed = "key.add"
	KeyRevoked         Deed = "key.revoke"
	ListAdded          Deed = "list.add"
	ListRemoved        Deed = "list.remove"
	AgreementActivated Deed = "agreement.activate"
)

// Deeds are all administrative acts, wherever they are named.
var Deeds = []Deed{
	CompanySetUp, CompanyNamed,
	PersonAdded, PersonInvited, InviteRenewed, InviteWithdrawn, PersonChanged, PersonDisabled, PersonEnabled, PasswordSet, ResetLinkMade, SessionEnded, PersonAway, PersonBack, LeaveNoted, LeaveEnded,
	TeamAdded, TeamChanged, TeamDisabled, TeamEnabled,
	KeyAdded, KeyRevoked, ListAdded, ListRemoved,
	DisplayAdded, DisplayChanged, DisplayLinked, DisplayRevoked,
	AgreementDrafted, AgreementSigned, AgreementActivated,
	ImportStarted, ImportStopped, ImportUndoBegun, ImportFileGone,
	BacklogReleased, DripSet, DripStopped,
}

// Act is one line of the audit trail: who did what to whom or what, and when.
// It is written in the transaction of what it tells and never changed. Neither
// secrets nor leads' personal data stand in it.
type Act struct {
	ID      string // sortable by time
	At      time.Time
	Actor   Actor // Kind, ID and Via
	What    Deed
	Subject string // the id of what it was done to; "" for the installation
	Detail  string // what a person reads: the name, what changed from what to what
}

// ActPoint is a line of the audit trail from which a list goes on.
type ActPoint struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// ActSearch asks for lines of the audit trail, newest first.
type ActSearch struct {
	Actor  string    // user or key id; "": anybody's
	Kind   ActorKind // of the actor; "": any
	What   string    // a deed, or the beginning of several: "person."
	Before *ActPoint
	Limit  int // at least 1
}
