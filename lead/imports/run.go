package imports

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"hotleads/lead"
)

// BatchRows is how many rows share a transaction: few enough that others hardly
// wait to write meanwhile.
const BatchRows = 500

// maxBatch bounds the bytes of a batch's cells.
const maxBatch = 8 << 20

// Refused is a row that is not taken, and why.
type Refused struct {
	Row
	Why    error
	number int // of the row in the file, from 1
}

// Commit is what becomes durable together with one transaction's rows.
type Commit struct {
	Rows    int       // of the file that are dealt with then, from its beginning
	Offset  int64     // bytes of the file that were read for it
	Tally   Tally     // of what came since the commit before; the dealt-with rows included
	Refused []Refused // since the commit before, in order
	Taken   lead.TakenIn
}

// Run takes the rows of one file. Its fields are set before All.
type Run struct {
	Desk   *lead.Desk
	Reader *Reader
	Plan   *Plan
	Live   bool // what qualifies goes on the board and its clocks start
	Dry    bool // nothing is stored; Done learns what would be
	Skip   int  // rows that a run before this one has dealt with
	// Keep is called within each transaction. nil: nothing is kept beside the leads.
	Keep func(ctx context.Context, tx lead.Tx, c Commit) error
	// Change runs a transaction of its own for what only Keep is to know of. Set
	// together with Keep.
	Change func(ctx context.Context, f func(lead.Tx) error) error
	// Done is called when a commit is durable. nil: not.
	Done func(c Commit)
	// Tick is called after each row that is read. nil: not.
	Tick func(offset int64, rows int)

	rows    int        // read, those to skip included
	batch   []batchRow // to be stored
	bytes   int        // of the cells of the batch and of what is pending
	stored  int        // rows of the batch that are dealt with
	pending Commit     // gathered since the last commit
	staged  Commit     // told to Keep last
	memory  *memory    // of a dry run
}

type batchRow struct {
	Row
	number  int // of the row in the file, from 1
	message lead.Message
}

// ErrStopped: the run was ended before the file was. What is stored stays.
var ErrStopped = errors.New("stopped before the end; run it again to go on: what is stored is not taken twice")

// All reads the file to its end.
func (r *Run) All(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return ErrStopped
		}
		row, refused, err := r.Reader.Next()
		if errors.Is(err, io.EOF) {
			return r.flush(ctx, true)
		}
		if err != nil && ctx.Err() != nil {
			return ErrStopped
		}
		if err != nil {
			return errors.Join(r.flush(ctx, true), err)
		}
		if r.rows++; r.rows <= r.Skip {
			continue
		}
		r.take(row, refused, r.Desk.Now())
		if len(r.batch) >= BatchRows || len(r.pending.Refused) >= BatchRows || r.bytes > maxBatch {
			if err := r.flush(ctx, false); err != nil {
				return err
			}
		}
		if r.Tick != nil {
			r.Tick(r.Reader.Offset(), r.rows)
		}
	}
}

// take puts a row into the batch, or notes why it is refused.
func (r *Run) take(row Row, refused error, now time.Time) {
	var msg lead.Message
	if refused == nil {
		msg, refused = r.Plan.Message(row.Cells, now)
	}
	row.Cells = slices.Clone(row.Cells)
	for _, c := range row.Cells {
		r.bytes += len(c)
	}
	if refused == nil {
		r.batch = append(r.batch, batchRow{row, r.rows, msg})
		return
	}
	r.pending.Refused = append(r.pending.Refused, Refused{row, refused, r.rows})
}

// flush stores the batch, again where the database is busy or away for a moment.
// What was refused goes with it, or by itself at the end and where it is much.
func (r *Run) flush(ctx context.Context, last bool) error {
	const tries = 5
	r.bytes = 0
	if r.Dry {
		r.forget()
	}
	for try := 1; len(r.batch) > 0; try++ {
		err := r.store(ctx)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ErrStopped
		case try == tries || !errors.Is(err, lead.ErrUnavailable):
			return err
		case pause(ctx, time.Duration(try)*time.Second/2) != nil:
			return ErrStopped
		}
	}
	if !last && len(r.pending.Refused) < BatchRows {
		return nil
	}
	r.staged = r.commit(r.rows, lead.TakenIn{})
	if r.Keep != nil && !r.Dry {
		if err := r.Change(ctx, func(tx lead.Tx) error { return r.Keep(ctx, tx, r.staged) }); err != nil {
			if ctx.Err() != nil {
				return ErrStopped
			}
			return err
		}
	}
	r.Committed()
	return nil
}

// store tries to store the batch. What it could store is not in it any more.
func (r *Run) store(ctx context.Context) error {
	now := r.Desk.Now()
	msgs := make([]lead.Message, len(r.batch))
	for i := range r.batch {
		msgs[i] = r.batch[i].message
		msgs[i].OccurredAt, msgs[i].ReceivedAt = now, now
	}
	r.stored = 0
	err := r.Desk.ImportNoted(ctx, msgs, r.Live, r, now)
	r.batch = slices.Delete(r.batch, 0, r.stored)
	return err
}

// commit is what one transaction took, with what was gathered up to the row
// with that number.
func (r *Run) commit(rows int, t lead.TakenIn) Commit {
	c := Commit{Rows: rows, Offset: r.Reader.Offset(), Tally: r.pending.Tally, Taken: t}
	for _, x := range r.pending.Refused {
		if x.number <= rows {
			c.Refused = append(c.Refused, x)
		}
	}
	c.Tally.Add(tallyOf(t))
	c.Tally.Refused += len(c.Refused)
	c.Tally.Read += len(c.Refused) + len(t.Messages)
	return c
}

// Kept implements lead.Noter.
func (r *Run) Kept(ctx context.Context, tx lead.Tx, t lead.TakenIn) error {
	rows := r.rows
	if next := r.stored + len(t.Messages); next < len(r.batch) {
		rows = r.batch[next].number - 1
	}
	r.staged = r.commit(rows, t)
	switch {
	case r.Dry:
		return lead.ErrNothingKept
	case r.Keep == nil:
		return nil
	}
	return r.Keep(ctx, tx, r.staged)
}

// Committed implements lead.Noter.
func (r *Run) Committed() {
	c := r.staged
	r.stored += len(c.Taken.Messages)
	r.pending = Commit{Refused: slices.DeleteFunc(r.pending.Refused, func(x Refused) bool { return x.number <= c.Rows })}
	if r.Done != nil {
		r.Done(c)
	}
}

// Refused implements lead.Noter.
func (r *Run) Refused(_ lead.Message, why error) {
	b := r.batch[r.stored]
	r.stored++
	r.pending.Refused = append(r.pending.Refused, Refused{b.Row, why, b.number})
	slices.SortStableFunc(r.pending.Refused, func(x, y Refused) int { return x.number - y.number })
}

// pause waits, or returns why it may not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
