package live

import "slices"

// shown is a row or a part as the watchers have it.
type shown struct {
	id, rev string
	only    string // who sees it; empty: everybody
	html    []byte
	drawing *drawing // where html comes from; nil for a part
}

// change is what makes one list of rows into another.
type change struct {
	gone           []string
	changed, added []shown
	order          []string // all rows as they stand; nil: the same in the same order as before
}

func (c change) empty() bool { return len(c.changed) == 0 && c.order == nil }

func sameRow(a, b shown) bool { return a.id == b.id }

// diff compares two lists of rows by id and rev. Ids are unique in each. What browsers
// were told of an order last stands in their pages: so it is told whenever rows came or
// went, too, even where those that stay and those behind them need not move.
func diff(before, after []shown) change {
	var c change
	was := make(map[string]string, len(before))
	for _, row := range before {
		was[row.id] = row.rev
	}
	is := make(map[string]bool, len(after))
	for _, row := range after {
		is[row.id] = true
		rev, there := was[row.id]
		switch {
		case !there:
			c.added = append(c.added, row)
		case rev != row.rev:
			c.changed = append(c.changed, row)
		}
	}
	for _, row := range before {
		if !is[row.id] {
			c.gone = append(c.gone, row.id)
		}
	}
	if len(c.gone)+len(c.added) > 0 || !slices.EqualFunc(before, after, sameRow) {
		c.order = idsOf(after)
	}
	return c
}

// changedParts are the parts of after that before lacks or has otherwise.
func changedParts(before, after []shown) []shown {
	was := make(map[string]string, len(before))
	for _, part := range before {
		was[part.id] = part.rev
	}
	var changed []shown
	for _, part := range after {
		if rev, there := was[part.id]; !there || rev != part.rev {
			changed = append(changed, part)
		}
	}
	return changed
}

func idsOf(rows []shown) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.id
	}
	return ids
}
