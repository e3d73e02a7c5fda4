package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"time"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/store"
)

func agreementStatus() command {
	return command{
		name: "agreement status", brief: "tell what is in force, what is proposed, who has signed, how far re-scoring is", settings: databaseSettings,
		about: `
  hotleads agreement status
  hotleads agreement status --json`,
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.agreementStatus(ctx, st, *asJSON) })
			}
		},
	}
}

// statusView is what `agreement status --json` prints.
type statusView struct {
	Version     int             `json:"version"`
	Hash        string          `json:"hash"`
	ActivatedAt time.Time       `json:"activated_at"`
	Signatures  []signatureView `json:"signatures"`
	Outdated    int             `json:"leads_to_rescore"`
	Draft       *draftView      `json:"draft"`
}

type draftView struct {
	Hash       string          `json:"hash"`
	DraftedAt  time.Time       `json:"drafted_at"`
	Signatures []signatureView `json:"signatures"`
	Missing    []lead.Side     `json:"missing"`
}

type signatureView struct {
	Side lead.Side `json:"side"`
	By   string    `json:"by"` // a mail address, or operator
	Via  string    `json:"via"`
	At   time.Time `json:"at"`
}

func (c *cli) agreementStatus(ctx context.Context, st *store.Store, asJSON bool) error {
	a, err := st.Agreement(ctx, 0)
	if err != nil {
		return err
	}
	book, err := st.Book(ctx)
	if err != nil {
		return err
	}
	v := statusView{Version: a.Version, Hash: a.Hash, ActivatedAt: a.ActivatedAt, Signatures: signatureViews(book, a.Signatures)}
	if v.Outdated, err = st.Outdated(ctx, a.Version, math.MaxInt32); err != nil {
		return err
	}
	d, err := st.Draft(ctx)
	switch {
	case err == nil:
		v.Draft = &draftView{Hash: d.Hash, DraftedAt: d.At, Signatures: signatureViews(book, d.Signatures), Missing: lead.Missing(d.Signatures)}
	case !errors.Is(err, lead.ErrNotFound):
		return err
	}
	if asJSON {
		return writeJSON(c.stdout, v)
	}
	rows := [][]string{statusRow(fmt.Sprintf("version %d, in force", v.Version), v.Hash, v.ActivatedAt, v.Signatures)}
	if v.Draft != nil {
		rows = append(rows, statusRow("draft", v.Draft.Hash, v.Draft.DraftedAt, v.Draft.Signatures))
	}
	if err := table(c.stdout, []string{"AGREEMENT", "HASH", "SINCE", "FOR MARKETING", "FOR SALES"}, rows); err != nil {
		return err
	}
	if v.Outdated == 0 {
		return nil
	}
	_, err = fmt.Fprintf(c.stdout, "\n%s leads still have their score of an older agreement; running servers are at it.\n", imports.Thousands(v.Outdated))
	return err
}

func signatureViews(book *lead.Book, signatures []lead.Signature) []signatureView {
	views := make([]signatureView, len(signatures))
	for i, s := range signatures {
		views[i] = signatureView{Side: s.Side, By: "operator", Via: s.By.Via, At: s.At}
		if s.By.Kind == lead.ByPerson {
			views[i].By = book.Users[s.By.ID].Email
		}
	}
	return views
}

func statusRow(name, hash string, since time.Time, signatures []signatureView) []string {
	by := map[lead.Side]string{}
	for _, s := range signatures {
		by[s.Side] = s.By
	}
	return []string{name, hash[:min(12, len(hash))], day(since), by[lead.MarketingSide], by[lead.SalesSide]}
}
