package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/store"
)

func (w *world) admin(name string) lead.User {
	w.Helper()
	return must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: name + "@acme.example", Name: name, Role: lead.Admin, Password: "a hash"}, now))(w)
}

// acts are the details of the acts of a kind, the newest first.
func (w *world) acts(what lead.Deed) []string {
	w.Helper()
	var out []string
	for _, a := range must(w.s.Acts(w.ctx, lead.ActSearch{What: string(what), Limit: 100}))(w) {
		if a.What == what {
			out = append(out, a.Detail)
		}
	}
	return out
}

func changePerson(w *world) {
	emea, apac, dach := w.team("EMEA"), w.team("APAC"), w.team("DACH")
	anna, rosa := w.admin("Anna"), w.rep("Rosa", emea, apac)
	by := lead.Person(anna, "page")
	change := func(u lead.User, p lead.Persona) error {
		return w.s.ChangePerson(w.ctx, by, u.ID, p, now.Add(time.Hour))
	}
	for range 2 { // the second time nothing changes
		w.ok(change(rosa, lead.Persona{Name: " Rosa Park ", Role: lead.Manager, Teams: []string{dach.ID, apac.ID}}))
	}
	got := must(w.s.User(w.ctx, rosa.ID))(w)
	w.same("name, role, teams in order of joining", []any{"Rosa Park", lead.Manager, []string{apac.ID, dach.ID}}, []any{got.Name, got.Role, got.Teams})
	w.ok(w.s.Rename(w.ctx, by, rosa.ID, "Rosa", now))
	w.same("renamed", []string{apac.ID, dach.ID}, must(w.s.User(w.ctx, rosa.ID))(w).Teams)
	w.same("what is told", []string{"name: Rosa → Rosa Park; role: rep → manager; teams: APAC, EMEA → APAC, DACH", "name: Rosa Park → Rosa"}, w.acts(lead.PersonChanged), cmpopts.SortSlices(func(a, b string) bool { return a > b }))
	for about, p := range map[string]lead.Persona{
		"no name": {Name: " ", Role: lead.Rep}, "a long name": {Name: strings.Repeat("x", 101), Role: lead.Rep}, "no role": {Name: "Rosa"}, "a role that is none": {Name: "Rosa", Role: "boss"},
		"a team that is not there": {Name: "Rosa", Role: lead.Rep, Teams: []string{"nowhere"}},
	} {
		w.refused(about, change(rosa, p), lead.ErrInvalid)
	}
	w.refused("nobody", w.s.ChangePerson(w.ctx, by, "nobody", lead.Persona{Name: "X", Role: lead.Rep}, now), lead.ErrNotFound)
	w.refused("the only administrator", change(anna, lead.Persona{Name: "Anna", Role: lead.Rep}), lead.ErrConflict)
	ben := w.admin("Ben")
	w.ok(change(anna, lead.Persona{Name: "Anna", Role: lead.Rep}))
	w.refused("the only one left", w.s.Disable(w.ctx, by, ben.ID, now), lead.ErrConflict)
	w.refused("oneself", w.s.Disable(w.ctx, lead.Person(rosa, "page"), rosa.ID, now), lead.ErrConflict)
	w.ok(w.s.Disable(w.ctx, by, rosa.ID, now))
	for range 2 {
		w.ok(w.s.Enable(w.ctx, by, rosa.ID, now))
	}
	w.same("enabled once", 1, len(w.acts(lead.PersonEnabled)))
	if u := must(w.s.User(w.ctx, rosa.ID))(w); !u.Active() {
		w.Error("who was enabled is not active")
	}
}

// adminsRace: whoever takes whose role or access away at the same time, somebody
// administers afterwards.
func adminsRace(w *world) {
	admins := make([]lead.User, 6)
	for i := range admins {
		admins[i] = w.admin(fmt.Sprint("admin", i))
	}
	errs := together(len(admins), func(i int) error {
		by, next := lead.Person(admins[i], "page"), admins[(i+1)%len(admins)]
		if i%2 == 0 {
			return w.s.ChangePerson(w.ctx, by, next.ID, lead.Persona{Name: next.Name, Role: lead.Rep}, now)
		}
		return w.s.Disable(w.ctx, by, next.ID, now)
	})
	w.one("those who were refused", swapped(errs), lead.ErrGone)
	if n := w.count(`SELECT COUNT(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL`); n != 1 {
		w.Errorf("%d administrators are left, want one", n)
	}
}

// swapped makes successes of conflicts, and the other way round.
func swapped(errs []error) []error {
	out := make([]error, len(errs))
	for i, err := range errs {
		if err == nil {
			out[i] = lead.ErrGone
		} else if !errors.Is(err, lead.ErrConflict) {
			out[i] = err
		}
	}
	return out
}

func links(w *world) {
	l, team, anna := w.s.Links([]byte("secret")), w.team("EMEA"), w.admin("Anna")
	by := lead.Person(anna, "page")
	want := lead.Invite{Email: "gina@acme.example", Name: "Gina", Role: lead.Rep, Teams: []string{team.ID}, By: anna.ID, CreatedAt: now, ExpiresAt: now.Add(lead.InviteFor)}
	token, gina, err := l.Invite(w.ctx, by, lead.Invite{Email: " Gina@ACME.example", Name: " Gina ", Role: lead.Rep, Teams: []string{team.ID}}, now.In(east))
	w.ok(err)
	w.same("the invite", want, gina, cmpopts.IgnoreFields(lead.Invite{}, "ID"))
	if n := w.count(`SELECT COUNT(*) FROM links WHERE hash LIKE '%' || $1 || '%'`, token); n != 0 || len(token) < 26 {
		w.Errorf("the token %q is stored as it is, or short", token)
	}
	w.same("as listed", []lead.Invite{gina}, must(l.Invites(w.ctx))(w))
	w.same("as its link tells", gina, must(l.Invited(w.ctx, token, now.Add(lead.InviteFor-time.Second)))(w))
	for about, f := range map[string]func() error{
		"an address that is invited": func() error {
			_, _, err := l.Invite(w.ctx, by, lead.Invite{Email: "gina@acme.example", Name: "G", Role: lead.Rep}, now)
			return err
		},
		"an address that is here": func() error {
			_, _, err := l.Invite(w.ctx, by, lead.Invite{Email: "anna@acme.example", Name: "A", Role: lead.Rep}, now)
			return err
		},
	} {
		w.refused(about, f(), lead.ErrConflict)
	}
	for about, i := range map[string]lead.Invite{
		"no address": {Name: "X", Role: lead.Rep}, "no name": {Email: "x@acme.example", Role: lead.Rep}, "no role": {Email: "x@acme.example", Name: "X"},
		"a team that is not there": {Email: "x@acme.example", Name: "X", Role: lead.Rep, Teams: []string{"nowhere"}},
	} {
		_, _, err := l.Invite(w.ctx, by, i, now)
		w.refused(about, err, lead.ErrInvalid)
	}
	for about, f := range map[string]func() error{
		"expired":          func() error { _, err := l.Invited(w.ctx, token, now.Add(lead.InviteFor)); return err },
		"unknown":          func() error { _, err := l.Invited(w.ctx, "unknown", now); return err },
		"of another kind":  func() error { _, err := l.ResetOf(w.ctx, token, now); return err },
		"another secret's": func() error { _, err := w.s.Links([]byte("other")).Invited(w.ctx, token, now); return err },
		"used too late":    func() error { _, err := l.Join(w.ctx, token, "the kettle sings", now.Add(lead.InviteFor)); return err },
	} {
		w.refused("a link that is "+about, f(), lead.ErrGone)
	}
	_, err = l.Join(w.ctx, token, "short", now)
	w.refused("a short password", err, lead.ErrInvalid)
	second, _, err := l.Renew(w.ctx, by, gina.ID, now.Add(time.Hour))
	w.ok(err)
	_, err = l.Join(w.ctx, token, "the kettle sings", now)
	w.refused("the old link", err, lead.ErrGone)
	errs := together(8, func(int) error { _, err := l.Join(w.ctx, second, "the kettle sings", now.Add(2*time.Hour)); return err })
	w.one("who uses an invite at once", errs, lead.ErrGone)
	u := must(w.s.SignIn(w.ctx, "gina@acme.example", "the kettle sings"))(w)
	w.same("who came", []any{"Gina", lead.Rep, []string{team.ID}}, []any{u.Name, u.Role, u.Teams})
	w.same("none is left", 0, len(must(l.Invites(w.ctx))(w)))
	_, err = l.Withdraw(w.ctx, by, gina.ID, now)
	w.refused("withdrawing a used one", err, lead.ErrConflict)
	_, _, err = l.Renew(w.ctx, by, "unknown", now)
	w.refused("renewing an unknown one", err, lead.ErrNotFound)

	token, hans, err := l.Invite(w.ctx, by, lead.Invite{Email: "hans@acme.example", Name: "Hans", Role: lead.Admin}, now)
	w.ok(err)
	must(l.Withdraw(w.ctx, by, hans.ID, now))(w)
	_, err = l.Join(w.ctx, token, "the kettle sings", now)
	w.refused("a withdrawn one", err, lead.ErrGone)
	token, _, err = l.Invite(w.ctx, by, lead.Invite{Email: "hans@acme.example", Name: "Hans", Role: lead.Rep}, now)
	w.ok(err)
	must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "hans@acme.example", Name: "Hans", Role: lead.Rep}, now))(w)
	_, err = l.Join(w.ctx, token, "the kettle sings", now)
	w.refused("somebody who came another way meanwhile", err, lead.ErrConflict)
}

// Links that are no longer good are known for a month.
func oldLinks(w *world) {
	l, anna := w.s.Links([]byte("secret")), w.admin("Anna")
	expire := func(after time.Duration, want int) {
		w.Helper()
		w.ok(w.s.Sessions([]byte("secret")).Expire(w.ctx, now.Add(after)))
		w.same(fmt.Sprint("links after ", after), want, w.count(`SELECT COUNT(*) FROM links`))
	}
	for _, name := range []string{"used", "open"} {
		token, _, err := l.Invite(w.ctx, lead.Person(anna, "page"), lead.Invite{Email: name + "@acme.example", Name: name, Role: lead.Rep}, now)
		w.ok(err)
		if name == "used" {
			must(l.Join(w.ctx, token, "the kettle sings", now))(w)
		}
	}
	const month = 30 * 24 * time.Hour
	expire(month-time.Second, 2)
	expire(month, 1)
	expire(month+lead.InviteFor-time.Second, 1)
	expire(month+lead.InviteFor, 0)
}

func resets(w *world) {
	l, rosa := w.s.Links([]byte("secret")), w.rep("rosa")
	s := w.s.Sessions([]byte("secret"))
	signedIn := func(token string) {
		w.Helper()
		w.ok(s.CommitCtx(w.ctx, token, []byte("x"), time.Now().Add(time.Hour)))
		w.ok(s.Began(w.ctx, token, lead.Session{UserID: rosa.ID, CreatedAt: now, SeenAt: now}))
	}
	signedIn("one")
	first, until, err := l.Reset(w.ctx, lead.Operator, rosa.ID, now.In(east))
	w.ok(err)
	w.same("how long", now.Add(lead.ResetFor), until)
	second, _, err := l.Reset(w.ctx, lead.Operator, rosa.ID, now)
	w.ok(err)
	_, err = l.UseReset(w.ctx, first, "the kettle sings", now)
	w.refused("the one before", err, lead.ErrGone)
	_, err = l.UseReset(w.ctx, second, "rosa@acme.example", now)
	w.refused("one's address as a password", err, lead.ErrInvalid)
	_, err = l.UseReset(w.ctx, second, "the kettle sings", until)
	w.refused("too late", err, lead.ErrGone)
	w.one("who uses a reset at once", together(4, func(int) error { _, err := l.UseReset(w.ctx, second, "the kettle sings", now); return err }), lead.ErrGone)
	must(w.s.SignIn(w.ctx, rosa.Email, "the kettle sings"))(w)
	w.same("no session is left", 0, len(must(s.Of(w.ctx, rosa.ID, now))(w)))

	third, _, err := l.Reset(w.ctx, lead.Operator, rosa.ID, now)
	w.ok(err)
	signedIn("two")
	w.ok(w.s.Disable(w.ctx, lead.Operator, rosa.ID, now))
	_, err = l.UseReset(w.ctx, third, "the kettle sings", now)
	w.refused("a disabled person's", err, lead.ErrGone)
	_, _, err = l.Reset(w.ctx, lead.Operator, rosa.ID, now)
	w.refused("a new one of theirs", err, lead.ErrConflict)
	w.same("no session is left", 0, len(must(s.Of(w.ctx, rosa.ID, now))(w)))
	w.same("acts tell no secret", []string{"", "", ""}, w.acts(lead.ResetLinkMade))
}

func sessionLists(w *world) {
	s, rosa, sam := w.s.Sessions([]byte("secret")), w.rep("rosa"), w.rep("sam")
	begin := time.Now().UTC().Truncate(time.Microsecond)
	for i, token := range []string{"a", "b", "c"} {
		w.ok(s.CommitCtx(w.ctx, token, []byte("x"), begin.Add(time.Hour)))
		at := begin.Add(time.Duration(i) * time.Minute)
		w.ok(s.Began(w.ctx, token, lead.Session{UserID: rosa.ID, CreatedAt: at, SeenAt: at, Address: "192.0.2.1", Agent: "a browser"}))
	}
	w.ok(s.CommitCtx(w.ctx, "undescribed", []byte("x"), begin.Add(time.Hour)))
	w.ok(s.CommitCtx(w.ctx, "expired", []byte("x"), begin.Add(-time.Second)))
	w.ok(s.Began(w.ctx, "expired", lead.Session{UserID: rosa.ID, CreatedAt: begin, SeenAt: begin}))
	see := func(token string, after time.Duration) {
		w.Helper()
		w.ok(s.Seen(w.ctx, token, lead.Session{UserID: rosa.ID, SeenAt: begin.Add(after), Address: "192.0.2.2", Agent: "another"}))
	}
	see("a", time.Minute) // too soon to be noted
	see("b", 10*time.Minute)
	see("undescribed", 3*time.Minute)
	see("unknown", 3*time.Minute)
	got := must(s.Of(w.ctx, rosa.ID, begin))(w)
	want := []lead.Session{
		{ID: s.ID("b"), UserID: rosa.ID, CreatedAt: begin.Add(time.Minute), SeenAt: begin.Add(10 * time.Minute), Address: "192.0.2.2", Agent: "another"},
		{ID: s.ID("undescribed"), UserID: rosa.ID, CreatedAt: begin.Add(3 * time.Minute), SeenAt: begin.Add(3 * time.Minute), Address: "192.0.2.2", Agent: "another"},
		{ID: s.ID("c"), UserID: rosa.ID, CreatedAt: begin.Add(2 * time.Minute), SeenAt: begin.Add(2 * time.Minute), Address: "192.0.2.1", Agent: "a browser"},
		{ID: s.ID("a"), UserID: rosa.ID, CreatedAt: begin, SeenAt: begin, Address: "192.0.2.1", Agent: "a browser"},
	}
	w.same("the last seen first", want, got)
	w.same("last seen", map[string]time.Time{rosa.ID: begin.Add(10 * time.Minute)}, must(s.LastSeen(w.ctx, begin))(w))
	by := lead.Person(sam, "page")
	w.refused("somebody else's session", s.End(w.ctx, by, sam.ID, s.ID("a"), now), lead.ErrNotFound)
	w.ok(s.End(w.ctx, by, rosa.ID, s.ID("a"), now))
	w.same("alive", map[string]time.Time{s.ID("b"): begin.Add(time.Hour), s.ID("c"): begin.Add(time.Hour)}, must(s.Alive(w.ctx, []string{s.ID("a"), s.ID("b"), s.ID("c"), s.ID("expired"), "x"}, begin))(w), cmpopts.EquateApproxTime(time.Minute))
	w.same("none asked", 0, len(must(s.Alive(w.ctx, nil, begin))(w)))
	for range 2 {
		w.ok(s.EndAll(w.ctx, by, rosa.ID, s.ID("b"), now))
	}
	w.same("the one that was kept", 1, len(must(s.Of(w.ctx, rosa.ID, begin))(w)))
	w.ok(s.EndAll(w.ctx, by, rosa.ID, "", now))
	w.same("none", 0, len(must(s.Of(w.ctx, rosa.ID, begin))(w)))
	w.same("acts", 3, len(w.acts(lead.SessionEnded)))
}

func changeTeam(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	cal, err := sla.DefaultCalendar("Asia/Tokyo")
	w.ok(err)
	route, err := scoring.CompileFilter([]scoring.Condition{{Field: "country", Op: "is", Value: "JP"}})
	w.ok(err)
	plan := lead.TeamPlan{Name: " Japan ", Calendar: cal, Route: route, MaxClaimed: 4, MaxUntouched: 6}
	for range 2 {
		w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, apac.ID, plan, now))
	}
	got := must(w.s.Teams(w.ctx))(w)[1]
	w.same("name, slug, limits", []any{"Japan", apac.Slug, 4, 6, "Asia/Tokyo"}, []any{got.Name, got.Slug, got.MaxClaimed, got.MaxUntouched, got.Calendar.Zone().String()})
	if !got.Route.Match(scoring.Traits{"country": "jp"}) || got.Route.Match(scoring.Traits{"country": "DE"}) {
		w.Error("the routing rules did not come back")
	}
	w.same("told once", 1, len(w.acts(lead.TeamChanged)))
	_, err = w.s.PastCalendar(w.ctx, cal.Print())
	w.refused("hours that the team still has", err, lead.ErrNotFound)
	for range 2 { // there and back, and away again
		plan.Calendar = nil
		w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, apac.ID, plan, now))
		if got := must(w.s.Teams(w.ctx))(w)[1]; got.Calendar != nil {
			w.Error("the agreement's calendar is not back")
		}
		past := must(w.s.PastCalendar(w.ctx, cal.Print()))(w)
		w.same("hours of before", []any{true, cal.Print()}, []any{cal.Equal(*past), past.Print()})
		plan.Calendar = cal
		w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, apac.ID, plan, now))
	}
	for about, f := range map[string]func(*lead.TeamPlan){
		"no name": func(p *lead.TeamPlan) { p.Name = " " }, "no leads at all": func(p *lead.TeamPlan) { p.MaxClaimed = 0 }, "too many": func(p *lead.TeamPlan) { p.MaxUntouched = 1001 },
	} {
		wrong := plan
		f(&wrong)
		w.refused(about, w.s.ChangeTeam(w.ctx, lead.Operator, apac.ID, wrong, now), lead.ErrInvalid)
	}
	plan.Name = "emea"
	w.refused("a name that is taken", w.s.ChangeTeam(w.ctx, lead.Operator, apac.ID, plan, now), lead.ErrConflict)
	w.refused("no team", w.s.ChangeTeam(w.ctx, lead.Operator, "nowhere", plan, now), lead.ErrNotFound)

	waiting := w.waiting(apac, "ada")
	err = w.s.DisableTeam(w.ctx, lead.Operator, apac.ID, now)
	w.refused("a team with leads on its board", err, lead.ErrConflict)
	if err != nil && !strings.Contains(err.Error(), "1 lead") {
		w.Errorf("it does not say how many: %v", err)
	}
	w.refused("the default team", w.s.DisableTeam(w.ctx, lead.Operator, emea.ID, now), lead.ErrConflict)
	w.alter(waiting.Lead.ID, now, func(x *lead.Work) { x.Lead.TeamID = emea.ID })
	for range 2 {
		w.ok(w.s.DisableTeam(w.ctx, lead.Operator, apac.ID, now))
	}
	if got := must(w.s.Teams(w.ctx))(w)[1]; got.DisabledAt.IsZero() {
		w.Error("the team is not disabled")
	}
	for range 2 {
		w.ok(w.s.EnableTeam(w.ctx, lead.Operator, apac.ID, now))
	}
	w.same("acts", []int{1, 1}, []int{len(w.acts(lead.TeamDisabled)), len(w.acts(lead.TeamEnabled))})
	for range 2 {
		w.ok(w.s.NameCompany(w.ctx, lead.Operator, " ACME ", now))
	}
	w.same("the company", "ACME", must(w.s.Setting(w.ctx, "company"))(w))
	w.same("told once", []string{" → ACME"}, w.acts(lead.CompanyNamed))
	w.refused("no name", w.s.NameCompany(w.ctx, lead.Operator, "", now), lead.ErrInvalid)
}

// strays: whoever has claimed a lead and may no longer hold it, and nobody else.
func strays(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	hold := func(u lead.User, stage lead.Stage, team lead.Team) {
		w.begin(func(x *lead.Work) { x.Lead.Stage, x.Lead.TeamID, x.Lead.OwnerID = stage, team.ID, u.ID })
	}
	fine, gone, left, moved, accepted := w.rep("fine", emea, apac), w.rep("gone", emea), w.rep("left", apac), w.rep("moved", emea), w.rep("accepted", emea)
	away, back := w.rep("away", emea), w.rep("back", emea)
	for _, u := range []lead.User{fine, gone, left, moved, away, back} {
		hold(u, lead.Claimed, emea)
		hold(u, lead.Claimed, emea)
	}
	hold(accepted, lead.SAL, emea)
	w.ok(w.s.Disable(w.ctx, lead.Operator, gone.ID, now))
	w.ok(w.s.Disable(w.ctx, lead.Operator, accepted.ID, now))
	w.ok(w.s.ChangePerson(w.ctx, lead.Operator, moved.ID, lead.Persona{Name: "moved", Role: lead.Manager, Teams: []string{emea.ID}}, now))
	w.ok(w.s.SetAway(w.ctx, lead.Operator, away.ID, now.Add(time.Minute).In(east), now))
	w.ok(w.s.SetAway(w.ctx, lead.Operator, back.ID, now, now.Add(-time.Hour)))
	w.same("strays", []string{gone.ID, left.ID, moved.ID, away.ID}, must(w.s.Strays(w.ctx, now))(w), cmpopts.SortSlices(func(a, b string) bool { return a < b }))
	if plan := w.plan(strings.ReplaceAll(store.StraysQuery, "$1", "'2026-11-16 10:00:00'")); !strings.Contains(plan, "leads_claimed") {
		w.Errorf("more is read than what is claimed:\n%s", plan)
	}
}
