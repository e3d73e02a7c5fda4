package imports

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"hotleads/lead"
)

// Shelf is where uploaded imports are kept.
type Shelf interface {
	Chunks
	Change(ctx context.Context, f func(lead.Tx) error) error
	Teams(ctx context.Context) ([]lead.Team, error)
	User(ctx context.Context, idOrEmail string) (lead.User, error)
	ClaimImport(ctx context.Context, worker string, now, until time.Time) (lead.Import, error)
	Traces(ctx context.Context, id string, limit int) ([]lead.ImportTrace, error)
	TidyImports(ctx context.Context, now time.Time) (more bool, err error)
}

// lease is how long an import stays with an instance that says nothing: after
// it another one goes on from the last row that was stored.
const lease = 45 * time.Second

// undoBatch is how many traces share a transaction of an undo.
const undoBatch = 200

// Worker takes in and takes back uploaded files, one at a time, together with
// the workers of all other instances.
type Worker struct {
	Desk  *lead.Desk
	Shelf Shelf
	Log   *slog.Logger
	// Batch is called after each batch; an error ends the work there. nil: not.
	Batch func() error

	id   string
	tidy time.Time // when old files were looked for last
}

// NewWorker is a worker with a name of its own.
func NewWorker(d *lead.Desk, s Shelf, log *slog.Logger) *Worker {
	return &Worker{Desk: d, Shelf: s, Log: log, id: uuid.NewString()}
}

// Once goes on with the import that has waited longest, if any, to its end. It
// asks to be called again where there may be more.
func (w *Worker) Once(ctx context.Context, now time.Time) (again bool, err error) {
	i, err := w.Shelf.ClaimImport(ctx, w.id, now, now.Add(lease))
	if errors.Is(err, lead.ErrNotFound) {
		return w.clean(ctx, now)
	}
	if err != nil {
		return false, err
	}
	job := &job{Worker: w, Import: i}
	if i.State == lead.ImportUndoing {
		err = job.undo(ctx)
	} else {
		err = job.run(ctx)
	}
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil, errors.Is(err, lead.ErrUnavailable), errors.Is(err, lead.ErrConflict), errors.Is(err, ErrStopped):
		return false, job.release(err) // another instance, or this one later, goes on
	}
	w.Log.Error("an import failed", slog.String("import", i.ID), slog.Any("error", err))
	return true, job.end(ctx, lead.ImportFailed, "something went wrong here; it has been noted")
}

// clean deletes what is over, now and then.
func (w *Worker) clean(ctx context.Context, now time.Time) (bool, error) {
	if now.Sub(w.tidy) < time.Hour {
		return false, nil
	}
	more, err := w.Shelf.TidyImports(ctx, now)
	if err == nil && !more {
		w.tidy = now
	}
	return more, err
}

// job is one import in this worker's hands.
type job struct {
	*Worker
	lead.Import
	cancelled bool
	within    []string // about whose teams' leads it may be, as long as its owner may; nil: all
}

// errCancelled ends a run that somebody asked to end.
var errCancelled = errors.New("cancelled")

func (j *job) run(ctx context.Context) error {
	if j.Cancel {
		return j.end(ctx, lead.ImportCancelled, "")
	}
	var err error
	if j.within, err = j.owners(ctx); errors.Is(err, lead.ErrForbidden) {
		return j.end(ctx, lead.ImportCancelled, err.Error())
	}
	if err != nil {
		return err
	}
	teams, err := j.Shelf.Teams(ctx)
	if err != nil {
		return err
	}
	m, err := ParseMapping([]byte(j.Mapping))
	if err != nil {
		return j.end(ctx, lead.ImportFailed, "the mapping can't be used: "+err.Error())
	}
	reader, err := NewReader(File(ctx, j.Shelf, j.ID))
	if errors.Is(err, lead.ErrUnavailable) || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	if err != nil {
		return j.end(ctx, lead.ImportFailed, err.Error())
	}
	plan, err := m.Bind(reader.Head(), teams)
	if err != nil {
		return j.end(ctx, lead.ImportFailed, "the mapping does not fit the file: "+err.Error())
	}
	plan.Within(j.within)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := Run{Desk: j.Desk, Reader: reader, Plan: plan, Live: j.Live, Skip: j.Rows, Change: j.Shelf.Change}
	r.Keep = func(ctx context.Context, tx lead.Tx, c Commit) error { return j.keep(ctx, tx, c, reader) }
	r.Done = func(c Commit) {
		j.Rows, j.Offset, j.Encoding = c.Rows, c.Offset, reader.Encoding()
		j.Tally.Add(c.Tally)
		if err := j.owned(ctx); err != nil {
			stop(err)
		} else if j.cancelled {
			stop(errCancelled)
		} else if j.Batch != nil && len(c.Taken.Messages) > 0 {
			if err := j.Batch(); err != nil {
				stop(err)
			}
		}
	}
	err = r.All(ctx)
	switch {
	case err == nil && j.cancelled, errors.Is(context.Cause(ctx), errCancelled):
		return j.end(context.WithoutCancel(ctx), lead.ImportCancelled, "")
	case errors.Is(context.Cause(ctx), lead.ErrForbidden):
		return j.end(context.WithoutCancel(ctx), lead.ImportCancelled, context.Cause(ctx).Error())
	case errors.Is(context.Cause(ctx), ErrStopped):
		return context.Cause(ctx)
	case err == nil:
		return j.end(ctx, lead.ImportDone, "")
	case ctx.Err() != nil, errors.Is(err, lead.ErrUnavailable), errors.Is(err, lead.ErrConflict):
		return err
	}
	return j.end(ctx, lead.ImportFailed, err.Error())
}

// owners are the teams about whose leads its owner's file may be now.
func (j *job) owners(ctx context.Context) ([]string, error) {
	if j.By.Kind != lead.ByPerson {
		return j.Teams, nil
	}
	u, err := j.Shelf.User(ctx, j.By.ID)
	if err != nil {
		return nil, err
	}
	return u.Importable()
}

// owned asks it again between two batches. What its owner may has changed: the
// import ends, or another turn goes on with what they may now.
func (j *job) owned(ctx context.Context) error {
	now, err := j.owners(ctx)
	if err == nil && !slices.Equal(now, j.within) {
		err = ErrStopped
	}
	return err
}

// keep stores how far the import is, with what it did, in the rows' own
// transaction: it is exact wherever the instance is stopped.
func (j *job) keep(ctx context.Context, tx lead.Tx, c Commit, reader *Reader) error {
	n := j.note(lead.ImportRunning)
	n.Rows, n.Offset, n.Encoding = c.Rows, c.Offset, reader.Encoding()
	n.Tally.Add(c.Tally)
	if len(c.Refused) > 0 {
		var err error
		if n.Refused, err = packed(c.Refused); err != nil {
			return err
		}
	}
	if len(c.Taken.Works) > 0 {
		n.Traces = c.Taken.Traces(c.Taken.Messages[0].OccurredAt)
		for i := range n.Traces {
			n.Traces[i].Seq = int64(c.Rows)
		}
	}
	cancel, err := tx.NoteImport(ctx, n)
	j.cancelled = cancel
	return err
}

// packed are refused rows as a compressed part of a CSV file.
func packed(rows []Refused) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	s, err := NewSheet(z, nil)
	if err == nil {
		err = s.Write(rows)
	}
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// note is the import as it stands, the lease prolonged.
func (j *job) note(s lead.ImportState) lead.ImportNote {
	n := lead.ImportNote{Import: j.Import, Worker: j.id, Until: j.Desk.Now().Add(lease)}
	n.State = s
	return n
}

// end gives the import up, for good.
func (j *job) end(ctx context.Context, s lead.ImportState, problem string) error {
	n := j.note(s)
	n.Until, n.Problem, n.EndedAt = time.Time{}, problem, j.Desk.Now()
	return j.Shelf.Change(ctx, func(tx lead.Tx) error {
		_, err := tx.NoteImport(ctx, n)
		return err
	})
}

// release gives the import back at once to whoever goes on with it.
func (j *job) release(why error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	n := j.note(j.State)
	n.Until = time.Time{}
	err := j.Shelf.Change(ctx, func(tx lead.Tx) error {
		_, err := tx.NoteImport(ctx, n)
		return err
	})
	if err != nil {
		j.Log.Debug("an import's lease runs out by itself", slog.String("import", j.ID), slog.Any("error", err))
	}
	return why
}

// undo takes back what the import did, newest first.
func (j *job) undo(ctx context.Context) error {
	for {
		traces, err := j.Shelf.Traces(ctx, j.ID, undoBatch)
		if err != nil {
			return err
		}
		if len(traces) == 0 {
			return j.end(ctx, lead.ImportUndone, "")
		}
		var n lead.ImportNote
		err = j.Desk.UndoImport(ctx, traces, func(ctx context.Context, tx lead.Tx, done []lead.UndoneTrace) error {
			n = j.note(lead.ImportUndoing)
			n.Undo.Add(done)
			n.Undone = done
			_, err := tx.NoteImport(ctx, n)
			return err
		}, j.Desk.Now())
		if err != nil {
			return err
		}
		j.Undo = n.Undo
		if j.Batch != nil {
			if err := j.Batch(); err != nil {
				return errors.Join(ErrStopped, err)
			}
		}
	}
}
