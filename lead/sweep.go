package lead

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Sweep does what is due at now, for at most n leads, and announces what was
// stored elsewhere and not announced. Any number of instances may sweep: each
// due moment acts once. It returns how many leads it acted on.
func (d *Desk) Sweep(ctx context.Context, now time.Time, n int) (int, error) {
	failing := d.failing.at(now)
	ids, err := d.store.Due(ctx, now, n+len(failing))
	if err != nil {
		return 0, err
	}
	acted := 0
	var errs []error
	ids = slices.DeleteFunc(ids, func(id string) bool { return failing[id] })
	for some := range slices.Chunk(ids, wakeTogether) {
		n, err := d.wake(ctx, some, now)
		if errors.Is(err, ErrUnavailable) {
			return acted, err
		}
		acted += n
		if err == nil {
			continue
		}
		for _, id := range some { // one lead's trouble keeps no other waiting
			n, err := d.wake(ctx, []string{id}, now)
			switch {
			case errors.Is(err, ErrUnavailable):
				return acted, err
			case err != nil:
				d.failing.add(id, now)
				errs = append(errs, fmt.Errorf("sweep lead %s: %w", id, err))
			default:
				acted += n
			}
		}
	}
	released, err := d.drips(ctx, now, n)
	return acted + released, errors.Join(append(errs, err, d.adopt(ctx, now, n), d.letGoStrays(ctx, now), d.catchUp(ctx, now, n))...)
}

// adopt routes leads that qualified where no team was known to the process that
// took them in: the first team was made a moment earlier by another one. (Those
// that waited for the first team go to it when it is made: store/teams.go.) And
// leads of a disabled team that nobody holds, for nobody looks at its board and
// its backlog. Whoever holds one goes on with it.
func (d *Desk) adopt(ctx context.Context, now time.Time, n int) error {
	book, err := d.store.Book(ctx)
	if err != nil || Route(book.Teams, nil) == nil {
		return err // there is no team that could take them
	}
	ids, err := d.store.Teamless(ctx, n)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = d.system(ctx, ids, now, func(sc Scene, w *Work) (bool, error) {
		before := w.Lead.Life
		if before.TeamID != "" && before.OwnerID != "" {
			return false, nil // claimed meanwhile
		}
		w.route(sc)
		if w.Lead.TeamID == before.TeamID {
			return false, nil
		}
		if before.TeamID != "" && before.Stage == MQL {
			w.record(sc, before, History{Move: Reassign, Cause: CauseNoTeam})
		}
		w.waitsAnew(sc)
		return true, nil
	})
	return err
}

// failures are leads that could not be woken, or people who could not be told: for a
// minute the others go first.
type failures struct{ sync.Map }

func (f *failures) add(id string, now time.Time) { f.Store(id, now.Add(time.Minute)) }

func (f *failures) at(now time.Time) map[string]bool {
	ids := map[string]bool{}
	f.Range(func(id, until any) bool {
		if ids[id.(string)] = true; !until.(time.Time).After(now) {
			delete(ids, id.(string))
			f.Delete(id)
		}
		return true
	})
	return ids
}

// wakeTogether is how many leads one transaction wakes: at an opening, many are
// due in the same second.
const wakeTogether = 50

func (d *Desk) wake(ctx context.Context, ids []string, now time.Time) (int, error) {
	lags := map[string]time.Duration{} // by lead, of the try that succeeds
	n, err := d.system(ctx, ids, now, func(sc Scene, w *Work) (bool, error) {
		since := w.WakeAt()
		if !due(since, now) {
			delete(lags, w.Lead.ID)
			return w.recomputed, nil // else another instance was faster
		}
		lags[w.Lead.ID] = now.Sub(since)
		_, err := w.Wake(sc)
		return true, err
	})
	if err == nil {
		for _, lag := range lags {
			d.meter.Woken(lag)
		}
	}
	return n, err
}

// leftWithin is how far back a lead's teams are told that it left: who watched their boards
// for longer has looked since.
const leftWithin = time.Minute

// catchUp announces changes that another process stored, or that could not be
// announced when they were.
func (d *Desk) catchUp(ctx context.Context, now time.Time, n int) error {
	ids, err := d.store.Unannounced(ctx, now.Add(-300*time.Millisecond), n)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		d.ranked()
		return nil
	}
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return err
	}
	cards, err := d.store.Cards(ctx, ids)
	if err != nil {
		return err
	}
	rows, err := d.store.HistorySince(ctx, ids, now.Add(-leftWithin))
	if err != nil {
		return err
	}
	told := news{notice: Notice{Leads: ids, Moved: ids}, since: time.Now()} // perhaps they were
	for _, c := range cards {
		// Which board it was on before is not known here: off all of them but its own.
		for i := range sc.Book.Teams {
			told.ranks = append(told.ranks, rank(sc.Rules, &c.Lead, sc.Book.Teams[i].ID, now))
		}
		told.notice.Teams = append(told.notice.Teams, c.Lead.TeamID)
		if c.Lead.open() {
			for _, t := range sc.Book.Teams {
				told.notice.Teams = append(told.notice.Teams, t.ID)
			}
		}
		for _, h := range rows[c.Lead.ID] { // the boards that it left look again, too
			if h.TeamBefore != "" {
				told.notice.Teams = append(told.notice.Teams, h.TeamBefore)
			}
		}
	}
	told.notice.tidy()
	d.tell(ctx, told)
	return nil
}

// LetGo puts back on the board what a person has claimed, not decided and may no
// longer hold: they were disabled, left the role or the team, or are away for
// a while, just before. It returns how many leads that were.
func (d *Desk) LetGo(ctx context.Context, user string, now time.Time) (int, error) {
	u, err := d.store.User(ctx, user) // afresh: the book may still tell of before
	if err != nil {
		return 0, err
	}
	var ids []string
	if err := d.store.Change(ctx, func(tx Tx) (err error) {
		ids, err = tx.Claims(ctx, user)
		return err
	}); err != nil || len(ids) == 0 {
		return 0, err
	}
	cause := CauseDisabled
	if u.Active() && !u.There(now) {
		cause = CauseAway
	}
	return d.system(ctx, ids, now, func(sc Scene, w *Work) (bool, error) {
		if w.Lead.Stage != Claimed || w.Lead.OwnerID != user || (u.MayKeep(w.Lead) && u.There(now)) {
			return false, nil
		}
		return true, w.backToBoard(sc, Release, cause)
	})
}

// straysEvery is how often the sweep looks for claims that nobody let go: a
// process ended in between, or a claim was under way while its rep left.
const straysEvery = 2 * time.Second

func (d *Desk) letGoStrays(ctx context.Context, now time.Time) error {
	last := d.strays.Load()
	if now.Sub(time.Unix(0, last)).Abs() < straysEvery || !d.strays.CompareAndSwap(last, now.UnixNano()) {
		return nil
	}
	people, err := d.store.Strays(ctx, now)
	for _, id := range people {
		_, lerr := d.LetGo(ctx, id, now)
		err = errors.Join(err, lerr)
	}
	return err
}
