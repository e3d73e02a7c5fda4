package views

// The words of the SLA report.
const (
	txtSLAAllClocks = "Show all that run"
	txtSLADrawn     = "How it ran"
	txtSLAPeriod    = "Period"
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
