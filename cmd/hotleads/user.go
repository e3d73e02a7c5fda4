package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/store"
)

const roles = "rep, manager, marketing or admin"

func userAdd() command {
	return command{
		name: "user add", brief: "add a person", settings: databaseSettings,
		about: `
A rep sees the boards of their teams; a manager without a team manages all. The password is the
first line of standard input, or is asked for on the terminal.

  hotleads user add --email rosa@example.com --name "Rosa Diaz" --role rep --team EMEA
  echo "$PASSWORD" | hotleads user add --email mia@example.com --name Mia --role marketing --password-stdin`,
		define: func(fs *flag.FlagSet) action {
			email := fs.String("email", "", "`ADDRESS`: to sign in with")
			name := fs.String("name", "", "`NAME`: what others see")
			role := fs.String("role", "", "`ROLE`: "+roles)
			var teams texts
			fs.Var(&teams, "team", "`NAME`: of a team; repeat it for more")
			stdin := fs.Bool("password-stdin", false, "read the password from standard input")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				u := lead.User{Email: lead.NormalEmail(*email), Name: strings.TrimSpace(*name), Role: lead.Role(*role)}
				switch {
				case u.Email == "":
					return wrongUsage("--email: got %q, want an email address", *email)
				case u.Name == "":
					return wrongUsage("--name: say what the person is called")
				case !u.Role.Valid():
					return wrongUsage("--role: got %q, want %s", *role, roles)
				}
				return c.addUser(ctx, s, u, teams, *stdin)
			}
		},
	}
}

func (c *cli) addUser(ctx context.Context, s settings, u lead.User, teams []string, stdin bool) error {
	return withStore(ctx, s, func(st *store.Store) error {
		known, err := st.Teams(ctx)
		if err != nil {
			return err
		}
		if u.Teams, err = teamIDs(known, teams); err != nil {
			return err
		}
		if u.Password, err = c.hashedPassword(ctx, stdin, u); err != nil {
			return err
		}
		if u, err = st.AddUser(ctx, lead.Operator, u, lead.Now()); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "%s (%s) can sign in as %s.\n", printable(u.Name), u.Role, u.Email)
		return err
	})
}

func (c *cli) hashedPassword(ctx context.Context, stdin bool, u lead.User) (string, error) {
	text, err := c.password(ctx, stdin)
	if err != nil {
		return "", err
	}
	return store.HashPassword(text, u.Email, u.Name)
}

func userList() command {
	return command{
		name: "user list", brief: "list the people", settings: databaseSettings,
		about: "  hotleads user list\n  hotleads user list --json",
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.listUsers(ctx, st, *asJSON) })
			}
		},
	}
}

// personView is a person as `user list --json` prints one.
type personView struct {
	ID         string    `json:"id"`
	Email      string    `json:"email"`
	Name       string    `json:"name"`
	Role       lead.Role `json:"role"`
	Teams      []string  `json:"teams"`
	CreatedAt  time.Time `json:"created_at"`
	AwayUntil  time.Time `json:"away_until,omitzero"`
	DisabledAt time.Time `json:"disabled_at,omitzero"`
}

func (c *cli) listUsers(ctx context.Context, st *store.Store, asJSON bool) error {
	book, err := st.Book(ctx)
	if err != nil {
		return err
	}
	users, err := st.Users(ctx)
	if err != nil {
		return err
	}
	people := make([]personView, len(users))
	rows := make([][]string, len(users))
	for i, u := range users {
		p := personView{ID: u.ID, Email: u.Email, Name: u.Name, Role: u.Role, Teams: []string{}, CreatedAt: u.CreatedAt, AwayUntil: awayUntil(u), DisabledAt: u.DisabledAt}
		for _, id := range u.Teams {
			if t := book.Team(id); t != nil {
				p.Teams = append(p.Teams, t.Name)
			}
		}
		state := "active"
		if !u.Active() {
			state = "disabled since " + day(u.DisabledAt)
		} else if now := lead.Now(); !u.There(now) {
			state = "away until " + day(u.BackAt(now))
		}
		people[i], rows[i] = p, []string{u.Email, u.Name, string(u.Role), strings.Join(p.Teams, ", "), state}
	}
	if asJSON {
		return writeJSON(c.stdout, people)
	}
	return table(c.stdout, []string{"EMAIL", "NAME", "ROLE", "TEAMS", "STATE"}, rows)
}

func userDisable() command {
	return command{
		name: "user disable", args: "EMAIL", brief: "keep a person from signing in", settings: databaseSettings,
		about: `
People are disabled, never deleted. What the person has claimed and not decided
goes back to the board at once; what they accepted stays theirs until a manager
moves it.

  hotleads user disable rosa@example.com`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say whom, by one email address")
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.disableUser(ctx, st, args[0]) })
			}
		},
	}
}

func (c *cli) disableUser(ctx context.Context, st *store.Store, email string) error {
	u, err := st.User(ctx, email)
	if err != nil {
		return err
	}
	now := lead.Now()
	if err := st.Disable(ctx, lead.Operator, u.ID, now); err != nil {
		return err
	}
	n, err := c.deskBeside(st).LetGo(ctx, u.ID, now)
	if err != nil {
		return fmt.Errorf("%s is disabled, but what they claimed is still theirs (run this again): %w", u.Email, err)
	}
	_, err = fmt.Fprintf(c.stdout, "%s is disabled; %s.\n", u.Email, count(n, "claimed lead went back to the board", "claimed leads went back to the board"))
	return err
}

func userPassword() command {
	return command{
		name: "user password", args: "EMAIL", brief: "set a person's password", settings: databaseSettings,
		about: `
Their sessions end: they sign in anew. The password is the first line of standard
input, or is asked for on the terminal.

  hotleads user password rosa@example.com
  echo "$PASSWORD" | hotleads user password rosa@example.com --password-stdin`,
		define: func(fs *flag.FlagSet) action {
			stdin := fs.Bool("password-stdin", false, "read the password from standard input")
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say whose, by one email address")
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.setPassword(ctx, st, args[0], *stdin) })
			}
		},
	}
}

func (c *cli) setPassword(ctx context.Context, st *store.Store, email string, stdin bool) error {
	u, err := st.User(ctx, email)
	if err != nil {
		return err
	}
	hash, err := c.hashedPassword(ctx, stdin, u)
	if err != nil {
		return err
	}
	if err := st.SetPassword(ctx, lead.Operator, u.ID, hash, lead.Now()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "%s has a new password.\n", u.Email)
	return err
}

// count is a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return imports.Thousands(n) + " " + many
}

// awayUntil is when somebody who is away comes back; zero where they are there.
func awayUntil(u lead.User) time.Time {
	if now := lead.Now(); !u.There(now) {
		return u.BackAt(now)
	}
	return time.Time{}
}
