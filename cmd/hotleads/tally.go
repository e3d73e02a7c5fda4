package main

import (
	"context"
	"errors"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// tally counts what became of rows, and of the leads that they are about.
type tally struct {
	created, updated, unchanged       int // rows
	backlog, qualified, held, outcome int // leads
}

func (t *tally) add(o tally) {
	t.created, t.updated, t.unchanged = t.created+o.created, t.updated+o.updated, t.unchanged+o.unchanged
	t.backlog, t.qualified, t.held, t.outcome = t.backlog+o.backlog, t.qualified+o.qualified, t.held+o.held, t.outcome+o.outcome
}

// tallied is a store that counts what an import does to it. A dry one takes
// every transaction back, so that what it counts is what would happen.
type tallied struct {
	*store.Store
	dry   bool
	total tally
}

var errDryRun = errors.New("a dry run keeps nothing")

// Change implements lead.Store.
func (s *tallied) Change(ctx context.Context, f func(lead.Tx) error) error {
	var t tally
	err := s.Store.Change(ctx, func(tx lead.Tx) error {
		t = tally{} // it may be run again
		if err := f(&talliedTx{tx, &t}); err != nil {
			return err
		}
		if s.dry {
			return errDryRun
		}
		return nil
	})
	if errors.Is(err, errDryRun) {
		err = nil
	}
	if err == nil {
		s.total.add(t)
	}
	return err
}

type talliedTx struct {
	lead.Tx
	t *tally
}

// NewMessages implements lead.Tx: a row that is known already changes nothing.
func (x *talliedTx) NewMessages(ctx context.Context, ids []string, at time.Time) (map[string]bool, error) {
	isNew, err := x.Tx.NewMessages(ctx, ids, at)
	fresh := 0
	for _, is := range isNew {
		if is {
			fresh++
		}
	}
	x.t.updated += fresh // until Write tells which of them made a lead
	x.t.unchanged += len(ids) - fresh
	return isNew, err
}

// Write implements lead.Tx.
func (x *talliedTx) Write(ctx context.Context, now time.Time, works []*lead.Work) error {
	for _, w := range works {
		if w.New {
			x.t.created++
			x.t.updated--
		}
		if w.Lead.Backlog {
			x.t.backlog++
		}
		if w.Lead.HeldBack != "" {
			x.t.held++
		}
		for _, h := range w.History {
			switch h.Move {
			case lead.Qualify:
				x.t.qualified++
			case lead.Win, lead.Lose:
				x.t.outcome++
			}
		}
	}
	return x.Tx.Write(ctx, now, works)
}
