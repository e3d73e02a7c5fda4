package views

import (
	"net/url"
	"strconv"
	"strings"
)

// The words of the list of leads, its tabs and its forms.
const (
	txtAddLead  = "Add a lead"
	txtReset    = "Clear"
	txtCSV      = "Download as CSV"
	txtSought   = "Looked for"
	txtShowAll  = "Show all"
	txtCancel   = "Cancel"
	txtWhyHeld  = "Why it is not on the board"
	txtWayOut   = "Way out"
	txtHeldWays = "Way out:"

	txtImportWay     = "Import a file"
	txtImportWaySub  = "with the leads that you have; what is ready comes as a backlog, without clocks."
	txtAddWay        = "Add one by hand"
	txtAddWaySub     = "from a card, a call or a fair."
	txtConnectWay    = "Connect your website"
	txtConnectWaySub = "or any Segment or RudderStack client: leads appear with the first thing they do."

	txtHeldIntro = "Leads over the threshold, or who asked for sales, that are not on the board."
	txtOpenIntro = "Waiting longer than their team was given: the agreement lets every team claim them now. They stand on every board, too, and go to the team of whoever claims them."
	txtNoOpen    = "Nothing is open to every team."
	txtNoOpenSub = "A lead that its own team leaves waiting comes here, where the agreement escalates claims."
	txtOpenSince = "Open since"
	txtOpenTitle = "Escalated to you"
	txtOpenSub   = "Nobody of their team has claimed these in the time that the agreement gives: you may, or give them to a rep on their page."
	txtNoHeld    = "Nobody is held back."
	txtNoHeldSub = "Whoever is ready for sales stands on the board, or is in a rep’s hands."

	txtTwins      = "May be the same person as"
	txtTwinsIntro = "Two leads that claimed the same address, number or user id. They are never merged by themselves."
	txtTwinOf     = "May be the same as"
	txtTwinCause  = "Because of"
	txtTwinSeen   = "Noticed"
	txtNoTwins    = "No two leads look like one person."
	txtNoTwinsSub = "When two known leads claim the same address, number or user id, they stand here."

	txtBacklogIntro  = "Ready through an import or a new agreement: no clock runs, and they count as nobody’s MQL until they are released. Whoever does something comes to the board at once."
	txtNoBacklog     = "The backlog is empty."
	txtNoBacklogSub  = "What an import or a new agreement makes ready stands here until a manager releases it."
	txtInBacklog     = "in the backlog"
	txtChoose        = "Choose"
	txtReleaseSome   = "Release the chosen"
	txtReleaseAll    = "Release all"
	txtReleaseAllAsk = "Put on the board:"
	txtReleaseAllSub = "Their clocks start at once, for all of them. Reps can only take a few at a time; so many a rep a day keeps the promise."
	txtReleaseAllDo  = "Release"
	txtOnTheirWay    = "on their way to the board."
	txtLookAgain     = "Look again"
	txtListed        = "This list is of "
	txtListedSub     = ", what stands above it is live. "
	txtStop          = "Stop"
	txtDripLabel     = "Release"
	txtDripUnit      = "a rep each business day"
	txtDripStart     = "Start"
	txtDripChange    = "Change"
	txtDripTip       = "At the team’s opening, the best first, for each rep who is there, until the backlog is empty."
	txtDripNext      = "Next:"
	txtDripBy        = "Set by"
	txtDripNoReps    = "No rep of the team is there: nothing is released until one is."

	txtAddIntro       = "An email, a phone number or a user id says who it is."
	txtCorrect        = "Correct"
	txtCorrectIntro   = "What you leave empty is forgotten. A corrected trait can bring the lead to the board."
	txtOtherTraits    = "Other traits"
	txtOtherTraitsTip = "Such as employees, industry or city: what the fit rules ask for."
	txtMoreTraits     = "Add more"
	txtTraitName      = "Trait"
	txtTraitValue     = "Value"
	txtNotHere        = "(not to be changed here)"
	txtAddDo          = "Add it"
	txtCorrectDo      = "Save"
	txtOpenTwin       = "Open"
	txtBynow          = "By now it is"
)

// ClaimableWords say, before a moment, since when others than its team's reps may
// claim a lead: its team's managers ("manager"), or every team. Team is its name.
func ClaimableWords(circle, team string) string {
	switch {
	case circle == "manager":
		return "the manager may claim since"
	case team != "":
		return team + ", open to every team since"
	}
	return "open to every team since"
}

func backlogURL(slug string) string { return "/leads/backlog?team=" + url.QueryEscape(slug) }

// thousands writes a number with its groups apart: 12,345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, parts...), ",")
}

func manyLeads(n int) string {
	if n == 1 {
		return "1 lead"
	}
	return thousands(n) + " leads"
}
