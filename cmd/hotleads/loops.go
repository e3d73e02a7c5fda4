package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/live"
)

// How often the loops look, and how much at a time.
const (
	sweepEvery   = 250 * time.Millisecond
	sweepLoad    = 200  // leads
	bringLoad    = 2000 // activities of a transaction: for so long nobody else writes to SQLite
	clocksLoad   = 250  // leads of a transaction whose clocks are computed again
	alertEvery   = 250 * time.Millisecond
	alertLoad    = 200  // occasions
	dropLoad     = 5000 // old notices
	rerankEvery  = time.Minute
	watchEvery   = time.Second
	expireEvery  = time.Hour
	clockEvery   = 5 * time.Second
	shelveEvery  = time.Hour
	longestPause = 2 * time.Second // after failures: who has waited out a fault is back soon after it
)

// loops is what a server does besides answering. Each ends with its context.
func (a *app) loops() []func(context.Context) {
	r := &rankings{app: a}
	importing := imports.NewWorker(a.desk, a.store, a.log)
	clocks := func(ctx context.Context) { a.repeat(ctx, "clocks", watchEvery, a.recompute) }
	all := []func(context.Context){
		func(ctx context.Context) { a.repeat(ctx, "sweep", sweepEvery, a.sweep) },
		func(ctx context.Context) { a.repeat(ctx, "rankings", watchEvery, r.once) },
		func(ctx context.Context) { a.repeat(ctx, "telling", alertEvery, a.tell) },
		func(ctx context.Context) { a.repeat(ctx, "old notices", shelveEvery, a.dropAlerts) },
		func(ctx context.Context) { a.repeat(ctx, "re-scoring", watchEvery, (&rescoring{app: a}).once) },
		clocks,
		func(ctx context.Context) { a.repeat(ctx, "notices", watchEvery, a.listen) },
		func(ctx context.Context) { a.repeat(ctx, "clock", clockEvery, a.setClock) },
		func(ctx context.Context) { a.repeat(ctx, "left behind", watchEvery, a.bring) },
		func(ctx context.Context) { a.repeat(ctx, "sessions", expireEvery, a.expire) },
		func(ctx context.Context) { a.repeat(ctx, "activities", shelveEvery, a.shelve) },
		func(ctx context.Context) { a.repeat(ctx, "imports", watchEvery, importing.Once) },
		func(ctx context.Context) { a.end("intake", a.desk.Run(ctx)) },
		func(ctx context.Context) { a.end("hub", a.hub.Run(ctx)) },
	}
	if !a.store.Embedded() { // while one of them waits for the database the other computes
		all = append(all, clocks)
	}
	return all
}

// end tells how a loop that runs by itself ended.
func (a *app) end(name string, err error) {
	if err != nil {
		a.log.Error("a loop ended", slog.String("loop", name), slog.Any("error", err))
	}
}

// repeat calls once until ctx ends: again at once while it says so, else after
// a pause, which grows while it fails and is never quite the same, so that
// instances don't return together. A failure is logged once until it changes.
func (a *app) repeat(ctx context.Context, name string, every time.Duration, once func(context.Context, time.Time) (again bool, err error)) {
	failing, wait := "", every
	for {
		again, err := once(ctx, a.clock.Now())
		if ctx.Err() != nil {
			return
		}
		a.meters.loop(name, err)
		switch {
		case err != nil:
			if err.Error() != failing {
				a.log.Error("a loop fails", slog.String("loop", name), slog.Any("error", err))
			}
			failing = err.Error()
			wait = min(max(2*wait, watchEvery), max(longestPause, every))
		default:
			if failing != "" {
				a.log.Info("a loop works again", slog.String("loop", name))
			}
			failing, wait = "", every
		}
		if again && err == nil {
			continue
		}
		if pause(ctx, wait*3/4+rand.N(wait/2)) != nil {
			return
		}
	}
}

// sweep does what is due, and asks to be called again while there is a full load.
func (a *app) sweep(ctx context.Context, now time.Time) (bool, error) {
	n, err := a.desk.Sweep(ctx, now, sweepLoad)
	return n >= sweepLoad, err
}

// bring goes on with what visitors did who did too much to take it along at once.
func (a *app) bring(ctx context.Context, now time.Time) (bool, error) {
	return a.desk.BringAlong(ctx, now, bringLoad)
}

// tell lets people hear of what happened.
func (a *app) tell(ctx context.Context, now time.Time) (bool, error) {
	return a.desk.Tell(ctx, now, alertLoad)
}

// dropAlerts drops people's notices of long ago.
func (a *app) dropAlerts(ctx context.Context, now time.Time) (bool, error) {
	n, err := a.store.DropAlerts(ctx, now.Add(-lead.AlertsFor), dropLoad)
	return n >= dropLoad, err
}

// recompute brings running clocks to calendars and targets that changed.
func (a *app) recompute(ctx context.Context, now time.Time) (bool, error) {
	n, err := a.desk.Recompute(ctx, now, clocksLoad)
	if n > 0 {
		a.log.Debug("clocks run by another calendar or agreement", slog.Int("leads", n))
	}
	return n > 0, err
}

// listen passes notices of all instances on to the boards.
func (a *app) listen(ctx context.Context, _ time.Time) (bool, error) {
	err := a.redis.Listen(ctx, a.log, func(n lead.Notice) {
		a.meters.heard()
		a.hub.Notice(live.Notice{Teams: n.Teams, Leads: n.Leads, Moved: n.Moved, People: n.People, All: n.All})
	})
	if err == nil {
		err = errors.New("the notices ended")
	}
	return false, err
}

// setClock keeps this process's time the database's.
func (a *app) setClock(ctx context.Context, _ time.Time) (bool, error) {
	return false, a.clock.Set(ctx)
}

func (a *app) expire(ctx context.Context, now time.Time) (bool, error) {
	return false, a.sessions().Expire(ctx, now)
}

// rankings keeps what Redis holds true: it is made anew when the server starts
// and when the command `rebuild` has asked for it (which can't reach an embedded
// Redis itself), and ranked anew every minute, for scores decay, and at once
// when Redis is back, was emptied or gave way to another one.
type rankings struct {
	*app
	built bool
	asked string    // the request that was last followed
	whom  string    // who keeps the rankings
	last  time.Time // of ranking; with its monotonic part, so that a clock that is set changes nothing
	away  bool      // Redis did not answer
}

func (r *rankings) once(ctx context.Context, now time.Time) (bool, error) {
	asked, err := r.store.Setting(ctx, rebuildRequest)
	if err != nil {
		return false, err
	}
	whom, err := r.redis.Whom(ctx)
	if err != nil {
		r.away = true
		return false, err
	}
	lost := false
	if r.built {
		if lost, err = r.desk.Lost(ctx); err != nil {
			return false, err
		}
	}
	switch {
	case !r.built || asked != r.asked:
		n, err := r.desk.Rebuild(ctx, now)
		if err != nil {
			return false, err
		}
		r.log.Info("rankings rebuilt", slog.Int("leads", n))
	case lost || r.away || whom != r.whom || time.Since(r.last) >= rerankEvery:
		if err := r.desk.Rerank(ctx, now); err != nil {
			return false, err
		}
		if lost || whom != r.whom {
			r.log.Info("rankings made again: Redis had lost them or may remember what is over")
		}
	default:
		return false, nil
	}
	r.built, r.asked, r.whom, r.last, r.away = true, asked, whom, time.Now(), false
	return false, nil
}
