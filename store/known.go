package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"hotleads/lead"
)

// memory is a lead as this process wrote it. It is what the database has for as
// long as the version is the same: every change of a lead and of its clocks
// makes a new one, whoever makes it, a migration, too (but for unannounced_at,
// which is never taken from here).
type memory struct {
	lead   *lead.Lead
	clocks []lead.Clock // current ones
	row    *leadRow
}

// size is about how many bytes a memory takes.
func (m *memory) size() int {
	r := m.row
	const decoded = 3 // what is decoded takes so many times as much as its JSON
	return 2048 + decoded*(len(r.Traits)+len(r.TraitTimes)+len(r.Ledger)+len(r.Since)+len(r.Undo)) + 256*len(m.clocks)
}

// known are the leads that were taken in last. Who takes one has it alone: what
// changes it puts it back, once that is committed. There are two generations:
// when the young ones are many, they become the old ones, and the old ones that
// nobody asked for meanwhile are forgotten.
type known struct {
	mu         sync.Mutex
	young, old map[string]*memory
	bytes      int // of the young ones
}

// mostKnown bounds the bytes of a generation.
const mostKnown = 24 << 20

// take is what is known of leads, by id.
func (k *known) take(ids []string) map[string]*memory {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make(map[string]*memory, len(ids))
	for _, id := range ids {
		if m := k.young[id]; m != nil {
			out[id] = m
			k.bytes -= m.size()
			delete(k.young, id)
		} else if m := k.old[id]; m != nil {
			out[id] = m
		}
		delete(k.old, id)
	}
	return out
}

func (k *known) put(memories []*memory) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range memories {
		if was := k.young[m.lead.ID]; was != nil { // another transaction's
			if was.lead.Version > m.lead.Version {
				continue
			}
			k.bytes -= was.size()
		}
		if k.bytes += m.size(); k.young == nil || k.bytes > mostKnown {
			k.old, k.young, k.bytes = k.young, map[string]*memory{}, m.size()
		}
		k.young[m.lead.ID] = m
	}
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.young, k.old, k.bytes = nil, nil, 0
}

// remember keeps a lead as it has just been written.
func (t *txn) remember(w *lead.Work, row *leadRow) {
	if !t.remembers || w.Lead.MergedInto != "" {
		return
	}
	clocks := slices.DeleteFunc(slices.Clone(w.Clocks), func(c lead.Clock) bool { return !c.Current })
	slices.SortFunc(clocks, func(a, b lead.Clock) int { return cmp.Compare(a.ID, b.ID) })
	t.wrote = append(t.wrote, &memory{lead: w.Lead, clocks: clocks, row: row})
}

// lockKnown locks leads in id order and reads those of which no more is known
// than the database has.
func (t *txn) lockKnown(ctx context.Context, ids []string) (map[string]*memory, error) {
	var known map[string]*memory
	if t.remembers {
		known = t.s.known.take(ids)
	}
	rows := make(map[string]*leadRow, len(ids))
	seen := func(r *leadRow) { rows[r.ID] = r }
	var cards map[string]lead.Card
	var err error
	if len(known) == 0 {
		cards, err = readCards(ctx, t, ids, t.s.forUpdate(), seen)
	} else {
		cards, err = t.lockNewer(ctx, ids, known, seen)
	}
	if err != nil {
		return nil, err
	}
	memories := make(map[string]*memory, len(ids))
	maps.Copy(memories, known)
	for id, c := range cards {
		memories[id] = &memory{lead: &c.Lead, clocks: c.Clocks, row: rows[id]}
	}
	return memories, nil
}

// lockUnknown locks leads and reads those of another version than is known: of
// the others all columns are NULL but two.
var lockUnknown = `SELECT l.id, l.version, newer.` + strings.Join(leadColumns[2:], ", newer.") + `
	FROM unnest($1::text[], $2::bigint[]) AS known (id, version) JOIN leads l ON l.id = known.id
	LEFT JOIN LATERAL (SELECT ` + prefixed("l", leadColumns[2:]) + `) AS newer ON l.version <> known.version
	ORDER BY l.id FOR NO KEY UPDATE OF l`

// lockNewer locks leads and reads those that are not as they are known, with their
// clocks. Of known, those that are stay.
func (t *txn) lockNewer(ctx context.Context, ids []string, known map[string]*memory, seen func(*leadRow)) (map[string]lead.Card, error) {
	versions := make([]int64, len(ids))
	for i, id := range ids {
		if m := known[id]; m != nil {
			versions[i] = m.lead.Version
		}
	}
	cards, there := map[string]lead.Card{}, make(map[string]bool, len(known))
	var id string
	var version int64
	to := idAndVersion(&id, &version)
	err := query(ctx, t, lockUnknown, []any{pq.Array(ids), pq.Array(versions)}, func(r *sqlx.Rows) error {
		if err := r.Scan(to...); err != nil {
			return err
		}
		if m := known[id]; m != nil && m.lead.Version == version {
			there[id] = true
			return nil
		}
		return readLead(r, seen, cards)
	})
	maps.DeleteFunc(known, func(id string, _ *memory) bool { return !there[id] })
	if err == nil && len(cards) > 0 {
		err = readClocks(ctx, t, slices.Collect(maps.Keys(cards)), cards)
	}
	if err != nil {
		return nil, fmt.Errorf("store: lock leads: %w", err)
	}
	return cards, nil
}

// skipped is a column that is not looked at.
type skipped struct{}

// Scan implements sql.Scanner.
func (skipped) Scan(any) error { return nil }

// idAndVersion scans a row of leadColumns.
func idAndVersion(id *string, version *int64) []any {
	to := make([]any, len(leadColumns))
	for i := range to {
		to[i] = skipped{}
	}
	to[0], to[1] = id, version
	return to
}
