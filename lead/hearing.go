package lead

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// hearing is a transaction in which people are told what they are to hear.
type hearing struct {
	turns []string // those whose turn it is
	told  []string // those of them who were told something
	more  bool     // others wait
}

// hear tells people what they are to hear by now, as much as one transaction takes.
// Where that fails it tells one after the other; whoever cannot be told waits for a
// minute, and is told of in the log once. It returns whether there may be more.
func (d *Desk) hear(ctx context.Context, sc Scene) (more bool, err error) {
	var h hearing
	err = d.store.Tell(ctx, func(t Teller) error {
		h = hearing{}
		return sc.hear(ctx, t, slices.Sorted(maps.Keys(d.unheard.at(sc.Now))), &h)
	})
	switch {
	case err == nil:
		d.ringFor(ctx, h.told)
		return h.more, nil
	case errors.Is(err, ErrUnavailable) || len(h.turns) == 0:
		return false, err
	}
	for _, id := range h.turns {
		switch err := d.hearAlone(ctx, sc, id); {
		case errors.Is(err, ErrUnavailable):
			return false, err
		case err != nil:
			d.unheard.add(id, sc.Now)
			if was, said := d.mute.Swap(id, err.Error()); !said || was != err.Error() {
				d.log.ErrorContext(ctx, "somebody is not told what they are to hear", slog.String("person", id), slog.Any("error", err))
			}
		default:
			d.mute.Delete(id)
		}
	}
	return h.more, nil
}

// hear tells those who have waited longest, of whom there are some but for those named.
func (sc Scene) hear(ctx context.Context, t Teller, but []string, h *hearing) error {
	waiting, err := t.Waiting(ctx, sc.Now, mostAtOnce, but)
	if err != nil || len(waiting) == 0 {
		return err
	}
	all := 0
	for _, w := range waiting {
		h.turns = append(h.turns, w.UserID)
		all += w.Alerts
	}
	if all < mostAtOnce { // there are no others
		due, err := t.Due(ctx, h.turns, sc.Now, mostAtOnce)
		if err != nil {
			return err
		}
		return sc.tell(ctx, t, due, h)
	}
	h.more = true
	var due []Alert
	for i, id := range h.turns {
		theirs, err := t.Due(ctx, []string{id}, sc.Now, mostAtOnce)
		if err != nil {
			h.turns = h.turns[:i+1]
			return err
		}
		if due = append(due, theirs...); len(due) >= mostAtOnce {
			h.turns = h.turns[:i+1]
			break
		}
	}
	return sc.tell(ctx, t, due, h)
}

// tell lets people hear of alerts, all of which are due.
func (sc Scene) tell(ctx context.Context, t Teller, due []Alert, h *hearing) error {
	of, err := matterOf(ctx, t, occasionsOf(due))
	if err != nil {
		return err
	}
	return sc.takeTurns(ctx, t, due, of, h)
}

// takeTurns decides how each person hears of what is due, and keeps it.
func (sc Scene) takeTurns(ctx context.Context, t Teller, due []Alert, of matter, h *hearing) error {
	slices.SortFunc(due, func(a, b Alert) int { return cmp.Or(cmp.Compare(a.UserID, b.UserID), cmp.Compare(a.ID, b.ID)) })
	recent, err := t.Tellings(ctx, h.turns, sc.Now.Add(-time.Hour))
	if err != nil {
		return err
	}
	for first := 0; first < len(due); {
		id, last := due[first].UserID, first
		for last < len(due) && due[last].UserID == id {
			last++
		}
		if sc.turn(sc.Book.Users[id], due[first:last], of, recent[id]) {
			h.told = append(h.told, id)
		}
		first = last
	}
	return t.Heard(ctx, due)
}

// hearAlone tells one person, lead by lead: of what cannot be read they are not told,
// and that once is said in the log.
func (d *Desk) hearAlone(ctx context.Context, sc Scene, id string) error {
	var h hearing
	unread := map[string]error{} // by lead
	err := d.store.Tell(ctx, func(t Teller) error {
		h = hearing{turns: []string{id}}
		clear(unread)
		due, err := t.Due(ctx, h.turns, sc.Now, mostAtOnce)
		if err != nil {
			return err
		}
		all := matter{map[string]Card{}, map[string]Clock{}}
		for _, a := range due {
			switch of, err := matterOf(ctx, t, []Occasion{a.Occasion}); {
			case errors.Is(err, ErrUnavailable):
				return err
			case err != nil:
				unread[a.LeadID] = err
			default:
				maps.Copy(all.cards, of.cards)
				maps.Copy(all.clocks, of.clocks)
			}
		}
		maps.DeleteFunc(all.cards, func(lead string, _ Card) bool { return unread[lead] != nil })
		return sc.takeTurns(ctx, t, due, all, &h)
	})
	if err != nil {
		return err
	}
	for lead, err := range unread {
		d.log.ErrorContext(ctx, "somebody is not told of a lead", slog.String("person", id), slog.String("lead", lead), slog.Any("error", err))
	}
	d.ringFor(ctx, h.told)
	return nil
}
