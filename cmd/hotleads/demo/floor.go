package demo

import (
	"context"
	"slices"
	"time"

	"hotleads/lead"
)

// floor is a team's room: its board as the simulated reps last saw it, and what
// they are about to do.
type floor struct {
	*traffic
	team     string // slug
	americas bool
	reps     []Person
	coming   int // visitors on their way to the board

	rows    []row
	watched map[string]*watched // by lead id: what is on the board
	back    int                 // waiting leads that are back again
	top     string              // the hottest waiting lead
	topped  time.Time           // since when
	looked  bool

	nextClaim, nextArrival, nextRise time.Time
}

// watched is what reps have in mind of a lead on the board.
type watched struct {
	stage     lead.Stage
	owner     string
	since     time.Time // in this stage with this owner, as far as was seen
	notBefore time.Time // when a rep turns to it at the earliest
	busy      bool      // its owner is about to make the next move
	forgotten bool      // its owner forgets it
}

const (
	headStart  = 25 * time.Second // for the visitor, with the hottest lead
	handsFull  = 2                // leads a simulated rep holds at most
	goodbye    = 86               // who leaves goes cold below this score
	backAgains = 2                // waiting at most, as far as the demo decides
)

// look sees the board and lets reps and visitors go on from there.
func (f *floor) look(ctx context.Context, now time.Time) error {
	rows, err := f.door.board(ctx, f.team)
	if err != nil {
		return err
	}
	f.see(rows, now)
	f.work(now)
	if !now.Before(f.nextClaim) {
		gap := f.claim(now)
		f.nextClaim = now.Add(f.time(gap) * time.Duration(70+f.rng.IntN(60)) / 100)
	}
	waiting := f.waiting()
	if !now.Before(f.nextArrival) {
		gap := arrivalGap(waiting + f.coming)
		if gap > 0 {
			f.shopper(now)
		}
		f.nextArrival = now.Add(f.time(max(gap, 4*time.Second)) * time.Duration(70+f.rng.IntN(60)) / 100)
	}
	if !now.Before(f.nextRise) {
		f.rise(now)
		f.nextRise = now.Add(f.seconds(12, 26))
	}
	return nil
}

// see takes in the board as it is.
func (f *floor) see(rows []row, now time.Time) {
	f.rows, f.back = rows, 0
	gone := make(map[string]bool, len(f.watched))
	for id := range f.watched {
		gone[id] = true
	}
	top := ""
	for _, r := range rows {
		owner := ""
		if r.Owner != nil {
			owner = r.Owner.ID
		}
		delete(gone, r.ID)
		if w := f.watched[r.ID]; w == nil || w.stage != r.Stage || w.owner != owner {
			f.watched[r.ID] = f.notice(r, owner, now)
		}
		if r.Stage == lead.MQL {
			if top == "" {
				top = r.ID
			}
			if r.BackAgain != nil {
				f.back++
			}
		}
	}
	for id := range gone {
		delete(f.watched, id)
	}
	if top != f.top {
		f.top, f.topped = top, now
	}
	f.looked = true
}

// notice is what reps make of a row that is new to them: they take their time,
// and overlook some, so that clocks breach now and then.
func (f *floor) notice(r row, owner string, now time.Time) *watched {
	w := &watched{stage: r.Stage, owner: owner, since: now, notBefore: now.Add(f.seconds(20, 60))}
	due, breached := r.due()
	soon := !breached && !due.IsZero() && due.Sub(now) < 3*time.Minute
	switch {
	case r.Stage == lead.MQL && r.americas() != f.americas: // open to every team: their own come first
		w.notBefore = now.Add(f.seconds(180, 400))
	case !f.looked && soon: // as it was staged: it is about to happen
		w.forgotten = true
		w.notBefore = due.Add(f.seconds(40, 100))
	case !f.looked && breached:
		w.notBefore = now.Add(f.seconds(100, 260))
	case r.Stage == lead.MQL && r.Tier != "warm" && f.rng.IntN(100) < 9:
		w.notBefore = due.Add(f.seconds(30, 150))
	case r.Stage == lead.Claimed && f.rng.IntN(100) < 5:
		w.forgotten = true
	}
	return w
}

// waiting is how many leads nobody has taken.
func (f *floor) waiting() int {
	n := 0
	for _, r := range f.rows {
		if r.Stage == lead.MQL {
			n++
		}
	}
	return n
}

// rep is the simulated rep with that id; nil for everybody else.
func (f *floor) rep(id string) *Person {
	i := slices.IndexFunc(f.reps, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &f.reps[i]
}

// free is a simulated rep whose hands are free, or nil.
func (f *floor) free() *Person {
	holds := map[string]int{}
	for _, w := range f.watched {
		holds[w.owner]++
	}
	for _, i := range f.rng.Perm(len(f.reps)) {
		if holds[f.reps[i].ID] < handsFull {
			return &f.reps[i]
		}
	}
	return nil
}

// claim has a rep take a waiting lead, and returns how long until the next.
func (f *floor) claim(now time.Time) time.Duration {
	waiting := f.waiting()
	gap, rep := claimGap(waiting), f.free()
	r := f.choice(rep, now)
	_, late := r.due()
	if rep == nil || r.ID == "" || (gap == 0 && !late) {
		return 5 * time.Second
	}
	who, w := *rep, f.watched[r.ID]
	w.notBefore = now.Add(f.seconds(60, 120)) // should it be refused
	request := lead.Request{Move: lead.Claim}
	switch d := f.rng.IntN(100); {
	case d < 8:
		request = touch(f.rng)
	case d < 11 && r.Tier == "warm":
		request = giveBack(f.rng, choose(f.rng, unread), now, 0)
	}
	f.add(now, func(ctx context.Context) error { return f.move(ctx, r.ID, who, request) })
	return max(gap, 15*time.Second)
}

// choice is the lead that a rep turns to: mostly one that is late or the hottest
// that others have had time for, sometimes the one that has waited longest, or any.
func (f *floor) choice(rep *Person, now time.Time) row {
	var open []row
	for _, r := range f.rows {
		w := f.watched[r.ID]
		switch {
		case rep == nil || r.Stage != lead.MQL || now.Before(w.notBefore):
		case r.ID == f.top && now.Sub(f.topped) < f.time(headStart):
		case r.OfferedTo != nil && r.OfferedTo.ID != rep.ID && r.OfferedUntil.After(now):
		default:
			open = append(open, r)
		}
	}
	if len(open) == 0 {
		return row{}
	}
	for _, r := range open {
		if _, late := r.due(); late && f.rng.IntN(3) == 0 {
			return r
		}
	}
	switch d := f.rng.IntN(100); {
	case d < 60:
		return open[0]
	case d < 80:
		return slices.MinFunc(open, func(a, b row) int { return f.watched[a.ID].since.Compare(f.watched[b.ID].since) })
	}
	return pick(f.rng, open)
}

// rise lets somebody on the board do more; who has waited too long may leave.
func (f *floor) rise(now time.Time) {
	for range 4 {
		if len(f.rows) == 0 {
			return
		}
		r := pick(f.rng, f.rows)
		if r.UserID == "" || f.visiting[r.UserID] || r.Score > 165 {
			continue
		}
		if _, late := r.due(); late && r.Stage == lead.MQL && r.Tier != "fire" && r.Score < goodbye && f.rng.IntN(2) == 0 {
			f.leaver(r, now)
		} else {
			f.warmer(r, now)
		}
		return
	}
}
