package main

import (
	"context"
	"log/slog"
	"math"
	"time"
)

const (
	rescoreLoad = 50 // leads of a transaction: for so long nobody else writes to SQLite
	tellEvery   = time.Minute
)

// rescoring brings leads to a new agreement behind everything else, together
// with all other instances, and logs how far they are.
type rescoring struct {
	*app
	done          int // leads, by this instance; 0: nothing is going on
	started, told time.Time
}

func (r *rescoring) once(ctx context.Context, now time.Time) (bool, error) {
	if r.done == 0 {
		r.started, r.told = now, time.Time{}
	}
	n, err := r.desk.Rescore(ctx, now, rescoreLoad)
	r.done += n
	told := now.Sub(r.told) < tellEvery
	if r.done == 0 || n > 0 && told {
		return n > 0, err
	}
	rules, rerr := r.store.Rules(ctx)
	if err != nil || rerr != nil {
		return n > 0, err
	}
	left, err := r.store.Outdated(ctx, rules.Version, math.MaxInt32)
	switch {
	case err != nil:
	case left > 0 && told: // other instances are at them, or they fail
	case left > 0:
		r.told = now
		r.log.Info("leads are being scored by the new agreement", slog.Int("agreement", rules.Version), slog.Int("done_here", r.done), slog.Int("left", left))
	default:
		r.log.Info("all leads are scored by the new agreement", slog.Int("agreement", rules.Version), slog.Int("done_here", r.done), slog.Duration("took", now.Sub(r.started)))
		r.done = 0
	}
	return n > 0, err
}
