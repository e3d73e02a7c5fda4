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
	"hotleads/scoring"
)

// txn is the store within one transaction.
type txn struct {
	*sqlx.Tx
	s *Store
}

// NewMessages notes message ids for good and returns those not seen before.
func (t *txn) NewMessages(ctx context.Context, ids []string, now time.Time) (map[string]bool, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id, at(now)}
	}
	isNew := make(map[string]bool, len(ids))
	err := insertReturning(ctx, t.Tx, `INSERT INTO message_ids (message_id, received_at)`, 2, rows, `ON CONFLICT (message_id) DO NOTHING RETURNING message_id`,
		func(r *sqlx.Rows) error {
			var id string
			err := r.Scan(&id)
			isNew[id] = true
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("store: message ids: %w", err)
	}
	return isNew, nil
}

// Identities finds the leads that identities lead to.
func (t *txn) Identities(ctx context.Context, ids []lead.Identity) (map[lead.Identity]string, error) {
	values := map[lead.IdentityKind][]string{}
	for _, id := range ids {
		values[id.Kind] = append(values[id.Kind], id.Value)
	}
	found := make(map[lead.Identity]string, len(ids))
	for kind, vs := range values {
		for part := range slices.Chunk(vs, maxParams-1) {
			text, args, err := in(`SELECT value, lead_id FROM identities WHERE kind = ? AND value IN (?)`, string(kind), part)
			if err != nil {
				return nil, err
			}
			err = query(ctx, t.Tx, text, args, func(r *sqlx.Rows) error {
				var v, l string
				err := r.Scan(&v, &l)
				found[lead.Identity{Kind: kind, Value: v}] = l
				return err
			})
			if err != nil {
				return nil, fmt.Errorf("store: identities: %w", err)
			}
		}
	}
	return found, nil
}

// Identify makes an identity lead to a lead, and returns whom it leads to then.
func (t *txn) Identify(ctx context.Context, id lead.Identity, leadID string) (string, error) {
	res, err := t.ExecContext(ctx, `INSERT INTO identities (kind, value, lead_id) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO NOTHING`, string(id.Kind), id.Value, leadID)
	if err != nil {
		return "", fmt.Errorf("store: identify: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return leadID, err
	}
	err = t.GetContext(ctx, &leadID, `SELECT lead_id FROM identities WHERE kind = $1 AND value = $2`, string(id.Kind), id.Value)
	return leadID, err
}

// Lock reads leads with their current clocks, in id order, and keeps everybody
// else from changing them.
func (t *txn) Lock(ctx context.Context, ids []string) (map[string]*lead.Work, error) {
	works := make(map[string]*lead.Work, len(ids))
	for part := range slices.Chunk(ids, maxParams) {
		cards, err := readCards(ctx, t.Tx, part, t.s.forUpdate())
		if err != nil {
			return nil, err
		}
		for id, c := range cards {
			works[id] = &lead.Work{Lead: &c.Lead, Clocks: c.Clocks}
		}
	}
	return works, nil
}

var (
	insertLead = `INSERT INTO leads (` + strings.Join(leadColumns, ", ") + `)`
	updateLead = func() string {
		set := make([]string, 0, len(leadColumns))
		for i, c := range leadColumns[1:] {
			set = append(set, fmt.Sprintf("%s = $%d", c, i+2))
		}
		return `UPDATE leads SET ` + strings.Join(set, ", ") + ` WHERE id = $1`
	}()
)

// Write stores what changed and sets the leads' new versions.
func (t *txn) Write(ctx context.Context, now time.Time, works []*lead.Work) error {
	rules, err := t.s.Rules(ctx)
	if err != nil {
		return err
	}
	var created, history, notes, clocks, outbox [][]any
	for _, w := range works {
		if w.New && w.Lead.MergedInto != "" {
			continue // began and ended in this transaction
		}
		w.Lead.Version++
		score, tier := w.Lead.ScoreAt(rules, now)
		row, err := toRow(w, score, tier, now)
		if err != nil {
			return err
		}
		if w.New {
			created = append(created, row.values())
		} else if _, err := t.ExecContext(ctx, updateLead, row.values()...); err != nil {
			return fmt.Errorf("store: write lead %s: %w", w.Lead.ID, err)
		}
		for _, h := range w.History {
			history = append(history, historyValues(w.Lead.ID, h))
			if h.Note != "" {
				notes = append(notes, []any{w.Lead.ID, h.Seq, h.Note})
			}
		}
		for _, c := range w.Clocks {
			clocks = append(clocks, clockValues(w.Lead.ID, c))
		}
		for _, o := range w.Outbox {
			b, err := json.Marshal(o.Data)
			if err != nil {
				return fmt.Errorf("store: outbox: %w", err)
			}
			outbox = append(outbox, []any{uuid.Must(uuid.NewV7()).String(), w.Lead.ID, o.Seq, o.Topic, string(b), at(now), at(o.NotBefore)})
		}
		if err := t.takeBack(ctx, w); err != nil {
			return err
		}
		if err := t.words(ctx, w); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		head  string
		width int
		rows  [][]any
		tail  string
	}{
		{insertLead, len(leadColumns), created, ``},
		{`INSERT INTO history (` + historyColumns + `)`, 25, history, ``},
		{`INSERT INTO notes (lead_id, seq, body)`, 3, notes, ``},
		{`INSERT INTO clocks (` + clockColumns + `)`, 16, clocks, `ON CONFLICT (id) DO UPDATE SET
			owner_id = EXCLUDED.owner_id, tier = EXCLUDED.tier, is_current = EXCLUDED.is_current, target = EXCLUDED.target, used = EXCLUDED.used,
			started_at = EXCLUDED.started_at, risk_at = EXCLUDED.risk_at, due_at = EXCLUDED.due_at, waiting_since = EXCLUDED.waiting_since,
			at_risk_at = EXCLUDED.at_risk_at, breached_at = EXCLUDED.breached_at, stopped_at = EXCLUDED.stopped_at, outcome = EXCLUDED.outcome`},
		{`INSERT INTO outbox (id, lead_id, seq, topic, data, created_at, not_before)`, 7, outbox, ``},
	} {
		if err := insert(ctx, t.Tx, part.head, part.width, part.rows, part.tail); err != nil {
			return fmt.Errorf("store: %s: %w", part.head[:24], err)
		}
	}
	return nil
}

// takeBack deletes what an undo takes back: pending messages and clocks.
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
	}
	return nil
}

// words keeps what a search finds the lead by.
func (t *txn) words(ctx context.Context, w *lead.Work) error {
	l := w.Lead
	var have []string
	if !w.New {
		if err := t.SelectContext(ctx, &have, `SELECT word FROM lead_words WHERE lead_id = $1`, l.ID); err != nil {
			return fmt.Errorf("store: words: %w", err)
		}
	}
	want := words(l.Name, l.Company, l.Email, l.Phone, l.Title, l.UserID)
	if l.MergedInto != "" {
		want = nil
	}
	var rows [][]any
	for _, word := range want {
		if !slices.Contains(have, word) {
			rows = append(rows, []any{word, l.ID})
		}
	}
	for _, word := range have {
		if !slices.Contains(want, word) {
			if _, err := t.ExecContext(ctx, `DELETE FROM lead_words WHERE word = $1 AND lead_id = $2`, word, l.ID); err != nil {
				return fmt.Errorf("store: words: %w", err)
			}
		}
	}
	return insert(ctx, t.Tx, `INSERT INTO lead_words (word, lead_id)`, 2, rows, ``)
}

// Append stores activities.
func (t *txn) Append(ctx context.Context, activities []lead.Activity) error {
	rows := make([][]any, len(activities))
	for i, a := range activities {
		if a.Properties == nil {
			a.Properties = map[string]any{}
		}
		b, err := json.Marshal(a.Properties)
		if err != nil {
			return fmt.Errorf("store: activity %s: %w", a.MessageID, err)
		}
		rows[i] = []any{a.MessageID, a.LeadID, a.Name, scoring.Fold(a.Name), string(b), at(a.OccurredAt), at(a.ReceivedAt), instant(a.SaidAt)}
	}
	if err := insert(ctx, t.Tx, `INSERT INTO activities (message_id, lead_id, name, event, properties, occurred_at, received_at, said_at)`, 8, rows, ``); err != nil {
		return fmt.Errorf("store: activities: %w", err)
	}
	return nil
}

// Activities reads a lead's stored activities with one of the folded event names.
func (t *txn) Activities(ctx context.Context, leadID string, events []string) ([]scoring.Activity, error) {
	if len(events) == 0 {
		return nil, nil
	}
	text, args, err := in(`SELECT message_id, name, properties, occurred_at FROM activities WHERE lead_id = ? AND event IN (?) ORDER BY occurred_at, message_id`, leadID, events)
	if err != nil {
		return nil, err
	}
	var all []scoring.Activity
	err = query(ctx, t.Tx, text, args, func(r *sqlx.Rows) error {
		var a scoring.Activity
		var props string
		var when instant
		if err := r.Scan(&a.ID, &a.Event, &props, &when); err != nil {
			return err
		}
		a.At = time.Time(when)
		all = append(all, a)
		return json.Unmarshal([]byte(props), &all[len(all)-1].Properties)
	})
	if err != nil {
		return nil, fmt.Errorf("store: activities of %s: %w", leadID, err)
	}
	return all, nil
}

// Merge moves identities and activities of one lead to another.
func (t *txn) Merge(ctx context.Context, from, into string) error {
	for _, text := range []string{
		`UPDATE identities SET lead_id = $2 WHERE lead_id = $1`,
		`UPDATE activities SET lead_id = $2 WHERE lead_id = $1`,
	} {
		if _, err := t.ExecContext(ctx, text, from, into); err != nil {
			return fmt.Errorf("store: merge: %w", err)
		}
	}
	return nil
}

// SuspectDuplicate notes that two known leads may be one person.
func (t *txn) SuspectDuplicate(ctx context.Context, a, b, cause string, now time.Time) error {
	if a > b {
		a, b = b, a
	}
	_, err := t.ExecContext(ctx, `INSERT INTO duplicates (lead_a, lead_b, cause, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (lead_a, lead_b) DO NOTHING`, a, b, cause, at(now))
	return err
}

// Holding locks a person's holdings and reads them, the oldest first.
func (t *txn) Holding(ctx context.Context, user, team string) (lead.Holding, error) {
	var h lead.Holding
	if _, err := t.ExecContext(ctx, `UPDATE users SET holds = holds + 1 WHERE id = $1`, user); err != nil {
		return h, fmt.Errorf("store: holding: %w", err)
	}
	var ids []string
	err := t.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE owner_id = $1 AND team_id = $2 AND (stage = 'claimed' OR (stage = 'sal' AND NOT touched))`, user, team)
	if err != nil {
		return h, fmt.Errorf("store: holding: %w", err)
	}
	cards, err := readCards(ctx, t.Tx, ids, "")
	if err != nil {
		return h, err
	}
	for _, c := range cards {
		held := lead.Held{ID: c.Lead.ID, Label: c.Lead.DisplayName(), Since: c.Lead.StageAt}
		if c.Lead.Stage == lead.Claimed {
			h.Claimed = append(h.Claimed, held)
		} else {
			h.Untouched = append(h.Untouched, held)
		}
	}
	oldest := func(a, b lead.Held) int { return a.Since.Compare(b.Since) }
	slices.SortFunc(h.Claimed, oldest)
	slices.SortFunc(h.Untouched, oldest)
	return h, nil
}

// Claims are the ids of leads that the person has claimed and not decided.
func (t *txn) Claims(ctx context.Context, user string) ([]string, error) {
	var ids []string
	err := t.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE owner_id = $1 AND stage = 'claimed' ORDER BY id`, user)
	return ids, err
}
