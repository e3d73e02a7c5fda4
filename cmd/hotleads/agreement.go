package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"hotleads/lead"
	"hotleads/store"
)

func agreementShow() command {
	return command{
		name: "agreement show", brief: "print the agreement in force as JSON", settings: databaseSettings,
		about: `
Nothing else is printed on standard output. What is printed can be proposed as it
is; docs/agreement.schema.json describes it, docs/agreement.md tells more.

  hotleads agreement show > agreement.json
  hotleads agreement show --draft
  hotleads agreement show --version 2 --raw | sha256sum   # what was signed`,
		define: func(fs *flag.FlagSet) action {
			draft := fs.Bool("draft", false, "the draft, not what is in force")
			version := fs.Int("version", 0, "`N`: an older version")
			raw := fs.Bool("raw", false, "the exact bytes, of which the hash is made, and no line break added")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				if *draft && *version != 0 {
					return wrongUsage("--draft and --version: say one of them")
				}
				if *version < 0 {
					return wrongUsage("--version: got %d, want a number from 1", *version)
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.showAgreement(ctx, st, *draft, *version, *raw) })
			}
		},
	}
}

func (c *cli) showAgreement(ctx context.Context, st *store.Store, draft bool, version int, raw bool) error {
	body, hash := []byte(nil), ""
	if draft {
		d, err := st.Draft(ctx)
		if err != nil {
			return err
		}
		body, hash = d.Body, d.Hash
	} else {
		a, err := st.Agreement(ctx, version)
		if err != nil {
			return err
		}
		body, hash = a.Body, a.Hash
	}
	if lead.HashOf(body) != hash {
		return errors.New("its bytes are not those that were signed: somebody has changed them in the database")
	}
	if !raw {
		var b bytes.Buffer
		if err := json.Indent(&b, bytes.TrimSpace(body), "", "  "); err != nil {
			return err
		}
		body = append(b.Bytes(), '\n')
	}
	_, err := c.stdout.Write(body)
	return err
}

func agreementDraft() command {
	return command{
		name: "agreement draft", args: "FILE.json", brief: "propose an agreement, in place of any other draft", settings: databaseSettings,
		about: `
The file (- is standard input) is read whole and strictly: it is refused with
everything that is wrong, a line for each, by its JSON path, and then nothing
changes. A changed draft has no signatures.

  hotleads agreement show > agreement.json
  hotleads agreement draft agreement.json`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if len(args) != 1 {
					return wrongUsage("say which file, one; - is standard input")
				}
				body, err := c.readDocument(args[0])
				if err != nil {
					return err
				}
				if _, err := lead.NewDraft(body); err != nil {
					return err // before a database is made for it
				}
				return withStore(ctx, s, func(st *store.Store) error { return c.draftAgreement(ctx, st, body) })
			}
		},
	}
}

// mostDocument is more than any agreement has.
const mostDocument = 2 << 20

func (c *cli) readDocument(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(c.stdin, mostDocument))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostDocument))
}

func (c *cli) draftAgreement(ctx context.Context, st *store.Store, body []byte) error {
	d, changed, err := st.PutDraft(ctx, lead.Operator, body, nil, lead.Now())
	if err != nil {
		return err
	}
	said := "is proposed"
	if !changed {
		said = "is proposed already: nothing changed"
	}
	_, err = fmt.Fprintf(c.stdout, "The draft %.12s %s. %s\n", d.Hash, said, next(d.Signatures))
	return err
}

// next is what remains to be done with a draft.
func next(signatures []lead.Signature) string {
	missing := lead.Missing(signatures)
	if len(missing) == 0 {
		return "Both sides have signed it: `hotleads agreement activate` puts it in force."
	}
	return "It waits for the signature of " + sides(missing) + "."
}

func sides(list []lead.Side) string {
	words := make([]string, len(list))
	for i, side := range list {
		words[i] = string(side)
	}
	return strings.Join(words, " and ")
}

func agreementSign() command {
	return command{
		name: "agreement sign", brief: "sign the draft for a side, recorded as the operator", settings: databaseSettings,
		about: `
People sign on pages and through the API, each for their own department. Here,
who may run commands on the server signs for either; that is recorded as
"operator", and comes into force by activate.

  hotleads agreement sign --as marketing
  hotleads agreement sign --as sales`,
		define: func(fs *flag.FlagSet) action {
			as := fs.String("as", "", "`SIDE`: marketing or sales")
			hash := fs.String("hash", "", "`SHA-256`: sign only if the draft still has this hash")
			return func(ctx context.Context, c *cli, s settings, args []string) error {
				if side := lead.Side(*as); side != lead.MarketingSide && side != lead.SalesSide {
					return wrongUsage("--as: got %q, want marketing or sales", *as)
				}
				return withStore(ctx, s, func(st *store.Store) error {
					d, _, err := st.Sign(ctx, lead.Operator, lead.Side(*as), *hash, lead.Now())
					if err != nil {
						return err
					}
					_, err = fmt.Fprintf(c.stdout, "The draft %.12s is signed for %s. %s\n", d.Hash, *as, next(d.Signatures))
					return err
				})
			}
		},
	}
}

func agreementActivate() command {
	return command{
		name: "agreement activate", brief: "put the draft in force, which both sides have signed", settings: databaseSettings,
		about: `
Servers score by it within a second, and bring all leads to it meanwhile, those on
boards first; what it makes ready waits in the backlog. Run again it changes
nothing.

  hotleads agreement activate
  hotleads agreement status     # tells how far they are`,
		define: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error {
					version, fresh, err := st.ActivateDraft(ctx, lead.Operator, lead.Now())
					switch {
					case err != nil:
						return err
					case fresh:
						_, err = fmt.Fprintf(c.stdout, "Agreement %d is in force.\n", version)
					default:
						_, err = fmt.Fprintf(c.stdout, "Agreement %d is in force already.\n", version)
					}
					return err
				})
			}
		},
	}
}
