package lead

// The rules of who is told what, and when.
var (
	Hearers = Scene.hearers
	HearAt  = Scene.hearAt
	First   = Scene.first
	Turn    = Scene.turn
	Bounded = bounded
)
