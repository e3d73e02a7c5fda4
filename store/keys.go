package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"hotleads/lead"
)

type keyRow struct {
	ID        string  `db:"id"`
	Kind      string  `db:"kind"`
	Name      string  `db:"name"`
	Hint      string  `db:"hint"`
	Hash      string  `db:"hash"`
	CreatedAt instant `db:"created_at"`
	RevokedAt instant `db:"revoked_at"`
	UsedAt    instant `db:"used_at"`
}

func (r *keyRow) key() lead.Key {
	return lead.Key{ID: r.ID, Kind: lead.KeyKind(r.Kind), Name: r.Name, Hint: r.Hint, CreatedAt: time.Time(r.CreatedAt), RevokedAt: time.Time(r.RevokedAt), UsedAt: time.Time(r.UsedAt)}
}

const keyList = `id, kind, name, hint, hash, created_at, revoked_at, used_at`

// Keys reads all keys, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]lead.Key, error) {
	var rows []keyRow
	err := s.read.SelectContext(ctx, &rows, `SELECT `+keyList+` FROM keys ORDER BY created_at, id`)
	keys := make([]lead.Key, len(rows))
	for i := range rows {
		keys[i] = rows[i].key()
	}
	return keys, wrap(err)
}

// AddKey stores a key by the hash of its secret. One that is there already is a
// lead.ErrConflict, a name or kind that is none lead.ErrInvalid.
func (s *Store) AddKey(ctx context.Context, by lead.Actor, k lead.Key, hash string, now time.Time) (lead.Key, error) {
	k.Name = strings.TrimSpace(k.Name)
	var kind error
	if !k.Kind.Valid() {
		kind = lead.Invalid("kind", "choose what the key opens: write, server or api")
	}
	if err := lead.Together(lead.CheckName("name", "the key", k.Name), kind); err != nil {
		return lead.Key{}, err
	}
	k.ID, k.CreatedAt = uuid.Must(uuid.NewV7()).String(), at(now)
	err := s.act(ctx, by, lead.KeyAdded, k.ID, string(k.Kind)+" "+k.Name, now, `INSERT INTO keys (id, kind, name, hint, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)`, k.ID, string(k.Kind), k.Name, k.Hint, hash, at(now))
	if taken(err) {
		err = &lead.Refusal{Kind: lead.ErrConflict, Text: "that key is here already"}
	}
	return k, err
}

// RevokeKey ends a key, found by id, hint or name. It is lead.ErrNotFound where
// no living key is called so, lead.ErrConflict where several are.
func (s *Store) RevokeKey(ctx context.Context, by lead.Actor, ref string, now time.Time) (lead.Key, error) {
	var rows []keyRow
	err := s.read.SelectContext(ctx, &rows, `SELECT `+keyList+` FROM keys WHERE revoked_at IS NULL AND (id = $1 OR hint = $1 OR name = $1)`, ref)
	switch {
	case err != nil:
		return lead.Key{}, wrap(err)
	case len(rows) == 0:
		return lead.Key{}, lead.NotFound("a key named " + ref)
	case len(rows) > 1:
		return lead.Key{}, &lead.Refusal{Kind: lead.ErrConflict, Text: "several keys are named " + ref + ": name one by its id"}
	}
	k := rows[0].key()
	k.RevokedAt = at(now)
	return k, s.act(ctx, by, lead.KeyRevoked, k.ID, string(k.Kind)+" "+k.Name, now, `UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, k.ID, k.RevokedAt)
}

// KeyByHash finds a living key by the hash of its secret; ErrNotFound else. What
// is found is at most a second old.
func (s *Store) KeyByHash(ctx context.Context, hash string) (lead.Key, error) {
	s.mu.Lock()
	c := s.keys[hash]
	s.mu.Unlock()
	if c.ok() {
		return c.value, nil
	}
	now := time.Now()
	var row keyRow
	err := s.read.GetContext(ctx, &row, `SELECT `+keyList+` FROM keys WHERE hash = $1 AND revoked_at IS NULL`, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return lead.Key{}, lead.NotFound("the key")
	}
	if err != nil {
		return lead.Key{}, wrap(err)
	}
	if now.Sub(time.Time(row.UsedAt)) > notedEvery {
		// Whoever brings the key is let in whether this can be noted or not.
		_, _ = s.write.ExecContext(ctx, `UPDATE keys SET used_at = $2 WHERE id = $1`, row.ID, at(now))
	}
	s.mu.Lock()
	s.keys[hash] = cached[lead.Key]{row.key(), now}
	s.mu.Unlock()
	return row.key(), nil
}
