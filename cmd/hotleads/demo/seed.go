package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"hotleads/handlers/segment"
	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// How the past is laid out, back from the moment at which the demo starts.
const (
	PastDays = 28 // usually
	// FewestDays holds all that is staged before the start.
	FewestDays = 4
	// lastDay is when the calendar changed to around the clock.
	lastDay = 24 * time.Hour
	// tidyAt is when whatever reps still had to do was done, so that the board
	// at the start is the one that opening stages.
	tidyAt = 45 * time.Minute
	// waits is how long reading waits to be taken in together: it brings nobody
	// on the board.
	waits = 3 * time.Hour
)

// Seed fills an empty store with the company, its people and so many days of
// history, FewestDays at least, up to now. The same seed and now give the same company (ids and keys apart).
// progress, which may be nil, hears how far it is. It takes seconds.
func Seed(ctx context.Context, w World, now time.Time, days int, seed int64, progress func(done, total int)) (Cast, error) {
	now = now.UTC().Truncate(time.Microsecond)
	start := now.AddDate(0, 0, -days)
	c, err := found(ctx, w.Store, start)
	if err != nil {
		return Cast{}, err
	}
	rules, err := w.Store.Rules(ctx)
	if err != nil {
		return Cast{}, err
	}
	p := &past{
		World: w, company: c, rng: rand.New(rand.NewPCG(uint64(seed), 0)), scorer: rules.Scorer, office: rules.SLA.Calendar,
		start: start, now: start, end: now, people: map[string]prospect{}, staged: map[string]bool{}, planned: map[string]plan{}, seen: map[string]int64{},
	}
	p.everyday()
	p.opening()
	if err := p.play(ctx, progress); err != nil {
		return Cast{}, fmt.Errorf("demo: play the past at %s: %w", p.now.Format(time.RFC3339), err)
	}
	return c.Cast, nil
}

// past is history while it is played.
type past struct {
	World
	company
	agenda
	rng    *rand.Rand
	scorer *scoring.Scorer

	office     *sla.Calendar // the company's, but for the last day
	start, end time.Time
	now        time.Time // the moment that is played

	calls   []call              // made and not taken in yet
	made    int                 // calls so far
	people  map[string]prospect // by user id: who has said something
	staged  map[string]bool     // user ids whose moves are scripted
	planned map[string]plan     // by lead id
	seen    map[string]int64    // by lead id: the version that reps have looked at
}

// tidy is when everyday's hand-offs are over.
func (p *past) tidy() time.Time { return p.end.Add(-tidyAt) }

// play does what is on the agenda up to the end.
func (p *past) play(ctx context.Context, progress func(done, total int)) error {
	for step := 0; ; step++ {
		t, ok := p.pop(p.end)
		if !ok {
			break
		}
		if progress != nil && step%50 == 0 {
			progress(int(t.at.Sub(p.start).Hours()), int(p.end.Sub(p.start).Hours()))
		}
		if err := p.passTo(ctx, t.at); err != nil {
			return err
		}
		if err := t.do(ctx); err != nil {
			return err
		}
	}
	if err := p.passTo(ctx, p.end); err != nil {
		return err
	}
	if err := p.takeIn(ctx); err != nil {
		return err
	}
	_, err := p.Desk.Sweep(ctx, p.end, 1000)
	return err
}

// passTo lets time pass: what falls due meanwhile happens, each at its moment, as
// where a server runs.
func (p *past) passTo(ctx context.Context, to time.Time) error {
	for {
		lag, err := p.Store.Lag(ctx, to)
		if err != nil {
			return err
		}
		if lag.Due == 0 {
			break
		}
		if at := to.Add(-lag.Due); at.After(p.now) {
			p.now = at
		}
		n, err := p.Desk.Sweep(ctx, p.now, 1000)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if err := p.look(ctx); err != nil {
			return err
		}
	}
	p.now = to
	if len(p.calls) > 0 && p.now.Sub(p.calls[0].at) > waits {
		return p.takeIn(ctx)
	}
	return nil
}

// say puts a call on the agenda. What may bring a lead on the board is taken in
// at its moment, the rest with what follows.
func (p *past) say(at time.Time, who prospect, d deed, known, now bool) {
	p.made++
	p.people[who.user] = who
	c := call{id: "p" + strconv.Itoa(p.made), at: at, anonymous: who.anonymous, deed: d, source: who.source, zone: who.zone}
	if known {
		c.user = who.user
	}
	if d.event == "" {
		c.traits = who.traits()
	}
	p.add(at, func(ctx context.Context) error {
		p.calls = append(p.calls, c)
		if !now {
			return nil
		}
		if err := p.takeIn(ctx); err != nil {
			return err
		}
		return p.look(ctx)
	})
}

// takeIn has the desk take in the calls made so far, as the intake would.
func (p *past) takeIn(ctx context.Context) error {
	if len(p.calls) == 0 {
		return nil
	}
	body, err := batch(p.calls, p.now)
	if err != nil {
		return err
	}
	decoded, err := segment.Decode(segment.Many, body, p.now)
	if err == nil && len(decoded.Rejected) > 0 {
		err = fmt.Errorf("demo: call %s: %s", p.calls[decoded.Rejected[0].Index].id, decoded.Rejected[0].Error)
	}
	if err != nil {
		return err
	}
	errs, err := p.Desk.TakeAt(ctx, decoded.Messages, p.now)
	p.calls = p.calls[:0]
	return errors.Join(append(errs, err)...)
}

// move makes a person's move at the present moment of the past. A conflict is
// no error: the lead had changed by then. It tells whether the move was made.
func (p *past) move(ctx context.Context, id string, who lead.User, r lead.Request) (bool, error) {
	if err := p.takeIn(ctx); err != nil {
		return false, err
	}
	_, err := p.Desk.Move(ctx, id, r, lead.Person(who, "page"), p.now)
	if errors.Is(err, lead.ErrConflict) || errors.Is(err, lead.ErrForbidden) {
		p.Log.DebugContext(ctx, "a move of the past was refused", slog.Any("move", r.Move), slog.String("lead", id), slog.Any("error", err))
		return false, nil
	}
	return err == nil, err
}
