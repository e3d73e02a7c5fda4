package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Sessions keeps sign-in sessions (scs.CtxStore), by the keyed hash of their
// token: who reads or writes the table can't sign in with it.
type Sessions struct {
	// Now is the clock by which sessions expire: the one that all instances share
	// ([Clock]); nil: this process's.
	Now func() time.Time

	s      *Store
	secret []byte
	data   gathered[[]byte] // by hash

	mu   sync.Mutex
	seen map[string]time.Time // by hash: when the session was noted as in use, as read last
}

// Sessions is the store's table of sessions, under the installation's secret
// (SECRET_KEY). Another secret ends all of them.
func (s *Store) Sessions(secret []byte) *Sessions {
	t := &Sessions{s: s, secret: secret}
	t.data.ask = t.read
	return t
}

func (t *Sessions) now() time.Time {
	if t.Now == nil {
		return lead.Now()
	}
	return t.Now()
}

func (t *Sessions) hash(token string) string {
	return keyed(t.secret, "session:"+token)
}

// FindCtx reads a session that has not expired.
func (t *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, found, err := t.data.get(ctx, t.hash(token))
	return data, found, wrap(err)
}

// read reads the sessions of these hashes that have not expired.
func (t *Sessions) read(ctx context.Context, hashes []string) (map[string][]byte, error) {
	q := t.s.often()
	text, args, err := in(q, `SELECT token, data, seen_at FROM sessions WHERE expiry > ? AND token IN (?)`, at(t.now()), hashes)
	if err != nil {
		return nil, err
	}
	found, seen := make(map[string][]byte, len(hashes)), make(map[string]time.Time, len(hashes))
	err = query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var hash string
		var data []byte
		var at instant
		err := r.Scan(&hash, &data, &at)
		found[hash], seen[hash] = data, time.Time(at)
		return err
	})
	t.remember(seen)
	return found, err
}

// mostSeen bounds of how many sessions it is remembered when they were noted.
const mostSeen = 10_000

func (t *Sessions) remember(seen map[string]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil || len(t.seen)+len(seen) > mostSeen {
		t.seen = map[string]time.Time{}
	}
	maps.Copy(t.seen, seen)
}

// CommitCtx writes a session. Its library says by this process's clock when it
// expires.
func (t *Sessions) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	expiry = t.now().Add(time.Until(expiry))
	_, err := t.s.write.ExecContext(ctx, `
		INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expiry = EXCLUDED.expiry`, t.hash(token), b, at(expiry))
	return wrap(err)
}

// DeleteCtx ends a session.
func (t *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := accessChanges(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, t.hash(token)); err != nil {
			return fmt.Errorf("store: end session: %w", err)
		}
		return nil
	})
}

// Began describes a session that was just written: whose it is and where.
func (t *Sessions) Began(ctx context.Context, token string, x lead.Session) error {
	return t.describe(ctx, token, x, x.CreatedAt, x.SeenAt)
}

// Seen notes that a session is in use, where the note is older than notedEvery.
func (t *Sessions) Seen(ctx context.Context, token string, x lead.Session) error {
	stale := x.SeenAt.Add(-notedEvery)
	t.mu.Lock()
	seen := t.seen[t.hash(token)]
	t.mu.Unlock()
	if seen.After(stale) { // nearly always: who is let in was just read
		return nil
	}
	return t.describe(ctx, token, x, x.SeenAt, stale)
}

// notedEvery is how old the note of a session's use may grow.
const notedEvery = 5 * time.Minute

// describe notes whose a session is, unless it was noted after that moment.
func (t *Sessions) describe(ctx context.Context, token string, x lead.Session, created, after time.Time) error {
	_, err := t.s.write.ExecContext(ctx, `
		UPDATE sessions SET user_id = $2, created_at = COALESCE(created_at, $3), seen_at = $4, address = $5, agent = $6
		WHERE token = $1 AND (seen_at IS NULL OR seen_at <= $7)`, t.hash(token), x.UserID, at(created), at(x.SeenAt), x.Address, x.Agent, at(after))
	return wrap(err)
}

// ID names a session without opening it: it may stand in a page.
func (t *Sessions) ID(token string) string { return t.hash(token) }

type sessionRow struct {
	Token     string  `db:"token"`
	UserID    string  `db:"user_id"`
	CreatedAt instant `db:"created_at"`
	SeenAt    instant `db:"seen_at"`
	Address   string  `db:"address"`
	Agent     string  `db:"agent"`
}

// Of reads a person's sessions, the last seen first.
func (t *Sessions) Of(ctx context.Context, userID string, now time.Time) ([]lead.Session, error) {
	var rows []sessionRow
	err := t.s.read.SelectContext(ctx, &rows, `
		SELECT token, user_id, created_at, seen_at, address, agent FROM sessions
		WHERE user_id = $1 AND expiry > $2 ORDER BY seen_at DESC, token`, userID, at(now))
	out := make([]lead.Session, len(rows))
	for i, r := range rows {
		out[i] = lead.Session{ID: r.Token, UserID: r.UserID, CreatedAt: time.Time(r.CreatedAt), SeenAt: time.Time(r.SeenAt), Address: r.Address, Agent: r.Agent}
	}
	return out, wrap(err)
}

// LastSeen is when each person was last seen in a session that they still have.
func (t *Sessions) LastSeen(ctx context.Context, now time.Time) (map[string]time.Time, error) {
	seen := map[string]time.Time{}
	err := query(ctx, t.s.read, `SELECT user_id, MAX(seen_at) FROM sessions WHERE user_id <> '' AND expiry > $1 GROUP BY user_id`, []any{at(now)}, func(r *sqlx.Rows) error {
		var id string
		var when instant
		err := r.Scan(&id, &when)
		seen[id] = time.Time(when)
		return err
	})
	return seen, wrap(err)
}

// End ends one of a person's sessions by its ID; lead.ErrNotFound where they
// have none of that ID.
func (t *Sessions) End(ctx context.Context, by lead.Actor, userID, id string, now time.Time) error {
	n, err := t.end(ctx, by, userID, "one session ended", now, `DELETE FROM sessions WHERE user_id = $1 AND token = $2`, userID, id)
	if err == nil && n == 0 {
		err = lead.NotFound("that session")
	}
	return err
}

// EndAll ends all sessions of a person but one; "" keeps none.
func (t *Sessions) EndAll(ctx context.Context, by lead.Actor, userID, keep string, now time.Time) error {
	detail := "all sessions ended"
	if keep != "" {
		detail = "all other sessions ended"
	}
	_, err := t.end(ctx, by, userID, detail, now, `DELETE FROM sessions WHERE user_id = $1 AND token <> $2`, userID, keep)
	return err
}

func (t *Sessions) end(ctx context.Context, by lead.Actor, userID, detail string, now time.Time, text string, args ...any) (n int64, err error) {
	err = t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := accessChanges(ctx, tx); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return fmt.Errorf("store: end sessions: %w", err)
		}
		if n, err = res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return record(ctx, tx, by, lead.SessionEnded, userID, detail, now)
	})
	return n, err
}

// endAccess ends a person's sessions and the links that would open their account.
func endAccess(ctx context.Context, tx *sqlx.Tx, userID string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE user_id = $1`, userID); err != nil {
		return fmt.Errorf("store: end sessions: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `UPDATE links SET ended_at = $2 WHERE user_id = $1 AND used_at IS NULL AND ended_at IS NULL`, userID, at(now)); err != nil {
		return fmt.Errorf("store: end links: %w", err)
	}
	return nil
}

// Alive tells which of these sessions, by ID, have neither ended nor expired, and
// when they will expire.
func (t *Sessions) Alive(ctx context.Context, ids []string, now time.Time) (map[string]time.Time, error) {
	alive := make(map[string]time.Time, len(ids))
	for part := range slices.Chunk(ids, maxParams-1) {
		text, args, err := in(t.s.read, `SELECT token, expiry FROM sessions WHERE expiry > ? AND token IN (?)`, at(now), part)
		if err != nil {
			return nil, err
		}
		err = query(ctx, t.s.read, text, args, func(r *sqlx.Rows) error {
			var id string
			var expiry instant
			err := r.Scan(&id, &expiry)
			alive[id] = time.Time(expiry)
			return err
		})
		if err != nil {
			return nil, wrap(err)
		}
	}
	return alive, nil
}

// linksKept is how long a link is known that is no longer good, to say why.
const linksKept = 30 * 24 * time.Hour

// Expire deletes the sessions that have ended by now, and links that were used,
// ended or expired long ago.
func (t *Sessions) Expire(ctx context.Context, now time.Time) error {
	_, err := t.s.write.ExecContext(ctx, `DELETE FROM sessions WHERE expiry <= $1`, at(now))
	if err == nil {
		_, err = t.s.write.ExecContext(ctx, `DELETE FROM links WHERE COALESCE(used_at, ended_at, expires_at) <= $1`, at(now.Add(-linksKept)))
	}
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
