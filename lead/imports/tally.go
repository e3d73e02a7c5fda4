package imports

import "hotleads/lead"

// Tally counts what became of rows, and of the leads that they are about.
type Tally struct {
	Read, Refused               int // rows
	New, Changed, Unchanged     int // rows: made a lead, had news of a known one, known before
	Backlog, Ready, Held, Ended int // leads: in the backlog, on the board, held back, closed as won or lost
}

// Add adds another count to this one.
func (t *Tally) Add(o Tally) {
	t.Read, t.Refused = t.Read+o.Read, t.Refused+o.Refused
	t.New, t.Changed, t.Unchanged = t.New+o.New, t.Changed+o.Changed, t.Unchanged+o.Unchanged
	t.Backlog, t.Ready, t.Held, t.Ended = t.Backlog+o.Backlog, t.Ready+o.Ready, t.Held+o.Held, t.Ended+o.Ended
}

// tallyOf counts what one transaction did.
func tallyOf(taken lead.Taken) Tally {
	t := Tally{Unchanged: len(taken.Messages) - len(taken.Leads), Changed: len(taken.Leads)}
	for _, w := range taken.Works {
		if w.New {
			t.New++
			t.Changed--
		}
		was := taken.Before[w.Lead.ID]
		if w.Lead.Backlog && !was.Backlog {
			t.Backlog++
		}
		if w.Lead.HeldBack != "" && was.HeldBack == "" {
			t.Held++
		}
		for _, h := range w.History {
			switch h.Move {
			case lead.Qualify:
				t.Ready++
			case lead.Win, lead.Lose:
				t.Ended++
			}
		}
	}
	return t
}
