package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

func migrateCommand() command {
	return command{
		name: "migrate", brief: "bring the database's schema up to date", settings: databaseSettings,
		about: `
Any number of instances may do so at once. serve does it when it starts; with
Postgres the other commands wait for it.

  hotleads migrate --database-url postgres://hotleads@db/hotleads`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, _ []string) (err error) {
				st, err := store.Open(ctx, s.DatabaseURL)
				if err != nil {
					return fmt.Errorf("DATABASE_URL: %w", err)
				}
				defer func() { err = errors.Join(err, st.Close()) }()
				n, err := st.Migrate(ctx, lead.Now())
				if err != nil {
					return err
				}
				text := "The database is up to date."
				if n > 0 {
					text = count(n, "migration ran", "migrations ran") + "; the database is up to date."
				}
				_, err = fmt.Fprintln(c.stdout, text)
				return err
			}
		},
	}
}

// rebuildRequest is the setting by which `rebuild` asks servers to rebuild their
// embedded rankings: they look every second whether it has changed.
const rebuildRequest = "rebuild_requested"

func rebuildCommand() command {
	return command{
		name: "rebuild", brief: "make the rankings in Redis anew from the database", settings: rebuildSettings,
		about: `
The database is the truth; Redis holds only what this makes again. With the
embedded Redis the running server is told to do it, within a second; one that
starts does it anyway.

  hotleads rebuild --redis-url redis://cache:6379`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.rebuild(ctx, st, s.RedisURL) })
			}
		},
	}
}

func (c *cli) rebuild(ctx context.Context, st *store.Store, redisURL string) (err error) {
	now := lead.Now()
	if redisURL == "embedded:" {
		if err := st.Set(ctx, rebuildRequest, now.Format(time.RFC3339Nano)); err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.stdout, "The running server was asked to rebuild its rankings; if none runs, the next one does when it starts.")
		return err
	}
	redis, err := store.OpenRedis(redisURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, redis.Close()) }()
	if err := redis.Answers(ctx); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	n, err := lead.NewDesk(st, redis, redis, c.logger(settings{})).Rebuild(ctx, now)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "The rankings are rebuilt: %s.\n", count(n, "lead on the boards", "leads on the boards"))
	return err
}
