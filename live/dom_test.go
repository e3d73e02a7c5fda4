package live_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// dom is what a browser shows. It is strict: a piece that a real page would
// swallow or double is an error.
type dom struct {
	rows  []item // text is the whole html
	told  string // the order as the page has it
	parts map[string]string
	asOf  time.Time
	begun bool

	snapped bool // the order of a snapshot comes next
}

func (d dom) clone() dom {
	d.rows, d.parts = slices.Clone(d.rows), maps.Clone(d.parts)
	return d
}

// want is the page that a wall should be.
func (b *wall) want() dom { return b.wantFor("") }

// wantFor is what it should be for somebody.
func (b *wall) wantFor(self string) dom {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := dom{parts: map[string]string{}}
	var ids []string
	for _, i := range b.rows {
		if only := b.only[i.id]; only != "" && only != self {
			continue
		}
		d.rows = append(d.rows, item{i.id, row(i)})
		ids = append(ids, i.id)
	}
	d.told = strings.Join(ids, " ")
	for _, i := range b.parts {
		d.parts[i.id] = i.text
	}
	return d
}

// same compares what people see, and what a page says of its order, by which browsers
// place what comes later.
func (d dom) same(other dom) bool {
	return d.told == other.told && slices.Equal(d.rows, other.rows) && maps.Equal(d.parts, other.parts)
}

func rowsIn(html string) []item {
	const begins, ends = "<li id=", "</li>"
	var rows []item
	for {
		_, row, found := strings.Cut(html, begins)
		row, rest, closed := strings.Cut(row, ends)
		if !found || !closed {
			return rows
		}
		id, _, _ := strings.Cut(row, ">")
		rows = append(rows, item{id, begins + row + ends})
		html = rest
	}
}

func (d *dom) find(id string) int {
	return slices.IndexFunc(d.rows, func(i item) bool { return i.id == id })
}

func (d *dom) apply(frame string) error {
	for _, p := range strings.Split(strings.TrimSuffix(frame, "§"), "§") {
		f := strings.SplitN(p, "|", 3)
		if len(f) != 3 {
			return fmt.Errorf("not a piece: %q", p)
		}
		if err := d.piece(f[0], f[1], f[2]); err != nil {
			return fmt.Errorf("%w in %q", err, frame)
		}
	}
	return nil
}

func (d *dom) piece(kind, id, html string) error {
	if !d.begun && kind != "snapshot" {
		return fmt.Errorf("%s before the snapshot", kind)
	}
	at := d.find(id)
	switch kind {
	case "snapshot":
		d.begun, d.snapped, d.rows, d.parts = true, true, rowsIn(html), map[string]string{}
	case "row":
		if at < 0 {
			return fmt.Errorf("row %s isn't there", id)
		}
		d.rows[at].text = html
	case "new":
		added := rowsIn(html)
		if len(added) != 1 || d.find(added[0].id) >= 0 {
			return fmt.Errorf("new row is there already: %s", html)
		}
		d.rows = append(d.rows, added...)
	case "gone":
		if at < 0 {
			return fmt.Errorf("gone row %s isn't there", id)
		}
		d.rows = slices.Delete(d.rows, at, at+1)
	case "order":
		return d.order(html)
	case "part":
		d.parts[id] = html
	case "age":
		asOf, err := time.Parse(time.RFC3339Nano, html)
		if err != nil || asOf.Before(d.asOf) {
			return fmt.Errorf("age %s after %s", html, d.asOf)
		}
		d.asOf = asOf
	default:
		return fmt.Errorf("unknown piece %s", kind)
	}
	return nil
}

func (d *dom) order(told string) error {
	var rows []item
	ids := strings.Fields(told)
	for _, id := range ids {
		if at := d.find(id); at >= 0 {
			rows = append(rows, d.rows[at])
		}
	}
	if len(rows) != len(d.rows) || len(rows) != len(ids) {
		return fmt.Errorf("order of %d rows where %d are", len(ids), len(d.rows))
	}
	if told == d.told && !d.snapped {
		return fmt.Errorf("order says what it said before")
	}
	d.rows, d.told, d.snapped = rows, told, false
	return nil
}
