package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// ClaimImport gives a worker the oldest import that somebody has to go on with,
// until a moment: ErrNotFound where there is none, or another is at work.
func (s *Store) ClaimImport(ctx context.Context, worker string, now, until time.Time) (lead.Import, error) {
	var waiting int
	err := s.read.GetContext(ctx, &waiting, `SELECT COUNT(*) FROM imports WHERE `+importWaits, at(now))
	if err != nil {
		return lead.Import{}, wrap(err)
	}
	if waiting == 0 { // nearly always: nobody's writing waits for that
		return lead.Import{}, lead.NotFound("an import that waits")
	}
	var row importRow
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		// The row's own lease is asked twice: of two that claim at once, the second
		// waits for the row and then sees it taken.
		return tx.GetContext(ctx, &row, `
			UPDATE imports SET worker = $2, lease_until = $3, started_at = COALESCE(started_at, $1), state = CASE WHEN state = 'queued' THEN 'running' ELSE state END
			WHERE id = (SELECT id FROM imports WHERE state IN ('queued', 'running', 'undoing') AND (lease_until IS NULL OR lease_until <= $1) ORDER BY id LIMIT 1)
				AND `+importWaits+`
			RETURNING `+importList, at(now), worker, at(until))
	})
	if errors.Is(err, sql.ErrNoRows) {
		return lead.Import{}, lead.NotFound("an import that waits")
	}
	if err != nil {
		return lead.Import{}, err
	}
	return row.record()
}

// importWaits: somebody has to go on with it at $1, and nobody is at work.
const importWaits = `state IN ('queued', 'running', 'undoing') AND (lease_until IS NULL OR lease_until <= $1)
	AND NOT EXISTS (SELECT 1 FROM imports WHERE state IN ('running', 'undoing') AND lease_until > $1)`

// NoteImport keeps how far an import is.
func (t *txn) NoteImport(ctx context.Context, n lead.ImportNote) (cancel bool, err error) {
	tally, err := json.Marshal(n.Tally)
	if err != nil {
		return false, err
	}
	undo, err := json.Marshal(n.Undo)
	if err != nil {
		return false, err
	}
	err = t.GetContext(ctx, &cancel, `
		UPDATE imports SET state = $3, offset_at = $4, row_count = $5, encoding = $6, tally = $7, undo_tally = $8, problem = $9, ended_at = $10, lease_until = $11
		WHERE id = $1 AND worker = $2 AND lease_until IS NOT NULL RETURNING cancel`,
		n.ID, n.Worker, string(n.State), n.Offset, n.Rows, n.Encoding, string(tally), string(undo), n.Problem, instant(n.EndedAt), instant(n.Until))
	if errors.Is(err, sql.ErrNoRows) {
		return false, &lead.Refusal{Kind: lead.ErrConflict, Text: "another instance goes on with the import"}
	}
	if err != nil {
		return false, fmt.Errorf("store: note of import %s: %w", n.ID, err)
	}
	if n.Refused != nil {
		if _, err := t.ExecContext(ctx, `INSERT INTO import_refused (import_id, seq, body) VALUES ($1, $2, $3)`, n.ID, n.Rows, n.Refused); err != nil {
			return false, fmt.Errorf("store: refused rows of import %s: %w", n.ID, err)
		}
	}
	if err := t.traces(ctx, n.ID, n.Traces); err != nil {
		return false, fmt.Errorf("store: traces of import %s: %w", n.ID, err)
	}
	fates := make([][]any, len(n.Undone))
	for i, u := range n.Undone {
		fates[i] = []any{n.ID, u.Seq, u.LeadID, string(u.Fate), u.Why}
	}
	if err := each(ctx, t.Tx, `UPDATE import_traces SET fate = $4, why = $5 WHERE import_id = $1 AND seq = $2 AND lead_id = $3`, fates); err != nil {
		return false, fmt.Errorf("store: fates of import %s: %w", n.ID, err)
	}
	return cancel, nil
}

func (t *txn) traces(ctx context.Context, id string, traces []lead.ImportTrace) error {
	rows := make([][]any, len(traces))
	for i, tr := range traces {
		b, err := json.Marshal(tr)
		if err != nil {
			return err
		}
		rows[i] = []any{id, tr.Seq, tr.LeadID, tr.New, tr.HistorySeq, string(b), "", ""}
	}
	return t.insert(ctx, `INSERT INTO import_traces (import_id, seq, lead_id, made, history, trace, fate, why)`, rows, ``)
}

// Traces are what an import did and what no undo has come to yet, newest first.
func (s *Store) Traces(ctx context.Context, id string, limit int) ([]lead.ImportTrace, error) {
	var out []lead.ImportTrace
	err := query(ctx, s.read, `SELECT seq, lead_id, made, trace FROM import_traces WHERE import_id = $1 AND fate = '' ORDER BY seq DESC, lead_id DESC LIMIT $2`,
		[]any{id, limit}, func(r *sqlx.Rows) error {
			var tr lead.ImportTrace
			var body string
			if err := r.Scan(&tr.Seq, &tr.LeadID, &tr.New, &body); err != nil {
				return err
			}
			err := json.Unmarshal([]byte(body), &tr)
			out = append(out, tr)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("store: traces of import %s: %w", id, wrap(err))
	}
	return out, nil
}

// KeptTraces are what an undo could not take back, with why; the first ones.
func (s *Store) KeptTraces(ctx context.Context, id string, limit int) ([]lead.UndoneTrace, error) {
	var out []lead.UndoneTrace
	err := query(ctx, s.read, `SELECT lead_id, made, why FROM import_traces WHERE import_id = $1 AND fate = 'kept' ORDER BY seq, lead_id LIMIT $2`,
		[]any{id, limit}, func(r *sqlx.Rows) error {
			u := lead.UndoneTrace{Fate: lead.Kept}
			err := r.Scan(&u.LeadID, &u.New, &u.Why)
			out = append(out, u)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("store: traces of import %s: %w", id, wrap(err))
	}
	return out, nil
}

// UndoPreview counts what an undo would come to: leads that the import made,
// those of them that have certainly moved or done something since (what else an
// undo finds, it finds lead by lead: at least so many stay), and leads that it
// changed.
func (s *Store) UndoPreview(ctx context.Context, id string) (made, stay, changed int, err error) {
	var row struct {
		Made    int `db:"made"`
		Stay    int `db:"stay"`
		Changed int `db:"changed"`
	}
	err = s.read.GetContext(ctx, &row, `
		SELECT COALESCE(SUM(CASE WHEN t.made THEN 1 ELSE 0 END), 0) AS made,
			COALESCE(SUM(CASE WHEN t.made AND (l.id IS NULL OR l.history_seq <> t.history OR l.last_activity_at > i.ended_at OR l.merged_into <> '') THEN 1 ELSE 0 END), 0) AS stay,
			COUNT(DISTINCT CASE WHEN t.made THEN NULL ELSE t.lead_id END) AS changed
		FROM import_traces t JOIN imports i ON i.id = t.import_id LEFT JOIN leads l ON l.id = t.lead_id WHERE t.import_id = $1 AND t.fate = ''`, id)
	return row.Made, row.Stay, row.Changed, wrap(err)
}

// Forget removes leads with everything that is theirs, message ids and
// identities, as if they had never come in.
func (t *txn) Forget(ctx context.Context, leads, messages []string, identities []lead.Identity) error {
	for part := range slices.Chunk(leads, maxParams/2) {
		for _, text := range []string{
			`DELETE FROM lead_words WHERE lead_id IN (?)`, `DELETE FROM identities WHERE lead_id IN (?)`, `DELETE FROM duplicates WHERE lead_a IN (?)`,
			`DELETE FROM duplicates WHERE lead_b IN (?)`, `DELETE FROM activities WHERE lead_id IN (?)`, `DELETE FROM history WHERE lead_id IN (?)`,
			`DELETE FROM notes WHERE lead_id IN (?)`, `DELETE FROM clocks WHERE lead_id IN (?)`, `DELETE FROM outbox WHERE lead_id IN (?)`, `DELETE FROM unannounced WHERE lead_id IN (?)`,
			`DELETE FROM occasions WHERE lead_id IN (?)`, `DELETE FROM alerts WHERE lead_id IN (?)`, `DELETE FROM leads WHERE id IN (?)`,
		} {
			if err := t.execIn(ctx, text, part); err != nil {
				return fmt.Errorf("store: forget leads: %w", err)
			}
		}
	}
	for part := range slices.Chunk(messages, maxParams) {
		if err := t.execIn(ctx, `DELETE FROM message_ids WHERE message_id IN (?)`, part); err != nil {
			return fmt.Errorf("store: forget messages: %w", err)
		}
	}
	rows := make([][]any, len(identities))
	for i, id := range identities {
		rows[i] = []any{string(id.Kind), id.Value}
	}
	if err := each(ctx, t.Tx, `DELETE FROM identities WHERE kind = $1 AND value = $2`, rows); err != nil {
		return fmt.Errorf("store: forget identities: %w", err)
	}
	return nil
}

func (t *txn) execIn(ctx context.Context, text string, list []string) error {
	text, args, err := in(t, text, list)
	if err == nil {
		_, err = t.ExecContext(ctx, text, args...)
	}
	return err
}

// TidyImports deletes what is over: files, refused rows and traces of imports
// that ended long enough ago, and files that were never taken. It returns
// whether there may be more to do.
func (s *Store) TidyImports(ctx context.Context, now time.Time) (more bool, err error) {
	var old []struct {
		ID    string `db:"id"`
		State string `db:"state"`
	}
	err = s.read.SelectContext(ctx, &old, `
		SELECT id, state FROM imports WHERE (state = 'uploading' AND created_at < $1) OR (state = 'mapping' AND created_at < $2)
			OR (state IN ('done', 'failed', 'cancelled', 'undone') AND ended_at < $3 AND NOT traces_gone) ORDER BY id LIMIT 10`,
		at(now.Add(-time.Hour)), at(now.Add(-7*24*time.Hour)), at(now.Add(-lead.ImportKept)))
	if err != nil {
		return false, wrap(err)
	}
	for _, i := range old {
		if i.State == string(lead.ImportUploading) || i.State == string(lead.ImportMapping) {
			err = s.DropImport(ctx, i.ID)
		} else {
			err = s.dropTraces(ctx, i.ID)
		}
		if err != nil {
			return false, err
		}
	}
	return len(old) == 10, nil
}

// dropTraces deletes all that an import kept but its counts.
func (s *Store) dropTraces(ctx context.Context, id string) error {
	if err := s.dropFile(ctx, id); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM import_traces WHERE import_id = $1`, id)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE imports SET traces_gone = TRUE, file_gone = TRUE WHERE id = $1`, id)
		}
		return err
	})
}
