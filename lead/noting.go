package lead

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// note makes at most n occasions notices, all together. Where that fails it takes
// one by one: what one of them is worth keeps nobody from hearing of the others.
// It returns how many it took.
func (d *Desk) note(ctx context.Context, sc Scene, n int) (took int, err error) {
	some := func(n int) (took []Occasion, err error) {
		err = d.store.Tell(ctx, func(t Teller) error {
			if took, err = t.Occasions(ctx, n); err != nil || len(took) == 0 {
				return err
			}
			return sc.note(ctx, t, took)
		})
		return took, err
	}
	all, err := some(n)
	if err == nil || errors.Is(err, ErrUnavailable) || len(all) == 0 {
		return len(all), err
	}
	for range all {
		one, err := some(1)
		switch {
		case errors.Is(err, ErrUnavailable) || err != nil && len(one) == 0:
			return took, err
		case err != nil:
			d.log.ErrorContext(ctx, "nobody is told of an occasion", slog.String("lead", one[0].LeadID), slog.String("what", string(one[0].What)), slog.Any("error", err))
			if err := d.drop(ctx, one); err != nil {
				return took, err
			}
		}
		took += len(one)
	}
	return took, nil
}

// drop takes the oldest occasions away, if they are still those.
func (d *Desk) drop(ctx context.Context, those []Occasion) error {
	err := d.store.Tell(ctx, func(t Teller) error {
		oldest, err := t.Occasions(ctx, len(those))
		if err == nil && !slices.Equal(oldest, those) {
			return errNothingChanged // another instance was faster
		}
		return err
	})
	if errors.Is(err, errNothingChanged) {
		return nil
	}
	return err
}

// note makes occasions notices of those whom they concern.
func (sc Scene) note(ctx context.Context, t Teller, occasions []Occasion) error {
	of, err := matterOf(ctx, t, occasions)
	if err != nil {
		return err
	}
	var alerts []Alert
	hearAt := sc.hearing()
	people, same := map[string]bool{}, map[[4]string]bool{}
	for _, o := range occasions {
		card, there := of.cards[o.LeadID]
		c, known := of.clocks[o.ClockID]
		if !there || !known || sc.Now.Sub(o.NotedAt) > oldNews {
			continue
		}
		for _, u := range sc.hearers(o, &card.Lead, &c) {
			key := [4]string{o.LeadID, o.ClockID, string(o.What), u.ID}
			if same[key] {
				continue
			}
			same[key] = true
			people[u.ID] = true
			alerts = append(alerts, Alert{UserID: u.ID, Occasion: o, HearAt: hearAt(u, sc.first(u, &card.Lead, o, c))})
		}
	}
	noted, err := t.Noted(ctx, slices.Sorted(maps.Keys(people)), sc.Now.Add(-time.Hour))
	if err != nil {
		return err
	}
	return t.Note(ctx, bounded(alerts, of.clocks, noted))
}

// bounded leaves out of some alerts what is more than people get within an hour,
// which noted counts. What is left out takes no place.
func bounded(alerts []Alert, clocks map[string]Clock, noted map[string]int) []Alert {
	return slices.DeleteFunc(alerts, func(a Alert) bool {
		most := notedAnHour
		if a.urgent(clocks[a.ClockID]) {
			most = urgentAnHour
		}
		if noted[a.UserID] >= most {
			return true
		}
		noted[a.UserID]++
		return false
	})
}

// hearing is hearAt, computed once for a person and a moment.
func (sc Scene) hearing() func(User, time.Time) time.Time {
	type moment struct {
		user string
		at   time.Time
	}
	known := map[moment]time.Time{}
	return func(u User, t time.Time) time.Time {
		m := moment{u.ID, t}
		at, ok := known[m]
		if !ok {
			at = sc.hearAt(u, t)
			known[m] = at
		}
		return at
	}
}

// occasionsAtOnce is of how many occasions one transaction makes notices, if each
// concerns as many people as one can.
func (sc Scene) occasionsAtOnce() int {
	reps, others := 0, 0
	for _, u := range sc.Book.Users {
		switch {
		case !u.Active():
		case u.Role == Rep:
			reps++
		default:
			others++
		}
	}
	return max(1, mostAtOnce/max(1, min(reps, mostHearers)+others))
}

// inTurns is at most [mostHearers] of some people, always the same ones for one
// lead and others for the next.
func inTurns(people []User, lead string) []User {
	slices.SortFunc(people, byID)
	if len(people) <= mostHearers {
		return people
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, lead) // a hash takes everything
	i := int(h.Sum32()>>1) % len(people)
	return slices.Concat(people[i:], people[:i])[:mostHearers]
}
