package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"hotleads/lead"
	"hotleads/store"
)

const exclusionKinds = "own, competitor, customer or do_not_contact"

func excludeFlags(fs *flag.FlagSet) *string {
	return fs.String("kind", "", "`KIND`: "+exclusionKinds)
}

// excludeValues reads what both add and remove take.
func excludeValues(kind string, args []string) (lead.ExclusionKind, []string, error) {
	k := lead.ExclusionKind(kind)
	switch {
	case lead.ExclusionKinds[k] == "":
		return k, nil, wrongUsage("--kind: got %q, want %s", kind, exclusionKinds)
	case len(args) == 0:
		return k, nil, wrongUsage("say which values")
	}
	values := make([]string, len(args))
	for i, a := range args {
		var err error
		if values[i], err = lead.Excludable(k, a); err != nil {
			return k, nil, wrongUsage("%s", err)
		}
	}
	return k, values, nil
}

func excludeAdd() command {
	return command{
		name: "exclude add", args: "VALUE…", brief: "put domains, addresses or numbers on a list: they never go on the board", settings: databaseSettings,
		about: `
The lists own, competitor and customer hold mail domains (subdomains count too);
do_not_contact holds addresses, phone numbers and domains. Disposable mail domains
are known already.

  hotleads exclude add --kind own example.com
  hotleads exclude add --kind do_not_contact ada@example.com "+49 30 1234567"`,
		define: func(fs *flag.FlagSet) action {
			kind := excludeFlags(fs)
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				k, values, err := excludeValues(*kind, args)
				if err != nil {
					return err
				}
				return withStore(ctx, s, func(st *store.Store) error {
					if err := st.Exclude(ctx, lead.Operator, k, values, lead.Now()); err != nil {
						return err
					}
					_, err := fmt.Fprintf(c.stdout, "On the list %s: %s.\n", k, strings.Join(values, ", "))
					return err
				})
			}
		},
	}
}

func excludeRemove() command {
	return command{
		name: "exclude remove", args: "VALUE…", brief: "take values off a list", settings: databaseSettings,
		about: "  hotleads exclude remove --kind competitor example.com",
		define: func(fs *flag.FlagSet) action {
			kind := excludeFlags(fs)
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				k, values, err := excludeValues(*kind, args)
				if err != nil {
					return err
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.include(ctx, st, k, values) })
			}
		},
	}
}

func (c *cli) include(ctx context.Context, st *store.Store, k lead.ExclusionKind, values []string) error {
	lists, err := st.Exclusions(ctx)
	if err != nil {
		return err
	}
	for _, v := range values {
		if !lists[k][v] {
			return fmt.Errorf("%s is not on the list %s; nothing was changed", v, k)
		}
	}
	for _, v := range values {
		err = errors.Join(err, st.Include(ctx, lead.Operator, k, v, lead.Now()))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "Off the list %s: %s.\n", k, strings.Join(values, ", "))
	return err
}

func excludeList() command {
	return command{
		name: "exclude list", brief: "show the lists", settings: databaseSettings,
		about: "  hotleads exclude list\n  hotleads exclude list --kind own --json",
		define: func(fs *flag.FlagSet) action {
			kind := excludeFlags(fs)
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				if *kind != "" && lead.ExclusionKinds[lead.ExclusionKind(*kind)] == "" {
					return wrongUsage("--kind: got %q, want %s", *kind, exclusionKinds)
				}
				return withStore(ctx, s, func(st *store.Store) error {
					return c.listExclusions(ctx, st, lead.ExclusionKind(*kind), *asJSON)
				})
			}
		},
	}
}

// exclusionView is a value of a list as `exclude list --json` prints one.
type exclusionView struct {
	Kind  lead.ExclusionKind `json:"kind"`
	Value string             `json:"value"`
}

// listExclusions lists one kind, or all where none is named.
func (c *cli) listExclusions(ctx context.Context, st *store.Store, only lead.ExclusionKind, asJSON bool) error {
	lists, err := st.Exclusions(ctx)
	if err != nil {
		return err
	}
	views := []exclusionView{}
	var rows [][]string
	for _, kind := range []lead.ExclusionKind{lead.OwnDomains, lead.CompetitorDomains, lead.CustomerDomains, lead.DoNotContact} {
		if only != "" && kind != only {
			continue
		}
		for _, v := range sortedKeys(lists[kind]) {
			views = append(views, exclusionView{kind, v})
			rows = append(rows, []string{string(kind), v, lead.ExclusionKinds[kind]})
		}
	}
	if asJSON {
		return writeJSON(c.stdout, views)
	}
	return table(c.stdout, []string{"KIND", "VALUE", "SHOWN AS"}, rows)
}
