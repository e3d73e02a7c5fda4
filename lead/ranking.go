package lead

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Rebuild forgets and re-makes the rankings of all teams from the store.
func (d *Desk) Rebuild(ctx context.Context, now time.Time) (int, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, team := range sc.Book.Teams {
		err := d.ranking.Reset(ctx, team.ID) // before reading: what is announced from now on is kept
		ranked := 0
		if err == nil {
			ranked, err = d.rerank(ctx, sc.Rules, team.ID, now, true)
		}
		if err != nil {
			return n, fmt.Errorf("rebuild %s: %w", team.Name, err)
		}
		n += ranked
	}
	return n, nil
}

// Rerank makes the rankings say what the store says: scores decay, rankings are
// lost, and a Redis that comes back may remember what is long over.
func (d *Desk) Rerank(ctx context.Context, now time.Time) error {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return err
	}
	for _, team := range sc.Book.Teams {
		ranked, err := d.ranking.Top(ctx, team.ID, 0)
		lost := errors.Is(err, ErrNotRanked)
		if err != nil && !lost {
			return err
		}
		if _, err := d.rerank(ctx, sc.Rules, team.ID, now, lost); err != nil {
			return err
		}
		if lost { // nothing is forgotten first: what one instance has written another one may not wipe away
			if ranked, err = d.ranking.Top(ctx, team.ID, 0); err != nil {
				return err
			}
		}
		if err := d.unrank(ctx, sc.Rules, team.ID, ranked, now); err != nil {
			return err
		}
	}
	return nil
}

// unrank takes those off a team's ranking who are not on its board.
func (d *Desk) unrank(ctx context.Context, rules *Rules, team string, ranked []string, now time.Time) error {
	entries, err := d.store.OnBoard(ctx, team)
	if err != nil {
		return err
	}
	on := make(map[string]bool, len(entries))
	for _, e := range entries {
		on[e.ID] = true
	}
	gone := slices.DeleteFunc(ranked, func(id string) bool { return on[id] })
	cards, err := d.store.Cards(ctx, gone)
	if err != nil || len(gone) == 0 {
		return err
	}
	ranks := make([]Rank, 0, len(gone))
	for _, id := range gone {
		if c, there := cards[id]; there {
			ranks = append(ranks, rank(rules, &c.Lead, team, now))
		} else {
			ranks = append(ranks, Rank{Team: team, LeadID: id, Version: forgotten})
		}
	}
	return d.ranking.Rank(ctx, ranks)
}

// forgotten is a version that no lead comes to: the lead is no more.
const forgotten = 1 << 53

// Lost tells whether the ranking of a team is not whole.
func (d *Desk) Lost(ctx context.Context) (bool, error) {
	book, err := d.store.Book(ctx)
	if err != nil {
		return false, err
	}
	for _, team := range book.Teams {
		if _, err := d.ranking.Top(ctx, team.ID, 1); errors.Is(err, ErrNotRanked) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}

// rerank writes the ranks of all who are on a team's board. lost: the ranking is
// not whole, and is afterwards, unless it is lost again meanwhile.
func (d *Desk) rerank(ctx context.Context, rules *Rules, team string, now time.Time, lost bool) (int, error) {
	token := ""
	if lost {
		var err error
		if token, err = d.ranking.Begin(ctx, team); err != nil {
			return 0, err
		}
	}
	cards, err := d.stored(ctx, team)
	if err != nil {
		return 0, err
	}
	ranks := make([]Rank, 0, len(cards))
	for _, c := range cards {
		ranks = append(ranks, rank(rules, &c.Lead, team, now))
	}
	if err := d.ranking.Rank(ctx, ranks); err != nil {
		return 0, err
	}
	if lost {
		if err := d.ranking.Built(ctx, team, token); err != nil {
			return 0, err
		}
	}
	return len(ranks), d.bell.Ring(ctx, Notice{Teams: []string{team}})
}

// stored is what the store says is on a team's board.
func (d *Desk) stored(ctx context.Context, team string) ([]Card, error) {
	entries, err := d.store.OnBoard(ctx, team)
	if err != nil {
		return nil, err
	}
	return d.fresh(ctx, entries)
}
