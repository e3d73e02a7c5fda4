package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// withDisplays opens the displays, under the secret that the servers have.
func withDisplays(ctx context.Context, s settings, f func(*store.Store, *store.Displays) error) error {
	return withStore(ctx, s, func(st *store.Store) error {
		secret, err := secretKey(s)
		if err != nil {
			return err
		}
		switch own, err := st.OwnSecret(ctx, secret); {
		case err != nil:
			return err
		case !own:
			return errors.New("SECRET_KEY: it is not the key of the servers of this database, which would not open the link; want theirs (made with SQLite: " + secretFile + " beside the file)")
		}
		return f(st, st.Displays(secret))
	})
}

func displayAdd() command {
	return command{
		name: "display add", brief: "make a link for a screen on a wall and print it, once", settings: displaySettings,
		about: `
The link opens the team's board, to look at, without a sign-in. How much it shows
of a lead: full (Ada B., Analytical Engines), initials (A. B., Analytical Engines)
or company (Analytical Engines). Only a hash is stored: the link can't be shown
again. Nothing else is printed: the whole address where BASE_URL is set, else its
path on the server. SECRET_KEY must be that of the servers: another is refused.

  hotleads display add --name "Lobby" --team EMEA --privacy initials`,
		define: func(fs *flag.FlagSet) action {
			name := fs.String("name", "", "`NAME`: where it hangs")
			team := fs.String("team", "", "`NAME`: the team whose board it shows")
			privacy := fs.String("privacy", string(lead.ShowInitials), "`LEVEL`: full, initials or company")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				d := lead.Display{Name: strings.TrimSpace(*name), Privacy: lead.Privacy(*privacy)}
				switch {
				case d.Name == "":
					return wrongUsage("--name: say where the display hangs")
				case *team == "":
					return wrongUsage("--team: say whose board it shows")
				}
				return withDisplays(ctx, s, func(st *store.Store, displays *store.Displays) error {
					teams, err := st.Teams(ctx)
					if err != nil {
						return err
					}
					ids, err := teamIDs(teams, []string{*team})
					if err != nil {
						return err
					}
					d.TeamID = ids[0]
					token, _, err := displays.Add(ctx, lead.Operator, d, lead.Now())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintln(c.stdout, s.BaseURL+"/tv/"+token)
					return err
				})
			}
		},
	}
}

// displayView is a display as `display list --json` prints one.
type displayView struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Team      string       `json:"team"`
	Privacy   lead.Privacy `json:"privacy"`
	CreatedAt time.Time    `json:"created_at"`
	SeenAt    time.Time    `json:"seen_at,omitzero"`
	RevokedAt time.Time    `json:"revoked_at,omitzero"`
}

func displayList() command {
	return command{
		name: "display list", brief: "list the displays, without their links", settings: databaseSettings,
		about: "  hotleads display list\n  hotleads display list --json",
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.listDisplays(ctx, st, *asJSON) })
			}
		},
	}
}

func (c *cli) listDisplays(ctx context.Context, st *store.Store, asJSON bool) error {
	displays, err := st.Displays(nil).All(ctx) // no link is looked up
	if err != nil {
		return err
	}
	book, err := st.Book(ctx)
	if err != nil {
		return err
	}
	views := make([]displayView, len(displays))
	rows := make([][]string, len(displays))
	for i, d := range displays {
		v := displayView{ID: d.ID, Name: d.Name, Privacy: d.Privacy, CreatedAt: d.CreatedAt, SeenAt: d.SeenAt, RevokedAt: d.RevokedAt}
		if t := book.Team(d.TeamID); t != nil {
			v.Team = t.Name
		}
		state := "never seen"
		switch {
		case !d.Living():
			state = "revoked " + day(d.RevokedAt)
		case !d.SeenAt.IsZero():
			state = "seen " + day(d.SeenAt)
		}
		views[i], rows[i] = v, []string{d.Name, v.Team, string(d.Privacy), day(d.CreatedAt), state, d.ID}
	}
	if asJSON {
		return writeJSON(c.stdout, views)
	}
	return table(c.stdout, []string{"NAME", "TEAM", "SHOWS", "CREATED", "STATE", "ID"}, rows)
}

func displayRevoke() command {
	return command{
		name: "display revoke", args: "NAME|ID", brief: "end a display's link", settings: databaseSettings,
		about: `
Its wall says so within seconds. A name that several displays have is refused:
then name the display by its id.

  hotleads display revoke Lobby`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say which, by one name or id")
				}
				return withStore(ctx, s, func(st *store.Store) error {
					d, err := st.Displays(nil).Revoke(ctx, lead.Operator, args[0], lead.Now())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(c.stdout, "The display %s is revoked.\n", printable(d.Name))
					return err
				})
			}
		},
	}
}
