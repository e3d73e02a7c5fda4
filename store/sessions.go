package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"
)

// Sessions keeps sign-in sessions (scs.CtxStore), by the hash of their token:
// who reads the table can't sign in with it.
type Sessions struct{ s *Store }

// Sessions is the store's table of sessions.
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

func tokenHash(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// FindCtx reads a session that has not expired.
func (t *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var b []byte
	err := t.s.read.GetContext(ctx, &b, `SELECT data FROM sessions WHERE token = $1 AND expiry > $2`, tokenHash(token), at(time.Now()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return b, err == nil, wrap(err)
}

// CommitCtx writes a session.
func (t *Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	_, err := t.s.write.ExecContext(ctx, `
		INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expiry = EXCLUDED.expiry`, tokenHash(token), b, at(expiry))
	return wrap(err)
}

// DeleteCtx ends a session.
func (t *Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := t.s.write.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, tokenHash(token))
	return wrap(err)
}

// Expire deletes the sessions that have ended by now.
func (t *Sessions) Expire(ctx context.Context, now time.Time) error {
	_, err := t.s.write.ExecContext(ctx, `DELETE FROM sessions WHERE expiry <= $1`, at(now))
	return wrap(err)
}

// Find, Commit and Delete are the forms without a context that scs.Store asks for.
func (t *Sessions) Find(token string) ([]byte, bool, error) {
	return t.FindCtx(context.Background(), token)
}

// Commit writes a session.
func (t *Sessions) Commit(token string, b []byte, expiry time.Time) error {
	return t.CommitCtx(context.Background(), token, b, expiry)
}

// Delete ends a session.
func (t *Sessions) Delete(token string) error { return t.DeleteCtx(context.Background(), token) }
