package lead

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hotleads/scoring"
)

// Desk is the hand-off's use cases. Safe for concurrent use.
type Desk struct {
	store   Store
	ranking Ranking
	bell    Bell
	log     *slog.Logger
	intake  chan *intakeGroup

	mu    sync.Mutex
	cards map[string]Card // by lead id: what boards showed last, valid for its version
}

// NewDesk wires the use cases to their stores.
func NewDesk(s Store, r Ranking, b Bell, log *slog.Logger) *Desk {
	return &Desk{store: s, ranking: r, bell: b, log: log, intake: make(chan *intakeGroup, 256), cards: map[string]Card{}}
}

// Now is a moment in the precision that every store keeps.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// scene is the world a move happens in.
func (d *Desk) scene(ctx context.Context, actor Actor, now time.Time) (Scene, error) {
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return Scene{}, err
	}
	book, err := d.store.Book(ctx)
	return Scene{Rules: rules, Book: book, Now: now, Actor: actor}, err
}

// Find reads a lead by reference ("id", "email:…", "user:…") with its score at
// now, if the viewer may see it: else ErrNotFound. A merged lead is followed;
// the ID of what comes back then differs.
func (d *Desk) Find(ctx context.Context, ref string, viewer *User, now time.Time) (Scored, error) {
	id, err := ParseRef(ref)
	if err != nil {
		return Scored{}, err
	}
	leadID := id.Value
	if id.Kind != "" {
		if leadID, err = d.store.LeadID(ctx, id); err != nil {
			return Scored{}, err
		}
	}
	l, clocks, err := d.store.Lead(ctx, leadID)
	for range 8 {
		if err != nil || l.MergedInto == "" {
			break
		}
		l, clocks, err = d.store.Lead(ctx, l.MergedInto)
	}
	if err != nil {
		return Scored{}, err
	}
	if viewer != nil && !viewer.Sees(l.TeamID) {
		return Scored{}, NotFound("the lead " + ref)
	}
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return Scored{}, err
	}
	return rules.Explain(l, clocks, now), nil
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
		if work == nil || work.Lead.MergedInto != "" || (actor.Kind == ByPerson && !actor.User.Sees(work.Lead.TeamID)) {
			return NotFound("the lead " + id)
		}
		work.Begin()
		if actor.Kind == ByPerson && (r.Move == Claim || r.Move == Accept) {
			h, err := tx.Holding(ctx, work.holder(sc, r), work.Lead.TeamID)
			if err != nil {
				return err
			}
			sc.Holding = &h
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
		if err := d.rederive(ctx, tx, sc, work); err != nil {
			return err
		}
		work.Settle(sc)
		return tx.Write(ctx, now, []*Work{work})
	})
	var refused *Refusal
	switch {
	case errors.As(err, &refused) && work != nil && refused.Kind == ErrConflict:
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

var errNothingChanged = errors.New("nothing changed")

// upgrade brings a ledger to the agreement in force.
func (d *Desk) upgrade(ctx context.Context, tx Tx, sc Scene, w *Work) error {
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
	var all []scoring.Activity
	if !w.New || w.Heard > 0 {
		var err error
		if all, err = tx.Activities(ctx, w.Lead.ID, sc.Rules.Scorer.Events()); err != nil {
			return err
		}
	}
	w.Rederive(sc.Rules, all)
	return nil
}

// announce tells rankings and boards what has been committed. What it can't
// tell now, the sweep tells later.
func (d *Desk) announce(ctx context.Context, rules *Rules, now time.Time, works []*Work) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	var n Notice
	var ranks []Rank
	versions := map[string]int64{}
	for _, w := range works {
		if len(n.Leads) < 500 {
			n.Leads = append(n.Leads, w.Lead.ID)
		}
		for _, team := range w.Boards() {
			ranks = append(ranks, rank(rules, w.Lead, team, now))
			versions[w.Lead.ID] = w.Lead.Version
			if !slices.Contains(n.Teams, team) {
				n.Teams = append(n.Teams, team)
			}
		}
	}
	d.tell(ctx, n, ranks, versions)
}

func rank(rules *Rules, l *Lead, team string, now time.Time) Rank {
	score, _ := l.ScoreAt(rules, now)
	return Rank{Team: team, LeadID: l.ID, Version: l.Version, On: l.OnBoard() && l.TeamID == team, Score: score.Total}
}

func (d *Desk) tell(ctx context.Context, n Notice, ranks []Rank, versions map[string]int64) {
	if len(ranks) > 0 {
		err := d.ranking.Rank(ctx, ranks)
		if err == nil {
			err = d.store.Announced(ctx, versions)
		}
		if err != nil {
			d.log.Warn("ranking waits for the sweep", "leads", len(ranks), "error", err)
		}
	}
	if err := d.bell.Ring(ctx, n); err != nil {
		d.log.Warn("notice not rung", "error", err)
	}
}

// Sweep does what is due at now, for at most n leads, and announces what was
// stored elsewhere and not announced. Any number of instances may sweep: each
// due moment acts once. It returns how many leads it acted on.
func (d *Desk) Sweep(ctx context.Context, now time.Time, n int) (int, error) {
	ids, err := d.store.Due(ctx, now, n)
	if err != nil {
		return 0, err
	}
	acted := 0
	for _, id := range ids {
		if err := d.wake(ctx, id, now); err != nil {
			return acted, fmt.Errorf("sweep lead %s: %w", id, err)
		}
		acted++
	}
	return acted, d.catchUp(ctx, now, n)
}

func (d *Desk) wake(ctx context.Context, id string, now time.Time) error {
	return d.system(ctx, []string{id}, now, func(sc Scene, w *Work) (bool, error) {
		if !due(w.WakeAt(), now) {
			return false, nil // another instance was faster
		}
		_, err := w.Wake(sc)
		return true, err
	})
}

// system changes leads on nobody's behalf; f tells whether it changed one.
func (d *Desk) system(ctx context.Context, ids []string, now time.Time, f func(Scene, *Work) (bool, error)) error {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return err
	}
	var changed []*Work
	err = d.store.Change(ctx, func(tx Tx) error {
		changed = nil
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
			if err := d.upgrade(ctx, tx, sc, w); err != nil {
				return err
			}
			ok, err := f(sc, w)
			if err != nil {
				return err
			}
			if ok {
				w.Settle(sc)
				changed = append(changed, w)
			}
		}
		return tx.Write(ctx, now, changed)
	})
	if err == nil {
		d.announce(ctx, sc.Rules, now, changed)
	}
	return err
}

// catchUp announces changes that another process stored, or that could not be
// announced when they were.
func (d *Desk) catchUp(ctx context.Context, now time.Time, n int) error {
	ids, err := d.store.Unannounced(ctx, now.Add(-300*time.Millisecond), n)
	if err != nil || len(ids) == 0 {
		return err
	}
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return err
	}
	book, err := d.store.Book(ctx)
	if err != nil {
		return err
	}
	cards, err := d.store.Cards(ctx, ids)
	if err != nil {
		return err
	}
	notice, versions := Notice{Leads: ids}, map[string]int64{}
	var ranks []Rank
	for id, c := range cards {
		versions[id] = c.Lead.Version
		// Which board it was on before is not known here: off all of them but its own.
		for i := range book.Teams {
			ranks = append(ranks, rank(rules, &c.Lead, book.Teams[i].ID, now))
		}
		notice.Teams = append(notice.Teams, c.Lead.TeamID)
	}
	slices.Sort(notice.Teams)
	notice.Teams = slices.Compact(notice.Teams)
	d.tell(ctx, notice, ranks, versions)
	return nil
}

// LetGo puts back on the board what a person has claimed and not decided:
// they left or went away. It returns how many leads that were.
func (d *Desk) LetGo(ctx context.Context, user string, now time.Time) (int, error) {
	var ids []string
	if err := d.store.Change(ctx, func(tx Tx) (err error) {
		ids, err = tx.Claims(ctx, user)
		return err
	}); err != nil || len(ids) == 0 {
		return 0, err
	}
	n := 0
	err := d.system(ctx, ids, now, func(sc Scene, w *Work) (bool, error) {
		if w.Lead.Stage != Claimed || w.Lead.OwnerID != user {
			return false, nil
		}
		n++
		return true, w.backToBoard(sc, Release, CauseDisabled)
	})
	return n, err
}

// Rebuild forgets and re-makes the rankings of all teams from the store.
func (d *Desk) Rebuild(ctx context.Context, now time.Time) (int, error) {
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return 0, err
	}
	book, err := d.store.Book(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, team := range book.Teams {
		ranked, err := d.rerank(ctx, rules, team.ID, now, true)
		if err != nil {
			return n, fmt.Errorf("rebuild %s: %w", team.Name, err)
		}
		n += ranked
	}
	return n, nil
}

// Rerank writes the scores of everybody on the boards anew, for they decay, and
// builds rankings that were lost.
func (d *Desk) Rerank(ctx context.Context, now time.Time) error {
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return err
	}
	book, err := d.store.Book(ctx)
	if err != nil {
		return err
	}
	for _, team := range book.Teams {
		_, lost := d.ranking.Top(ctx, team.ID, 1)
		if _, err := d.rerank(ctx, rules, team.ID, now, lost != nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) rerank(ctx context.Context, rules *Rules, team string, now time.Time, reset bool) (int, error) {
	cards, err := d.stored(ctx, team)
	if err != nil {
		return 0, err
	}
	if reset {
		if err := d.ranking.Reset(ctx, team); err != nil {
			return 0, err
		}
	}
	ranks := make([]Rank, 0, len(cards))
	for _, c := range cards {
		ranks = append(ranks, rank(rules, &c.Lead, team, now))
	}
	if err := d.ranking.Rank(ctx, ranks); err != nil {
		return 0, err
	}
	if reset {
		if err := d.ranking.Built(ctx, team); err != nil {
			return 0, err
		}
	}
	return len(ranks), d.bell.Ring(ctx, Notice{Teams: []string{team}})
}

// stored is what the store says is on a team's board.
func (d *Desk) stored(ctx context.Context, team string) ([]Card, error) {
	entries, err := d.store.OnBoard(ctx, team)
	if err != nil {
		return nil, err
	}
	return d.fresh(ctx, entries)
}
