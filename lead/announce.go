package lead

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// news is what rankings and boards are to hear of a transaction, once it is committed.
type news struct {
	notice Notice
	ranks  []Rank
	untold map[string]bool // leads of which ranks are missing here: the sweep tells them
	moves  map[Move]int
	since  time.Time // of the oldest
}

// mostNoticed bounds the leads that a notice names. Boards go by their teams. Of more leads
// that do things the pages of some wait for their next look; of more that were moved
// everything looks.
const mostNoticed = 500

// newsOf is what changed leads have to tell. It looks at them, so it is called
// while they are still the caller's.
func newsOf(rules *Rules, now time.Time, works []*Work) news {
	n := news{moves: map[Move]int{}}
	for _, w := range works {
		for i := range w.History {
			n.moves[w.History[i].Move]++
		}
		n.notice.Leads = append(n.notice.Leads, w.Lead.ID)
		if len(w.History) > 0 || w.Lead.MergedInto != "" { // no clock stops, starts again or is taken back without a move
			n.notice.Moved = append(n.notice.Moved, w.Lead.ID)
		}
		for _, team := range w.Boards() {
			score, _ := w.ScoreAt(rules, now)
			n.ranks = append(n.ranks, rankOf(w.Lead, team, score.Total))
			n.notice.Teams = append(n.notice.Teams, team)
		}
	}
	n.notice.tidy()
	return n
}

// tidy makes the notice short.
func (n *Notice) tidy() {
	n.All = n.All || len(n.Moved) > mostNoticed
	n.Leads = n.Leads[:min(len(n.Leads), mostNoticed)]
	n.Moved = n.Moved[:min(len(n.Moved), mostNoticed)]
	slices.Sort(n.Teams)
	n.Teams = slices.Compact(n.Teams)
}

func rank(rules *Rules, l *Lead, team string, now time.Time) Rank {
	score, _ := l.ScoreAt(rules, now)
	return rankOf(l, team, score.Total)
}

func rankOf(l *Lead, team string, score float64) Rank {
	return Rank{Team: team, LeadID: l.ID, Version: l.Version, On: l.ShowsOn(team), Score: score}
}

// announce tells rankings and boards what has been committed. What it can't
// tell now, the sweep tells later.
func (d *Desk) announce(ctx context.Context, rules *Rules, now time.Time, works []*Work) {
	n := newsOf(rules, now, works)
	n.since = time.Now()
	d.tell(ctx, n)
}

// tell is announce, of what has been noted before.
func (d *Desk) tell(ctx context.Context, n news) {
	for m, times := range n.moves {
		for range times {
			d.meter.Moved(m)
		}
	}
	if len(n.notice.Leads) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	var ranked error
	first := true // of the failures in a row
	if len(n.ranks) > 0 {
		if ranked = d.ranking.Rank(ctx, n.ranks); ranked != nil {
			first = d.unranked.Swap(time.Now().UnixNano()) == 0 // before anybody looks
		}
	}
	rung := d.bell.Ring(ctx, n.notice)
	d.meter.Announced(time.Since(n.since), ranked != nil || rung != nil)
	if len(n.ranks) > 0 && ranked == nil {
		versions := make(map[string]int64, len(n.ranks))
		for _, r := range n.ranks {
			if !n.untold[r.LeadID] {
				versions[r.LeadID] = r.Version
			}
		}
		ranked = d.store.Announced(ctx, versions)
	}
	if ranked != nil && first {
		d.log.WarnContext(ctx, "ranking waits for the sweep", slog.Int("leads", len(n.ranks)), slog.Any("error", ranked))
	}
	if silent := d.silent.Swap(rung != nil); rung != nil && !silent {
		d.log.WarnContext(ctx, "notice not rung", slog.Any("error", rung))
	}
}

// announcer tells what the intake has committed, one transaction's news or
// several's together, while the intake goes on: whoever sent the messages waits
// for the commit alone.
type announcer struct {
	mu      sync.Mutex
	waiting news
	ranks   map[[2]string]int // where the rank of a team and lead stands among those that wait
	wake    chan struct{}     // there are some; one place
}

// mostWaiting bounds the ranks that wait to be told. The sweep tells the others.
const mostWaiting = 20_000

func newAnnouncer() *announcer {
	return &announcer{ranks: map[[2]string]int{}, wake: make(chan struct{}, 1)}
}

// later has news told soon.
func (a *announcer) later(n news) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := &a.waiting
	if w.since.IsZero() {
		w.since = time.Now()
	}
	for _, r := range n.ranks {
		key := [2]string{r.Team, r.LeadID}
		switch i, there := a.ranks[key]; {
		case there && r.Version > w.ranks[i].Version:
			w.ranks[i] = r
		case !there && len(w.ranks) < mostWaiting:
			a.ranks[key] = len(w.ranks)
			w.ranks = append(w.ranks, r)
		case !there:
			if w.untold == nil {
				w.untold = map[string]bool{}
			}
			w.untold[r.LeadID] = true
		}
	}
	if w.moves == nil {
		w.moves = map[Move]int{}
	}
	for m, times := range n.moves {
		w.moves[m] += times
	}
	w.notice.Leads, w.notice.Teams = append(w.notice.Leads, n.notice.Leads...), append(w.notice.Teams, n.notice.Teams...)
	w.notice.Moved, w.notice.All = append(w.notice.Moved, n.notice.Moved...), w.notice.All || n.notice.All
	w.notice.tidy()
	select {
	case a.wake <- struct{}{}:
	default: // it is awake
	}
}

// take is what waits; nothing does then.
func (a *announcer) take() news {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.waiting
	a.waiting = news{}
	clear(a.ranks)
	return n
}

// run tells what waits until there will be no more.
func (a *announcer) run(d *Desk, done <-chan struct{}) {
	for {
		select {
		case <-a.wake:
			d.tell(context.Background(), a.take())
		case <-done:
			d.tell(context.Background(), a.take())
			return
		}
	}
}
