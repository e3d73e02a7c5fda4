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
// makes a new one, whoever makes it, a migration, too.
type memory struct {
	lead   *lead.Lead
	clocks []lead.Clock // current ones
	row    *leadRow
	weight lead.Weight

	identities []lead.Identity // some of those that lead to it
}

// size is about how many bytes a memory takes.
func (m *memory) size() int {
	r := m.row
	const decoded = 3 // what is decoded takes so many times as much as its JSON
	return 2048 + decoded*(len(r.Traits)+len(r.TraitTimes)+len(r.Ledger)+len(r.Since)+len(r.Undo)) + 256*(len(m.clocks)+len(m.identities))
}

// known are the leads that were taken in last. Who takes one has it alone: what
// changes it puts it back, once that is committed. There are two generations:
// when the young ones are many, they become the old ones, and the old ones that
// nobody asked for meanwhile are forgotten.
type known struct {
	mu         sync.Mutex
	young, old generation
	bytes      int // of the young ones
}

type generation struct {
	leads map[string]*memory
	ids   map[lead.Identity]string // whom they lead to; nothing where that is not known any more
}

func newGeneration() generation {
	return generation{map[string]*memory{}, map[lead.Identity]string{}}
}

// mostKnown bounds the bytes of a generation.
const mostKnown = 24 << 20

// take is what is known of leads, by id.
func (k *known) take(ids []string) map[string]*memory {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make(map[string]*memory, len(ids))
	for _, id := range ids {
		if m := k.takeOne(id); m != nil {
			out[id] = m
		}
	}
	return out
}

// led is take of the leads that identities are known to lead to, of those that
// hardly anybody but the intake changes. Only the lead's own memory tells: what
// stands in ids may be of an earlier one.
func (k *known) led(ids []lead.Identity, to map[lead.Identity]string) []*memory {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []*memory
	taken := map[string]*memory{}
	for _, id := range ids {
		leadID, ok := k.young.ids[id]
		if !ok {
			leadID = k.old.ids[id]
		}
		m := taken[leadID]
		if m == nil {
			m = k.peek(leadID)
		}
		if m == nil || !m.quiet() || !slices.Contains(m.identities, id) {
			continue
		}
		if to[id] = leadID; taken[leadID] == nil {
			taken[leadID] = m
			out = append(out, k.takeOne(leadID))
		}
	}
	return out
}

func (k *known) peek(id string) *memory {
	if m := k.young.leads[id]; m != nil {
		return m
	}
	return k.old.leads[id]
}

func (k *known) takeOne(id string) *memory {
	m := k.peek(id)
	if k.young.leads[id] != nil {
		k.bytes -= m.size()
		delete(k.young.leads, id)
	}
	delete(k.old.leads, id)
	return m
}

func (k *known) put(memories []*memory) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range memories {
		if was := k.young.leads[m.lead.ID]; was != nil { // another transaction's
			if was.lead.Version > m.lead.Version {
				continue
			}
			k.bytes -= was.size()
		}
		if k.bytes += m.size(); k.young.leads == nil || k.bytes > mostKnown {
			k.old, k.young, k.bytes = k.young, newGeneration(), m.size()
		}
		k.young.leads[m.lead.ID] = m
		for _, id := range m.identities {
			k.young.ids[id] = m.lead.ID
		}
	}
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.young, k.old, k.bytes = generation{}, generation{}, 0
}

// remember keeps a lead as it has just been written.
func (t *txn) remember(w *lead.Work, row *leadRow) {
	if !t.remembers || w.Lead.MergedInto != "" {
		return
	}
	clocks := slices.DeleteFunc(slices.Clone(w.Clocks), func(c lead.Clock) bool { return !c.Current })
	slices.SortFunc(clocks, func(a, b lead.Clock) int { return cmp.Compare(a.ID, b.ID) })
	t.wrote = append(t.wrote, &memory{lead: w.Lead, clocks: clocks, row: row, weight: w.Weight})
}

// lockKnown locks leads in id order and reads those of which no more is known
// than the database has.
func (t *txn) lockKnown(ctx context.Context, ids []string) (map[string]*memory, error) {
	var known map[string]*memory
	if t.remembers {
		known = t.s.known.take(ids)
	}
	return t.readNewer(ctx, ids, known, t.s.forUpdate())
}

// readNewer reads leads, with a lock where it is given, and gives those of known
// that are as they are known.
func (t *txn) readNewer(ctx context.Context, ids []string, known map[string]*memory, lock string) (map[string]*memory, error) {
	rows := make(map[string]*leadRow, len(ids))
	seen := func(r *leadRow) { rows[r.ID] = r }
	var cards map[string]lead.Card
	var err error
	if len(known) == 0 {
		cards, err = readCards(ctx, t, ids, lock, seen)
	} else {
		cards, err = t.readUnknown(ctx, ids, known, lock, seen)
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

// unknownLeads reads leads of another version than is known: of the others all
// columns are NULL but two.
var unknownLeads = `SELECT l.id, l.version, newer.` + strings.Join(leadColumns[2:], ", newer.") + `
	FROM unnest($1::text[], $2::bigint[]) AS known (id, version) JOIN leads l ON l.id = known.id
	LEFT JOIN LATERAL (SELECT ` + prefixed("l", leadColumns[2:]) + `) AS newer ON l.version <> known.version
	ORDER BY l.id`

// readUnknown reads leads that are not as they are known, with their clocks. Of
// known, those that are stay.
func (t *txn) readUnknown(ctx context.Context, ids []string, known map[string]*memory, lock string, seen func(*leadRow)) (map[string]lead.Card, error) {
	versions := make([]int64, len(ids))
	for i, id := range ids {
		if m := known[id]; m != nil {
			versions[i] = m.lead.Version
		}
	}
	text := unknownLeads
	if lock != "" {
		text += lock + " OF l"
	}
	cards, there := map[string]lead.Card{}, make(map[string]bool, len(known))
	var id string
	var version int64
	to := idAndVersion(&id, &version)
	err := query(ctx, t, text, []any{pq.Array(ids), pq.Array(versions)}, func(r *sqlx.Rows) error {
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
		return nil, fmt.Errorf("store: read leads: %w", err)
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
