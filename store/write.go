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
	updates                                                       []*leadRow // of leads that were there before
	changed                                                       [][]any    // of clocks that were current before
}

// Write stores what changed and sets the leads' new versions.
func (t *txn) Write(ctx context.Context, now time.Time, works []*lead.Work) error {
	rules, err := t.s.rulesFrom(ctx, t.Tx)
	if err == nil {
		err = t.putAll(ctx)
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
			rows.updates = append(rows.updates, &row)
		}
		if err := rows.follow(w, t.was[w.Lead.ID].clocks, now); err != nil {
			return err
		}
		if err := t.takeBack(ctx, w); err != nil {
			return err
		}
	}
	all := &atOnce{t: t}
	if err := t.updateLeads(ctx, rows.updates, all); err != nil {
		return fmt.Errorf("store: write leads: %w", err)
	}
	if err := all.change(ctx, "clocks", clockColumns, nil, rows.changed); err != nil {
		return fmt.Errorf("store: write clocks: %w", err)
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
		if err := all.insert(ctx, part.head, part.rows, part.tail); err != nil {
			return fmt.Errorf("store: %s: %w", strings.Fields(part.head)[2], err)
		}
	}
	if err := all.run(ctx); err != nil {
		return fmt.Errorf("store: write: %w", err)
	}
	return t.words(ctx, works)
}

// howLeads: what is given of others than needs it is not written.
var howLeads = map[string]string{"traits": "COALESCE(%s, leads.traits)", "trait_times": "COALESCE(%s, leads.trait_times)"}

// updateLeads writes the columns that changed: most messages leave most of a lead
// as it was, and each set of columns is a statement: together with all else, unless
// it has to be seen whether they still were what they are trusted to be.
func (t *txn) updateLeads(ctx context.Context, updates []*leadRow, all *atOnce) error {
	var heard, whole [][]any
	width := withoutTraits
	for _, r := range updates {
		more, traits := r.changed(t.was[r.ID].row)
		if more {
			whole = append(whole, r.values())
			continue
		}
		values := r.heard()
		if traits {
			width = len(heardColumns)
		} else {
			values[withoutTraits], values[withoutTraits+1] = nullable(""), nullable("")
		}
		heard = append(heard, values)
	}
	for i := range heard {
		heard[i] = heard[i][:width]
	}
	for _, part := range []struct {
		columns []string
		rows    [][]any
	}{{heardColumns[:width], heard}, {leadColumns, whole}} {
		var err error
		if t.trusts {
			err = t.update(ctx, "leads", part.columns, howLeads, part.rows)
		} else {
			err = all.change(ctx, "leads", part.columns, howLeads, part.rows)
		}
		if err != nil {
			return err
		}
	}
	for _, r := range updates {
		delete(t.assumed, r.ID)
	}
	return nil
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
		if slices.ContainsFunc(was, func(w lead.Clock) bool { return w.ID == c.ID }) {
			r.changed = append(r.changed, values)
		} else { // new, or one that an undo makes current again
			r.clocks = append(r.clocks, values)
		}
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
	if err := t.pairs(ctx, `DELETE FROM lead_words WHERE word = $1 AND lead_id = $2`, `DELETE FROM lead_words USING pairs WHERE word = p.a AND lead_id = p.b`, gone); err != nil {
		return fmt.Errorf("store: words: %w", err)
	}
	if err := t.insert(ctx, `INSERT INTO lead_words (word, lead_id)`, added, ``); err != nil {
		return fmt.Errorf("store: words: %w", err)
	}
	return nil
}
