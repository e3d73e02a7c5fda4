package live

import (
	"slices"
	"time"
)

// state is what a screen shows. It is never changed.
type state struct {
	rows   []shown         // all, in order
	shared []shown         // those that everybody sees
	own    map[string]bool // who sees others besides; nil: nobody
	parts  []shown
	seq    uint64    // of the frame that led to it; 0: none yet
	asOf   time.Time // when it was last known to be true
}

func newState(rows, parts []shown, asOf time.Time) *state {
	st := &state{rows: rows, shared: rows, parts: parts, asOf: asOf}
	for _, row := range rows {
		if row.only != "" {
			if st.own == nil {
				st.own = map[string]bool{}
			}
			st.own[row.only] = true
		}
	}
	if st.own != nil {
		st.shared = st.filtered("")
	}
	return st
}

// seenBy are the rows that a visitor sees, in order.
func (st *state) seenBy(self string) []shown {
	if !st.own[self] {
		return st.shared
	}
	return st.filtered(self)
}

func (st *state) filtered(self string) []shown {
	rows := make([]shown, 0, len(st.rows))
	for _, row := range st.rows {
		if row.only == "" || row.only == self {
			rows = append(rows, row)
		}
	}
	return rows
}

// differsForSome tells whether anything changed of rows that not everybody sees,
// or of where they stand.
func (st *state) differsForSome(next *state) bool {
	return (st.own != nil || next.own != nil) && !slices.EqualFunc(st.rows, next.rows, func(a, b shown) bool {
		return a.id == b.id && a.rev == b.rev && a.only == b.only
	})
}

// advance returns what brings a watcher from what it shows to what it should. It
// is the event that goes to everybody unless the watcher sees rows of its own:
// then it is the difference for this one watcher, up to the newest state, and the
// events until there are dropped. A watcher that has lost touch with the states,
// because it was not quick enough to follow them, gets a snapshot.
func (w *watcher) advance(event []byte, seq uint64) ([]byte, error) {
	now, base, self := w.screen.now.Load(), w.base, w.who.Self
	if !now.own[self] && (base == nil || !base.own[self]) {
		w.seq, w.base = seq, nil
		if now.seq == seq {
			w.base = now
		}
		return event, nil
	}
	w.seq, w.base = now.seq, now
	return contained(func() ([]byte, error) {
		if base == nil {
			return asEvent(snapshot(w.screen.view.Frames, now, now.seenBy(self))), nil
		}
		c, parts := diff(base.seenBy(self), now.seenBy(self)), changedParts(base.parts, now.parts)
		if len(event) == 0 && c.empty() && len(parts) == 0 {
			return nil, nil
		}
		return asEvent(frame(w.screen.view.Frames, c, parts, now.asOf)), nil
	})
}
