package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"hotleads/lead"
	"hotleads/scoring"
)

// txn is the store within one transaction.
type txn struct {
	*sqlx.Tx
	s         *Store
	named     map[string]bool        // ids of leads that an identity was found to lead to
	was       map[string]before      // by lead id: what Lock read
	ours      map[lead.Identity]bool // led nowhere, and nobody else makes them lead anywhere before this transaction ends
	unwritten [][]any                // rows of identities that Identify put off
	merged    [][]any                // ids of leads that Merge put off, and of those that they became
	remembers bool                   // the leads that it writes
	trusts    bool                   // and asks and locks nothing first
	trusting
	wrote []*memory // of what it wrote, if it remembers
}

// before is what a lead had when it was locked and what is written only where
// it changed.
type before struct {
	row    *leadRow // as it was stored
	life   lead.Life
	clocks []lead.Clock
	words  [wordFields]string
}

// NewMessages notes message ids for good and returns those not seen before.
func (t *txn) NewMessages(ctx context.Context, ids []string, now time.Time) (map[string]bool, error) {
	isNew := make(map[string]bool, len(ids))
	if t.trusts {
		for _, id := range ids {
			isNew[id] = true
		}
		t.messages, t.heardAt = append(t.messages, ids...), now
		return isNew, nil
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id, at(now)}
	}
	err := t.insertReturning(ctx, `INSERT INTO message_ids (message_id, received_at)`, rows, `ON CONFLICT (message_id) DO NOTHING RETURNING message_id`,
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

// Identities finds the leads that identities lead to. It waits for whoever is
// making leads of those that lead nowhere yet.
func (t *txn) Identities(ctx context.Context, ids []lead.Identity) (map[lead.Identity]string, error) {
	err := t.putMerged(ctx)
	if err == nil {
		err = t.writeIdentities(ctx)
	}
	if err != nil {
		return nil, err
	}
	found := make(map[lead.Identity]string, len(ids))
	if asked := t.recallIdentities(ids, found); len(asked) > 0 {
		if err := t.identities(ctx, asked, found); err != nil {
			return nil, err
		}
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id lead.Identity) bool { _, ok := found[id]; return ok })
	if len(unknown) > 0 { // what is locked is locked in the same order by all: message ids, identities, leads
		if err := t.putDown(ctx); err != nil {
			return nil, err
		}
	}
	look, err := t.alone(ctx, unknown)
	if err == nil && look {
		err = t.identities(ctx, unknown, found)
	}
	if err != nil {
		return nil, fmt.Errorf("store: identities: %w", err)
	}
	for id := range found {
		delete(t.ours, id)
	}
	return found, nil
}

func (t *txn) identities(ctx context.Context, ids []lead.Identity, found map[lead.Identity]string) error {
	seen := func(r *sqlx.Rows) error {
		var id lead.Identity
		var to ledTo
		err := r.Scan(&id.Kind, &id.Value, &to.lead, &to.version)
		found[id], t.named[to.lead] = to.lead, true
		if t.trusts {
			t.led[id] = to
		}
		return err
	}
	if !t.s.lite {
		kinds, values := make([]string, len(ids)), make([]string, len(ids))
		for i, id := range ids {
			kinds[i], values[i] = string(id.Kind), id.Value
		}
		err := query(ctx, t, `SELECT i.kind, i.value, i.lead_id, COALESCE(l.version, 0) FROM unnest($1::text[], $2::text[]) AS wanted (kind, value)
			JOIN identities i ON i.kind = wanted.kind AND i.value = wanted.value LEFT JOIN leads l ON l.id = i.lead_id`, []any{pq.Array(kinds), pq.Array(values)}, seen)
		if err != nil {
			return fmt.Errorf("store: identities: %w", err)
		}
		return nil
	}
	values := map[lead.IdentityKind][]string{}
	for _, id := range ids {
		values[id.Kind] = append(values[id.Kind], id.Value)
	}
	for kind, vs := range values {
		for part := range slices.Chunk(vs, maxParams-1) {
			text, args, err := in(t, `SELECT kind, value, lead_id, 0 FROM identities WHERE kind = ? AND value IN (?)`, string(kind), part)
			if err != nil {
				return err
			}
			if err = query(ctx, t, text, args, seen); err != nil {
				return fmt.Errorf("store: identities: %w", err)
			}
		}
	}
	return nil
}

// Identify makes an identity lead to a lead, and returns whom it leads to then.
// One that Identities found leading nowhere is written with the others of its
// kind; with another one, a second transaction waits for the first to commit.
func (t *txn) Identify(ctx context.Context, id lead.Identity, leadID string) (string, error) {
	if t.ours[id] {
		delete(t.ours, id)
		t.unwritten = append(t.unwritten, []any{string(id.Kind), id.Value, leadID})
		return leadID, nil
	}
	if err := t.writeIdentities(ctx); err != nil {
		return "", err
	}
	res, err := t.ExecContext(ctx, `INSERT INTO identities (kind, value, lead_id) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO NOTHING`, string(id.Kind), id.Value, leadID)
	if err != nil {
		return "", fmt.Errorf("store: identify: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return leadID, err
	}
	if err = t.GetContext(ctx, &leadID, `SELECT lead_id FROM identities WHERE kind = $1 AND value = $2`, string(id.Kind), id.Value); err != nil {
		return "", fmt.Errorf("store: identify: %w", err)
	}
	t.named[leadID] = true
	return leadID, nil
}

// writeIdentities writes what Identify put off.
func (t *txn) writeIdentities(ctx context.Context) error {
	rows := t.unwritten
	t.unwritten = nil
	if err := t.insert(ctx, `INSERT INTO identities (kind, value, lead_id)`, rows, ``); err != nil {
		return fmt.Errorf("store: identities: %w", err)
	}
	return nil
}

// Lock reads leads with their current clocks, in id order, and keeps everybody
// else from changing them. An identity may have led to a lead that was merged
// while this transaction waited for it: then it is run again, for who goes on
// would add to a lead that nobody finds any more.
func (t *txn) Lock(ctx context.Context, ids []string) (map[string]*lead.Work, error) {
	ids = slices.Sorted(slices.Values(ids))
	lock := t.lockKnown
	if t.trusts {
		lock = t.recall
	}
	memories, err := lock(ctx, ids)
	if err != nil {
		return nil, err
	}
	works := make(map[string]*lead.Work, len(memories))
	for id, m := range memories {
		if m.lead.MergedInto != "" && t.named[id] {
			return nil, errStale
		}
		works[id] = &lead.Work{Lead: m.lead, Clocks: m.clocks, Weight: m.weight}
		t.was[id] = before{row: m.row, life: m.lead.Life, clocks: slices.Clone(m.clocks), words: wordsOf(m.lead)}
	}
	return works, nil
}

// Append stores activities.
func (t *txn) Append(ctx context.Context, activities []lead.Activity) error {
	rows := make([][]any, len(activities))
	var b []byte
	for i, a := range activities {
		if a.Properties == nil {
			a.Properties = map[string]any{}
		}
		var err error
		if b, err = appendJSON(b[:0], a.Properties); err != nil {
			return fmt.Errorf("store: activity %s: %w", a.MessageID, err)
		}
		rows[i] = []any{a.MessageID, a.LeadID, a.Name, scoring.Fold(a.Name), string(b), at(a.OccurredAt), at(a.ReceivedAt), instant(a.SaidAt)}
	}
	t.activities = append(t.activities, rows...)
	if t.trusts {
		return nil
	}
	return t.putDown(ctx)
}

const insertActivities = `INSERT INTO activities (message_id, lead_id, name, event, properties, occurred_at, received_at, said_at)`

// Activities reads a lead's stored activities with one of the folded event names
// that occurred before a point (nil: all), the latest first, at most n.
func (t *txn) Activities(ctx context.Context, leadID string, events []string, before *lead.ActivityPoint, n int) ([]scoring.Activity, error) {
	if len(events) == 0 {
		return nil, nil
	}
	if err := t.putAll(ctx); err != nil {
		return nil, err
	}
	if before == nil {
		before = &lead.ActivityPoint{OccurredAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	text, args, err := in(t, `
		SELECT message_id, name, properties, occurred_at FROM activities
		WHERE lead_id = ? AND (occurred_at, message_id) < (?, ?) AND event IN (?)
		ORDER BY occurred_at DESC, message_id DESC LIMIT ?`, leadID, at(before.OccurredAt), before.MessageID, events, n)
	if err != nil {
		return nil, err
	}
	var all []scoring.Activity
	err = query(ctx, t, text, args, func(r *sqlx.Rows) error {
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

// Merge moves identities and activities of one lead to another, and what people
// were told of it, or are to be: with those of the others that are merged, before
// anything is asked of them.
func (t *txn) Merge(_ context.Context, from, into string) error {
	for _, earlier := range t.merged {
		if earlier[1] == from {
			earlier[1] = into
		}
	}
	t.merged = append(t.merged, []any{from, into})
	return nil
}

// putMerged moves what Merge put off. Of a lead that made no move before it was
// locked here nobody was told anything.
func (t *txn) putMerged(ctx context.Context) error {
	all := t.merged
	if t.merged = nil; len(all) == 0 {
		return nil
	}
	var ids []string
	var moved [][]any
	for _, m := range all {
		from, into := m[0].(string), m[1].(string) //nolint:forcetypeassert // Merge put them there
		ids = append(ids, from, into)
		if was := t.was[from].row; was != nil && was.HistorySeq > 0 {
			moved = append(moved, m)
		}
	}
	slices.Sort(ids)
	err := t.putDown(ctx)
	if err == nil {
		err = t.writeIdentities(ctx)
	}
	if err == nil {
		err = t.hold(ctx, slices.Compact(ids)...)
	}
	var whole, large [][]any
	if err == nil {
		whole, large, err = t.apart(ctx, all)
	}
	if err == nil {
		err = t.moveSome(ctx, large)
	}
	for _, part := range []struct {
		table string
		rows  [][]any
	}{{"identities", all}, {"activities", whole}, {"occasions", moved}, {"alerts", moved}} {
		if err == nil {
			set := `UPDATE ` + part.table + ` SET lead_id = `
			err = t.pairs(ctx, set+`$2 WHERE lead_id = $1`, set+`p.b FROM pairs WHERE lead_id = p.a`, part.rows)
		}
	}
	if err != nil {
		return fmt.Errorf("store: merge: %w", err)
	}
	return nil
}

// putAll writes all that was put off.
func (t *txn) putAll(ctx context.Context) error {
	err := t.putMerged(ctx)
	if err == nil {
		err = t.putDown(ctx)
	}
	if err == nil {
		err = t.writeIdentities(ctx)
	}
	return err
}

// SuspectDuplicate notes that two known leads may be one person.
func (t *txn) SuspectDuplicate(ctx context.Context, a, b, cause string, now time.Time) error {
	if a > b {
		a, b = b, a
	}
	if _, err := t.ExecContext(ctx, `INSERT INTO duplicates (lead_a, lead_b, cause, seen_at) VALUES ($1, $2, $3, $4) ON CONFLICT (lead_a, lead_b) DO NOTHING`, a, b, cause, at(now)); err != nil {
		return fmt.Errorf("store: duplicate: %w", err)
	}
	return nil
}

// Holding locks a person's holdings and reads them, the oldest first. Who is
// disabled meanwhile holds nothing more: that is lead.ErrConflict.
func (t *txn) Holding(ctx context.Context, user, team string) (lead.Holding, error) {
	var h lead.Holding
	res, err := t.ExecContext(ctx, `UPDATE users SET holds = holds + 1 WHERE id = $1 AND disabled_at IS NULL`, user)
	if err != nil {
		return h, fmt.Errorf("store: holding: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return h, cmp.Or(err, t.inactive(ctx, user))
	}
	cards := map[string]lead.Card{}
	err = query(ctx, t, `SELECT `+leadList+` FROM leads WHERE owner_id = $1 AND team_id = $2 AND (stage = 'claimed' OR (stage = 'sal' AND NOT touched))`, []any{user, team},
		func(r *sqlx.Rows) error { return readLead(r, nil, cards) })
	if err != nil {
		return h, fmt.Errorf("store: holding: %w", err)
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

// inactive is the refusal to let a person hold a lead.
func (t *txn) inactive(ctx context.Context, user string) error {
	var names []string
	if err := t.SelectContext(ctx, &names, `SELECT name FROM users WHERE id = $1`, user); err != nil {
		return fmt.Errorf("store: holding: %w", err)
	}
	return &lead.Refusal{Kind: lead.ErrConflict, Text: strings.Join(append(names, "is no longer active"), " ")}
}

// Claims are the ids of leads that the person has claimed and not decided.
func (t *txn) Claims(ctx context.Context, user string) ([]string, error) {
	var ids []string
	err := t.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE owner_id = $1 AND stage = 'claimed' ORDER BY id`, user)
	if err != nil {
		return nil, fmt.Errorf("store: claims: %w", err)
	}
	return ids, nil
}
