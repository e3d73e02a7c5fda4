package lead

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"hotleads/scoring"
	"hotleads/sla"
)

// clock is the index of the newest current clock of a kind, or -1.
func (w *Work) clock(k sla.Kind) int {
	for i, c := range slices.Backward(w.Clocks) {
		if c.Kind == k && c.Current {
			return i
		}
	}
	return -1
}

// startClock starts a clock at the lead's tier.
func (w *Work) startClock(sc Scene, k sla.Kind, used time.Duration) error {
	_, tier := w.Lead.ScoreAt(sc.Rules, sc.Now)
	c, err := sc.Rules.SLA.Start(sc.calendar(w.Lead), k, string(tier), sc.Now, used)
	if err != nil {
		return err
	}
	w.Clocks = append(w.Clocks, Clock{ID: uuid.Must(uuid.NewV7()).String(), OwnerID: w.Lead.OwnerID, Current: true, Clock: c})
	return nil
}

// decisionUsed is the decision time that a rep has used up in this hand-off.
func (w *Work) decisionUsed(rep string) time.Duration {
	for _, c := range slices.Backward(w.Clocks) {
		if c.Kind == sla.Decision && c.Current && c.OwnerID == rep {
			return c.Used
		}
	}
	return 0
}

// stopClock stops the current clock of a kind, if it runs; "" derives whether it was met.
func (w *Work) stopClock(sc Scene, k sla.Kind, o sla.Outcome) {
	if i := w.clock(k); i >= 0 {
		w.stop(sc, i, o)
	}
}

// stop stops a clock. What has breached was missed, whatever cancels it now.
func (w *Work) stop(sc Scene, i int, o sla.Outcome) {
	c := w.Clocks[i]
	if o == sla.Cancelled && c.Running() && c.State(sc.Now) == sla.Breached {
		o = ""
	}
	w.Clocks[i].Clock = c.Stop(sc.calendar(w.Lead), sc.Now, o)
}

// endHandOff stops every running clock with the outcome and makes none current.
func (w *Work) endHandOff(sc Scene, o sla.Outcome) {
	for i := range w.Clocks {
		w.stop(sc, i, o)
		w.Clocks[i].Current = false
	}
}

// heat moves running clocks to a hotter tier.
func (w *Work) heat(sc Scene) error {
	_, tier := w.Lead.ScoreAt(sc.Rules, sc.Now)
	for i, c := range w.Clocks {
		if !c.Running() || tier == scoring.None {
			continue
		}
		hotter, err := sc.Rules.SLA.Hotter(sc.calendar(w.Lead), c.Clock, string(tier), sc.Now)
		if err != nil {
			return err
		}
		w.Clocks[i].Clock = hotter
	}
	return nil
}
