package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

var insertLead = `INSERT INTO leads (` + leadList + `)`

// written are the rows of one Write, by table.
type written struct {
	leads, unannounced, history, notes, clocks, outbox, occasions [][]any
	updates                                                       []leadUpdate // of leads that were there before
}

// Write stores what changed and sets the leads' new versions.
func (t *txn) Write(ctx context.Context, now time.Time, works []*lead.Work) error {
	rules, err := t.s.rulesFrom(ctx, t.Tx)
	if err == nil {
		err = t.putDown(ctx)
	}
	if err == nil {
		err = t.writeIdentities(ctx)
	}
	if err != nil {
		return err
	}
	works = slices.DeleteFunc(slices.Clone(works), func(w *lead.Work) bool {
		return w.New && w.Lead.MergedInto != "" // began and ended in this transaction
	})
	var rows written
	for _, w := range works {
		w.Lead.Version++
		row, err := toRow(w, t.was[w.Lead.ID], rules, now)
		if err != nil {
			return err
		}
		w.Lead.ListedAt = time.Time(row.ListedAt)
		t.remember(w, &row)
		if w.New {
			rows.leads = append(rows.leads, row.values())
		} else {
			rows.update(row.values(), t.was[w.Lead.ID].row)
		}
		if err := rows.follow(w, t.was[w.Lead.ID].clocks, now); err != nil {
			return err
		}
		if err := t.takeBack(ctx, w); err != nil {
			return err
		}
	}
	if err := t.updateLeads(ctx, rows.updates); err != nil {
		return fmt.Errorf("store: write leads: %w", err)
	}
	for _, part := range []struct {
		head string
		rows [][]any
		tail string
	}{
		{insertLead, rows.leads, ``},
		{`INSERT INTO unannounced (lead_id, version, since)`, rows.unannounced, `ON CONFLICT (lead_id) DO UPDATE SET version = EXCLUDED.version, since = EXCLUDED.since`},
		{`INSERT INTO history (` + historyList + `)`, rows.history, ``},
		{`INSERT INTO notes (lead_id, seq, body)`, rows.notes, ``},
		{`INSERT INTO clocks (` + clockList + `)`, rows.clocks, `ON CONFLICT (id) DO UPDATE SET
			owner_id = EXCLUDED.owner_id, tier = EXCLUDED.tier, is_current = EXCLUDED.is_current, target = EXCLUDED.target, used = EXCLUDED.used,
			started_at = EXCLUDED.started_at, risk_at = EXCLUDED.risk_at, due_at = EXCLUDED.due_at, waiting_since = EXCLUDED.waiting_since,
			at_risk_at = EXCLUDED.at_risk_at, breached_at = EXCLUDED.breached_at, stopped_at = EXCLUDED.stopped_at, outcome = EXCLUDED.outcome,
			team_id = EXCLUDED.team_id, agreement = EXCLUDED.agreement, policy = EXCLUDED.policy, asked_at = EXCLUDED.asked_at,
			risk_noted_at = EXCLUDED.risk_noted_at, breach_noted_at = EXCLUDED.breach_noted_at, stopped_kind = EXCLUDED.stopped_kind, stopped_by = EXCLUDED.stopped_by,
			stopped_move = EXCLUDED.stopped_move, stopped_owner = EXCLUDED.stopped_owner, stopped_seq = EXCLUDED.stopped_seq, changes = EXCLUDED.changes,
			stopped_via = EXCLUDED.stopped_via, source = EXCLUDED.source, counted = EXCLUDED.counted`},
		{`INSERT INTO outbox (id, lead_id, seq, topic, data, created_at, not_before)`, rows.outbox, ``},
		{`INSERT INTO occasions (id, lead_id, clock_id, what, at, noted_at)`, rows.occasions, ``},
	} {
		if err := t.insert(ctx, part.head, part.rows, part.tail); err != nil {
			return fmt.Errorf("store: %s: %w", strings.Fields(part.head)[2], err)
		}
	}
	return t.words(ctx, works)
}

// update adds a lead's row.
func (r *written) update(values []any, was *leadRow) {
	u := leadUpdate{values: values}
	for i, old := range was.values() {
		if !same(values[i], old) {
			u.changed |= 1 << i
		}
	}
	r.updates = append(r.updates, u)
}

// leadUpdate is a lead's row and which of its columns are not as they were.
type leadUpdate struct {
	values  []any
	changed columnSet
}

// columnSet is a set of leadColumns, by their places.
type columnSet uint64

func columnsOf(names string) (set columnSet) {
	for _, name := range strings.Fields(names) {
		set |= 1 << slices.Index(leadColumns, name)
	}
	return set
}

// leadSets are what is written of a lead, the least that has all that changed:
// most activities leave most of it as it was, and each set is a statement.
var leadSets = []columnSet{
	columnsOf("id version updated_at score ledger last_activity_at"),
	columnsOf("id version updated_at score ledger last_activity_at traits trait_times"),
	columnsOf(strings.Join(leadColumns, " ")),
}

// howLeads: what a set has more than a lead needs is not given again.
var howLeads = map[string]string{"traits": "COALESCE(%s, leads.traits)", "trait_times": "COALESCE(%s, leads.trait_times)"}

// updateLeads writes the columns that changed, of those with few in one statement.
func (t *txn) updateLeads(ctx context.Context, updates []leadUpdate) error {
	var few, all []leadUpdate
	least := 0
	for _, u := range updates {
		switch i := slices.IndexFunc(leadSets, func(s columnSet) bool { return u.changed&^s == 0 }); {
		case i == len(leadSets)-1:
			all = append(all, u)
		default:
			least = max(least, i)
			few = append(few, u)
		}
	}
	if err := t.updateColumns(ctx, leadSets[least], few); err != nil {
		return err
	}
	if err := t.updateColumns(ctx, leadSets[len(leadSets)-1], all); err != nil {
		return err
	}
	for _, u := range updates {
		delete(t.assumed, u.values[0].(string))
	}
	return nil
}

func (t *txn) updateColumns(ctx context.Context, set columnSet, updates []leadUpdate) error {
	var columns []string
	rows := make([][]any, len(updates))
	for c, name := range leadColumns {
		if set&(1<<c) == 0 {
			continue
		}
		columns = append(columns, name)
		for r, u := range updates {
			value := u.values[c]
			if (name == "traits" || name == "trait_times") && u.changed&(1<<c) == 0 {
				value = nullable("")
			}
			rows[r] = append(rows[r], value)
		}
	}
	return t.update(ctx, "leads", columns, howLeads, rows)
}

// same compares values of one column.
func same(a, b any) bool {
	if x, is := a.(instant); is {
		return at(time.Time(x)).Equal(at(time.Time(b.(instant))))
	}
	return a == b
}

// follow adds the rows that stand beside the lead's own: clocks only where they
// are not as they were.
func (r *written) follow(w *lead.Work, was []lead.Clock, now time.Time) error {
	if len(w.Boards()) > 0 {
		r.unannounced = append(r.unannounced, []any{w.Lead.ID, w.Lead.Version, at(now)})
	}
	for _, h := range w.History {
		r.history = append(r.history, historyValues(w.Lead.ID, h))
		if h.Note != "" {
			r.notes = append(r.notes, []any{w.Lead.ID, h.Seq, h.Note})
		}
	}
	for _, c := range w.Clocks {
		if slices.ContainsFunc(was, c.Same) {
			continue
		}
		values, err := clockValues(w.Lead.ID, c)
		if err != nil {
			return err
		}
		r.clocks = append(r.clocks, values)
	}
	for _, o := range w.Outbox {
		b, err := json.Marshal(o.Data)
		if err != nil {
			return fmt.Errorf("store: outbox: %w", err)
		}
		r.outbox = append(r.outbox, []any{uuid.Must(uuid.NewV7()).String(), w.Lead.ID, o.Seq, o.Topic, string(b), at(now), at(o.NotBefore)})
	}
	for _, o := range w.Occasions {
		r.occasions = append(r.occasions, []any{uuid.Must(uuid.NewV7()).String(), o.LeadID, o.ClockID, string(o.What), at(o.At), at(o.NotedAt)})
	}
	return nil
}

// each runs one statement with each row's arguments.
func each(ctx context.Context, tx *sqlx.Tx, text string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, text)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

// takeBack deletes what an undo takes back: pending messages, clocks, and what
// nobody has been told of them yet.
func (t *txn) takeBack(ctx context.Context, w *lead.Work) error {
	if w.DropOutboxSeq > 0 {
		if _, err := t.ExecContext(ctx, `DELETE FROM outbox WHERE lead_id = $1 AND seq >= $2 AND dispatched_at IS NULL`, w.Lead.ID, w.DropOutboxSeq); err != nil {
			return fmt.Errorf("store: undo outbox: %w", err)
		}
	}
	for _, id := range w.DropClocks {
		if _, err := t.ExecContext(ctx, `DELETE FROM clocks WHERE id = $1`, id); err != nil {
			return fmt.Errorf("store: undo clocks: %w", err)
		}
		for _, text := range []string{`DELETE FROM occasions WHERE lead_id = $1 AND clock_id = $2`, `DELETE FROM alerts WHERE lead_id = $1 AND clock_id = $2 AND heard_at IS NULL`} {
			if _, err := t.ExecContext(ctx, text, w.Lead.ID, id); err != nil {
				return fmt.Errorf("store: undo alerts: %w", err)
			}
		}
	}
	return nil
}

// words keeps what a search finds leads by, for those whose profile changed.
func (t *txn) words(ctx context.Context, works []*lead.Work) error {
	have, want := map[string][]string{}, map[string][]string{}
	var old []string
	for _, w := range works {
		fields := wordsOf(w.Lead)
		if !w.New && fields == t.was[w.Lead.ID].words {
			continue
		}
		want[w.Lead.ID] = words(fields[:]...)
		if !w.New {
			old = append(old, w.Lead.ID)
		}
	}
	for part := range slices.Chunk(old, maxParams) {
		text, args, err := in(t, `SELECT lead_id, word FROM lead_words WHERE lead_id IN (many ?)`, part)
		if err != nil {
			return err
		}
		if err := query(ctx, t, text, args, func(r *sqlx.Rows) error {
			var id, word string
			err := r.Scan(&id, &word)
			have[id] = append(have[id], word)
			return err
		}); err != nil {
			return fmt.Errorf("store: words: %w", err)
		}
	}
	var added, gone [][]any
	for id := range want {
		for _, word := range want[id] {
			if !slices.Contains(have[id], word) {
				added = append(added, []any{word, id})
			}
		}
		for _, word := range have[id] {
			if !slices.Contains(want[id], word) {
				gone = append(gone, []any{word, id})
			}
		}
	}
	if err := each(ctx, t.Tx, `DELETE FROM lead_words WHERE word = $1 AND lead_id = $2`, gone); err != nil {
		return fmt.Errorf("store: words: %w", err)
	}
	if err := t.insert(ctx, `INSERT INTO lead_words (word, lead_id)`, added, ``); err != nil {
		return fmt.Errorf("store: words: %w", err)
	}
	return nil
}
