package views

import (
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
)

// The words of the SLA report.
const (
	txtSLAAsOf      = "Figures as of"
	txtSLAAllClocks = "Show all that run"
	txtSLADrawn     = "How it ran"
	txtSLAPeriod    = "Period"
	txtSLANarrow    = "Narrow it down"
	txtSLAFrom      = "From"
	txtSLATo        = "to"
	txtSLAShow      = "Show"
	txtSLAMet       = "in time"
	txtSLAMissed    = "late"
	txtSLAWhen      = "When do they wait?"
	txtSLAWeeks     = "Week by week"
	txtSLAWeeksSub  = "share in time, and the median response in business time"
	txtSLAWeekOf    = "Week of"
	txtSLAHanded    = "Handed over"
	txtSLAWaiting   = "waiting"
	txtSLAClaimed   = "Claimed"
	txtSLADecided   = "Decided"
	txtSLATouched   = "Touched"
	txtSLAResponse  = "Response"
	txtSLABreaches  = "Missed, and why"
	txtSLANoBreach  = "No promise was broken in this period."
	txtSLAAll       = "All that were missed"
	txtSLABack      = "Back to the report"
	txtSLANoClock   = "Nothing is behind this figure: it may have changed since."
	txtSLAEmptySub  = "Figures begin with the first lead that becomes ready for sales. What runs now stands above."
)

// ClockWords are the words of a kind of clock in the report.
type ClockWords struct {
	Name  string // in a list to choose from
	Done  string // beside a share
	Title string // over its distribution
	Sub   string // from what to what
}

// WordsOfClock are those of claim, decision, touch or response.
func WordsOfClock(kind string) ClockWords { return clockWords[kind] }

var clockWords = map[string]ClockWords{
	"claim":    {"Claim", "claimed in time", "How long until somebody claims?", "qualified → claimed"},
	"decision": {"Decision", "decided in time", "How long until it is decided?", "claimed → accepted or returned"},
	"touch":    {"Touch", "touched in time", "How long until the first call?", "accepted → first touch"},
	"response": {"Response", "response, median", "How long do they wait?", "qualified → first touch, what the buyer feels"},
}

// WaitWords are a span of business time from one to another, or without an end (0).
func WaitWords(from, to time.Duration) string {
	if to == 0 {
		return itoa(int(from.Minutes())) + " business minutes and more"
	}
	return itoa(int(from.Minutes())) + " to " + itoa(int(to.Minutes())) + " business minutes"
}

// HourWords are an hour of the week: "Mondays, 9:00 to 10:00".
func HourWords(h report.Hour) string {
	return time.Weekday((h.Day+1)%7).String() + "s, " + itoa(h.Hour) + ":00 to " + itoa(h.Hour+1) + ":00"
}

// ClocksTitle is the title of a list of clocks that is narrowed to a result; false
// for what is none.
func ClocksTitle(result string) (string, bool) {
	title, known := clockResults[result]
	return title, known
}

var clockResults = map[string]string{
	"": "All clocks", lead.ClocksMissed: "Not in time", "met": "In time", lead.ClocksJudged: "In time or not", lead.ClocksOrdinary: "In time or not, asked for in opening hours", lead.ClocksOpen: "Not due yet", lead.ClocksWaiting: "Running", lead.ClocksDone: "Done",
	lead.ClocksUnclaimed: "Seen by all, claimed by none", "unrecorded": "In the CRM, not on the board", "cancelled": "No longer asked for",
}
