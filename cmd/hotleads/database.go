package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// withStore opens the database, migrated, for a command that may run beside a
// server. On Postgres such a command leaves migrating to those who deploy.
func withStore(ctx context.Context, s settings, f func(*store.Store) error) (err error) {
	st, err := store.Open(ctx, s.DatabaseURL)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if st.Embedded() {
		if _, err := st.Migrate(ctx, lead.Now()); err != nil {
			return err
		}
		return f(st)
	}
	pending, err := st.Pending(ctx)
	if err != nil {
		return err
	}
	if pending {
		return errors.New("the database waits for migrations: run `hotleads migrate` first")
	}
	return f(st)
}

// pause waits, or returns why it may not.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// elsewhere stands in a command for the rankings of the servers, which a
// process beside them can't reach when they are embedded: what is not announced
// here the servers' sweep announces within a second.
type elsewhere struct{}

var errElsewhere = errors.New("the servers keep the rankings")

func (elsewhere) Rank(context.Context, []lead.Rank) error { return errElsewhere }
func (elsewhere) Top(context.Context, string, int) ([]string, error) {
	return nil, errElsewhere
}
func (elsewhere) Reset(context.Context, string) error { return errElsewhere }
func (elsewhere) Begin(context.Context, string) (string, error) {
	return "", errElsewhere
}
func (elsewhere) Built(context.Context, string, string) error { return errElsewhere }
func (elsewhere) Ring(context.Context, lead.Notice) error     { return nil }

// deskBeside is the desk of a command that runs beside servers.
func (c *cli) deskBeside(s lead.Store) *lead.Desk {
	log := slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	return lead.NewDesk(s, elsewhere{}, elsewhere{}, log)
}

// teamNamed finds a team by name or slug, without regard to case.
func teamNamed(teams []lead.Team, name string) (lead.Team, bool) {
	i := slices.IndexFunc(teams, func(t lead.Team) bool {
		return strings.EqualFold(t.Name, strings.TrimSpace(name)) || strings.EqualFold(t.Slug, strings.TrimSpace(name))
	})
	if i < 0 {
		return lead.Team{}, false
	}
	return teams[i], true
}

// teamIDs finds teams by name; an unknown one is named with those there are.
func teamIDs(teams []lead.Team, names []string) ([]string, error) {
	var ids []string
	for _, name := range names {
		t, ok := teamNamed(teams, name)
		if !ok {
			return nil, fmt.Errorf("there is no team %q; %s", name, thereAre(teamNames(teams)))
		}
		if !slices.Contains(ids, t.ID) {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

func teamNames(teams []lead.Team) []string {
	names := make([]string, len(teams))
	for i, t := range teams {
		names[i] = t.Name
	}
	return names
}

func thereAre(names []string) string {
	if len(names) == 0 {
		return "there are none yet"
	}
	return "there are " + strings.Join(names, ", ")
}
