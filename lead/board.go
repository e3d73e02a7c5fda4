package lead

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// MaxBoard is how many leads a board shows at most.
const MaxBoard = 1000

// Moment is the moment whose scores boards show at now: all of a board's
// scores and its order come from one moment, which moves on when scores can
// have changed by 1/4000 of a half-life (five minutes at 14 days), so that
// time alone repaints a board rarely.
func (r *Rules) Moment(now time.Time) time.Time {
	step := min(max(days(r.Scoring.HalfLifeDays/4000), time.Second), 15*time.Minute)
	return now.Truncate(step)
}

// Board is what a team's board shows at now, in order: score, who qualified
// first, id. Membership comes from the ranking, or from the store where that
// is away; what is shown is always the store's.
func (d *Desk) Board(ctx context.Context, team string, now time.Time) ([]Scored, error) {
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := d.entries(ctx, team)
	if err != nil {
		return nil, err
	}
	cards, err := d.fresh(ctx, entries)
	if err != nil {
		return nil, err
	}
	at := rules.Moment(now)
	board := make([]Scored, 0, len(cards))
	for _, c := range cards {
		if c.Lead.ShowsOn(team) {
			board = append(board, rules.Explain(c.Lead, c.Clocks, at))
		}
	}
	slices.SortFunc(board, func(a, b Scored) int {
		return cmp.Or(cmp.Compare(b.Score.Total, a.Score.Total), a.QualifiedAt.Compare(b.QualifiedAt), cmp.Compare(a.ID, b.ID))
	})
	return board[:min(len(board), MaxBoard)], nil
}

// entries is who is on a team's board: by the ranking, or by the store where
// the ranking is away, not built or behind.
func (d *Desk) entries(ctx context.Context, team string) ([]BoardEntry, error) {
	if d.Unranked() {
		return d.store.OnBoard(ctx, team)
	}
	ids, err := d.ranking.Top(ctx, team, MaxBoard)
	if err != nil {
		return d.store.OnBoard(ctx, team)
	}
	return d.store.Versions(ctx, ids)
}

// Unranked tells whether the ranking answers, perhaps, but has not taken all that
// it was told: its memory or disk is full, or it became a copy of another one.
// Boards ask the store then.
func (d *Desk) Unranked() bool { return d.unranked.Load() != 0 }

// ranked notes that nothing waits for the ranking, but for what failed a moment ago.
func (d *Desk) ranked() {
	failed := d.unranked.Load()
	if time.Since(time.Unix(0, failed)).Abs() > time.Second {
		d.unranked.CompareAndSwap(failed, 0)
	}
}

// fresh reads the cards of leads, only those that changed since they were last read.
func (d *Desk) fresh(ctx context.Context, entries []BoardEntry) ([]Card, error) {
	cards := make([]Card, 0, len(entries))
	var stale []string
	d.mu.Lock()
	for _, e := range entries {
		if c, ok := d.cards[e.ID]; ok && c.Lead.Version == e.Version {
			cards = append(cards, c)
		} else {
			stale = append(stale, e.ID)
		}
	}
	d.mu.Unlock()
	if len(stale) == 0 {
		return cards, nil
	}
	read, err := d.store.Cards(ctx, stale)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.cards)+len(read) > 10*MaxBoard {
		clear(d.cards)
	}
	for id, c := range read {
		d.cards[id] = c
		cards = append(cards, c)
	}
	return cards, nil
}
