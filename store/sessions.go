package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"
)

// Sessions keeps sign-in sessions (scs.CtxStore), by the keyed hash of their
// token: who reads or writes the table can't sign in with it.
type Sessions struct {
	s      *Store
	secret []byte
}

// Sessions is the store's table of sessions, under the installation's secret
// (SECRET_KEY). Another secret ends all of them.
func (s *Store) Sessions(secret []byte) *Sessions { return &Sessions{s, secret} }

func (t *Sessions) hash(token string) string {
	h := hmac.New(sha256.New, t.secret)
	h.Write([]byte(token))
	return hex.EncodeToString(h.Sum(nil))
}

// FindCtx reads a session that has not expired.
func (t *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var b []byte
	err := t.s.read.GetContext(ctx, &b, `SELECT data FROM sessions WHERE token = $1 AND expiry > $2`, t.hash(token), at(time.Now()))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return b, err == nil, wrap(err)
}

// CommitCtx writes a session.
func (t *Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	_, err := t.s.write.ExecContext(ctx, `
		INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expiry = EXCLUDED.expiry`, t.hash(token), b, at(expiry))
	return wrap(err)
}

// DeleteCtx ends a session.
func (t *Sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := t.s.write.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, t.hash(token))
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
