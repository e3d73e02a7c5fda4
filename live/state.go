package live

import (
	"slices"
	"time"
)

// state is what a screen shows. It is never changed.
type state struct {
	rows   []shown           // all, in order
	shared []shown           // those that everybody sees
	own    map[string][]mine // those that somebody sees besides, in order
	parts  []shown
	seq    uint64    // of the frame that led to it; 0: none yet
	asOf   time.Time // when it was last known to be true; zero: not all of it could ever be drawn
}

// mine is a row that one visitor alone sees.
type mine struct {
	shown
	before int // how many rows that everybody sees stand before it
}

func newState(rows, parts []shown, asOf time.Time) *state {
	st := &state{rows: rows, shared: rows, parts: parts, asOf: asOf}
	if !slices.ContainsFunc(rows, func(row shown) bool { return row.only != "" }) {
		return st
	}
	st.shared, st.own = make([]shown, 0, len(rows)), map[string][]mine{}
	for _, row := range rows {
		if row.only == "" {
			st.shared = append(st.shared, row)
		} else {
			st.own[row.only] = append(st.own[row.only], mine{row, len(st.shared)})
		}
	}
	return st
}

// owns tells whether a visitor sees rows that others don't.
func (st *state) owns(self string) bool { return len(st.own[self]) > 0 }

// seenBy are the rows that a visitor sees, in order.
func (st *state) seenBy(self string) []shown {
	if !st.owns(self) {
		return st.shared
	}
	return seen(st, self, func(row *shown) shown { return *row })
}

func (st *state) idsSeenBy(self string) []string {
	return seen(st, self, func(row *shown) string { return row.id })
}

func seen[T any](st *state, self string, of func(*shown) T) []T {
	all := make([]T, 0, len(st.shared)+len(st.own[self]))
	w := st.walk(self)
	for row := w.next(); row != nil; row = w.next() {
		all = append(all, of(row))
	}
	return all
}

// walk goes along the rows that a visitor sees.
func (st *state) walk(self string) walk { return walk{shared: st.shared, mine: st.own[self]} }

type walk struct {
	shared []shown
	mine   []mine
	passed int // of shared
}

// next is the next row; nil: there is none.
func (w *walk) next() (row *shown) {
	switch {
	case len(w.mine) > 0 && w.mine[0].before == w.passed:
		row, w.mine = &w.mine[0].shown, w.mine[1:]
	case w.passed < len(w.shared):
		row = &w.shared[w.passed]
		w.passed++
	}
	return row
}

// differsForSome tells whether anything changed of rows that not everybody sees,
// or of where they stand.
func (st *state) differsForSome(next *state) bool {
	return (st.own != nil || next.own != nil) && !slices.EqualFunc(st.rows, next.rows, func(a, b shown) bool {
		return a.id == b.id && a.rev == b.rev && a.only == b.only
	})
}
