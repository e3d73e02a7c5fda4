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
