package views

// WhyModel is how a clock came to stand as it does.
type WhyModel struct {
	ID      string // of the clock: one is drawn once on a page
	Kind    string // claim, decision, touch or response
	State   string // ontime, risk or breached
	Outcome string // how it stopped; "" while it runs
	Words   string // its story as one sentence
	Parts   []WhyPart
	Marks   []WhyMark
}

// WhyPart is a stretch of time in the picture of a clock, from left to right, in
// hundredths of the picture's width.
type WhyPart struct {
	Kind     string // see lead.Part
	X, Width float64
}

// WhyMark is a moment in that picture: what people did above the line, what the
// hours and the promise did below.
type WhyMark struct {
	Kind  string // see lead.Told
	X     float64
	Below bool
	Label string // its time; "" where there is no room for it
}
