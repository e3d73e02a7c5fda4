package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Empty tells whether nobody can sign in yet: the installation is to be set up.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int
	err := s.read.GetContext(ctx, &n, `SELECT COUNT(*) FROM (SELECT 1 FROM users LIMIT 1) AS any_user`)
	return n == 0, wrap(err)
}

// SetUp makes the company, its first team (unless one is there) and its
// administrator, only where there is no person yet: else lead.ErrConflict. A
// wrong field is lead.ErrInvalid, and nothing is kept then.
func (s *Store) SetUp(ctx context.Context, f lead.SetUp, now time.Time) (lead.User, error) {
	a, err := lead.DefaultAgreement(f.Zone)
	if err != nil {
		err = lead.Invalid("zone", "%q is not a time zone such as Europe/Berlin", f.Zone)
	}
	if err := lead.Together(lead.CheckName("company", "the company", f.Company), err, lead.CheckName("team", "the team", f.Team), lead.CheckName("name", "the administrator", f.Name),
		checkEmail(f.Email), lead.CheckPassword(f.Password, f.Email, f.Name, f.Company)); err != nil {
		return lead.User{}, err
	}
	hash, err := HashPassword(f.Password, f.Email, f.Name, f.Company)
	if err != nil {
		return lead.User{}, err
	}
	u := newUser(lead.User{Email: f.Email, Name: f.Name, Role: lead.Admin, Password: hash}, now)
	err = s.inTx(ctx, func(tx *sqlx.Tx) error { return setUp(ctx, tx, u, f, a, now) })
	s.forget()
	return u, err
}

func setUp(ctx context.Context, tx *sqlx.Tx, u lead.User, f lead.SetUp, a lead.Agreement, now time.Time) error {
	var teams int
	if err := tx.GetContext(ctx, &teams, `SELECT COUNT(*) FROM teams`); err != nil {
		return fmt.Errorf("store: set up: %w", err)
	}
	team := lead.Team{Name: f.Team}
	if teams > 0 {
		team.Name = "" // made on the command line before the first visit
	}
	by := lead.Person(u, "page") // nobody else is there
	if err := firstUser(ctx, tx, by, u, team, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, setSetting, "company", f.Company); err != nil {
		return fmt.Errorf("store: set up: %w", err)
	}
	if err := record(ctx, tx, by, lead.CompanySetUp, "", f.Company, now); err != nil {
		return err
	}
	row, err := agreement(ctx, tx)
	if err != nil {
		return err
	}
	have, err := lead.ParseAgreement([]byte(row.Body))
	if err != nil || have.SLA.Calendar.Zone().String() == a.SLA.Calendar.Zone().String() {
		return err
	}
	_, err = activate(ctx, tx, by, a, now)
	return err
}
