package live

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
	order          []string // nil: the rows that stay and the added ones behind them are in order
}

func (c change) empty() bool {
	return len(c.gone) == 0 && len(c.changed) == 0 && len(c.added) == 0 && c.order == nil
}

// diff compares two lists of rows by id and rev. Ids are unique in each.
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
	// What browsers have without being told an order: the rows that stay, as
	// they stood, and then the added ones.
	at, inOrder := 0, true
	expect := func(id string) {
		inOrder = inOrder && after[at].id == id
		at++
	}
	for _, row := range before {
		if is[row.id] {
			expect(row.id)
		} else {
			c.gone = append(c.gone, row.id)
		}
	}
	for _, row := range c.added {
		expect(row.id)
	}
	if !inOrder {
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
