package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/sla"
)

type userRow struct {
	ID         string  `db:"id"`
	Email      string  `db:"email"`
	Name       string  `db:"name"`
	Role       string  `db:"role"`
	Password   string  `db:"password"`
	CreatedAt  instant `db:"created_at"`
	DisabledAt instant `db:"disabled_at"`
	AwayUntil  instant `db:"away_until"`
	Holds      int64   `db:"holds"`
}

func (r *userRow) user() lead.User {
	return lead.User{ID: r.ID, Email: r.Email, Name: r.Name, Role: lead.Role(r.Role), Password: r.Password,
		CreatedAt: time.Time(r.CreatedAt), DisabledAt: time.Time(r.DisabledAt), AwayUntil: time.Time(r.AwayUntil)}
}

// Users reads all people with their teams, in order of joining.
func (s *Store) Users(ctx context.Context) ([]lead.User, error) {
	return readUsers(ctx, s.read, ``)
}

// User reads a person afresh, by id or email.
func (s *Store) User(ctx context.Context, idOrEmail string) (lead.User, error) {
	users, err := readUsers(ctx, s.read, `WHERE id = $1 OR email = $2`, idOrEmail, lead.NormalEmail(idOrEmail))
	if err != nil {
		return lead.User{}, err
	}
	if len(users) == 0 {
		return lead.User{}, lead.NotFound("the person " + idOrEmail)
	}
	return users[0], nil
}

func readUsers(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]lead.User, error) {
	var users []lead.User
	byID := map[string]int{}
	err := query(ctx, q, `SELECT * FROM users `+where+` ORDER BY created_at, id`, args, func(r *sqlx.Rows) error {
		var row userRow
		err := r.StructScan(&row)
		byID[row.ID] = len(users)
		users = append(users, row.user())
		return err
	})
	if err != nil || len(users) == 0 {
		return users, wrap(err)
	}
	return users, wrap(query(ctx, q, `SELECT user_id, team_id FROM memberships ORDER BY joined_at, team_id`, nil, func(r *sqlx.Rows) error {
		var u, t string
		if err := r.Scan(&u, &t); err != nil {
			return err
		}
		if i, ok := byID[u]; ok {
			users[i].Teams = append(users[i].Teams, t)
		}
		return nil
	}))
}

// AddUser stores a new person; ID and CreatedAt are set here. An email that is
// taken is a lead.ErrConflict.
func (s *Store) AddUser(ctx context.Context, u lead.User, now time.Time) (lead.User, error) {
	u.ID, u.CreatedAt, u.Email = uuid.Must(uuid.NewV7()).String(), at(now), lead.NormalEmail(u.Email)
	err := s.inTx(ctx, func(tx *sqlx.Tx) error { return addUser(ctx, tx, u) })
	s.forget()
	return u, err
}

func addUser(ctx context.Context, tx *sqlx.Tx, u lead.User) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO users (id, email, name, role, password, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, u.Email, u.Name, string(u.Role), u.Password, at(u.CreatedAt))
	if taken(err) {
		return &lead.Refusal{Kind: lead.ErrConflict, Text: "somebody with the address " + u.Email + " is here already", Field: "email"}
	}
	if err != nil {
		return fmt.Errorf("store: add user: %w", err)
	}
	for i, team := range u.Teams {
		if _, err := tx.ExecContext(ctx, `INSERT INTO memberships (user_id, team_id, joined_at) VALUES ($1, $2, $3)`,
			u.ID, team, at(u.CreatedAt.Add(time.Duration(i)*time.Microsecond))); err != nil {
			return fmt.Errorf("store: add user to team: %w", err)
		}
	}
	return nil
}

// FirstUser stores a person and a team in one step, only where there is no
// person yet: else lead.ErrConflict. A team without name is left out.
func (s *Store) FirstUser(ctx context.Context, u lead.User, team lead.Team, now time.Time) (lead.User, error) {
	u.ID, u.CreatedAt, u.Email = uuid.Must(uuid.NewV7()).String(), at(now), lead.NormalEmail(u.Email)
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		// The settings row is taken by the first; a second waits for it and fails.
		res, err := tx.ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('set_up_at', $1) ON CONFLICT (key) DO NOTHING`, now.UTC().Format(time.RFC3339))
		if err != nil {
			return err
		}
		var n int
		if err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM users`); err != nil {
			return err
		}
		if first, err := res.RowsAffected(); err != nil || first == 0 || n > 0 {
			return errors.Join(err, &lead.Refusal{Kind: lead.ErrConflict, Text: "this installation is set up already: sign in"})
		}
		if team.Name != "" {
			if _, err := s.addTeam(ctx, tx, team, now); err != nil {
				return err
			}
		}
		return addUser(ctx, tx, u)
	})
	s.forget()
	return u, err
}

// SetPassword stores a person's new password hash and ends their sessions.
func (s *Store) SetPassword(ctx context.Context, userID, hash string) error {
	return s.exec(ctx, `UPDATE users SET password = $2 WHERE id = $1`, userID, hash)
}

// Disable keeps a person from signing in; one who is disabled already stays so.
func (s *Store) Disable(ctx context.Context, userID string, now time.Time) error {
	return s.exec(ctx, `UPDATE users SET disabled_at = $2 WHERE id = $1 AND disabled_at IS NULL`, userID, at(now))
}

type teamRow struct {
	ID           string  `db:"id"`
	Slug         string  `db:"slug"`
	Name         string  `db:"name"`
	Route        string  `db:"route"`
	Calendar     string  `db:"calendar"`
	MaxClaimed   int     `db:"max_claimed"`
	MaxUntouched int     `db:"max_untouched"`
	CreatedAt    instant `db:"created_at"`
	DisabledAt   instant `db:"disabled_at"`
}

func (r *teamRow) team() (lead.Team, error) {
	t := lead.Team{ID: r.ID, Slug: r.Slug, Name: r.Name, MaxClaimed: r.MaxClaimed, MaxUntouched: r.MaxUntouched, CreatedAt: time.Time(r.CreatedAt), DisabledAt: time.Time(r.DisabledAt)}
	if err := json.Unmarshal([]byte(r.Route), &t.Route); err != nil {
		return t, fmt.Errorf("store: route of team %s: %w", r.Name, err)
	}
	if r.Calendar != "" {
		c, err := sla.ParseCalendar([]byte(r.Calendar))
		if err != nil {
			return t, fmt.Errorf("store: calendar of team %s: %w", r.Name, err)
		}
		t.Calendar = c
	}
	return t, nil
}

// Teams reads all teams, the oldest (the default) first.
func (s *Store) Teams(ctx context.Context) ([]lead.Team, error) {
	var rows []teamRow
	if err := s.read.SelectContext(ctx, &rows, `SELECT * FROM teams ORDER BY created_at, id`); err != nil {
		return nil, wrap(err)
	}
	teams := make([]lead.Team, len(rows))
	for i := range rows {
		var err error
		if teams[i], err = rows[i].team(); err != nil {
			return nil, err
		}
	}
	return teams, nil
}

// AddTeam stores a new team; ID, Slug, limits and CreatedAt are set here. The
// first one takes the waiting leads that have no team. A name that is taken is
// a lead.ErrConflict.
func (s *Store) AddTeam(ctx context.Context, t lead.Team, now time.Time) (lead.Team, error) {
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		t, err = s.addTeam(ctx, tx, t, now)
		return err
	})
	s.forget()
	return t, err
}

func (s *Store) addTeam(ctx context.Context, tx *sqlx.Tx, t lead.Team, now time.Time) (lead.Team, error) {
	t.ID, t.CreatedAt = uuid.Must(uuid.NewV7()).String(), at(now)
	if t.MaxClaimed == 0 {
		t.MaxClaimed = lead.DefaultMaxClaimed
	}
	if t.MaxUntouched == 0 {
		t.MaxUntouched = lead.DefaultMaxUntouched
	}
	route, err := json.Marshal(t.Route)
	if err != nil {
		return t, err
	}
	calendar := ""
	if t.Calendar != nil {
		b, err := json.Marshal(t.Calendar)
		if err != nil {
			return t, err
		}
		calendar = string(b)
	}
	var slugs []string
	if err := tx.SelectContext(ctx, &slugs, `SELECT slug FROM teams ORDER BY slug`); err != nil {
		return t, err
	}
	t.Slug = slug(t.Name, slugs)
	_, err = tx.ExecContext(ctx, `INSERT INTO teams (id, slug, name, route, calendar, max_claimed, max_untouched, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.Slug, t.Name, string(route), calendar, t.MaxClaimed, t.MaxUntouched, at(t.CreatedAt))
	if taken(err) {
		return t, &lead.Refusal{Kind: lead.ErrConflict, Text: "there is a team named " + t.Name + " already", Field: "name"}
	}
	if err != nil || len(slugs) > 0 {
		return t, err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE leads SET team_id = $1, version = version + 1, unannounced_at = $2
		WHERE team_id IS NULL AND merged_into = '' AND stage IN ('mql', 'claimed', 'sal', 'sql')`, t.ID, at(now))
	return t, err
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a team's name in URLs, unlike those that are there.
func slug(name string, have []string) string {
	base := strings.Trim(notSlug.ReplaceAllString(strings.Join(words(name), "-"), "-"), "-")
	if base == "" {
		base = "team"
	}
	base = base[:min(len(base), 40)]
	for n, s := 2, base; ; n++ {
		free := true
		for _, h := range have {
			free = free && h != s
		}
		if free {
			return s
		}
		s = fmt.Sprintf("%s-%d", base, n)
	}
}

// Book is the directory of people and teams.
func (s *Store) Book(ctx context.Context) (*lead.Book, error) {
	s.mu.Lock()
	c := s.book
	s.mu.Unlock()
	if c.ok() {
		return c.value, nil
	}
	now := time.Now()
	users, err := s.Users(ctx)
	if err != nil {
		return nil, err
	}
	teams, err := s.Teams(ctx)
	if err != nil {
		return nil, err
	}
	b := &lead.Book{Users: make(map[string]lead.User, len(users)), Teams: teams}
	for _, u := range users {
		b.Users[u.ID] = u
	}
	s.mu.Lock()
	s.book = cached[*lead.Book]{b, now}
	s.mu.Unlock()
	return b, nil
}

type keyRow struct {
	ID        string  `db:"id"`
	Kind      string  `db:"kind"`
	Name      string  `db:"name"`
	Hint      string  `db:"hint"`
	Hash      string  `db:"hash"`
	CreatedAt instant `db:"created_at"`
	RevokedAt instant `db:"revoked_at"`
}

func (r *keyRow) key() lead.Key {
	return lead.Key{ID: r.ID, Kind: lead.KeyKind(r.Kind), Name: r.Name, Hint: r.Hint, CreatedAt: time.Time(r.CreatedAt), RevokedAt: time.Time(r.RevokedAt)}
}

// Keys reads all keys, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]lead.Key, error) {
	var rows []keyRow
	err := s.read.SelectContext(ctx, &rows, `SELECT * FROM keys ORDER BY created_at, id`)
	keys := make([]lead.Key, len(rows))
	for i := range rows {
		keys[i] = rows[i].key()
	}
	return keys, wrap(err)
}

// AddKey stores a key by the hash of its secret.
func (s *Store) AddKey(ctx context.Context, k lead.Key, hash string, now time.Time) (lead.Key, error) {
	k.ID, k.CreatedAt = uuid.Must(uuid.NewV7()).String(), at(now)
	return k, s.exec(ctx, `INSERT INTO keys (id, kind, name, hint, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)`, k.ID, string(k.Kind), k.Name, k.Hint, hash, at(now))
}

// RevokeKey ends a key, found by id, hint or name. It is lead.ErrNotFound where
// no living key is called so, lead.ErrConflict where several are.
func (s *Store) RevokeKey(ctx context.Context, ref string, now time.Time) (lead.Key, error) {
	var rows []keyRow
	err := s.read.SelectContext(ctx, &rows, `SELECT * FROM keys WHERE revoked_at IS NULL AND (id = $1 OR hint = $1 OR name = $1)`, ref)
	switch {
	case err != nil:
		return lead.Key{}, wrap(err)
	case len(rows) == 0:
		return lead.Key{}, lead.NotFound("a key named " + ref)
	case len(rows) > 1:
		return lead.Key{}, &lead.Refusal{Kind: lead.ErrConflict, Text: "several keys are named " + ref + ": name one by its id"}
	}
	return rows[0].key(), s.exec(ctx, `UPDATE keys SET revoked_at = $2 WHERE id = $1`, rows[0].ID, at(now))
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
	err := s.read.GetContext(ctx, &row, `SELECT * FROM keys WHERE hash = $1 AND revoked_at IS NULL`, hash)
	if errors.Is(err, sql.ErrNoRows) {
		return lead.Key{}, lead.NotFound("the key")
	}
	if err != nil {
		return lead.Key{}, wrap(err)
	}
	s.mu.Lock()
	s.keys[hash] = cached[lead.Key]{row.key(), now}
	s.mu.Unlock()
	return row.key(), nil
}

func isNotFound(err error) bool { return errors.Is(err, lead.ErrNotFound) }
