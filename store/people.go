package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

type userRow struct {
	ID         string  `db:"id"`
	Email      string  `db:"email"`
	Name       string  `db:"name"`
	Role       string  `db:"role"`
	Password   string  `db:"password"`
	CreatedAt  instant `db:"created_at"`
	DisabledAt instant `db:"disabled_at"`
	AwayUntil  moment  `db:"away_until"`
}

func (r *userRow) user() lead.User {
	return lead.User{ID: r.ID, Email: r.Email, Name: r.Name, Role: lead.Role(r.Role), Password: r.Password,
		CreatedAt: time.Time(r.CreatedAt), DisabledAt: time.Time(r.DisabledAt), AwayUntil: time.Time(r.AwayUntil.instant)}
}

const userList = `id, email, name, role, password, created_at, disabled_at, away_until`

// Users reads all people with their teams, in order of joining.
func (s *Store) Users(ctx context.Context) ([]lead.User, error) {
	users, _, err := readUsers(ctx, s.read, ``, ``)
	return users, err
}

// User reads a person afresh, by id or email.
func (s *Store) User(ctx context.Context, idOrEmail string) (lead.User, error) {
	where, arg := `id = $1`, idOrEmail
	if email := lead.NormalEmail(idOrEmail); email != "" {
		where, arg = `email = $1`, email
	}
	users, _, err := readUsers(ctx, s.often(), ` WHERE `+where, ` WHERE user_id IN (SELECT id FROM users WHERE `+where+`)`, arg)
	if err != nil {
		return lead.User{}, err
	}
	if len(users) == 0 {
		return lead.User{}, lead.NotFound("the person " + idOrEmail)
	}
	return users[0], nil
}

// readUsers reads people with their teams, and tells which of their times away cannot
// be read: they are done without.
func readUsers(ctx context.Context, q sqlx.QueryerContext, which, whose string, args ...any) (users []lead.User, faults []error, err error) {
	byID := map[string]int{}
	away := func(user string, err error) {
		faults = append(faults, fmt.Errorf("store: when %s is away: %w", user, err))
	}
	err = query(ctx, q, `SELECT `+userList+` FROM users`+which+` ORDER BY created_at, id`, args, func(r *sqlx.Rows) error {
		var row userRow
		err := r.StructScan(&row)
		if row.AwayUntil.err != nil {
			away(row.ID, row.AwayUntil.err)
		}
		byID[row.ID] = len(users)
		users = append(users, row.user())
		return err
	})
	if err != nil || len(users) == 0 {
		return users, faults, wrap(err)
	}
	if err := query(ctx, q, `SELECT user_id, id, from_at, until_at FROM absences`+whose+` ORDER BY from_at, id`, args, func(r *sqlx.Rows) error {
		var u string
		var l lead.Leave
		var from, until moment
		if err := r.Scan(&u, &l.ID, &from, &until); err != nil {
			return err
		}
		l.From, l.Until = time.Time(from.instant), time.Time(until.instant)
		if err := errors.Join(from.err, until.err); err != nil {
			away(u, err)
		} else if i, ok := byID[u]; ok {
			users[i].Leaves = append(users[i].Leaves, l)
		}
		return nil
	}); err != nil {
		return users, faults, wrap(err)
	}
	return users, faults, wrap(query(ctx, q, `SELECT user_id, team_id FROM memberships`+whose+` ORDER BY joined_at, team_id`, args, func(r *sqlx.Rows) error {
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
// taken is a lead.ErrConflict; one that is none, a team that is not there and a
// wrong name or role are lead.ErrInvalid.
func (s *Store) AddUser(ctx context.Context, by lead.Actor, u lead.User, now time.Time) (lead.User, error) {
	u = newUser(u, now)
	err := s.inTx(ctx, func(tx *sqlx.Tx) error { return addUser(ctx, tx, by, u) })
	s.forget()
	return u, err
}

func newUser(u lead.User, now time.Time) lead.User {
	u.Name = strings.TrimSpace(u.Name)
	u.ID, u.CreatedAt = uuid.Must(uuid.NewV7()).String(), at(now)
	if email := lead.NormalEmail(u.Email); email != "" {
		u.Email = email
	}
	return u
}

// checkEmail refuses what nobody can sign in with.
func checkEmail(email string) error {
	switch {
	case strings.TrimSpace(email) == "":
		return lead.Invalid("email", "say the mail address they sign in with")
	case lead.NormalEmail(email) == "":
		return lead.Invalid("email", "%q is not a mail address", email)
	}
	return nil
}

func addUser(ctx context.Context, tx *sqlx.Tx, by lead.Actor, u lead.User) error {
	if err := lead.Together(checkEmail(u.Email), lead.Persona{Name: u.Name, Role: u.Role}.Check()); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO users (id, email, name, role, password, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, u.Email, u.Name, string(u.Role), u.Password, at(u.CreatedAt))
	if taken(err) {
		return &lead.Refusal{Kind: lead.ErrConflict, Text: "somebody with the address " + u.Email + " is here already", Field: "email"}
	}
	if err != nil {
		return fmt.Errorf("store: add user: %w", err)
	}
	for i, team := range u.Teams {
		_, err := tx.ExecContext(ctx, `INSERT INTO memberships (user_id, team_id, joined_at) VALUES ($1, $2, $3)`,
			u.ID, team, at(u.CreatedAt.Add(time.Duration(i)*time.Microsecond)))
		switch {
		case dangling(err):
			return lead.Invalid("team", "there is no team %q", team)
		case taken(err):
			return lead.Invalid("team", "the team %q stands there twice", team)
		case err != nil:
			return fmt.Errorf("store: add user to team: %w", err)
		}
	}
	return record(ctx, tx, by, lead.PersonAdded, u.ID, u.Name+" ("+u.Email+"), "+string(u.Role), u.CreatedAt)
}

// FirstUser stores a person and a team in one step, only where there is no
// person yet: else lead.ErrConflict. A team without name is left out.
func (s *Store) FirstUser(ctx context.Context, by lead.Actor, u lead.User, team lead.Team, now time.Time) (lead.User, error) {
	u = newUser(u, now)
	err := s.inTx(ctx, func(tx *sqlx.Tx) error { return firstUser(ctx, tx, by, u, team, now) })
	s.forget()
	return u, err
}

func firstUser(ctx context.Context, tx *sqlx.Tx, by lead.Actor, u lead.User, team lead.Team, now time.Time) error {
	// The settings row is taken by the first; a second waits for it and fails.
	res, err := tx.ExecContext(ctx, `INSERT INTO settings (key, value) VALUES ('set_up_at', $1) ON CONFLICT (key) DO NOTHING`, now.UTC().Format(time.RFC3339))
	if err != nil {
		return fmt.Errorf("store: first user: %w", err)
	}
	first, err := res.RowsAffected()
	if err != nil {
		return err
	}
	var n int
	if err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM users`); err != nil {
		return fmt.Errorf("store: first user: %w", err)
	}
	if first == 0 || n > 0 {
		return &lead.Refusal{Kind: lead.ErrConflict, Text: "this installation is set up already: sign in"}
	}
	if team.Name != "" {
		if _, err := addTeam(ctx, tx, by, team, now); err != nil {
			return err
		}
	}
	return addUser(ctx, tx, by, u)
}

// Book is the directory of people and teams. When it has to be read, one reads for
// all who ask meanwhile: thousands of browsers come back at the same moment.
func (s *Store) Book(ctx context.Context) (*lead.Book, error) {
	asked := time.Now()
	if c := s.bookAtHand(); c.ok() {
		return c.value, nil
	}
	select {
	case s.bookTurn <- struct{}{}:
		defer func() { <-s.bookTurn }()
	case <-ctx.Done():
		return nil, wrap(ctx.Err())
	}
	if c := s.bookAtHand(); c.at.After(asked) {
		return c.value, nil
	}
	return s.FreshBook(ctx)
}

func (s *Store) bookAtHand() cached[*lead.Book] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book
}

// FreshBook is the Book as it is now, whatever is at hand.
func (s *Store) FreshBook(ctx context.Context) (*lead.Book, error) {
	now := time.Now()
	s.mu.Lock()
	forgot := s.forgot
	s.mu.Unlock()
	users, faults, err := readUsers(ctx, s.often(), ``, ``)
	if err != nil {
		return nil, err
	}
	teams, more, err := s.readTeams(ctx, s.often())
	if err != nil {
		return nil, err
	}
	b := &lead.Book{Users: make(map[string]lead.User, len(users)), Teams: teams, Faults: append(faults, more...)}
	for _, u := range users {
		b.Users[u.ID] = u
	}
	s.mu.Lock()
	if s.forgot == forgot {
		s.book = cached[*lead.Book]{b, now}
	}
	s.mu.Unlock()
	return b, nil
}
