package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// importRow is a row of imports.
type importRow struct {
	ID        string  `db:"id"`
	Name      string  `db:"name"`
	ByKind    string  `db:"by_kind"`
	ByID      string  `db:"by_id"`
	Via       string  `db:"via"`
	Teams     string  `db:"teams"`
	State     string  `db:"state"`
	Size      int64   `db:"size"`
	Offset    int64   `db:"offset_at"`
	Rows      int     `db:"row_count"`
	Mapping   string  `db:"mapping"`
	Live      bool    `db:"live"`
	Encoding  string  `db:"encoding"`
	Tally     string  `db:"tally"`
	Undo      string  `db:"undo_tally"`
	UndoneBy  string  `db:"undone_by"`
	Problem   string  `db:"problem"`
	Cancel    bool    `db:"cancel"`
	FileGone  bool    `db:"file_gone"`
	CreatedAt instant `db:"created_at"`
	StartedAt instant `db:"started_at"`
	EndedAt   instant `db:"ended_at"`
}

const importList = `id, name, by_kind, by_id, via, teams, state, size, offset_at, row_count, mapping, live, encoding, tally, undo_tally, undone_by, problem, cancel, file_gone, created_at, started_at, ended_at`

func (r *importRow) record() (lead.Import, error) {
	i := lead.Import{ID: r.ID, Name: r.Name, By: lead.Actor{Kind: lead.ActorKind(r.ByKind), ID: r.ByID, Via: r.Via}, State: lead.ImportState(r.State),
		Size: r.Size, Offset: r.Offset, Rows: r.Rows, Mapping: r.Mapping, Live: r.Live, Encoding: r.Encoding, UndoneBy: r.UndoneBy, Problem: r.Problem,
		Cancel: r.Cancel, FileGone: r.FileGone, CreatedAt: time.Time(r.CreatedAt), StartedAt: time.Time(r.StartedAt), EndedAt: time.Time(r.EndedAt)}
	for _, f := range []struct {
		from string
		to   any
	}{{r.Teams, &i.Teams}, {r.Tally, &i.Tally}, {r.Undo, &i.Undo}} {
		if err := json.Unmarshal([]byte(f.from), f.to); err != nil {
			return i, fmt.Errorf("store: import %s: %w", r.ID, err)
		}
	}
	return i, nil
}

// AddImport begins an upload: the file's parts follow. Teams are those whose
// leads it may touch; nil: everybody's.
func (s *Store) AddImport(ctx context.Context, by lead.Actor, name string, teams []string, now time.Time) (lead.Import, error) {
	i := lead.Import{ID: uuid.Must(uuid.NewV7()).String(), Name: name, By: lead.Actor{Kind: by.Kind, ID: by.ID, Via: by.Via}, Teams: teams, State: lead.ImportUploading, CreatedAt: now}
	reach, err := json.Marshal(teams)
	if err != nil {
		return i, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO imports (id, name, by_kind, by_id, via, teams, state, size, offset_at, row_count, mapping, live, encoding, tally, undo_tally, undone_by, problem,
				cancel, file_gone, traces_gone, worker, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, '', FALSE, '', '{}', '{}', '', '', FALSE, FALSE, FALSE, '', $8)`,
			i.ID, name, string(by.Kind), by.ID, by.Via, string(reach), string(i.State), at(now))
		return err
	})
	return i, err
}

// AddChunk stores a part of an upload's file.
func (s *Store) AddChunk(ctx context.Context, id string, seq int, body []byte) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO import_chunks (import_id, seq, body) VALUES ($1, $2, $3)`, id, seq, body)
		return err
	})
}

// Chunk reads a part of an import's file: ErrNotFound behind the last one.
func (s *Store) Chunk(ctx context.Context, id string, seq int) ([]byte, error) {
	return s.part(ctx, `SELECT body FROM import_chunks WHERE import_id = $1 AND seq = $2`, id, seq)
}

// RefusedPart reads the part of an import's refused rows that follows seq, and
// the seq of it: ErrNotFound where there is none.
func (s *Store) RefusedPart(ctx context.Context, id string, after int) (int, []byte, error) {
	var row struct {
		Seq  int    `db:"seq"`
		Body []byte `db:"body"`
	}
	err := s.read.GetContext(ctx, &row, `SELECT seq, body FROM import_refused WHERE import_id = $1 AND seq > $2 ORDER BY seq LIMIT 1`, id, after)
	if errors.Is(err, sql.ErrNoRows) {
		err = lead.NotFound("more of the refused rows")
	}
	return row.Seq, row.Body, wrap(err)
}

func (s *Store) part(ctx context.Context, text, id string, seq int) ([]byte, error) {
	var body []byte
	err := s.read.GetContext(ctx, &body, text, id, seq)
	if errors.Is(err, sql.ErrNoRows) {
		err = lead.NotFound("that part of the file")
	}
	return body, wrap(err)
}

// Uploaded ends an upload: its file is whole.
func (s *Store) Uploaded(ctx context.Context, id string, size int64) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE imports SET state = 'mapping', size = $2 WHERE id = $1 AND state = 'uploading'`, id, size)
		return err
	})
}

// DropImport forgets an import that has not begun, with its file.
func (s *Store) DropImport(ctx context.Context, id string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM imports WHERE id = $1 AND state IN ('uploading', 'mapping')`, id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM import_chunks WHERE import_id = $1`, id)
		return err
	})
}

// ImportOf reads an import.
func (s *Store) ImportOf(ctx context.Context, id string) (lead.Import, error) {
	var row importRow
	err := s.read.GetContext(ctx, &row, `SELECT `+importList+` FROM imports WHERE id = $1`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return lead.Import{}, lead.NotFound("the import " + id)
	}
	if err != nil {
		return lead.Import{}, wrap(err)
	}
	return row.record()
}

// Imports are the imports whose file came in whole, newest first: one person's,
// or everybody's where by is ""; before is the id of an import from which the list
// goes on.
func (s *Store) Imports(ctx context.Context, by, before string, limit int) ([]lead.Import, error) {
	if before == "" {
		before = "~" // behind every id
	}
	var rows []importRow
	err := s.read.SelectContext(ctx, &rows, `SELECT `+importList+` FROM imports
		WHERE state <> 'uploading' AND (by_id = $1 OR $1 = '') AND id < $2 ORDER BY id DESC LIMIT $3`, by, before, limit)
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]lead.Import, len(rows))
	for n := range rows {
		if out[n], err = rows[n].record(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// StartImport lets an import's rows be taken with a mapping: ErrConflict where
// they are already.
func (s *Store) StartImport(ctx context.Context, by lead.Actor, id, mapping string, live bool, now time.Time) error {
	detail := "into the backlog"
	if live {
		detail = "onto the board"
	}
	return s.importAct(ctx, by, lead.ImportStarted, id, detail, now, "it has been started already",
		`UPDATE imports SET state = 'queued', mapping = $2, live = $3 WHERE id = $1 AND state = 'mapping' RETURNING name`, id, mapping, live)
}

// CancelImport ends an import after the rows that are being taken; what is in
// stays. One that waits ends at once.
func (s *Store) CancelImport(ctx context.Context, by lead.Actor, id string, now time.Time) error {
	return s.importAct(ctx, by, lead.ImportStopped, id, "", now, "it is over already", `
		UPDATE imports SET cancel = TRUE, ended_at = CASE WHEN state = 'queued' THEN $2 ELSE ended_at END, state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
		WHERE id = $1 AND state IN ('queued', 'running') AND NOT cancel RETURNING name`, id, at(now))
}

// UndoImport lets what an import did be taken back: ErrConflict while it runs,
// and where it is taken back already or what an undo needs is gone.
func (s *Store) UndoImport(ctx context.Context, by lead.Actor, id string, now time.Time) error {
	return s.importAct(ctx, by, lead.ImportUndoBegun, id, "", now, "it can't be undone (any more)", `
		UPDATE imports SET state = 'undoing', undone_by = $2, problem = '' WHERE id = $1 AND state IN ('done', 'failed', 'cancelled') AND NOT traces_gone RETURNING name`, id, by.ID)
}

// DeleteImportFile deletes an import's file and its refused rows: ErrConflict
// while they are needed.
func (s *Store) DeleteImportFile(ctx context.Context, by lead.Actor, id string, now time.Time) error {
	err := s.importAct(ctx, by, lead.ImportFileGone, id, "", now, "its file is needed, or gone already", `
		UPDATE imports SET file_gone = TRUE WHERE id = $1 AND state IN ('done', 'failed', 'cancelled', 'undoing', 'undone') AND NOT file_gone RETURNING name`, id)
	if err != nil {
		return err
	}
	return s.dropFile(ctx, id)
}

func (s *Store) dropFile(ctx context.Context, id string) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM import_chunks WHERE import_id = $1`, id)
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM import_refused WHERE import_id = $1`, id)
		}
		return err
	})
}

// importAct changes an import's state by one conditional statement that returns
// its name, and records it; otherwise says why there was nothing to change.
func (s *Store) importAct(ctx context.Context, by lead.Actor, what lead.Deed, id, detail string, now time.Time, otherwise, text string, args ...any) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var name string
		err := tx.GetContext(ctx, &name, text, args...)
		if errors.Is(err, sql.ErrNoRows) {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: otherwise}
		}
		if err != nil {
			return err
		}
		if detail != "" {
			name += ": " + detail
		}
		return record(ctx, tx, by, what, id, name, now)
	})
}
