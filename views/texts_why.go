package views

import "strconv"

// The words beside the picture of a clock.
const (
	txtClocks    = "Why its clocks stand so"
	txtClocksSub = "Only open hours count; closed ones are drawn narrow."
)

var whyKinds = map[string]string{"claim": "To claim", "decision": "To decide", "touch": "To contact", "response": "All of it, up to the first contact"}

// whyEnd is how a clock stands, or how it stopped.
func whyEnd(m WhyModel) string {
	switch m.Outcome {
	case "met":
		return "met"
	case "breached":
		return "missed"
	case "unrecorded":
		return "unrecorded"
	case "cancelled":
		return "no longer asked for"
	}
	return map[string]string{"ontime": "runs, on time", "risk": "runs, at risk", "breached": "runs, overdue"}[m.State]
}

// whyKeys are the parts of a picture in the order in which the key names them.
var whyKeys = []struct{ kind, text string }{
	{"open", "in time"}, {"risk", "at risk"}, {"over", "overdue"}, {"on", "still runs"}, {"left", "was left"},
	{"closed", "closed"}, {"paused", "stood still"}, {"unsure", "hours not known any more"},
}

func hasPart(parts []WhyPart, kind string) bool {
	for _, p := range parts {
		if p.Kind == kind {
			return true
		}
	}
	return false
}

func percent(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) + "%" }

// Where the line of a mark begins and ends, and its label stands, in pixels from
// the picture's top.
func (m WhyMark) top() string {
	if m.Below {
		return "24"
	}
	return "16"
}

func (m WhyMark) bottom() string {
	if m.Below {
		return "48"
	}
	return "40"
}

func (m WhyMark) base() string {
	if m.Below {
		return "60"
	}
	return "12"
}

// anchor keeps the labels at both ends within the picture.
func (m WhyMark) anchor() string {
	switch {
	case m.X < 10:
		return "start"
	case m.X > 90:
		return "end"
	}
	return "middle"
}

// thick is how tall a part stands: closed hours are a line.
func (p WhyPart) thick() (y, height string) {
	switch p.Kind {
	case "closed", "paused":
		return "30", "4"
	case "left", "on", "unsure":
		return "27", "10"
	}
	return "24", "16"
}

func (p WhyPart) y() string      { y, _ := p.thick(); return y }
func (p WhyPart) height() string { _, h := p.thick(); return h }
