package lead_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// refusal is an error's kind, field and words, and holds the lead it carries.
func refusal(t *testing.T, err error) *lead.Refusal {
	t.Helper()
	var r *lead.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("it is no refusal: %v", err)
	}
	return r
}

func (o *office) last(id string) lead.History {
	o.t.Helper()
	rows, err := o.store.History(o.ctx, id, 0, 1)
	if err != nil || len(rows) == 0 {
		o.t.Fatalf("history of %s: %v, %v", id, rows, err)
	}
	return rows[0]
}

func TestAddByHand(t *testing.T) {
	o := open(t)
	byRosa := lead.Person(o.rosa, "page")
	l, err := o.desk.Add(o.ctx, lead.Entry{UserID: " 42 ", TeamID: o.team.ID, Source: "fair", Traits: map[string]any{
		"email": " Ada@Engines.Example", "phone": "0049 30 123456", "firstName": " Ada ", "lastName": "Byron", "company": "Engines", "title": "", "country": nil, "shoe": 39.0, "note": " x ",
	}}, byRosa, o.now)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{l.ID, "user:42", "email:ada@engines.example", "phone:+4930123456"} {
		got := o.find(ref)
		if got.ID != l.ID || got.Name != "Ada Byron" || got.Email != "ada@engines.example" || got.Phone != "+4930123456" || got.UserID != "42" || got.Company != "Engines" ||
			got.TeamID != o.team.ID || got.Source != "fair" || got.Stage != lead.Nurture || got.Traits["shoe"] != 39.0 || got.Traits["note"] != "x" || got.Title != "" {
			t.Errorf("%s: %+v", ref, got.Lead)
		}
		if _, said := got.TraitTimes["title"]; said {
			t.Error("a field left empty is said")
		}
	}
	if h := o.last(l.ID); h.Move != lead.Add || h.ActorID != o.rosa.ID || h.Via != "page" || h.From != lead.Nurture || h.To != lead.Nurture || h.Source != "fair" {
		t.Errorf("history: %+v", h)
	}
	if n := o.count(`SELECT COUNT(*) FROM outbox WHERE lead_id = $1 AND topic = 'lead.add'`, l.ID); n != 1 {
		t.Errorf("%d rows in the outbox", n)
	}
	by, err := o.desk.Add(o.ctx, lead.Entry{Traits: map[string]any{"email": "key@b.example"}}, lead.Actor{Kind: lead.ByKey, ID: "crm", Via: "api"}, o.now)
	if err != nil || by.Source != lead.SourceAPI || by.TeamID != "" || o.last(by.ID).ActorKind != lead.ByKey || o.last(by.ID).ActorID != "crm" {
		t.Errorf("by a program: %+v, %v", by.Lead, err)
	}
	// It is scored and qualifies as any other; by the system, whoever added it.
	o.take(said("42", o.track("Demo Requested"))...)
	if got := o.find(l.ID); got.Stage != lead.MQL || got.TeamID != o.team.ID || o.last(l.ID).ActorKind != lead.BySystem {
		t.Errorf("it is %s, held back %q, %+v", got.Stage, got.HeldBack, o.last(l.ID))
	}
}

func said(user string, msgs ...lead.Message) []lead.Message { return by(user, "", msgs...) }

func TestWhatIsNoLead(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	anna := o.hire("anna", lead.Admin)
	many := map[string]any{"email": "many@b.example"}
	for i := range 500 {
		many[fmt.Sprint("trait ", i)] = i
	}
	for about, c := range map[string]struct {
		entry lead.Entry
		by    lead.User
		kind  error
		field string
		says  string
	}{
		"nobody":                   {lead.Entry{Traits: map[string]any{"name": "Ada"}}, o.rosa, lead.ErrInvalid, "email", "who it is"},
		"empty fields":             {lead.Entry{UserID: " ", Traits: map[string]any{"email": " ", "phone": ""}}, o.rosa, lead.ErrInvalid, "email", "who it is"},
		"no address":               {lead.Entry{Traits: map[string]any{"email": "ada"}}, o.rosa, lead.ErrInvalid, "email", `"ada"`},
		"a national number":        {lead.Entry{Traits: map[string]any{"phone": "030 123456"}}, o.rosa, lead.ErrInvalid, "phone", "+49"},
		"a number as name":         {lead.Entry{UserID: "1", Traits: map[string]any{"name": 5.0}}, o.rosa, lead.ErrInvalid, "name", "not text"},
		"a long name":              {lead.Entry{UserID: "1", Traits: map[string]any{"name": strings.Repeat("ä", 1001)}}, o.rosa, lead.ErrInvalid, "name", "1001"},
		"a long user id":           {lead.Entry{UserID: strings.Repeat("x", 256)}, o.rosa, lead.ErrInvalid, "user_id", "256"},
		"a trait without a name":   {lead.Entry{UserID: "1", Traits: map[string]any{" ": 1.0}}, o.rosa, lead.ErrInvalid, "traits", "no name"},
		"a derived trait":          {lead.Entry{UserID: "1", Traits: map[string]any{"email_domain": "x.example"}}, o.rosa, lead.ErrInvalid, "traits.email_domain", "email"},
		"the user id as a trait":   {lead.Entry{Traits: map[string]any{"user_id": "1"}}, o.rosa, lead.ErrInvalid, "traits.user_id", "beside"},
		"half a name":              {lead.Entry{UserID: "1", Traits: map[string]any{"firstName": "Ada"}}, o.rosa, lead.ErrInvalid, "name", "both"},
		"too many traits":          {lead.Entry{Traits: many}, o.rosa, lead.ErrInvalid, "traits", "500"},
		"too large a trait":        {lead.Entry{UserID: "1", Traits: map[string]any{"essay": strings.Repeat("x", 70_000)}}, o.rosa, lead.ErrInvalid, "traits", "essay"},
		"an unknown team":          {lead.Entry{UserID: "1", TeamID: "nowhere"}, o.rosa, lead.ErrInvalid, "team", "no team"},
		"another's team":           {lead.Entry{UserID: "1", TeamID: apac.ID}, o.rosa, lead.ErrInvalid, "team", "no team"},
		"an administrator":         {lead.Entry{UserID: "1"}, anna, lead.ErrForbidden, "", "marketing"},
		"what could not be read":   {lead.Entry{UserID: "1", Bad: lead.Invalid("x", "no x")}, o.rosa, lead.ErrInvalid, "x", "no x"},
		"before: role, then field": {lead.Entry{Bad: lead.Invalid("x", "no x")}, anna, lead.ErrForbidden, "", ""},
	} {
		_, err := o.desk.Add(o.ctx, c.entry, lead.Person(c.by, "page"), o.now)
		if r := refusal(t, err); !errors.Is(err, c.kind) || r.Field != c.field || !strings.Contains(r.Text, c.says) {
			t.Errorf("%s: %q of %q: %v", about, r.Text, r.Field, r.Kind)
		}
	}
	if n := o.count(`SELECT COUNT(*) FROM leads`) + o.count(`SELECT COUNT(*) FROM identities`); n != 0 {
		t.Errorf("%d rows were left", n)
	}
}

func TestWhoIsKnownIsNotAddedAgain(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	otto := o.hire("otto", lead.Rep, apac.ID)
	ada := o.ready("ada")
	for _, e := range []lead.Entry{{UserID: "ada"}, {Traits: map[string]any{"email": "ADA@engines.example"}}, {UserID: "new", Traits: map[string]any{"email": "ada@engines.example"}}} {
		_, err := o.desk.Add(o.ctx, e, lead.Person(o.rosa, "page"), o.now)
		if r := refusal(t, err); !errors.Is(err, lead.ErrConflict) || r.Lead == nil || r.Lead.ID != ada.ID || !strings.HasPrefix(r.Text, "ada has this ") || !strings.HasSuffix(r.Text, "is waiting on the board") {
			t.Errorf("%+v", r)
		}
		_, err = o.desk.Add(o.ctx, e, lead.Person(otto, "page"), o.now)
		if r := refusal(t, err); !errors.Is(err, lead.ErrConflict) || r.Lead != nil || strings.Contains(r.Text, "ada") || strings.Contains(r.Text, "board") {
			t.Errorf("to who may not see the lead: %+v", r)
		}
	}
	if n := o.count(`SELECT COUNT(*) FROM leads`); n != 1 {
		t.Errorf("%d leads", n)
	}
}

func TestManyAddTheSamePerson(t *testing.T) {
	o := open(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[string]int{}
	for i := range 8 {
		wg.Go(func() {
			_, err := o.desk.Add(o.ctx, lead.Entry{UserID: fmt.Sprint("u", i), Traits: map[string]any{"email": "ada@b.example"}}, lead.Person(o.rosa, "page"), o.now)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				got["added"]++
			case errors.Is(err, lead.ErrConflict):
				got["conflict"]++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if d := cmp.Diff(map[string]int{"added": 1, "conflict": 7}, got); d != "" {
		t.Error(d)
	}
	if n := o.count(`SELECT COUNT(*) FROM identities`); n != 2 {
		t.Errorf("%d identities", n)
	}
}

// correct corrects as Rosa does on a page.
func (o *office) correct(id string, e lead.Entry) (lead.Scored, error) {
	o.now = o.now.Add(time.Second)
	return o.desk.Correct(o.ctx, id, e, lead.Person(o.rosa, "page"), o.now)
}

func TestCorrect(t *testing.T) {
	o := open(t)
	ada := o.ready("ada")
	before := o.find(ada.ID)
	l, err := o.correct(ada.ID, lead.Entry{UserID: "43", Version: before.Version, Traits: map[string]any{"email": "byron@b.example", "name": "Ada Byron", "title": "VP Sales", "plan": "pro", "shoe": 39.0}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Email != "byron@b.example" || l.UserID != "43" || l.Title != "VP Sales" || l.Traits["plan"] != "pro" || l.Version != before.Version+1 || l.Score.Total <= before.Score.Total {
		t.Errorf("%+v", l.Lead)
	}
	for _, ref := range []string{"user:43", "user:ada", "email:byron@b.example", "email:ada@engines.example"} {
		if o.find(ref).ID != ada.ID {
			t.Errorf("%s leads elsewhere", ref)
		}
	}
	if h := o.last(ada.ID); h.Move != lead.Correct || h.Cause != "email, name, title, user id, 2 other traits" || h.ActorID != o.rosa.ID || h.From != lead.MQL {
		t.Errorf("history: %+v", h)
	}
	l, err = o.correct(ada.ID, lead.Entry{Traits: map[string]any{"title": nil, "shoe": nil, "plan": " ", "nothing": nil}})
	if err != nil || l.Title != "" || len(l.Traits) != 0 || o.last(ada.ID).Cause != "title, 2 other traits" {
		t.Errorf("forgotten: %+v, %v, %+v", l.Profile, err, o.last(ada.ID))
	}
	// What is as it was changes nothing.
	rows := len(o.moves(ada.ID))
	again, err := o.correct(ada.ID, lead.Entry{UserID: "43", Traits: map[string]any{"email": "Byron@b.example ", "title": ""}})
	if err != nil || again.Version != l.Version || len(o.moves(ada.ID)) != rows {
		t.Errorf("said again: version %d of %d, %v", again.Version, l.Version, err)
	}
	// The correction counts even where the old word came with a later clock.
	o.take(said("43", func() lead.Message {
		m := o.identify(map[string]any{"title": "Intern"})
		m.OccurredAt = o.now.Add(time.Minute)
		return m
	}())...)
	if l, err = o.correct(ada.ID, lead.Entry{Traits: map[string]any{"title": "Director"}}); err != nil || o.find(ada.ID).Title != "Director" {
		t.Errorf("the title is %q, %v", l.Title, err)
	}
}

func TestCorrectIsRefused(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	otto, anna := o.hire("otto", lead.Rep, apac.ID), o.hire("anna", lead.Admin)
	ada, eve := o.ready("ada"), o.ready("eve")
	bad := lead.Entry{Traits: map[string]any{"email": "none"}}
	stale := lead.Entry{Version: ada.Version + 7, Traits: map[string]any{"email": "none"}}
	taken := lead.Entry{Traits: map[string]any{"email": eve.Email, "title": "VP"}}
	for _, c := range []struct {
		about string
		id    string
		entry lead.Entry
		by    lead.User
		kind  error
		says  string
	}{
		{"an unknown lead", "nobody", bad, o.rosa, lead.ErrNotFound, "nobody"},
		{"another team's lead", ada.ID, stale, otto, lead.ErrNotFound, ada.ID},
		{"an administrator", ada.ID, stale, anna, lead.ErrForbidden, ""},
		{"a version that is past, before a wrong field", ada.ID, stale, o.rosa, lead.ErrConflict, "version"},
		{"a wrong field", ada.ID, bad, o.rosa, lead.ErrInvalid, "none"},
		{"another's identity", ada.ID, taken, o.rosa, lead.ErrConflict, "eve has this email already"},
		{"no room", ada.ID, lead.Entry{Traits: map[string]any{"essay": strings.Repeat("x", 70_000)}}, o.rosa, lead.ErrInvalid, "room"},
	} {
		_, err := o.desk.Correct(o.ctx, c.id, c.entry, lead.Person(c.by, "page"), o.now)
		r := refusal(t, err)
		if !errors.Is(err, c.kind) || !strings.Contains(r.Text, c.says) {
			t.Errorf("%s: %v: %v", c.about, r.Kind, r.Text)
		}
		if errors.Is(err, lead.ErrConflict) != (r.Lead != nil && r.Lead.ID == c.id) {
			t.Errorf("%s: the lead as it is now is %v", c.about, r.Lead)
		}
	}
	got := o.find(ada.ID)
	if got.Version != ada.Version || got.Title != "" || o.find("email:"+eve.Email).ID != eve.ID {
		t.Errorf("a refused correction changed %+v", got.Lead)
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates WHERE cause = 'email' AND lead_a = $1 AND lead_b = $2`, min(ada.ID, eve.ID), max(ada.ID, eve.ID)); n != 1 {
		t.Errorf("%d suspected duplicates", n)
	}
	far := o.ready("far")
	boss := o.hire("boss", lead.Manager)
	o.move(far.ID, boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
	if _, err := o.correct(ada.ID, lead.Entry{UserID: "far"}); refusal(t, err).Text != "this user id can't be used here: ask marketing or an administrator" {
		t.Errorf("of a lead that is not visible: %v", err)
	}
}

func TestMendedDataBringsTheLeadBackToItsRep(t *testing.T) {
	o := open(t)
	ines := o.hire("ines", lead.Marketing)
	ada := o.ready("ada")
	o.move(ada.ID, o.sam, lead.Request{Move: lead.Return, Reason: "bad_data"})
	o.now = o.now.Add(time.Minute)
	by := lead.Person(ines, "page")
	if l, err := o.desk.Correct(o.ctx, ada.ID, lead.Entry{Traits: map[string]any{"title": "VP"}}, by, o.now); err != nil || l.Stage != lead.Nurture {
		t.Fatalf("with another title it is %s, %v", l.Stage, err)
	}
	l, err := o.desk.Correct(o.ctx, ada.ID, lead.Entry{Traits: map[string]any{"phone": "+49 30 123456"}}, by, o.now)
	if err != nil || l.Stage != lead.MQL || l.OfferedTo != o.sam.ID {
		t.Fatalf("mended, it is %s and offered to %q, %v", l.Stage, l.OfferedTo, err)
	}
	if h := o.last(ada.ID); h.Move != lead.Qualify || h.Cause != lead.CauseMended || h.ActorKind != lead.BySystem {
		t.Errorf("history: %+v", h)
	}
	if len(o.boardIDs()) != 1 {
		t.Error("it is not on the board")
	}
}

func TestHeldBackUntilItsTraitsAreSaid(t *testing.T) {
	o := open(t)
	o.take(said("42", o.track("Demo Requested"))...)
	l := o.find("user:42")
	if l.HeldBack == "" {
		t.Fatal("without a way to reach them it is not held back")
	}
	mia := lead.Person(o.mia, "page")
	got, err := o.desk.Correct(o.ctx, l.ID, lead.Entry{Traits: map[string]any{"email": "ada@b.example"}}, mia, o.now)
	if err != nil || got.Stage != lead.MQL || o.last(l.ID).ActorKind != lead.BySystem {
		t.Errorf("it is %s, held back %q, %v, %+v", got.Stage, got.HeldBack, err, o.last(l.ID))
	}
}

func TestACorrectionTakesNoUndoAway(t *testing.T) {
	o := open(t)
	ada := o.ready("ada")
	o.move(ada.ID, o.rosa, lead.Request{Move: lead.Claim})
	if _, err := o.correct(ada.ID, lead.Entry{Traits: map[string]any{"title": "VP"}}); err != nil {
		t.Fatal(err)
	}
	l := o.move(ada.ID, o.rosa, lead.Request{Move: lead.UndoMove})
	if l.Stage != lead.MQL || l.Title != "VP" {
		t.Errorf("undone it is %s with the title %q", l.Stage, l.Title)
	}
	if n := o.count(`SELECT COUNT(*) FROM outbox WHERE lead_id = $1 AND topic = 'lead.correct'`, ada.ID); n != 1 {
		t.Errorf("%d messages tell of the correction", n)
	}
	if d := cmp.Diff([]lead.Move{lead.Qualify, lead.Claim, lead.Correct, lead.UndoMove}, o.moves(ada.ID)); d != "" {
		t.Error(d)
	}
	// Another correction leaves what an import tells of a lead that no rep has seen.
	added, err := o.desk.Add(o.ctx, lead.Entry{UserID: "added"}, lead.Person(o.rosa, "page"), o.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.correct(added.ID, lead.Entry{Traits: map[string]any{"title": "VP"}}); err != nil {
		t.Fatal(err)
	}
	row := o.identify(nil)
	row.UserID, row.Import = "added", &lead.Imported{Outcome: lead.Won}
	if _, err := o.desk.Import(o.ctx, []lead.Message{row}, false, o.now); err != nil || o.find(added.ID).Stage != lead.Won {
		t.Errorf("the imported outcome made it %s, %v", o.find(added.ID).Stage, err)
	}
}
