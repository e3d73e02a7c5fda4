package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
)

func keys(w *world) {
	secret, key, err := w.s.NewKey(w.ctx, lead.Operator, lead.WriteKey, "site", now.In(east))
	w.ok(err)
	other, second, err := w.s.NewKey(w.ctx, lead.Operator, lead.APIKey, "crm", now.Add(time.Second))
	w.ok(err)
	w.same("key", lead.Key{Kind: lead.WriteKey, Name: "site", CreatedAt: now}, key, cmpopts.IgnoreFields(lead.Key{}, "ID", "Hint"))
	if secret == other || !strings.HasPrefix(secret, key.Hint) || len(key.Hint) > len(secret)-25 {
		w.Errorf("secret %q with hint %q", secret, key.Hint)
	}
	if n := w.count(`SELECT COUNT(*) FROM keys WHERE hash LIKE '%' || $1 || '%'`, secret[len(secret)-20:]); n != 0 {
		w.Error("the secret is stored")
	}
	unused := cmpopts.IgnoreFields(lead.Key{}, "UsedAt")
	for range 2 { // the second time from the cache
		w.same("by its secret", key, must(w.s.Key(w.ctx, secret))(w), unused)
	}
	if k := must(w.s.Keys(w.ctx))(w); time.Since(k[0].UsedAt) > time.Minute || !k[1].UsedAt.IsZero() {
		w.Errorf("the keys were used at %v and %v, want just now and never", k[0].UsedAt, k[1].UsedAt)
	}
	_, err = w.s.Key(w.ctx, secret+"x")
	w.refused("a wrong secret", err, lead.ErrNotFound)
	w.same("all", []lead.Key{key, second}, must(w.s.Keys(w.ctx))(w), unused)

	revoked := must(w.s.RevokeKey(w.ctx, lead.Operator, "site", now.Add(time.Hour)))(w)
	_, err = w.s.Key(w.ctx, secret)
	w.refused("a revoked key", err, lead.ErrNotFound)
	w.same("as listed", []lead.Key{revoked, second}, must(w.s.Keys(w.ctx))(w))
	w.same("when", now.Add(time.Hour), revoked.RevokedAt)
	_, err = w.s.RevokeKey(w.ctx, lead.Operator, "site", now)
	w.refused("once more", err, lead.ErrNotFound)
	_, _, err = w.s.NewKey(w.ctx, lead.Operator, lead.ServerKey, "crm", now)
	w.ok(err)
	_, err = w.s.RevokeKey(w.ctx, lead.Operator, "crm", now)
	w.refused("one of two of a name", err, lead.ErrConflict)
	must(w.s.RevokeKey(w.ctx, lead.Operator, second.ID, now))(w)

	for about, k := range map[string]lead.Key{"no name": {Kind: lead.APIKey, Name: " "}, "a long name": {Kind: lead.APIKey, Name: strings.Repeat("x", 101)}, "no kind": {Kind: "master", Name: "X"}} {
		_, err := w.s.AddKey(w.ctx, lead.Operator, k, "another hash", now)
		w.refused(about, err, lead.ErrInvalid)
	}
	k := must(w.s.AddKey(w.ctx, lead.Operator, lead.Key{Kind: lead.WriteKey, Name: "given"}, "its hash", now))(w)
	w.same("by its hash", k, must(w.s.KeyByHash(w.ctx, "its hash"))(w))
	_, err = w.s.AddKey(w.ctx, lead.Operator, lead.Key{Kind: lead.WriteKey, Name: "again"}, "its hash", now)
	w.refused("a key that is there already", err, lead.ErrConflict)
}

func sessions(w *world) {
	s := w.s.Sessions([]byte("secret"))
	soon := time.Now().Add(time.Hour)
	find := func(token string) string {
		b, found, err := s.FindCtx(w.ctx, token)
		w.ok(err)
		if !found {
			return "none"
		}
		return string(b)
	}
	data := []byte("\x00\xff binary")
	w.ok(s.CommitCtx(w.ctx, "token", data, soon.In(east)))
	w.ok(s.Commit("other", []byte("b"), soon))
	b, found, err := s.Find("token")
	if !found || err != nil || !bytes.Equal(b, data) {
		w.Errorf("the session came back as %q, %v, %v", b, found, err)
	}
	w.ok(s.CommitCtx(w.ctx, "token", []byte("changed"), soon))
	w.same("changed", "changed", find("token"))
	if n := w.count(`SELECT COUNT(*) FROM sessions WHERE token = 'token'`); n != 0 {
		w.Error("a token is stored as it is")
	}
	w.ok(s.CommitCtx(w.ctx, "old", []byte("old"), time.Now().Add(-time.Second)))
	w.same("expired", "none", find("old"))
	w.same("unknown", "none", find("nobody"))
	w.ok(s.Expire(w.ctx, time.Now()))
	if n := w.count(`SELECT COUNT(*) FROM sessions`); n != 2 {
		w.Errorf("%d sessions, want the two that live", n)
	}
	w.ok(s.DeleteCtx(w.ctx, "token"))
	w.ok(s.Delete("nobody"))
	w.same("deleted, and the other one", []string{"none", "b"}, []string{find("token"), find("other")})
}

func agreements(w *world) {
	rules := must(w.s.Rules(w.ctx))(w)
	w.same("a new store's agreement", 1, rules.Version)
	a := rules.Agreement
	a.Scoring.Threshold = 60
	w.same("the next one", 2, must(w.s.Activate(w.ctx, lead.Operator, a, now))(w))
	again := must(w.s.Rules(w.ctx))(w)
	w.same("in force at once", []any{2, 60.0}, []any{again.Version, again.Scoring.Threshold})
	bad := a
	bad.Criteria.CoolShare = -1
	if _, err := w.s.Activate(w.ctx, lead.Operator, bad, now); err == nil {
		w.Error("an agreement that does not compile is put in force")
	}
	errs := together(10, func(int) error { _, err := w.s.Activate(w.ctx, lead.Operator, a, now); return err })
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			w.refused("who was not first", err, lead.ErrConflict)
		}
	}
	w.same("versions", 2+won, w.count(`SELECT COUNT(*) FROM agreements`))
	w.same("in force", 2+won, must(w.s.Rules(w.ctx))(w).Version)
}

func exclusions(w *world) {
	w.same("at first", lead.Exclusions{}, must(w.s.Exclusions(w.ctx))(w))
	w.ok(w.s.Exclude(w.ctx, lead.Operator, lead.CustomerDomains, []string{"acme.example"}, now))
	w.ok(w.s.Exclude(w.ctx, lead.Operator, lead.CustomerDomains, []string{"acme.example"}, now))
	w.ok(w.s.Exclude(w.ctx, lead.Operator, lead.DoNotContact, []string{"acme.example"}, now))
	w.ok(w.s.Exclude(w.ctx, lead.Operator, lead.DoNotContact, []string{"+4930", "acme.example", "+4930"}, now))
	w.same("the trail", 3, len(must(w.s.Acts(w.ctx, lead.ActSearch{What: string(lead.ListAdded), Limit: 9}))(w)))
	want := lead.Exclusions{lead.CustomerDomains: {"acme.example": true}, lead.DoNotContact: {"acme.example": true, "+4930": true}}
	w.same("lists", want, must(w.s.Exclusions(w.ctx))(w))
	w.same("in the rules at once", want, must(w.s.Rules(w.ctx))(w).Excluded)
	w.ok(w.s.Include(w.ctx, lead.Operator, lead.DoNotContact, "acme.example", now))
	w.ok(w.s.Include(w.ctx, lead.Operator, lead.OwnDomains, "nobody", now))
	delete(want[lead.DoNotContact], "acme.example")
	w.same("taken off", want, must(w.s.Rules(w.ctx))(w).Excluded)

	w.same("a setting", "", must(w.s.Setting(w.ctx, "company"))(w))
	for i := range 2 {
		w.ok(w.s.Set(w.ctx, "company", fmt.Sprint("ACME ", i)))
	}
	w.same("a setting", "ACME 1", must(w.s.Setting(w.ctx, "company"))(w))
}

// The first secret is the installation's; only a server puts another in its place.
func secrets(w *world) {
	first, other := []byte("the first secret of thirty-two b"), []byte("another secret of thirty-two byt")
	for _, c := range []struct {
		about  string
		ask    func(context.Context, []byte) (bool, error)
		secret []byte
		own    bool
	}{
		{"a command's, the first", w.s.OwnSecret, first, true},
		{"a server's, the same", w.s.KeepSecret, first, true},
		{"a command's, another", w.s.OwnSecret, other, false},
		{"a command's, the same again", w.s.OwnSecret, first, true},
		{"a server's, another", w.s.KeepSecret, other, false},
		{"a server's, that one again", w.s.KeepSecret, other, true},
		{"a command's, the former", w.s.OwnSecret, first, false},
	} {
		w.same(c.about, c.own, must(c.ask(w.ctx, c.secret))(w))
	}
	if n := w.count(`SELECT COUNT(*) FROM settings WHERE value LIKE '%secret of%'`); n != 0 {
		w.Error("the secret is stored")
	}
}
