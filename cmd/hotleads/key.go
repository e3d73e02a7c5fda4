package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

func keyAdd() command {
	return command{
		name: "key add", brief: "make a key for a program and print it, once", settings: databaseSettings,
		about: `
Kinds: write takes activities in and is public by nature (it stands in web pages);
server takes them in too and is trusted for outcomes; api opens the JSON API.
Only a hash is stored: the key can't be shown again. Nothing else is printed.

  KEY=$(hotleads key add --kind write --name website)`,
		define: func(fs *flag.FlagSet) action {
			kind := fs.String("kind", "", "`KIND`: write, server or api")
			name := fs.String("name", "", "`NAME`: to tell keys apart")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				switch {
				case !lead.KeyKind(*kind).Valid():
					return wrongUsage("--kind: got %q, want write, server or api", *kind)
				case strings.TrimSpace(*name) == "":
					return wrongUsage("--name: say what the key is for")
				}
				return withStore(ctx, s, func(st *store.Store) error {
					secret, _, err := st.NewKey(ctx, lead.Operator, lead.KeyKind(*kind), strings.TrimSpace(*name), lead.Now())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintln(c.stdout, secret)
					return err
				})
			}
		},
	}
}

// keyView is a key as `key list --json` prints one.
type keyView struct {
	ID        string       `json:"id"`
	Kind      lead.KeyKind `json:"kind"`
	Name      string       `json:"name"`
	Hint      string       `json:"hint"`
	CreatedAt time.Time    `json:"created_at"`
	RevokedAt time.Time    `json:"revoked_at,omitzero"`
	UsedAt    time.Time    `json:"used_at,omitzero"`
}

func keyList() command {
	return command{
		name: "key list", brief: "list the keys, without their secrets", settings: databaseSettings,
		about: "  hotleads key list\n  hotleads key list --json",
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.listKeys(ctx, st, *asJSON) })
			}
		},
	}
}

func (c *cli) listKeys(ctx context.Context, st *store.Store, asJSON bool) error {
	keys, err := st.Keys(ctx)
	if err != nil {
		return err
	}
	views := make([]keyView, len(keys))
	rows := make([][]string, len(keys))
	for i, k := range keys {
		views[i] = keyView(k)
		state := "active"
		if !k.RevokedAt.IsZero() {
			state = "revoked " + day(k.RevokedAt)
		}
		rows[i] = []string{k.Name, string(k.Kind), k.Hint + "…", day(k.CreatedAt), state, k.ID}
	}
	if asJSON {
		return writeJSON(c.stdout, views)
	}
	return table(c.stdout, []string{"NAME", "KIND", "STARTS WITH", "CREATED", "STATE", "ID"}, rows)
}

func keyRevoke() command {
	return command{
		name: "key revoke", args: "NAME|ID", brief: "end a key", settings: databaseSettings,
		about: `
Servers refuse it within a second. A name that several keys have is refused:
then name the key by its id.

  hotleads key revoke website`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say which, by one name or id")
				}
				return withStore(ctx, s, func(st *store.Store) error {
					k, err := st.RevokeKey(ctx, lead.Operator, args[0], lead.Now())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(c.stdout, "The key %s (%s) is revoked.\n", printable(k.Name), k.Kind)
					return err
				})
			}
		},
	}
}
