package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"hotleads/lead"
)

// document is a valid agreement that differs from others in its threshold.
func (w *world) document(threshold float64) []byte {
	w.Helper()
	a, err := lead.DefaultAgreement("Europe/Berlin")
	w.ok(err)
	a.Scoring.Threshold = threshold
	b, err := a.Document()
	w.ok(err)
	return b
}

// person is somebody of a role, at the API.
func (w *world) person(name string, role lead.Role) lead.Actor {
	w.Helper()
	u := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: name + "@acme.example", Name: name, Role: role}, now))(w)
	return lead.Person(u, "api")
}

// propose puts a document forward.
func (w *world) propose(body []byte) lead.Draft {
	w.Helper()
	d, _, err := w.s.PutDraft(w.ctx, lead.Operator, body, nil, now)
	w.ok(err)
	return d
}

func drafts(w *world) {
	_, err := w.s.Draft(w.ctx)
	w.refused("no draft yet", err, lead.ErrNotFound)
	_, _, err = w.s.Sign(w.ctx, lead.Operator, lead.SalesSide, "", now)
	w.refused("nothing to sign", err, lead.ErrConflict)

	mara, mia := w.person("mara", lead.Marketing), w.person("mia", lead.Manager)
	body := append([]byte("  \n"), w.document(50)...)
	first, changed, err := w.s.PutDraft(w.ctx, mara, body, nil, now.In(east))
	w.ok(err)
	want := lead.Draft{Body: body, Hash: lead.HashOf(body), By: lead.Actor{Kind: lead.ByPerson, ID: mara.ID, Via: "api"}, At: now}
	w.same("the draft", want, first)
	w.same("a change", true, changed)
	w.same("read back, to the byte", want, must(w.s.Draft(w.ctx))(w))

	signed, version, err := w.s.Sign(w.ctx, mia, lead.SalesSide, first.Hash, now.Add(time.Minute).In(east))
	w.ok(err)
	yes := lead.Signature{Side: lead.SalesSide, Hash: first.Hash, By: lead.Actor{Kind: lead.ByPerson, ID: mia.ID, Via: "api"}, At: now.Add(time.Minute)}
	want.Signatures = []lead.Signature{yes}
	w.same("signed", want, signed)
	w.same("and not in force", 0, version)
	again, _, err := w.s.Sign(w.ctx, mia, lead.SalesSide, "", now.Add(time.Hour))
	w.ok(err)
	w.same("signed again: nothing changes", want, again)

	same, changed, err := w.s.PutDraft(w.ctx, mara, w.document(50), nil, now.Add(time.Hour))
	w.ok(err)
	w.same("the same words: the draft stays, signature and all", []any{want, false}, []any{same, changed})
	other := w.propose(w.document(51))
	w.same("another draft has no signatures", []any{0, 0}, []any{len(other.Signatures), len(must(w.s.Draft(w.ctx))(w).Signatures)})
	_, _, err = w.s.Sign(w.ctx, mia, lead.SalesSide, first.Hash, now)
	w.refused("signing what is no longer the draft", err, lead.ErrConflict)

	bad := bytes.Replace(w.document(50), []byte(`"threshold": 50`), []byte(`"threshold": "much"`), 1)
	_, _, err = w.s.PutDraft(w.ctx, mara, bad, nil, now)
	var faults lead.Faults
	if !errors.As(err, &faults) || faults[0].Path != "scoring.threshold" {
		w.Errorf("a bad draft: %v", err)
	}
	w.same("the good one is still there", other.Hash, must(w.s.Draft(w.ctx))(w).Hash)

	_, _, err = w.s.PutDraft(w.ctx, mara, w.document(52), func(hash string) bool { return hash == first.Hash }, now)
	w.refused("in place of another one", err, lead.ErrChanged)
	third, _, err := w.s.PutDraft(w.ctx, mara, w.document(52), func(hash string) bool { return hash == other.Hash }, now)
	w.ok(err)
	w.same("in place of that one", third.Hash, must(w.s.Draft(w.ctx))(w).Hash)

	var acts []string
	for _, a := range must(w.s.Acts(w.ctx, lead.ActSearch{What: "agreement.", Limit: 100}))(w) {
		acts = append([]string{fmt.Sprint(a.What, " ", a.Actor.ID == mara.ID, strings.Contains(a.Detail, "lost its signatures"))}, acts...)
	}
	// A signature of a minute later comes last.
	w.same("recorded", []string{"agreement.draft true false", "agreement.draft false true", "agreement.draft true false", "agreement.sign false false"}, acts)
}

func twoPeople(w *world) {
	mara, mia, rosa := w.person("mara", lead.Marketing), w.person("mia", lead.Manager), w.person("rosa", lead.Rep)
	anna := w.person("anna", lead.Admin)
	was := must(w.s.Agreement(w.ctx, 0))(w)
	d := w.propose(w.document(60))
	for _, tt := range []struct {
		by   lead.Actor
		side lead.Side
		want error
	}{
		{mia, lead.MarketingSide, lead.ErrForbidden}, {mara, lead.SalesSide, lead.ErrForbidden}, {rosa, lead.SalesSide, lead.ErrForbidden},
		{anna, lead.MarketingSide, lead.ErrForbidden}, {lead.Actor{Kind: lead.ByKey}, lead.SalesSide, lead.ErrForbidden}, {lead.System, lead.SalesSide, lead.ErrForbidden},
		{mara, "finance", lead.ErrInvalid},
	} {
		_, _, err := w.s.Sign(w.ctx, tt.by, tt.side, "", now)
		w.refused(fmt.Sprint(tt.by.User.Role, " for ", tt.side), err, tt.want)
	}
	_, version, err := w.s.Sign(w.ctx, mara, lead.MarketingSide, d.Hash, now.Add(time.Minute))
	w.ok(err)
	w.same("one half is not enough", []int{0, was.Version}, []int{version, must(w.s.Rules(w.ctx))(w).Version})
	w.same("what is missing", []lead.Side{lead.SalesSide}, lead.Missing(must(w.s.Draft(w.ctx))(w).Signatures))

	turned := mara // she has become a manager since: two halves want two people
	turned.User.Role = lead.Manager
	_, _, err = w.s.Sign(w.ctx, turned, lead.SalesSide, d.Hash, now)
	w.refused("one person for both", err, lead.ErrConflict)
	other := w.person("max", lead.Marketing)
	_, _, err = w.s.Sign(w.ctx, other, lead.MarketingSide, d.Hash, now)
	w.refused("a half that is signed", err, lead.ErrConflict)

	_, version, err = w.s.Sign(w.ctx, mia, lead.SalesSide, d.Hash, now.Add(time.Hour))
	w.ok(err)
	w.same("the second signature puts it in force", was.Version+1, version)
	rules := must(w.s.Rules(w.ctx))(w)
	w.same("at once", []any{version, 60.0}, []any{rules.Version, rules.Scoring.Threshold})
	_, err = w.s.Draft(w.ctx)
	w.refused("the draft is one no more", err, lead.ErrNotFound)
	_, _, err = w.s.Sign(w.ctx, mia, lead.SalesSide, d.Hash, now)
	w.refused("signing it late", err, lead.ErrConflict)
	got := must(w.s.Agreement(w.ctx, 0))(w)
	want := lead.SignedAgreement{Version: version, Body: d.Body, Hash: d.Hash, CreatedAt: now, ActivatedAt: now.Add(time.Hour), Signatures: []lead.Signature{
		{Side: lead.MarketingSide, Hash: d.Hash, By: lead.Actor{Kind: lead.ByPerson, ID: mara.ID, Via: "api"}, At: now.Add(time.Minute)},
		{Side: lead.SalesSide, Hash: d.Hash, By: lead.Actor{Kind: lead.ByPerson, ID: mia.ID, Via: "api"}, At: now.Add(time.Hour)},
	}}
	w.same("the version", want, got)
	w.same("the one before, untouched", was, must(w.s.Agreement(w.ctx, was.Version))(w))
	acts := must(w.s.Acts(w.ctx, lead.ActSearch{What: string(lead.AgreementActivated), Limit: 1}))(w)
	w.same("recorded", []any{mia.ID, fmt.Sprint(version)}, []any{acts[0].Actor.ID, acts[0].Subject})
}

func operatorActivates(w *world) {
	in := must(w.s.Rules(w.ctx))(w).Version
	activate := func(what string, version int, fresh bool) {
		w.Helper()
		v, f, err := w.s.ActivateDraft(w.ctx, lead.Operator, now)
		w.ok(err)
		w.same(what, []any{version, fresh}, []any{v, f})
	}
	activate("no draft: what is in force stays", in, false)
	d := w.propose(w.document(61))
	_, _, err := w.s.ActivateDraft(w.ctx, lead.Operator, now)
	if w.refused("unsigned", err, lead.ErrConflict); !strings.Contains(err.Error(), "marketing and not by sales") {
		w.Error(err)
	}
	_, _, err = w.s.Sign(w.ctx, lead.Operator, lead.MarketingSide, "", now)
	w.ok(err)
	_, _, err = w.s.ActivateDraft(w.ctx, lead.Operator, now)
	if w.refused("half signed", err, lead.ErrConflict); !strings.Contains(err.Error(), "not signed by sales") {
		w.Error(err)
	}
	_, version, err := w.s.Sign(w.ctx, lead.Operator, lead.SalesSide, "", now)
	w.ok(err)
	w.same("the operator's second signature alone puts nothing in force", []int{0, in}, []int{version, must(w.s.Rules(w.ctx))(w).Version})
	activate("signed by both", in+1, true)
	activate("again", in+1, false)
	got := must(w.s.Agreement(w.ctx, in+1))(w)
	by := lead.Actor{Kind: lead.ByOperator, Via: "cli"}
	w.same("by the operator", []any{d.Hash, by, by}, []any{got.Hash, got.Signatures[0].By, got.Signatures[1].By})
	w.propose(append(w.document(61), '\n'))
	activate("the same words, signed and in force", in+1, false)

	// The operator stood in for marketing; the manager's signature is a person's second one.
	w.propose(w.document(62))
	_, _, err = w.s.Sign(w.ctx, lead.Operator, lead.MarketingSide, "", now)
	w.ok(err)
	_, version, err = w.s.Sign(w.ctx, w.person("mia", lead.Manager), lead.SalesSide, "", now)
	w.ok(err)
	w.same("in force", in+2, version)
}

func versionPages(w *world) {
	first := must(w.s.Agreement(w.ctx, 0))(w)
	w.same("a new installation's is signed by nobody", 0, len(first.Signatures))
	for i := range 4 {
		w.propose(w.document(50 + float64(i)))
		for _, side := range lead.Sides {
			_, _, err := w.s.Sign(w.ctx, lead.Operator, side, "", now)
			w.ok(err)
		}
		_, _, err := w.s.ActivateDraft(w.ctx, lead.Operator, now)
		w.ok(err)
	}
	all := must(w.s.Agreements(w.ctx, 0, 100))(w)
	w.same("newest first", []int{5, 4, 3, 2, 1}, []int{all[0].Version, all[1].Version, all[2].Version, all[3].Version, all[4].Version})
	for _, a := range all[:4] {
		w.same("signatures", 2, len(a.Signatures))
		w.same("over its own bytes", []string{lead.HashOf(a.Body), a.Hash}, []string{a.Signatures[0].Hash, a.Signatures[1].Hash})
	}
	w.same("pages", all, append(must(w.s.Agreements(w.ctx, 0, 2))(w), must(w.s.Agreements(w.ctx, 4, 100))(w)...))
	for _, version := range []int{-1, 6, 1 << 40} {
		_, err := w.s.Agreement(w.ctx, version)
		w.refused(fmt.Sprint("version ", version), err, lead.ErrNotFound)
	}
	w.same("by number", all[2], must(w.s.Agreement(w.ctx, 3))(w))
}

func signingRace(w *world) {
	mara := w.person("mara", lead.Marketing)
	var managers []lead.Actor
	for i := range 10 {
		managers = append(managers, w.person(fmt.Sprint("mia", i), lead.Manager))
	}
	d := w.propose(w.document(60))
	_, _, err := w.s.Sign(w.ctx, mara, lead.MarketingSide, d.Hash, now)
	w.ok(err)
	errs := together(len(managers), func(i int) error {
		_, version, err := w.s.Sign(w.ctx, managers[i], lead.SalesSide, d.Hash, now)
		if err == nil && version != 2 {
			err = fmt.Errorf("in force as version %d", version)
		}
		return err
	})
	w.one("second signatures", errs, lead.ErrConflict)
	w.same("versions", 2, w.count(`SELECT COUNT(*) FROM agreements`))
	w.same("signatures", 2, w.count(`SELECT COUNT(*) FROM agreement_signatures WHERE version = 2`))
}

// draftRace: of many who would replace what they have read, one does, whether
// that is a draft or the agreement in force.
func draftRace(w *world) {
	mara := w.person("mara", lead.Marketing)
	docs := [][]byte{w.document(60), w.document(61), w.document(62), w.document(63)}
	for _, read := range []func() string{
		func() string { return must(w.s.Agreement(w.ctx, 0))(w).Hash },
		func() string { return must(w.s.Draft(w.ctx))(w).Hash },
	} {
		there := read()
		w.one("drafts in place of the same one", together(len(docs), func(i int) error {
			_, changed, err := w.s.PutDraft(w.ctx, mara, docs[i], func(hash string) bool { return hash == there }, now)
			if err == nil && !changed {
				err = lead.ErrChanged // its own words were there already
			}
			return err
		}), lead.ErrChanged)
		for i := range docs {
			docs[i] = w.document(float64(70 + i))
		}
	}
}

func activationRace(w *world) {
	w.propose(w.document(60))
	for _, side := range lead.Sides {
		_, _, err := w.s.Sign(w.ctx, lead.Operator, side, "", now)
		w.ok(err)
	}
	fresh := make([]bool, 10)
	for _, err := range together(len(fresh), func(i int) (err error) {
		var version int
		version, fresh[i], err = w.s.ActivateDraft(w.ctx, lead.Operator, now)
		if err == nil && version != 2 {
			err = fmt.Errorf("version %d is in force", version)
		}
		return err
	}) {
		w.ok(err)
	}
	n := 0
	for _, f := range fresh {
		if f {
			n++
		}
	}
	w.same("who put it in force", 1, n)
	w.same("versions", 2, w.count(`SELECT COUNT(*) FROM agreements`))
}
