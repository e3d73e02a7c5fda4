package views

// The words of notices.
const (
	txtNotices        = "Notices"
	txtNoticesUnread  = "unread"
	txtNoticesRead    = "Mark all as read"
	txtNoticesNone    = "Nothing yet."
	txtNoticesNoneSub = "Here stands what you are told of leads and clocks, and what was done about it."
	txtNoticesWhen    = "When you are told"
	txtNoticeNew      = "Unread:"
	txtNoticeLater    = "you are told"
)

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
	"claim.risk":        {"is soon to be claimed"},
	"claim.breached":    {"was not claimed in time"},
	"decision.risk":     {"is soon to be decided", "is soon to be decided by you"},
	"decision.breached": {"was not decided in time", "was not decided by you in time"},
	"touch.risk":        {"is soon to be contacted", "is soon to be contacted by you"},
	"touch.breached":    {"was not contacted in time", "was not contacted by you in time"},
	"response.breached": {"has waited for longer than was promised"},
}

// StillOpen is what a lead still waits for, by the kind of its clock.
func StillOpen(kind string) string {
	switch kind {
	case "claim":
		return "still waits"
	case "decision":
		return "still to be decided"
	}
	return "still to be contacted"
}

// How a notice was told, where that wants a word.
const (
	ToldInDigest = "in a digest"
	NeverTold    = "done before you could be told"
	TakenBack    = "taken back"
)
