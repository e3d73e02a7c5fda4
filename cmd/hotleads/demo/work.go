package demo

import (
	"context"
	"log/slog"
	"time"

	"hotleads/lead"
)

// work has each simulated rep go on with what they hold: decide on what is
// claimed, contact what is accepted.
func (f *floor) work(now time.Time) {
	for _, r := range f.rows {
		w := f.watched[r.ID]
		rep := f.rep(w.owner)
		if rep == nil || w.busy || w.forgotten {
			continue
		}
		w.busy = true
		who := *rep
		request, at := f.next(r, now)
		f.add(at, func(ctx context.Context) error {
			w.busy = false
			return f.move(ctx, r.ID, who, request)
		})
	}
}

// next is a rep's next move with a lead they hold, and when.
func (f *floor) next(r row, now time.Time) (lead.Request, time.Time) {
	if r.Stage == lead.SAL {
		return touch(f.rng), now.Add(f.seconds(25, 75))
	}
	at := now.Add(f.seconds(15, 50))
	switch d := f.rng.IntN(100); {
	case d < 3:
		return lead.Request{Move: lead.Release}, at
	case d < 17:
		return giveBack(f.rng, choose(f.rng, unread), now, 0), at
	case d < 30:
		return touch(f.rng), at
	}
	return lead.Request{Move: lead.Accept}, at
}

// move makes a rep's move and plans what follows a contact. That it is refused,
// because the lead has changed, is no failure.
func (f *floor) move(ctx context.Context, id string, who Person, r lead.Request) error {
	err := f.door.move(ctx, id, who, r)
	if err != nil {
		f.log.DebugContext(ctx, "a simulated rep's move was not made", slog.Any("move", r.Move), slog.String("lead", id), slog.Any("error", err))
		return err
	}
	if r.Move == lead.Touch {
		f.add(f.present.Add(f.seconds(150, 600)), func(ctx context.Context) error { return f.follow(ctx, id, who) })
	}
	return nil
}

// follow is what becomes of a lead after first contact.
func (f *floor) follow(ctx context.Context, id string, who Person) error {
	switch d := f.rng.IntN(100); {
	case d < 30:
		return f.move(ctx, id, who, giveBack(f.rng, choose(f.rng, talked), f.present, 14+f.rng.IntN(100)))
	case d < 55:
		return f.move(ctx, id, who, touch(f.rng))
	}
	if err := f.move(ctx, id, who, lead.Request{Move: lead.Opportunity}); err != nil {
		return err
	}
	r := lead.Request{Move: lead.Lose, Reason: pick(f.rng, losses)}
	if f.rng.IntN(100) < 25 {
		r = lead.Request{Move: lead.Win, Amount: amount(f.rng)}
	}
	f.add(f.present.Add(f.seconds(240, 1200)), func(ctx context.Context) error { return f.move(ctx, id, who, r) })
	return nil
}
