package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/store"
)

func people(w *world) {
	empty := must(w.s.Empty(w.ctx))(w)
	team, other := w.team("EMEA"), w.team("APAC")
	hash := must(store.HashPassword("correct horse"))(w)
	rosa := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: " Rosa@ACME.example ", Name: "Rosa Ünal", Role: lead.Rep, Teams: []string{other.ID, team.ID}, Password: hash}, now.In(east)))(w)
	ben := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "ben@acme.example", Name: "Ben", Role: lead.Manager}, now.Add(time.Second)))(w)
	w.same("nobody is there at first, then somebody", []bool{true, false}, []bool{empty, must(w.s.Empty(w.ctx))(w)})
	want := lead.User{ID: rosa.ID, Email: "rosa@acme.example", Name: "Rosa Ünal", Role: lead.Rep, Teams: []string{other.ID, team.ID}, Password: hash, CreatedAt: now}
	w.same("as added", want, rosa)
	for _, ref := range []string{rosa.ID, "rosa@acme.example", "ROSA@acme.example"} {
		w.same("by "+ref, want, must(w.s.User(w.ctx, ref))(w))
	}
	w.same("in order of joining", []lead.User{want, ben}, must(w.s.Users(w.ctx))(w))
	for _, ref := range []string{"", "nobody", "nobody@acme.example", "%"} {
		_, err := w.s.User(w.ctx, ref)
		w.refused("the person "+ref, err, lead.ErrNotFound)
	}
	_, err := w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "ROSA@acme.example", Name: "Another", Role: lead.Rep}, now)
	w.refused("a taken address", err, lead.ErrConflict)
	_, err = w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "nonsense", Name: "Another", Role: lead.Rep}, now)
	w.refused("an address that is none", err, lead.ErrInvalid)
	_, err = w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "c@acme.example", Name: "C", Role: lead.Rep, Teams: []string{team.ID, "no-team"}}, now)
	w.refused("a team that is not there", err, lead.ErrInvalid)
	for about, u := range map[string]lead.User{"no name": {Name: " ", Role: lead.Rep}, "a long name": {Name: strings.Repeat("x", 101), Role: lead.Rep}, "no role": {Name: "C"}} {
		u.Email = "c@acme.example"
		_, err := w.s.AddUser(w.ctx, lead.Operator, u, now)
		w.refused(about, err, lead.ErrInvalid)
	}
	if n := w.count(`SELECT COUNT(*) FROM users`); n != 2 {
		w.Errorf("%d people, want 2: who was refused is not kept", n)
	}
	w.ok(w.s.SetPassword(w.ctx, lead.Operator, rosa.ID, "new", now))
	w.ok(w.s.Disable(w.ctx, lead.Operator, rosa.ID, now.Add(time.Hour).In(east)))
	w.ok(w.s.Disable(w.ctx, lead.Operator, rosa.ID, now.Add(2*time.Hour)))
	want.Password, want.DisabledAt = "new", now.Add(time.Hour)
	w.same("afterwards; disabled once", want, must(w.s.User(w.ctx, rosa.ID))(w))
}

func signIn(w *world) {
	hash := must(store.HashPassword("correct horse"))(w)
	other := must(store.HashPassword("correct horse"))(w)
	if hash == other || strings.Contains(hash, "horse") {
		w.Error("a hash that tells who has the same password, or the password")
	}
	u := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "rosa@acme.example", Name: "Rosa", Role: lead.Rep, Password: hash}, now))(w)
	must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "ben@acme.example", Name: "Ben", Role: lead.Rep}, now))(w)
	got := must(w.s.SignIn(w.ctx, " ROSA@acme.example", "correct horse"))(w)
	w.same("who signs in", u, got)
	for _, c := range [][2]string{
		{"rosa@acme.example", "wrong horse"}, {"rosa@acme.example", ""}, {"nobody@acme.example", "correct horse"}, {"", "correct horse"},
		{u.ID, "correct horse"}, {"ben@acme.example", ""}, {"rosa@acme.example", "correct horse "},
	} {
		_, err := w.s.SignIn(w.ctx, c[0], c[1])
		w.refused(fmt.Sprintf("%q with %q", c[0], c[1]), err, lead.ErrForbidden)
	}
	w.ok(w.s.Disable(w.ctx, lead.Operator, u.ID, now))
	_, err := w.s.SignIn(w.ctx, "rosa@acme.example", "correct horse")
	w.refused("who is disabled", err, lead.ErrForbidden)
	for _, p := range []string{"", "1234567", strings.Repeat("x", 1001)} {
		_, err := store.HashPassword(p)
		w.refused(fmt.Sprintf("a password of %d bytes", len(p)), err, lead.ErrInvalid)
	}
}

// together calls f n times at once and returns what each returned.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() { <-begin; errs[i] = f(i) })
	}
	close(begin)
	all.Wait()
	return errs
}

// one checks that exactly one was not refused.
func (w *world) one(what string, errs []error, refusal error) {
	w.Helper()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, refusal):
			w.Errorf("%s: %v, want: %v", what, err, refusal)
		}
	}
	if won != 1 {
		w.Errorf("%s: %d of %d succeeded, want one", what, won, len(errs))
	}
}

func firstUser(w *world) {
	errs := together(20, func(i int) error {
		_, err := w.s.FirstUser(w.ctx, lead.Operator, lead.User{Email: fmt.Sprintf("admin%d@acme.example", i), Name: "Admin", Role: lead.Admin}, lead.Team{Name: fmt.Sprint("Team ", i)}, now)
		return err
	})
	w.one("first users", errs, lead.ErrConflict)
	if users, teams := w.count(`SELECT COUNT(*) FROM users`), w.count(`SELECT COUNT(*) FROM teams`); users != 1 || teams != 1 {
		w.Errorf("%d people and %d teams, want one of each", users, teams)
	}
	_, err := w.s.FirstUser(w.ctx, lead.Operator, lead.User{Email: "late@acme.example"}, lead.Team{}, now)
	w.refused("a later one", err, lead.ErrConflict)
}

func setUp(w *world) {
	form := lead.SetUp{Company: "ACME", Zone: "Europe/Berlin", Team: "EMEA", Name: "Ada", Email: "Ada@acme.example", Password: "correct horse"}
	for field, f := range map[string]func(*lead.SetUp){
		"company": func(f *lead.SetUp) { f.Company = "" }, "zone": func(f *lead.SetUp) { f.Zone = "Europe/Atlantis" }, "team": func(f *lead.SetUp) { f.Team = "" },
		"name": func(f *lead.SetUp) { f.Name = " " }, "email": func(f *lead.SetUp) { f.Email = "ada" }, "password": func(f *lead.SetUp) { f.Password = "short" },
	} {
		wrong := form
		f(&wrong)
		_, err := w.s.SetUp(w.ctx, wrong, now)
		var r *lead.Refusal
		if !errors.As(err, &r) || r.Field != field || !errors.Is(err, lead.ErrInvalid) {
			w.Errorf("a wrong %s: %v", field, err)
		}
	}
	errs := together(10, func(int) error { _, err := w.s.SetUp(w.ctx, form, now); return err })
	w.one("set up", errs, lead.ErrConflict)
	w.same("company", "ACME", must(w.s.Setting(w.ctx, "company"))(w))
	w.same("zone", "Europe/Berlin", must(w.s.Rules(w.ctx))(w).SLA.Calendar.Zone().String())
	if teams := must(w.s.Teams(w.ctx))(w); len(teams) != 1 || teams[0].Name != "EMEA" {
		w.Errorf("teams %+v, want EMEA", teams)
	}
	u := must(w.s.SignIn(w.ctx, "ada@acme.example", "correct horse"))(w)
	w.same("role", lead.Admin, u.Role)
}

func book(w *world) {
	if b := must(w.s.Book(w.ctx))(w); len(b.Users) != 0 || len(b.Teams) != 0 {
		w.Errorf("an empty store's book has %+v", b)
	}
	team := w.team("EMEA")
	u := w.rep("rosa", team)
	b := must(w.s.Book(w.ctx))(w) // at once: this store knows what it wrote
	w.same("people", map[string]lead.User{u.ID: u}, b.Users)
	w.same("teams", []string{team.ID}, []string{b.Teams[0].ID})

	// What another process writes is seen within a second.
	other := Open(w, w.url)
	must(other.Book(w.ctx))(w)
	late := w.rep("late", team)
	for begin := time.Now(); must(other.Book(w.ctx))(w).Users[late.ID].ID == ""; {
		if time.Since(begin) > time.Second {
			w.Fatal("another process does not see a new person within a second")
		}
	}
	w.same("afresh", late, must(other.User(w.ctx, late.ID))(w))

	// What is as it was is not read again; a change is there with the next look.
	hours := func() *sla.Calendar {
		b := must(other.FreshBook(w.ctx))(w)
		w.same("what cannot be read", []error{}, b.Faults)
		return b.Teams[0].Calendar
	}
	change := func(hours string) {
		w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, team.ID, lead.TeamPlan{Name: "EMEA", MaxClaimed: 3, MaxUntouched: 5, Calendar: must(sla.ParseCalendar([]byte(hours)))(w)}, now))
	}
	change(`{"time_zone":"UTC","hours":{"mon":[["09:00","17:00"]]}}`)
	first := hours()
	if first == nil || hours() != first {
		w.Error("a calendar is read again, or not at all")
	}
	change(`{"time_zone":"UTC","hours":{"mon":[["09:00","18:00"]]}}`)
	second := hours()
	if second == first || second.Equal(*first) {
		w.Error("a changed calendar is as it was")
	}

	// What cannot be read is said, and done without: the last hours that could be stay.
	w.exec(`UPDATE teams SET calendar = 'none' WHERE id = $1`, team.ID)
	for range 2 {
		b := must(other.FreshBook(w.ctx))(w)
		if len(b.Faults) != 1 || b.Teams[0].Calendar != second || len(b.Users) != 2 {
			w.Errorf("with hours that cannot be read: %+v", b)
		}
	}
	if b := must(Open(w, w.url).FreshBook(w.ctx))(w); len(b.Faults) != 1 || b.Teams[0].Calendar != nil {
		w.Errorf("with hours that could never be read: %+v", b)
	}
	change(`{"time_zone":"UTC","hours":{"mon":[["09:00","17:00"]]}}`)
	if !hours().Equal(*first) {
		w.Error("mended hours are not back")
	}
}

func teams(w *world) {
	cal, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"]]},"holidays":["2026-12-25"]}`))
	w.ok(err)
	route, err := scoring.CompileFilter([]scoring.Condition{{Field: "country", Op: "one of", Value: []any{"DE", "AT"}}})
	w.ok(err)
	emea := must(w.s.AddTeam(w.ctx, lead.Operator, lead.Team{Name: "EMEA – Größe Süd", Calendar: cal, Route: route, MaxClaimed: 7, MaxUntouched: 9}, now.In(east)))(w)
	w.same("slug", "emea-grosse-sud", emea.Slug)
	plain := w.team("emea grosse süd!")
	w.same("a slug of its own", "emea-grosse-sud-2", plain.Slug)
	w.same("limits", []int{lead.DefaultMaxClaimed, lead.DefaultMaxUntouched}, []int{plain.MaxClaimed, plain.MaxUntouched})
	w.same("a name without letters", "team", w.team("!!!").Slug)
	_, err = w.s.AddTeam(w.ctx, lead.Operator, lead.Team{Name: "!!!"}, now)
	w.refused("a taken name", err, lead.ErrConflict)
	for about, team := range map[string]lead.Team{"no name": {Name: " "}, "a long name": {Name: strings.Repeat("x", 101)}, "a limit below one": {Name: "X", MaxClaimed: -1}} {
		_, err := w.s.AddTeam(w.ctx, lead.Operator, team, now)
		w.refused(about, err, lead.ErrInvalid)
	}

	got := must(w.s.Teams(w.ctx))(w)
	if len(got) != 3 || got[0].ID != emea.ID {
		w.Fatalf("teams %+v, want the oldest first", got)
	}
	t := got[0]
	if !t.Route.Match(scoring.Traits{"country": "AT"}) || t.Route.Match(scoring.Traits{"country": "CH"}) || !got[1].Route.Empty() {
		w.Error("routing rules did not come back")
	}
	if t.Calendar == nil || t.Calendar.Zone().String() != "Europe/Berlin" || got[1].Calendar != nil {
		w.Error("calendars did not come back")
	}
	w.same("limits", []int{7, 9}, []int{t.MaxClaimed, t.MaxUntouched})
	w.same("creation", now, t.CreatedAt)
}

func firstTeam(w *world) {
	lost := w.begin(func(x *lead.Work) { x.Lead.Stage = lead.MQL })
	nurture := w.begin(nil)
	merged := w.begin(func(x *lead.Work) { x.Lead.Stage = lead.MQL })
	w.alter(merged.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = lost.Lead.ID })
	first := w.team("EMEA")
	w.team("APAC")
	l := w.card(lost.Lead.ID).Lead
	w.same("team and version of a waiting lead", fmt.Sprint(first.ID, 2), fmt.Sprint(l.TeamID, l.Version))
	w.same("team of who does not wait", []string{"", ""}, []string{w.card(nurture.Lead.ID).Lead.TeamID, w.card(merged.Lead.ID).Lead.TeamID})
	w.same("to be announced", ids(lost), must(w.s.Unannounced(w.ctx, now, 10))(w))
}

// teamless: who has no team, and who waits where nobody looks any more.
func teamless(w *world) {
	lost := w.begin(func(x *lead.Work) { x.Lead.Stage, x.Lead.OwnerID = lead.SQL, "rosa" })
	w.begin(nil)
	gone, there := w.team("EMEA"), w.team("APAC") // the first team takes who is lost
	w.alter(lost.Lead.ID, now, func(x *lead.Work) { x.Lead.TeamID = "" })
	waits, stock := w.waiting(gone, "waits"), w.stock(gone, 1)[0]
	w.waiting(there, "elsewhere")
	w.stock(there, 1)
	w.begin(func(x *lead.Work) { x.Lead.TeamID = gone.ID })
	for _, stage := range []lead.Stage{lead.Claimed, lead.SAL, lead.SQL} {
		w.begin(func(x *lead.Work) { x.Lead.Stage, x.Lead.TeamID, x.Lead.OwnerID = stage, gone.ID, "rosa" })
	}
	merged := w.waiting(gone, "merged")
	w.alter(merged.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = waits.Lead.ID })
	w.same("without a team", ids(lost), must(w.s.Teamless(w.ctx, 10))(w))
	_, err := w.db.ExecContext(w.ctx, `UPDATE teams SET disabled_at = created_at WHERE id = $1`, gone.ID)
	w.ok(err)
	w.same("of a disabled team, too", ids(lost, waits, stock), must(w.s.Teamless(w.ctx, 10))(w))
	w.same("at most one", ids(lost), must(w.s.Teamless(w.ctx, 1))(w))
	plan := w.plan(strings.ReplaceAll(store.TeamlessQuery, "$1", "10"))
	indexes := []string{"leads_teamless"}
	if strings.HasPrefix(w.url, "sqlite:") { // Postgres chooses the others by what it has counted
		indexes = append(indexes, "leads_board", "leads_backlog")
	}
	for _, index := range indexes {
		if !strings.Contains(plan, index) {
			w.Errorf("%s is not used:\n%s", index, plan)
		}
	}
}

func teamsAtOnce(w *world) {
	lost := w.begin(func(x *lead.Work) { x.Lead.Stage = lead.MQL })
	names := []string{"EMEA", "E.M.E.A", "Emea!", "emea", "emea?", "E M E A"}
	errs := together(len(names), func(i int) error {
		_, err := w.s.AddTeam(w.ctx, lead.Operator, lead.Team{Name: names[i]}, now)
		return err
	})
	w.one("two teams of one name", []error{errs[0], errs[3]}, lead.ErrConflict)
	w.same("the others", make([]error, 4), slices.Concat(errs[1:3], errs[4:]))
	slugs := map[string]bool{}
	for _, t := range must(w.s.Teams(w.ctx))(w) {
		slugs[t.Slug] = true
	}
	if len(slugs) != 5 {
		w.Errorf("%d slugs, want one for each of 5 teams", len(slugs))
	}
	w.same("the waiting lead went to one team, once", int64(2), w.card(lost.Lead.ID).Lead.Version)
}
