package lead

// The rules of who is told what, and when.
var (
	Hearers = Scene.hearers
	HearAt  = Scene.hearAt
	First   = Scene.first
	Bounded = bounded
)

// Turn is how a person is told of what is due.
func Turn(sc Scene, u User, due []Alert, cards map[string]Card, clocks map[string]Clock, told []Telling) bool {
	return sc.turn(u, due, matter{cards, clocks}, told)
}

// Tidied is a notice as it is sent.
func (n Notice) Tidied() Notice {
	n.tidy()
	return n
}
