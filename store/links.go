package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Links keeps one-time links: invites, and resets of passwords. What opens one
// is 130 random bits, of which only the keyed hash is stored: who reads or writes
// the table can't use it.
type Links struct {
	s      *Store
	secret []byte
}

// Links is the store's table of links, under the installation's secret
// (SECRET_KEY). Another secret ends all of them.
func (s *Store) Links(secret []byte) *Links { return &Links{s, secret} }

// The kinds of link.
const (
	inviteLink = "invite"
	resetLink  = "reset"
)

// hash depends on the kind, so that a link of one is none of the other.
func (t *Links) hash(kind, token string) string {
	return keyed(t.secret, kind+":"+token)
}

type linkRow struct {
	ID        string  `db:"id"`
	Kind      string  `db:"kind"`
	Hash      string  `db:"hash"`
	UserID    string  `db:"user_id"`
	Email     string  `db:"email"`
	Name      string  `db:"name"`
	Role      string  `db:"role"`
	Teams     string  `db:"teams"` // JSON list of ids
	CreatedBy string  `db:"created_by"`
	CreatedAt instant `db:"created_at"`
	ExpiresAt instant `db:"expires_at"`
	UsedAt    instant `db:"used_at"`
	EndedAt   instant `db:"ended_at"`
}

const linkList = `id, kind, hash, user_id, email, name, role, teams, created_by, created_at, expires_at, used_at, ended_at`

func (r *linkRow) invite() (lead.Invite, error) {
	i := lead.Invite{ID: r.ID, Email: r.Email, Name: r.Name, Role: lead.Role(r.Role), By: r.CreatedBy, CreatedAt: time.Time(r.CreatedAt), ExpiresAt: time.Time(r.ExpiresAt)}
	if err := json.Unmarshal([]byte(r.Teams), &i.Teams); err != nil {
		return i, fmt.Errorf("store: teams of invite %s: %w", r.ID, err)
	}
	return i, nil
}

// open refuses a link that is no longer good: lead.ErrGone.
func (r *linkRow) open(now time.Time) error {
	what := "this invite"
	if r.Kind == resetLink {
		what = "this link"
	}
	switch {
	case !time.Time(r.UsedAt).IsZero():
		return gone("%s has been used already: sign in with your address and the password you chose", what)
	case !time.Time(r.EndedAt).IsZero():
		return gone("%s is no longer good: there is a newer one, or it was withdrawn. Ask an administrator", what)
	case !time.Time(r.ExpiresAt).After(now):
		return gone("%s has expired: ask an administrator for a new one", what)
	}
	return nil
}

func gone(format, what string) error {
	return &lead.Refusal{Kind: lead.ErrGone, Text: fmt.Sprintf(format, what)}
}

// find reads the link that a token opens, if it is still good.
func (t *Links) find(ctx context.Context, q sqlx.QueryerContext, kind, token string, now time.Time) (linkRow, error) {
	var row linkRow
	err := sqlx.GetContext(ctx, q, &row, `SELECT `+linkList+` FROM links WHERE hash = $1`, t.hash(kind, token))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return row, gone("%s does not exist, or it is not whole: copy it again", "this link")
	case err != nil:
		return row, wrap(err)
	}
	return row, row.open(now)
}

// use takes a link: of many who try, one does.
func (t *Links) use(ctx context.Context, tx *sqlx.Tx, kind, token string, now time.Time) (linkRow, error) {
	res, err := tx.ExecContext(ctx, `UPDATE links SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND ended_at IS NULL AND expires_at > $2`, t.hash(kind, token), at(now))
	if err != nil {
		return linkRow{}, fmt.Errorf("store: use link: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil {
		return linkRow{}, err
	} else if n == 0 {
		if row, err := t.find(ctx, tx, kind, token, now); err != nil {
			return row, err
		}
		return linkRow{}, gone("%s is no longer good", "this link")
	}
	var row linkRow
	if err := tx.GetContext(ctx, &row, `SELECT `+linkList+` FROM links WHERE hash = $1`, t.hash(kind, token)); err != nil {
		return row, fmt.Errorf("store: use link: %w", err)
	}
	return row, nil
}

// Invite asks somebody in and returns what their link ends with, which is not
// kept. An address that is here or was invited already is lead.ErrConflict, a
// wrong field lead.ErrInvalid.
func (t *Links) Invite(ctx context.Context, by lead.Actor, i lead.Invite, now time.Time) (string, lead.Invite, error) {
	i.Name = strings.TrimSpace(i.Name)
	wrong := lead.Together(checkEmail(i.Email), lead.Persona{Name: i.Name, Role: i.Role}.Check())
	email := lead.NormalEmail(i.Email)
	i.Email = cmp.Or(email, i.Email)
	i.ID, i.By, i.CreatedAt, i.ExpiresAt = uuid.Must(uuid.NewV7()).String(), by.ID, at(now), at(now.Add(lead.InviteFor))
	token := newToken()
	err := t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		names, err := teamNames(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range i.Teams {
			if names[id] == "" {
				wrong = lead.Together(wrong, lead.Invalid("teams", "there is no team %q", id))
			}
		}
		if wrong != nil {
			return wrong
		}
		if err := free(ctx, tx, email); err != nil {
			return err
		}
		teams, err := json.Marshal(append([]string{}, i.Teams...))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO links (id, kind, hash, user_id, email, name, role, teams, created_by, created_at, expires_at)
			VALUES ($1, $2, $3, '', $4, $5, $6, $7, $8, $9, $10)`,
			i.ID, inviteLink, t.hash(inviteLink, token), email, i.Name, string(i.Role), string(teams), i.By, at(i.CreatedAt), at(i.ExpiresAt))
		if taken(err) {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: email + " is invited already: make a new link below, or withdraw it first", Field: "email"}
		}
		if err != nil {
			return fmt.Errorf("store: invite: %w", err)
		}
		return record(ctx, tx, by, lead.PersonInvited, i.ID, inviteDetail(i)+", teams: "+namesOf(names, i.Teams), now)
	})
	if err != nil {
		return "", i, err
	}
	return token, i, nil
}

// free refuses the address of somebody who is here.
func free(ctx context.Context, tx *sqlx.Tx, email string) error {
	users, _, err := readUsers(ctx, tx, ` WHERE email = $1`, ` WHERE user_id IN (SELECT id FROM users WHERE email = $1)`, email)
	if err != nil {
		return fmt.Errorf("store: invite: %w", err)
	}
	if len(users) > 0 {
		u := users[0]
		text := u.Name + " is here already with the address " + email
		if !u.Active() {
			text += ", disabled: enable them instead"
		}
		return &lead.Refusal{Kind: lead.ErrConflict, Text: text, Field: "email"}
	}
	return nil
}

func inviteDetail(i lead.Invite) string { return i.Name + " (" + i.Email + "), " + string(i.Role) }

// changeInvite changes an invite that nobody has used.
func (t *Links) changeInvite(ctx context.Context, by lead.Actor, id string, what lead.Deed, now time.Time, f func(*lead.Invite) (string, []any)) (lead.Invite, error) {
	var i lead.Invite
	err := t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		var row linkRow
		err := tx.GetContext(ctx, &row, `SELECT `+linkList+` FROM links WHERE id = $1 AND kind = $2`, id, inviteLink)
		if errors.Is(err, sql.ErrNoRows) {
			return lead.NotFound("that invite")
		}
		if err != nil {
			return fmt.Errorf("store: invite: %w", err)
		}
		if i, err = row.invite(); err != nil {
			return err
		}
		text, args := f(&i)
		res, err := tx.ExecContext(ctx, text+` WHERE id = $1 AND used_at IS NULL AND ended_at IS NULL`, append([]any{id}, args...)...)
		if err != nil {
			return fmt.Errorf("store: invite: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: "the invite of " + i.Email + " has been used or withdrawn meanwhile"}
		}
		return record(ctx, tx, by, what, id, inviteDetail(i), now)
	})
	return i, err
}

// Renew makes the link of an invite anew, good for as long as a first one; the
// old one is no longer.
func (t *Links) Renew(ctx context.Context, by lead.Actor, id string, now time.Time) (string, lead.Invite, error) {
	token := newToken()
	i, err := t.changeInvite(ctx, by, id, lead.InviteRenewed, now, func(i *lead.Invite) (string, []any) {
		i.ExpiresAt = at(now.Add(lead.InviteFor))
		return `UPDATE links SET hash = $2, expires_at = $3`, []any{t.hash(inviteLink, token), at(i.ExpiresAt)}
	})
	if err != nil {
		return "", i, err
	}
	return token, i, nil
}

// Withdraw ends an invite.
func (t *Links) Withdraw(ctx context.Context, by lead.Actor, id string, now time.Time) (lead.Invite, error) {
	return t.changeInvite(ctx, by, id, lead.InviteWithdrawn, now, func(*lead.Invite) (string, []any) {
		return `UPDATE links SET ended_at = $2`, []any{at(now)}
	})
}

// Invites are those that nobody has used, the newest first, expired ones included.
func (t *Links) Invites(ctx context.Context) ([]lead.Invite, error) {
	var rows []linkRow
	err := t.s.read.SelectContext(ctx, &rows, `SELECT `+linkList+` FROM links WHERE kind = $1 AND used_at IS NULL AND ended_at IS NULL ORDER BY created_at DESC, id DESC`, inviteLink)
	if err != nil {
		return nil, wrap(err)
	}
	out := make([]lead.Invite, len(rows))
	for i := range rows {
		if out[i], err = rows[i].invite(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Invited reads whom a link invites: lead.ErrGone where it is not, or no longer, good.
func (t *Links) Invited(ctx context.Context, token string, now time.Time) (lead.Invite, error) {
	row, err := t.find(ctx, t.s.read, inviteLink, token, now)
	if err != nil {
		return lead.Invite{}, err
	}
	return row.invite()
}

// Join makes a person of who was invited, with the password that they chose.
func (t *Links) Join(ctx context.Context, token, password string, now time.Time) (lead.User, error) {
	i, err := t.Invited(ctx, token, now) // before a stranger's password is hashed, which is work
	if err != nil {
		return lead.User{}, err
	}
	hash, err := HashPassword(password, i.Email, i.Name)
	if err != nil {
		return lead.User{}, err
	}
	u := newUser(lead.User{Email: i.Email, Name: i.Name, Role: i.Role, Teams: i.Teams, Password: hash}, now)
	err = t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := t.use(ctx, tx, inviteLink, token, now); err != nil {
			return err
		}
		return addUser(ctx, tx, lead.Person(u, "invite"), u)
	})
	t.s.forget()
	return u, err
}

// Reset makes a link by which an active person chooses a new password, in place
// of those before.
func (t *Links) Reset(ctx context.Context, by lead.Actor, userID string, now time.Time) (string, time.Time, error) {
	token, until := newToken(), at(now.Add(lead.ResetFor))
	err := t.s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error {
		if !u.Active() {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: u.Name + " is disabled: enable them first"}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE links SET ended_at = $2 WHERE user_id = $1 AND used_at IS NULL AND ended_at IS NULL`, u.ID, at(now)); err != nil {
			return fmt.Errorf("store: reset link: %w", err)
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO links (id, kind, hash, user_id, email, name, role, teams, created_by, created_at, expires_at)
			VALUES ($1, $2, $3, $4, '', '', '', '[]', $5, $6, $7)`,
			uuid.Must(uuid.NewV7()).String(), resetLink, t.hash(resetLink, token), u.ID, by.ID, at(now), until)
		if err != nil {
			return fmt.Errorf("store: reset link: %w", err)
		}
		return record(ctx, tx, by, lead.ResetLinkMade, u.ID, "", now)
	})
	return token, until, err
}

// ResetOf is whose password a link sets: lead.ErrGone where it is not, or no
// longer, good.
func (t *Links) ResetOf(ctx context.Context, token string, now time.Time) (lead.User, error) {
	row, err := t.find(ctx, t.s.read, resetLink, token, now)
	if err != nil {
		return lead.User{}, err
	}
	return t.s.User(ctx, row.UserID)
}

// UseReset gives the person of a link the password that they chose; all their
// sessions end.
func (t *Links) UseReset(ctx context.Context, token, password string, now time.Time) (lead.User, error) {
	u, err := t.ResetOf(ctx, token, now)
	if err != nil {
		return u, err
	}
	if u.Password, err = HashPassword(password, u.Email, u.Name); err != nil {
		return u, err
	}
	err = t.s.changePerson(ctx, u.ID, now, func(tx *sqlx.Tx, u2 lead.User) error {
		if _, err := t.use(ctx, tx, resetLink, token, now); err != nil {
			return err
		}
		return setPassword(ctx, tx, lead.Person(u, "reset link"), u2.ID, u.Password, now)
	})
	return u, err
}
