package lead

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"hotleads/scoring"
)

// Desk is the hand-off's use cases. Safe for concurrent use.
type Desk struct {
	store   Store
	ranking Ranking
	bell    Bell
	log     *slog.Logger
	intake  []chan *intakeGroup // a committer each
	seed    maphash.Seed
	queued  atomic.Int64 // messages that wait for a transaction, or are in one

	queuedBytes atomic.Int64 // theirs, as they were sent

	meter Meter
	told  *announcer
	slow  tooSlow
	apart chan *intakeGroup // groups with messages that take too long

	// Clock tells the time where it is no argument; nil: [Now]. To be set before
	// the desk is used.
	Clock func() time.Time

	failing failures
	unheard failures     // people who could not be told what they are to hear
	mute    sync.Map     // why, by their ids, as the log says
	strays  atomic.Int64 // when claims were last looked for that nobody let go, in Unix nanoseconds

	silent   atomic.Bool  // the last notice could not be rung
	unranked atomic.Int64 // when the ranking last did not take what was told, in Unix nanoseconds; 0: it has all

	mu         sync.Mutex
	brought    []TeamPrint // by which all running clocks ran at broughtAt
	broughtAt  time.Time
	bringing   bool            // clocks are brought to what they should run by
	complained string          // what was said of the directory
	cards      map[string]Card // by lead id: what boards showed last, valid for its version
}

// NewDesk wires the use cases to their stores.
func NewDesk(s Store, r Ranking, b Bell, log *slog.Logger) *Desk {
	d := &Desk{store: s, ranking: r, bell: b, log: log, seed: maphash.MakeSeed(), meter: unmeasured{}, told: newAnnouncer(), apart: make(chan *intakeGroup, apartMost), cards: map[string]Card{}}
	d.Committers(1)
	return d
}

// Now is a moment in the precision that every store keeps.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Now is the time by the desk's clock.
func (d *Desk) Now() time.Time {
	if d.Clock == nil {
		return Now()
	}
	return d.Clock()
}

// scene is the world a move happens in.
func (d *Desk) scene(ctx context.Context, actor Actor, now time.Time) (Scene, error) {
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return Scene{}, err
	}
	book, err := d.store.Book(ctx)
	if err == nil {
		d.complain(ctx, book)
	}
	return Scene{Rules: rules, Book: book, Now: now, Actor: actor}, err
}

// complain says what of the directory cannot be read, once until it changes.
func (d *Desk) complain(ctx context.Context, book *Book) {
	said := ""
	if err := errors.Join(book.Faults...); err != nil {
		said = err.Error()
	}
	d.mu.Lock()
	news := d.complained != said
	d.complained = said
	d.mu.Unlock()
	if news && said != "" {
		d.log.ErrorContext(ctx, "something of the directory cannot be read, and is done without", slog.String("error", said))
	}
}

// Find reads a lead by reference ("id", "email:…", "user:…") with its score at
// now, if the viewer may see it: else ErrNotFound. A merged lead is followed;
// the ID of what comes back then differs.
func (d *Desk) Find(ctx context.Context, ref string, viewer *User, now time.Time) (Scored, error) {
	id, err := ParseRef(ref)
	if err != nil {
		return Scored{}, err
	}
	l, clocks, err := d.look(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && viewer != nil && !viewer.SeesLead(&l):
		return Scored{}, NotFound("the lead " + ref) // the same words: they don't tell whether there is one
	case err != nil:
		return Scored{}, err
	}
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return Scored{}, err
	}
	return rules.Explain(l, clocks, now), nil
}

// look reads the lead that is named, or what it was merged into.
func (d *Desk) look(ctx context.Context, id Identity) (l Lead, clocks []Clock, err error) {
	leadID := id.Value
	if id.Kind != "" {
		if leadID, err = d.store.LeadID(ctx, id); err != nil {
			return l, nil, err
		}
	}
	l, clocks, err = d.store.Lead(ctx, leadID)
	for range 8 {
		if err != nil || l.MergedInto == "" {
			break
		}
		l, clocks, err = d.store.Lead(ctx, l.MergedInto)
	}
	return l, clocks, err
}

// Move makes a move and returns the lead as it is then. A refusal is a
// *Refusal; where the stage or somebody faster forbids it, it carries the lead
// as it is now. Invisible leads are ErrNotFound.
func (d *Desk) Move(ctx context.Context, id string, r Request, actor Actor, now time.Time) (Scored, error) {
	sc, err := d.scene(ctx, actor, now)
	if err != nil {
		return Scored{}, err
	}
	var work *Work
	err = d.store.Change(ctx, func(tx Tx) error {
		works, err := tx.Lock(ctx, []string{id})
		if err != nil {
			return err
		}
		work = works[id]
		if work == nil || work.Lead.MergedInto != "" {
			return NotFound("the lead " + id)
		}
		if actor.Kind == ByPerson && !actor.User.SeesLead(work.Lead) {
			return sc.unseen(work.Lead, r.Move)
		}
		work.Begin()
		gone, err := holding(ctx, tx, work, &sc, r)
		if err != nil {
			return err
		}
		if err := d.upgrade(ctx, tx, sc, work); err != nil {
			return err
		}
		rows := len(work.History)
		if err := work.Do(sc, r); err != nil {
			return err
		}
		if len(work.History) == rows {
			return errNothingChanged
		}
		if gone != nil {
			return gone
		}
		if err := d.rederive(ctx, tx, sc, work); err != nil {
			return err
		}
		if err := work.Settle(sc); err != nil {
			return err
		}
		return tx.Write(ctx, now, []*Work{work})
	})
	var refused *Refusal
	switch {
	case errors.As(err, &refused) && work != nil && errors.Is(err, ErrConflict):
		l, _, rerr := d.store.Lead(ctx, id)
		if rerr == nil {
			refused.Lead = &l
		}
		return Scored{}, err
	case err != nil && !errors.Is(err, errNothingChanged):
		return Scored{}, err
	case err == nil:
		d.announce(ctx, sc.Rules, now, []*Work{work})
	}
	return sc.Rules.Explain(*work.Lead, work.Clocks, now), nil
}

// holding locks what the one who would hold the lead holds, and lets the limits
// be asked where they count. Whoever was disabled since the request began is
// gone: a refusal, but one that comes after those of role and stage.
func holding(ctx context.Context, tx Tx, w *Work, sc *Scene, r Request) (gone, err error) {
	who := w.nextHolder(*sc, r)
	if who == "" {
		return nil, nil
	}
	h, err := tx.Holding(ctx, who, w.landsIn(*sc, who))
	switch {
	case errors.Is(err, ErrConflict):
		return err, nil
	case err == nil && (r.Move == Claim || r.Move == Accept || r.Within):
		sc.Holding = &h
	}
	return nil, err
}

var errNothingChanged = errors.New("nothing changed")

// upgrade brings a ledger and running clocks to the agreement in force.
func (d *Desk) upgrade(ctx context.Context, tx Tx, sc Scene, w *Work) error {
	if err := w.recompute(sc); err != nil {
		return err
	}
	if w.Lead.Model == sc.Rules.Version {
		return nil
	}
	w.Late = append(w.Late, "*")
	return d.rederive(ctx, tx, sc, w)
}

// rederive settles the scoring rules that came late, from stored activities.
func (d *Desk) rederive(ctx context.Context, tx Tx, sc Scene, w *Work) error {
	if len(w.Late) == 0 {
		return nil
	}
	return w.Rederive(sc.Rules, func(events []string, before *ActivityPoint, n int) ([]scoring.Activity, error) {
		if w.New && w.Heard == 0 || w.Lead.LastActivityAt.IsZero() {
			return nil, nil // there are none
		}
		return tx.Activities(ctx, w.Lead.ID, events, before, n)
	})
}

// each does f to the leads that pick finds, in one transaction that may run f
// again, and announces those that f shows. It returns how many f changed.
func (d *Desk) each(ctx context.Context, sc Scene, pick picker, f func(tx Tx, w *Work) (changed, shown bool, err error)) (int, error) {
	var changed, shown []*Work
	err := d.store.Change(ctx, func(tx Tx) error {
		changed, shown = nil, nil
		ids, err := pick(tx)
		if err != nil || len(ids) == 0 {
			return err
		}
		works, err := tx.Lock(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			w := works[id]
			if w == nil {
				continue
			}
			w.Begin()
			did, shows, err := f(tx, w)
			if err != nil {
				return err
			}
			if did {
				changed = append(changed, w)
			}
			if shows {
				shown = append(shown, w)
			}
		}
		return tx.Write(ctx, sc.Now, changed)
	})
	if err != nil {
		return 0, err
	}
	d.announce(ctx, sc.Rules, sc.Now, shown)
	return len(changed), nil
}

// system changes leads on nobody's behalf; f tells whether it changed one. It
// returns how many were changed.
func (d *Desk) system(ctx context.Context, ids []string, now time.Time, f func(Scene, *Work) (bool, error)) (int, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return 0, err
	}
	return d.each(ctx, sc, func(Tx) ([]string, error) { return ids, nil }, func(tx Tx, w *Work) (bool, bool, error) {
		if err := d.upgrade(ctx, tx, sc, w); err != nil {
			return false, false, err
		}
		did, err := f(sc, w)
		if err == nil && did {
			err = w.Settle(sc)
		}
		return did, did, err
	})
}
