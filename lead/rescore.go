package lead

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ByAgreement: a new agreement is in force. Whom it makes ready waits in the backlog.
const ByAgreement Why = "agreement"

// Rescore brings at most n leads that were scored by an older agreement to the
// one in force, those on boards first, in one transaction: what is done is done,
// whenever it is stopped. Any number of instances share the work: what one of
// them has taken the others leave. Whoever is heard of meanwhile is brought to
// it then (upgrade). It returns how many leads it brought.
func (d *Desk) Rescore(ctx context.Context, now time.Time, n int) (int, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return 0, err
	}
	if some, err := d.store.Outdated(ctx, sc.Rules.Version, 1); err != nil || some == 0 {
		return 0, err
	}
	return d.some(now, n, func(tx Tx, n int) ([]string, error) { return tx.Outdated(ctx, sc.Rules.Version, n) },
		func(pick picker) (int, error) { return d.rescore(ctx, sc, pick) })
}

// picker finds the leads that a transaction is about.
type picker func(Tx) ([]string, error)

// some does something with at most n leads in one transaction; where that fails,
// with one after the other, for one lead's trouble keeps no other waiting.
func (d *Desk) some(now time.Time, n int, find func(Tx, int) ([]string, error), do func(picker) (int, error)) (int, error) {
	failing := d.failing.at(now)
	var ids []string
	done, err := do(func(tx Tx) ([]string, error) {
		all, err := find(tx, n+len(failing))
		ids = slices.DeleteFunc(all, func(id string) bool { return failing[id] })
		return ids, err
	})
	if err == nil || errors.Is(err, ErrUnavailable) || len(ids) == 0 {
		return done, err
	}
	var errs []error
	for _, id := range ids {
		n, err := do(func(Tx) ([]string, error) { return []string{id}, nil })
		if errors.Is(err, ErrUnavailable) {
			return done, err
		}
		if err != nil {
			d.failing.add(id, now)
			errs = append(errs, fmt.Errorf("lead %s: %w", id, err))
		}
		done += n
	}
	return done, errors.Join(errs...)
}

// rescore brings the leads that pick finds, in its transaction, to the agreement in force.
func (d *Desk) rescore(ctx context.Context, sc Scene, pick picker) (int, error) {
	return d.each(ctx, sc, pick, func(tx Tx, w *Work) (changed, shown bool, err error) {
		if w.Lead.MergedInto != "" || w.Lead.Model >= sc.Rules.Version {
			return false, false, nil
		}
		before := w.Lead.Life
		if err := d.upgrade(ctx, tx, sc, w); err != nil {
			return false, false, err
		}
		err = w.reconsider(sc)
		return true, w.Lead.Life != before || len(w.Boards()) > 0, err
	})
}

// reconsider says what a new agreement means for a lead: who is ready by it
// waits in the backlog, who waits there and no longer is does not; who is on the
// board stays, gets hotter, or cools by its rules.
func (w *Work) reconsider(sc Scene) error {
	l, before, updated := w.Lead, w.Lead.Life, w.Lead.UpdatedAt
	var err error
	switch {
	case l.Stage == Nurture:
		err = w.Consider(sc, ByAgreement)
	case l.OnBoard():
		err = w.heat(sc)
	}
	if err != nil {
		return err
	}
	if err := w.Settle(sc); err != nil {
		return err
	}
	if l.Life == before { // nothing that happened to it: it is not what changed last
		l.UpdatedAt = updated
	}
	return nil
}
