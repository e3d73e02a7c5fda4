package imports

import "hotleads/lead"

// Tally counts what became of rows, and of the leads that they are about.
type Tally = lead.ImportTally

// tallyOf counts what one transaction did.
func tallyOf(taken lead.TakenIn) Tally {
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
