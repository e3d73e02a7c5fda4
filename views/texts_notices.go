package views

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// The words of notices.
const (
	txtNotices        = "Notices"
	txtNoticesUnread  = "unread"
	txtNoticesRead    = "Mark all as read"
	txtNoticeRead     = "Mark as read"
	txtNoticesNone    = "Nothing yet."
	txtNoticesNoneSub = "Here stands what you are told of leads and clocks, and what was done about it."
	txtNoticesWhen    = "When you are told"
	txtNoticeNew      = "Unread:"
	txtNoticeLater    = "you are told"
)

// What notices and reports call a lead that is another team's by now, and the reader.
const (
	ElsewhereLead = "A lead of another team"
	You           = "you"
)

// DigestWords are the title and the text of so many notices that come as one.
// Names are those of the first leads; more: there are others, that were not read;
// waited: some were kept until now.
func DigestWords(n int, more, waited bool, names []string) (title, text string) {
	title, text = Count(n, "notice", "notices"), strings.Join(names, ", ")
	switch rest := n - len(names); {
	case more:
		title, text = "More than "+strconv.Itoa(n-1)+" notices", text+" and more"
	case rest > 0:
		text += " and " + strconv.Itoa(rest) + " more"
	}
	if waited {
		title += " that waited for you"
	}
	return title, text
}

// WhenTold is when somebody is told of what.
type WhenTold struct {
	Role         string
	Team         string    // by whose hours; "": the company's
	Opens        time.Time // when those begin next, in their zone; zero: it is within them
	AnHour, Days int       // how often at most, and how long notices are kept
}

// toldOf is what people of a role are told of.
var toldOf = map[string]string{
	"rep":       "Hot leads that wait for your team, clocks of yours that are at risk or late, what is given to you, leads of yours that ask for sales again, get hotter or do what a buyer does, and leads that every team may claim.",
	"manager":   "Clocks of your teams that are late, leads that ask for sales again while their rep is not there, and leads that wait for so long that you may claim them, too.",
	"marketing": "Hot leads that nobody claimed in time.",
	"admin":     "Nothing: administrators take no part in hand-offs.",
}

// Sentences explain it.
func (w WhenTold) Sentences() []string {
	hours := "In the hours of " + cmp.Or(w.Team, "the company") + ", and not while you are away. What happens meanwhile comes when they open again, as one digest"
	if !w.Opens.IsZero() {
		hours += " (next on " + w.Opens.Format("Mon 2 Jan 15:04") + ")"
	}
	return []string{
		toldOf[w.Role], hours + ".",
		"At most " + strconv.Itoa(w.AnHour) + " times an hour. What is more is kept, and comes as one digest when the hour has passed; what is done by then does not come at all.",
		"Each of a lead’s clocks once, and what a lead asks again once until somebody acts on it. Notices are kept for " + strconv.Itoa(w.Days) + " days.",
	}
}

// Happened is what happened to a lead, behind its name; "" for what this version
// does not know. Own says that it is the reader who has to act.
func Happened(what string, own bool) string {
	words := happened[what]
	if own && words[1] != "" {
		return words[1]
	}
	return words[0]
}

var happened = map[string][2]string{
	"lead.hot":          {"is hot"},
	"lead.fire":         {"is on fire"},
	"lead.offered":      {"is back again, and yours first"},
	"lead.given":        {"was given to somebody", "was given to you"},
	"lead.manager":      {"waits for long: you may claim it, too"},
	"lead.every":        {"waits for long: every team may claim it"},
	"lead.asked":        {"asked for sales again"},
	"lead.intent":       {"does again what a buyer does"},
	"claim.risk":        {"is soon to be claimed"},
	"claim.breached":    {"was not claimed in time"},
	"decision.risk":     {"is soon to be decided", "is soon to be decided by you"},
	"decision.breached": {"was not decided in time", "was not decided by you in time"},
	"touch.risk":        {"is soon to be contacted", "is soon to be contacted by you"},
	"touch.breached":    {"was not contacted in time", "was not contacted by you in time"},
	"response.breached": {"has waited for longer than was promised"},
}

// StillOpen is what a lead still waits for, by the kind of its clock; "" where none runs.
func StillOpen(kind string) string {
	switch kind {
	case "claim":
		return "still waits"
	case "decision":
		return "still to be decided"
	case "":
		return "nobody has acted on it yet"
	}
	return "still to be contacted"
}

// How a notice was told, where that wants a word.
const (
	ToldInDigest = "in a digest"
	NeverTold    = "done before you could be told"
	TakenBack    = "taken back"
	AskedSince   = "asked again since"
)
