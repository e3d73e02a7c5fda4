package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/store"
)

func userAway() command {
	return command{
		name: "user away", args: "EMAIL", brief: "say when a rep is away", settings: databaseSettings,
		about: `
Who is away is offered no lead, and what they have claimed and not decided goes
back to the board. Days are those of their first team's time zone; --back is the
first day on which they are there again. Without flags it lists what is planned.

  hotleads user away rosa@example.com --back 2026-12-07
  hotleads user away rosa@example.com --from 2026-12-21 --back 2027-01-04
  hotleads user away rosa@example.com --drop 019b1c2e-7d3a-7000-8000-000000000001
  hotleads user back rosa@example.com`,
		define: func(fs *flag.FlagSet) action {
			var in awayInput
			fs.StringVar(&in.from, "from", "", "`DAY`: the first day away, as 2026-12-21; else now")
			fs.StringVar(&in.back, "back", "", "`DAY`: the first day back")
			fs.StringVar(&in.drop, "drop", "", "`ID`: take a planned time back")
			fs.BoolVar(&in.asJSON, "json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				switch {
				case len(args) != 1:
					return wrongUsage("say who, by one email address")
				case in.drop != "" && in.from+in.back != "", in.from != "" && in.back == "":
					return wrongUsage("give --back, with --from or without, or --drop")
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.away(ctx, st, args[0], in) })
			}
		},
	}
}

func userBack() command {
	return command{
		name: "user back", args: "EMAIL", brief: "say that a rep is there again", settings: databaseSettings,
		about: "  hotleads user back rosa@example.com",
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say who, by one email address")
				}
				return withStore(ctx, s, func(st *store.Store) error {
					u, err := st.User(ctx, args[0])
					if err == nil {
						u, _, err = c.deskBeside(st).SetAway(ctx, u.ID, time.Time{}, lead.Operator, lead.Now())
					}
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(c.stdout, "%s is there.\n", printable(u.Name))
					return err
				})
			}
		},
	}
}

// awayInput is what the flags of `user away` say.
type awayInput struct {
	from, back, drop string
	asJSON           bool
}

func (c *cli) away(ctx context.Context, st *store.Store, email string, in awayInput) error {
	u, err := st.User(ctx, email)
	if err != nil {
		return err
	}
	rules, err := st.Rules(ctx)
	if err != nil {
		return err
	}
	book, err := st.Book(ctx)
	if err != nil {
		return err
	}
	desk, zone, now := c.deskBeside(st), rules.HomeZone(book, u), lead.Now()
	on := func(t time.Time) string { return t.In(zone).Format("Mon 2 Jan 2006") }
	switch {
	case in.drop != "":
		if err := desk.EndAbsence(ctx, u.ID, in.drop, lead.Operator, now); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "Taken back: %s is not away then.\n", printable(u.Name))
	case in.from != "":
		var l lead.Leave
		if l, err = desk.PlanLeave(ctx, u.ID, in.from, in.back, zone, lead.Operator, now); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "%s is away from %s until %s.\n", printable(u.Name), on(l.From), on(l.Until))
	case in.back != "":
		var n int
		if u, n, err = desk.GoAway(ctx, u.ID, in.back, zone, lead.Operator, now); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "%s is away until %s; %s.\n", printable(u.Name), on(u.AwayUntil), count(n, "claimed lead went back to the board", "claimed leads went back to the board"))
	default:
		return c.listAbsences(u, now, on, in.asJSON)
	}
	return err
}

func (c *cli) listAbsences(u lead.User, now time.Time, on func(time.Time) string, asJSON bool) error {
	if asJSON {
		return writeJSON(c.stdout, handlers.AbsencesOf(u, now))
	}
	var rows [][]string
	for _, a := range u.TimesAway(now) {
		from := "since a while"
		if !a.From.IsZero() {
			from = on(a.From)
		}
		rows = append(rows, []string{from, on(a.Until), a.ID})
	}
	return table(c.stdout, []string{"AWAY FROM", "BACK ON", "ID"}, rows)
}
