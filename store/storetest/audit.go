package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
)

// audit: each administrative act is one line, in its own transaction, and what
// changed nothing is none.
func audit(w *world) {
	team := w.team("EMEA")
	anna := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "anna@acme.example", Name: "Anna", Role: lead.Admin}, now.In(east)))(w)
	by := lead.Person(anna, "page")
	ben := must(w.s.AddUser(w.ctx, by, lead.User{Email: "ben@acme.example", Name: "Ben", Role: lead.Rep, Teams: []string{team.ID}}, now.Add(time.Second)))(w)
	_, err := w.s.AddUser(w.ctx, by, lead.User{Email: "ben@acme.example", Name: "Again", Role: lead.Rep}, now)
	w.refused("an address that is taken", err, lead.ErrConflict)
	w.ok(w.s.SetPassword(w.ctx, by, ben.ID, "a hash", now.Add(2*time.Second)))
	for _, again := range []time.Duration{0, time.Minute} { // the second time nothing changes
		w.ok(w.s.Disable(w.ctx, by, ben.ID, now.Add(3*time.Second+again)))
		w.ok(w.s.Exclude(w.ctx, by, lead.OwnDomains, []string{"acme.example"}, now.Add(4*time.Second+again)))
		w.ok(w.s.Exclude(w.ctx, by, lead.DoNotContact, []string{"ada@buyer.example"}, now.Add(5*time.Second+again)))
	}
	for _, again := range []time.Duration{0, time.Minute} {
		w.ok(w.s.Include(w.ctx, by, lead.OwnDomains, "acme.example", now.Add(6*time.Second+again)))
	}
	_, key, err := w.s.NewKey(w.ctx, by, lead.WriteKey, "site", now.Add(7*time.Second))
	w.ok(err)
	must(w.s.RevokeKey(w.ctx, by, "site", now.Add(8*time.Second)))(w)

	person := lead.Actor{Kind: lead.ByPerson, ID: anna.ID, Via: "page"}
	want := []lead.Act{
		{At: now.Add(8 * time.Second), Actor: person, What: lead.KeyRevoked, Subject: key.ID, Detail: "write site"},
		{At: now.Add(7 * time.Second), Actor: person, What: lead.KeyAdded, Subject: key.ID, Detail: "write site"},
		{At: now.Add(6 * time.Second), Actor: person, What: lead.ListRemoved, Subject: "own", Detail: "own: acme.example"},
		{At: now.Add(5 * time.Second), Actor: person, What: lead.ListAdded, Subject: "do_not_contact", Detail: "do_not_contact: a person"},
		{At: now.Add(4 * time.Second), Actor: person, What: lead.ListAdded, Subject: "own", Detail: "own: acme.example"},
		{At: now.Add(3 * time.Second), Actor: person, What: lead.PersonDisabled, Subject: ben.ID},
		{At: now.Add(2 * time.Second), Actor: person, What: lead.PasswordSet, Subject: ben.ID},
		{At: now.Add(time.Second), Actor: person, What: lead.PersonAdded, Subject: ben.ID, Detail: "Ben (ben@acme.example), rep"},
	}
	got := must(w.s.Acts(w.ctx, lead.ActSearch{Actor: anna.ID, Limit: 100}))(w)
	w.same("Anna's acts", want, got, cmpopts.IgnoreFields(lead.Act{}, "ID"))
	all := must(w.s.Acts(w.ctx, lead.ActSearch{What: "person.", Limit: 100}))(w)
	w.same("acts on people", 4, len(all))
	w.same("the operator's", lead.Actor{Kind: lead.ByOperator, Via: "cli"}, all[3].Actor)
	var paged []lead.Act
	for q := (lead.ActSearch{Actor: anna.ID, Limit: 3}); ; {
		page := must(w.s.Acts(w.ctx, q))(w)
		paged = append(paged, page...)
		if len(page) < q.Limit {
			break
		}
		last := page[len(page)-1]
		q.Before = &lead.ActPoint{At: last.At, ID: last.ID}
	}
	w.same("page by page", got, paged)
}
