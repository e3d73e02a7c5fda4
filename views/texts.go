package views

import (
	"slices"
	"strings"
)

// Every word that the screens show stands here, so that one file tells how
// the product speaks.
const (
	// TextDegraded stands on every page while Redis is away.
	TextDegraded = "Degraded: live ranking is away. Boards read the database; nothing is lost."

	txtProduct     = "Hot Leads"
	txtSkip        = "Skip to the content"
	txtNav         = "Main"
	txtBoard       = "Board"
	txtMine        = "Mine"
	txtLeads       = "Leads"
	txtSLA         = "SLA"
	txtSettings    = "Settings"
	txtSignOut     = "Sign out"
	txtAccount     = "Your account"
	txtWaitingNav  = "waiting"
	txtConnecting  = "connecting"
	txtNotLive     = "not live"
	txtLive        = "live"
	txtReconnect   = "reconnecting"
	txtOffline     = "offline"
	txtResting     = "waits for other tabs"
	txtManyPages   = "too many live pages: close one"
	txtRefused     = "refused by the server"
	txtMissing     = "not all of it can be shown"
	txtAsOf        = "as of"
	txtAgo         = "ago"
	txtNewVersion  = "There is a new version of this page."
	txtReload      = "Load it"
	txtNetwork     = "That did not reach the server. Nothing is lost: try again."
	txtServerError = "The server could not do that. Try again in a moment."

	txtWaiting    = "waiting"
	txtMineCount  = "mine"
	txtFirstTouch = "first touch today"
	txtMedian     = "median"
	txtInTime     = "in time"
	txtEveryone   = "Everyone"
	txtWhose      = "Whose leads"
	txtTeams      = "Teams"
	txtHotLeads   = "Hot leads"
	txtPoints     = "points"

	txtNotify       = "Notify me"
	txtNotifyWhen   = "Of what stands in my notices, on whatever page I am"
	txtNotifyDenied = "This browser blocks notifications from here: allow them in its settings for this site."
	txtNotifyUnable = "This browser shows no notifications from here: it wants https, and not to be on a phone."
	txtSound        = "Sound"
	txtSoundWhen    = "A short sound with each of my notices"
	txtManyNews     = "notices"

	txtEmptyTitle     = "Nobody is waiting."
	txtEmptyText      = "The moment somebody asks for a demo, compares your products or comes back to the prices, they stand here, hottest first, with what they did and how to reach them."
	txtEmptyMineTitle = "You hold no lead."
	txtEmptyMineText  = "What you claim stands here until you have called, or returned it."
	txtEmptyMineLink  = "See who is waiting"
	txtFirstEvent     = "Send the first one"
	txtFirstEventText = "With a write key, from any terminal; a Segment or RudderStack client does the same once it points here. A demo request reaches the board at once."
	txtWriteKeyHint   = "A write key is made by"
	txtWriteKeyOr     = "or in the"
	txtWriteKeyPage   = "settings"

	txtWriteKeyCommand = "hotleads key add --kind write --name website"

	txtClaim         = "Claim"
	txtAccept        = "Accept"
	txtReturn        = "Return…"
	txtRelease       = "Release"
	txtUndo          = "Undo"
	txtTouch         = "Log call…"
	txtMore          = "Everything about"
	txtHasIt         = "has it"
	txtNobody        = "nobody"
	txtBurst         = "signals in 10 min"
	txtThere         = "there"
	txtWhy           = "Why does it go back?"
	txtCallback      = "Call back on"
	txtNote          = "Note, if it helps"
	txtChooseReason  = "Choose why it goes back."
	txtChooseOutcome = "Choose how it went."
	txtHow           = "How did it go?"
	txtChannel       = "Channel"

	txtLeft         = "left"
	txtLeftToClaim  = "to claim"
	txtLeftToReach  = "to first contact"
	txtLeftToDecide = "to decide"
	txtLeftToCall   = "to call"
	txtDecides      = "decides"
	txtCalls        = "calls"
	txtOverdue      = "overdue"
	txtSoon         = "at risk"

	txtKeys        = "Keys"
	txtKeysAll     = "all keys"
	txtClose       = "Close"
	txtKeyMove     = "move"
	txtKeyClaim    = "claim"
	txtKeyAccept   = "accept"
	txtKeyReturn   = "return"
	txtKeyNext     = "next"
	txtKeyUndo     = "undo"
	txtKeyHelpJ    = "Next lead"
	txtKeyHelpK    = "Lead before"
	txtKeyHelpN    = "Next lead that waits"
	txtKeyHelpC    = "Claim it"
	txtKeyHelpA    = "Accept it (claims it in the same step)"
	txtKeyHelpR    = "Return it; then a digit chooses the reason"
	txtKeyHelpL    = "Log a call; then a digit chooses how it went"
	txtKeyHelpU    = "Undo your last move, for ten seconds"
	txtKeyHelpO    = "Open its whole story, here on the board"
	txtKeyHelpFind = "Search all leads"
	txtKeyHelpEsc  = "Close, step back"
	txtKeyHelpHelp = "These keys"

	txtLoginTitle   = "Sign in"
	txtLoginIntro   = "See who is ready for a call, while they still are."
	txtEmail        = "Email"
	txtPassword     = "Password"
	txtSignIn       = "Sign in"
	txtSetupTitle   = "Set up Hot Leads"
	txtSetupIntro   = "Two minutes, once: the company, its first team, and you."
	txtSetupCompany = "Company"
	txtSetupZone    = "Time zone"
	txtSetupZoneTip = "Clocks run in the business hours of this zone, Monday to Friday, 9:00 to 17:30."
	txtSetupTeam    = "First team"
	txtSetupTeamTip = "The people who share a board. Leads without a team of their own go to it."
	txtSetupName    = "Your name"
	txtSetupPassTip = "Eight characters or more. A sentence is easiest to keep."
	txtSetupYou     = "You, the administrator"
	txtSetupButton  = "Start"

	txtPageOf        = "Open the page"
	txtHowHot        = "Why it is hot"
	txtReceiptSum    = "Score now"
	txtThreshold     = "Ready for sales from"
	txtFitLimit      = "Over the fit limit: not counted"
	txtNoSignals     = "No signal yet."
	txtSignal        = "Signal"
	txtCount         = "Times"
	txtLast          = "Last"
	txtPts           = "Points"
	txtReach         = "How to reach them"
	txtNoContact     = "No phone number and no address is known."
	txtTimeline      = "What happened"
	txtNothingYet    = "Nothing yet."
	txtOlder         = "Older"
	txtForgotten     = "What it did is kept since"
	txtTraits        = "What is known"
	txtNoTraits      = "No trait is known."
	txtHeldBy        = "With"
	txtTeam          = "Team"
	txtHeldBack      = "Held back:"
	txtMoves         = "Moves"
	txtReassign      = "Give it to"
	txtReassignBtn   = "Reassign"
	txtAssign        = "Claim for"
	txtDisqualify    = "Disqualify…"
	txtDisqualifyBtn = "Disqualify"
	txtDisqReason    = "Why: spam, competitor, …"
	txtReopen        = "Reopen"
	txtQualify       = "Put it on the board"
	txtOpportunity   = "It became an opportunity"
	txtWin           = "Won"
	txtLose          = "Lost"
	txtAmount        = "Amount"
	txtLoseReason    = "Why it was lost"

	txtSLATitle   = "Running now"
	txtSLABy      = "by due time, live"
	txtSLALead    = "Lead"
	txtSLAClock   = "Clock"
	txtSLAWith    = "With"
	txtSLADue     = "Due"
	txtSLALeft    = "Left"
	txtSLANone    = "No clock is running."
	txtSLANoneSub = "When a lead becomes ready for sales, its clock shows here until somebody has called."
	txtSince      = "since"

	txtSearchHint  = "Name, company, title or email"
	txtStage       = "Stage"
	txtFind        = "Find"
	txtOwner       = "With"
	txtScore       = "Score"
	txtSeen        = "Last seen"
	txtNext        = "Next"
	txtFirst       = "Back to the first"
	txtNoLeads     = "Nobody here yet."
	txtNoLeadsSub  = "People appear as soon as your website, your forms or an import name them."
	txtNoMatch     = "Nobody matches."
	txtNoMatchSub  = "Names, companies, titles and addresses are found by how they begin."
	txtGoBack      = "Go back"
	txtStartPage   = "To the start page"
	txtReference   = "For whoever looks after this installation:"
	txtSignInAgain = "Sign in"
	txtUnknownTeam = "—"
)

// tierWord names a tier; heat is never told by colour alone.
func tierWord(tier string) string {
	switch tier {
	case "fire":
		return "On fire"
	case "hot":
		return "Hot"
	case "warm":
		return "Warm"
	}
	return "Cool"
}

// StageWord names a stage as a person would say it.
func StageWord(stage string) string { return stageWord(stage) }

// TierWord names a tier.
func TierWord(tier string) string { return tierWord(tier) }

// stageWord names a stage as a person would say it.
func stageWord(stage string) string {
	switch stage {
	case "nurture":
		return "In nurture"
	case "mql":
		return "Waiting"
	case "claimed":
		return "Claimed"
	case "sal":
		return "Accepted"
	case "sql":
		return "Opportunity"
	case "won":
		return "Won"
	case "lost":
		return "Lost"
	case "disqualified":
		return "Disqualified"
	}
	return stage
}

// roleWord names a role.
func roleWord(role string) string {
	switch role {
	case "rep":
		return "Sales"
	case "manager":
		return "Sales manager"
	case "marketing":
		return "Marketing"
	case "admin":
		return "Administrator"
	}
	return role
}

// clockWord names a clock in a list.
func clockWord(kind string) string {
	switch kind {
	case "decision":
		return "decide"
	case "touch":
		return "call"
	case "response":
		return "first touch"
	}
	return kind
}

// doneText says what the viewer just did; the lead's name follows.
func doneText(move string) string {
	switch move {
	case "claim":
		return "You claimed"
	case "accept":
		return "You accepted"
	case "return":
		return "You returned"
	case "touch":
		return "You logged a call with"
	}
	return "You moved"
}

// option is a choice of a form: the value it sends and the word it shows.
type option struct{ value, word string }

// channels of a touch.
var channels = []option{{"call", "Call"}, {"email", "Email"}, {"meeting", "Meeting"}, {"chat", "Chat"}}

// outcomes of a touch.
var outcomes = []option{{"reached", "Reached"}, {"voicemail", "Voicemail"}, {"no_answer", "No answer"}, {"sent", "Sent"}}

// help lists the keys, in the order of the dialog.
var help = []option{
	{"j", txtKeyHelpJ}, {"k", txtKeyHelpK}, {"n", txtKeyHelpN}, {"c", txtKeyHelpC}, {"a", txtKeyHelpA},
	{"r", txtKeyHelpR}, {"l", txtKeyHelpL}, {"u", txtKeyHelpU}, {"o", txtKeyHelpO}, {"/", txtKeyHelpFind},
	{"Esc", txtKeyHelpEsc}, {"?", txtKeyHelpHelp},
}

// helpFor are the keys that do something for people of a role.
func helpFor(role string) []option {
	if holds(role) {
		return help
	}
	return slices.DeleteFunc(slices.Clone(help), func(k option) bool { return strings.Contains("cal", k.value) })
}

// statusWords are the title and the text of an error page.
func statusWords(status int) (title, text string) {
	switch status {
	case 401:
		return "Please sign in", "Your session has ended, or you have not signed in yet."
	case 403:
		return "That is not yours to do", "Your role does not include this. Ask an administrator if it should."
	case 404:
		return "Nothing is here", "The page or the lead does not exist, or it is not visible to you."
	case 409:
		return "Somebody was quicker", "The lead has moved since you looked. What you see now is how it is."
	case 410:
		return "This link is over", "It works once, and for a while only. Ask whoever sent it for a new one."
	case 422:
		return "Something is missing", "The form needs another look."
	case 429:
		return "Too many tries", "Wait a minute, then try again."
	case 503:
		return "Back in a moment", "The database does not answer. Nothing is lost; the page works again as soon as it does."
	}
	return "That went wrong", "It is our fault, it has been noted, and nothing was changed."
}
