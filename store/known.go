package store

import (
	"cmp"
	"container/list"
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
// changes it puts it back, once that is committed. Those that nobody took for the
// longest time are forgotten first.
type known struct {
	mu    sync.Mutex
	leads map[string]*list.Element  // by id; of last
	last  list.List                 // of *memory; those that were put last come first
	ids   map[lead.Identity]*memory // whom they lead to
	bytes int

	server string // the database's that was met last; "": none yet
	times  int    // how often all was forgotten
}

// met forgets all where the database's server is another one than before: in the
// place of one that was lost, leads of the same version may be others.
func (k *known) met(server string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.server != server && k.server != "" {
		k.forgetAll()
	}
	k.server = server
}

// time is what put asks for.
func (k *known) time() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.times
}

// mostKnown bounds the bytes of all memories.
const mostKnown = 48 << 20

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
// hardly anybody but the intake changes.
func (k *known) led(ids []lead.Identity, to map[lead.Identity]string) []*memory {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []*memory
	for _, id := range ids {
		if m := k.ids[id]; m != nil && m.quiet() {
			to[id] = m.lead.ID
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *memory) int { return strings.Compare(a.lead.ID, b.lead.ID) })
	out = slices.Compact(out)
	for _, m := range out {
		k.takeOne(m.lead.ID)
	}
	return out
}

func (k *known) takeOne(id string) *memory {
	e := k.leads[id]
	if e == nil {
		return nil
	}
	m := k.last.Remove(e).(*memory) //nolint:forcetypeassert // nothing else is put into it
	k.bytes -= m.size()
	delete(k.leads, id)
	for _, i := range m.identities {
		if k.ids[i] == m {
			delete(k.ids, i)
		}
	}
	return m
}

// put keeps memories, where nothing was forgotten since that time: what was written
// then may have been lost with the server that it was written to.
func (k *known) put(time int, memories []*memory) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.times != time {
		return
	}
	if k.leads == nil {
		k.leads, k.ids = map[string]*list.Element{}, map[lead.Identity]*memory{}
	}
	for _, m := range memories {
		if was := k.takeOne(m.lead.ID); was != nil && was.lead.Version > m.lead.Version { // another transaction's
			m = was
		}
		k.leads[m.lead.ID] = k.last.PushFront(m)
		k.bytes += m.size()
		for _, id := range m.identities {
			k.ids[id] = m
		}
	}
	for k.bytes > mostKnown {
		k.takeOne(k.last.Back().Value.(*memory).lead.ID) //nolint:forcetypeassert // see takeOne
	}
}

func (k *known) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgetAll()
}

func (k *known) forgetAll() {
	k.times++
	k.leads, k.ids, k.bytes = nil, nil, 0
	k.last.Init()
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
