package lead_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
)

func TestNormalForms(t *testing.T) {
	for in, want := range map[string]string{
		" Ada@Engines.Example ": "ada@engines.example", "ada": "", "@x.io": "", "ada@": "", "": "", "a b@x.io": "", "<a@x.io>": "", "a@b@c.io": "a@b@c.io",
	} {
		if got := lead.NormalEmail(in); got != want {
			t.Errorf("email %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"+49 30 123456": "+4930123456", "+49 (0)30 / 12-34.56": "+4930123456", "0049 30 123456": "+4930123456",
		"030 123456": "", "+49": "", "+0123456789": "", "": "", "call me": "", "+1234567890123456": "",
	} {
		if got := lead.NormalPhone(in); got != want {
			t.Errorf("phone %q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]lead.Identity{
		"018f": {Value: "018f"}, "email:Ada@X.io": {Kind: lead.ByEmail, Value: "ada@x.io"}, "user:42": {Kind: lead.ByUser, Value: "42"},
		"user:a:b": {Kind: lead.ByUser, Value: "a:b"}, "phone:+49 30 123456": {Kind: lead.ByPhone, Value: "+4930123456"},
	} {
		if got, err := lead.ParseRef(in); err != nil || got != want {
			t.Errorf("ref %q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"email:nobody", "user:", "planet:mars", "phone:030"} {
		if got, err := lead.ParseRef(in); err == nil {
			t.Errorf("ref %q: %+v", in, got)
		}
	}
}

func FuzzNormalForms(f *testing.F) {
	for _, s := range []string{"Ada@Engines.Example", "+49 (0)30 1234", "a@İ.io", "\x00@\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e := lead.NormalEmail(s); lead.NormalEmail(e) != e {
			t.Errorf("email %q: %q, and again %q", s, e, lead.NormalEmail(e))
		}
		if p := lead.NormalPhone(s); lead.NormalPhone(p) != p {
			t.Errorf("phone %q: %q, and again %q", s, p, lead.NormalPhone(p))
		}
		lead.EmailKind(lead.EmailDomain(s))
	})
}

func TestLearn(t *testing.T) {
	at := func(n int) time.Time { return monday.Add(time.Duration(n) * time.Hour) }
	empty := func() lead.Profile {
		return lead.Profile{Traits: scoring.Traits{}, TraitTimes: map[string]time.Time{}}
	}
	p := empty()
	p.Learn(map[string]any{
		"email": " Ada@Engines.Example", "phone": "+49 30 123456", "firstName": "Ada", "lastName": "Byron",
		"company": map[string]any{"name": "Analytical Engines", "employees": 120.0}, "address": map[string]any{"country": "GB"},
		"title": "Countess", "plan": "pro", "email_domain": "evil.example", "user_id": "root",
	}, at(1))
	want := lead.Profile{Email: "ada@engines.example", Phone: "+4930123456", Name: "Ada Byron", Company: "Analytical Engines", Title: "Countess", Country: "GB"}
	if d := cmp.Diff(want, p, cmpopts.IgnoreFields(lead.Profile{}, "Traits", "TraitTimes")); d != "" {
		t.Error(d)
	}
	if p.Traits["plan"] != "pro" || p.Traits["employees"] != 120.0 || p.Traits["user_id"] != nil || p.AllTraits()["email_domain"] != "engines.example" {
		t.Errorf("traits: %v", p.Traits)
	}
	for _, c := range []struct {
		name             string
		traits           map[string]any
		at               int
		changed, contact bool
		title            string
	}{
		{"said earlier, heard later", map[string]any{"title": "Student"}, 0, false, false, "Countess"},
		{"said later", map[string]any{"title": "CTO"}, 2, true, false, "CTO"},
		{"the same again", map[string]any{"title": "CTO", "plan": "pro"}, 3, false, false, "CTO"},
		{"between two that were heard", map[string]any{"title": "Clerk"}, 2, true, false, "CTO"},
		{"an address", map[string]any{"email": "ada@new.example"}, 4, true, true, "CTO"},
		{"a field left empty says nothing", map[string]any{"email": " ", "title": ""}, 5, false, false, "CTO"},
		{"no address at all mends nothing", map[string]any{"email": nil}, 5, true, false, "CTO"},
		{"what is no address is kept aside", map[string]any{"email": "n/a"}, 6, true, false, "CTO"},
		{"forgotten", map[string]any{"plan": nil}, 7, true, false, "CTO"},
		{"forgotten again", map[string]any{"plan": nil}, 8, false, false, "CTO"},
	} {
		if c.name == "between two that were heard" {
			p.Learn(map[string]any{"title": "CTO"}, at(3))
			c.changed = false
		}
		changed, contact := p.Learn(c.traits, at(c.at))
		if changed != c.changed || contact != c.contact || p.Title != c.title {
			t.Errorf("%s: changed %v, contact %v, title %q", c.name, changed, contact, p.Title)
		}
	}
}

func TestWhatAVisitorDidBeforeGivingANameCounts(t *testing.T) {
	o := open(t)
	o.each(by("", "anon-1", o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
	id, err := o.store.LeadID(o.ctx, lead.Identity{Kind: lead.ByAnonymous, Value: "anon-1"})
	if err != nil {
		t.Fatal(err)
	}
	if l := o.find(id); l.Stage != lead.Nurture || l.HeldBack == "" {
		t.Fatalf("%s, held back %q", l.Stage, l.HeldBack)
	}
	o.take(by("", "anon-1", o.identify(map[string]any{"email": "Ada@Engines.Example", "name": "Ada"}))...)
	l := o.find("email:ada@engines.example")
	if l.ID != id || l.Stage != lead.MQL || l.Score.Engagement < 49 || l.TeamID != o.team.ID {
		t.Errorf("lead %s (visitor %s) is %s with %v", l.ID, id, l.Stage, l.Score.Engagement)
	}
}

// The merge of an anonymous lead: capped rules are derived again, stage, owner
// and clocks of the known lead stay, and it happens once.
func TestMerge(t *testing.T) {
	o := open(t)
	known := map[string]any{"email": "ada@engines.example", "title": "CTO"}
	o.each(by("u1", "", o.identify(known), o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
	l := o.find("user:u1")
	o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
	before := o.find("user:u1")
	// The same person elsewhere: at the cap of comparisons, and a webinar.
	visitor := by("", "anon-1", o.track("Products Compared"), o.track("Products Compared"), o.track("Products Compared"), o.track("Webinar Viewed"),
		o.identify(map[string]any{"title": "Assistant", "plan": "trial"}))
	for i := range visitor { // before the known lead gave a title
		visitor[i].OccurredAt = monday.Add(-time.Hour + time.Duration(i)*time.Minute)
	}
	o.each(visitor...)
	anon, err := o.store.LeadID(o.ctx, lead.Identity{Kind: lead.ByAnonymous, Value: "anon-1"})
	if err != nil {
		t.Fatal(err)
	}
	leads := o.count(`SELECT COUNT(*) FROM leads WHERE merged_into = ''`)
	o.take(by("u1", "anon-1", o.identify(nil))...)

	l = o.find("user:u1")
	if got := o.count(`SELECT COUNT(*) FROM leads WHERE merged_into = ''`); got != leads-1 {
		t.Errorf("%d leads after the merge of %d", got, leads)
	}
	if l.ID != before.ID || l.Stage != lead.Claimed || l.OwnerID != o.sam.ID || !slices.Equal(o.moves(l.ID), []lead.Move{lead.Qualify, lead.Claim}) {
		t.Errorf("%s by %s after %v", l.Stage, l.OwnerID, o.moves(l.ID))
	}
	if d := cmp.Diff(before.Clocks, l.Clocks); d != "" {
		t.Errorf("the clocks changed:\n%s", d)
	}
	points := map[string]scoring.Signal{}
	for _, s := range l.Signals {
		points[s.Rule] = s
	}
	if got := points["products_compared"]; got.Points > 40 || got.Points < 39.9 || got.Count != 5 {
		t.Errorf("five comparisons: %+v, want the cap of 40", got)
	}
	if got := points["webinar_viewed"]; got.Points < 4.9 || got.Count != 1 {
		t.Errorf("the webinar: %+v", got)
	}
	if l.Title != "CTO" || l.Traits["plan"] != "trial" {
		t.Errorf("title %q, traits %v: what was said later stands", l.Title, l.Traits)
	}
	// The old id redirects, what the visitor does goes to the known lead, and it is not merged again.
	if o.find(anon).ID != l.ID {
		t.Error("the visitor's id leads nowhere")
	}
	o.take(by("", "anon-1", o.track("Case Study Viewed"))...)
	o.take(by("u1", "anon-1", o.identify(nil))...)
	again := o.find("user:u1")
	if diff := again.Score.Engagement - l.Score.Engagement; diff < 4.9 || diff > 5.1 {
		t.Errorf("a case study after the merge: %v more", diff)
	}
	if n := o.count(`SELECT COUNT(*) FROM activities WHERE lead_id = ?`, l.ID); n != 8 {
		t.Errorf("%d activities, want 8", n)
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates`); n != 0 {
		t.Errorf("%d suspected duplicates", n)
	}
}

func TestAMergeCanQualify(t *testing.T) {
	o := open(t)
	o.take(by("u1", "", o.identify(map[string]any{"email": "ada@engines.example"}))...)
	o.take(by("", "anon-1", o.track("Demo Requested"))...)
	if l := o.find("user:u1"); l.Stage != lead.Nurture {
		t.Fatalf("%s", l.Stage)
	}
	o.take(by("u1", "anon-1", o.identify(nil))...)
	if l := o.find("user:u1"); l.Stage != lead.MQL || l.Tier != scoring.Hot {
		t.Errorf("%s, %s: a demo request before the name did not reach a rep", l.Stage, l.Tier)
	}
}

// A number without its country names nobody: the visitor still becomes part of
// the known lead.
func TestAVisitorWithANationalNumberIsStillAnonymous(t *testing.T) {
	o := open(t)
	o.take(by("", "anon-1", o.identify(map[string]any{"phone": "030 123456", "name": "Ada"}), o.track("Trial Started"))...)
	o.take(by("u1", "", o.identify(map[string]any{"email": "ada@engines.example"}))...)
	o.take(by("u1", "anon-1", o.identify(nil))...)
	l := o.find("user:u1")
	if l.Score.Engagement < 29 || l.Name != "Ada" || l.Phone != "030 123456" {
		t.Errorf("%v points, %q, %q", l.Score.Engagement, l.Name, l.Phone)
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates`); n != 0 {
		t.Errorf("%d suspected duplicates", n)
	}
}

func TestUserIDBeatsEmail(t *testing.T) {
	o := open(t)
	o.take(by("u1", "", o.identify(map[string]any{"email": "info@engines.example"}))...)
	o.take(by("u2", "", o.identify(map[string]any{"email": "info@engines.example", "name": "Charles"}))...)
	a, b := o.find("user:u1"), o.find("user:u2")
	if a.ID == b.ID {
		t.Fatal("two people at one address became one")
	}
	if got := o.find("email:info@engines.example"); got.ID != a.ID {
		t.Error("the address left who had it first")
	}
	if b.Name != "Charles" || a.Name != "" {
		t.Errorf("names %q and %q", a.Name, b.Name)
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates`); n != 1 {
		t.Errorf("%d suspected duplicates, want 1", n)
	}
	// Two known leads, then an identify that names both.
	o.take(by("u3", "", o.track("Page Viewed"))...)
	o.take(by("", "", o.identify(map[string]any{"email": "eve@x.example"}))...)
	o.take(by("u3", "", o.identify(map[string]any{"email": "eve@x.example"}))...)
	if o.find("user:u3").ID == o.find("email:eve@x.example").ID {
		t.Error("two known leads merged by themselves")
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates`); n != 2 {
		t.Errorf("%d suspected duplicates, want 2", n)
	}
	// Known by the address only, then named: the same lead.
	o.take(by("", "", o.identify(map[string]any{"email": "bob@x.example"}))...)
	o.take(by("u4", "", o.identify(map[string]any{"email": "BOB@x.example"}))...)
	if l := o.find("user:u4"); l.ID != o.find("email:bob@x.example").ID || l.UserID != "u4" {
		t.Errorf("user id %q", l.UserID)
	}
	// A new address of a known user: both lead there.
	o.take(by("u4", "", o.identify(map[string]any{"email": "bob@new.example"}))...)
	if l := o.find("email:bob@x.example"); l.ID != o.find("email:bob@new.example").ID || l.Email != "bob@new.example" {
		t.Errorf("address %q", l.Email)
	}
}

func TestSharedBrowser(t *testing.T) {
	for _, oneBatch := range []bool{false, true} {
		o := open(t)
		send := o.each
		if oneBatch {
			send = o.take
		}
		var msgs []lead.Message
		msgs = append(msgs, by("", "kiosk", o.track("Pricing Viewed"), o.identify(map[string]any{"email": "first@x.example"}))...)
		msgs = append(msgs, by("", "kiosk", o.identify(map[string]any{"email": "second@x.example"}))...)
		msgs = append(msgs, by("u3", "kiosk", o.identify(map[string]any{"email": "third@x.example"}))...)
		msgs = append(msgs, by("u4", "kiosk", o.track("Trial Started"))...)
		send(msgs...)
		first, second, third := o.find("email:first@x.example"), o.find("email:second@x.example"), o.find("user:u3")
		if first.ID == second.ID || first.ID == third.ID || second.ID == third.ID {
			t.Fatal("people who share a browser became one")
		}
		if first.Email != "first@x.example" || first.Score.Engagement < 9 || second.Score.Engagement != 0 {
			t.Errorf("the first: %q with %v points", first.Email, first.Score.Engagement)
		}
		// A user who has not told more: the browser's owner has no user id, so it may be them.
		if fourth := o.find("user:u4"); fourth.ID != first.ID {
			t.Errorf("user u4 is %s", fourth.DisplayName())
		}
	}
}

func TestAlias(t *testing.T) {
	o := open(t)
	alias := func(previous, user string) lead.Message {
		m := o.message(lead.Alias)
		m.UserID, m.PreviousID = user, previous
		return m
	}
	// An anonymous visitor gets a user id.
	o.each(append(by("", "anon-1", o.track("Trial Started")), alias("anon-1", "u1"))...)
	if l := o.find("user:u1"); l.Score.Engagement < 29 || l.UserID != "u1" {
		t.Errorf("%v points, user id %q", l.Score.Engagement, l.UserID)
	}
	// A user is called something else from now on.
	o.each(append(by("old", "", o.track("Trial Started")), alias("old", "new"))...)
	if l := o.find("user:new"); l.ID != o.find("user:old").ID || l.UserID != "new" {
		t.Errorf("user id %q", l.UserID)
	}
	// Two known users don't merge.
	o.each(append(append(by("a", "", o.track("Page Viewed")), by("b", "", o.track("Page Viewed"))...), alias("a", "b"))...)
	if o.find("user:a").ID == o.find("user:b").ID || o.count(`SELECT COUNT(*) FROM duplicates`) != 1 {
		t.Error("two known users merged")
	}
	// What nobody has heard of: later events under the old id go to the user.
	o.take(alias("anon-9", "u9"))
	o.take(by("", "anon-9", o.track("Trial Started"))...)
	if l := o.find("user:u9"); l.Score.Engagement < 29 {
		t.Errorf("%v points", l.Score.Engagement)
	}
}

func TestTraitsOfATrackNameALeadToo(t *testing.T) {
	o := open(t)
	m := o.track("Trial Started")
	m.Traits = map[string]any{"email": "ada@engines.example"}
	o.take(by("u1", "", m)...)
	if o.find("email:ada@engines.example").ID != o.find("user:u1").ID {
		t.Error("the address leads elsewhere")
	}
}

// A stream of messages gives the same leads and scores in whatever order and
// batches it arrives.
func TestAnyOrderGivesTheSameLeads(t *testing.T) {
	const shuffles = 8
	stream := func(o *office) []lead.Message {
		var all []lead.Message
		for i := range 3 {
			user, anon, phone := fmt.Sprintf("u%d", i), fmt.Sprintf("anon-%d", i), fmt.Sprintf("phone-%d", i)
			mail := fmt.Sprintf("p%d@engines.example", i)
			all = append(all, by("", anon, o.track("Products Compared"), o.track("Pricing Viewed"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
			all = append(all, by(user, anon, o.identify(map[string]any{"email": mail, "title": "Clerk", "plan": "free"}))...)
			all = append(all, by(user, "", o.track("Products Compared"), o.track("Webinar Viewed"), o.track("Webinar Viewed"), o.track("Unsubscribed"))...)
			all = append(all, by("", phone, o.track("Webinar Viewed"), o.track("Webinar Viewed"), o.track("Products Compared"))...)
			all = append(all, by(user, phone, o.identify(map[string]any{"title": "CTO", "plan": nil}))...)
			all = append(all, by(user, phone, o.track("Pricing Viewed"), o.track("Careers Viewed"))...)
		}
		all = append(all, by("", "anon-x", o.track("Trial Started"), o.identify(map[string]any{"email": "x@engines.example"}), o.track("Trial Started"))...)
		for i := range all { // hours apart, so that decay between them shows
			all[i].OccurredAt = monday.Add(time.Duration(i*7%len(all))*5*time.Hour - 30*day)
		}
		return all
	}
	type known struct {
		lead.Profile
		Total, Intent float64
		Signals       []scoring.Signal
		Leads         int
	}
	look := func(o *office) []known {
		var out []known
		for _, ref := range []string{"user:u0", "user:u1", "user:u2", "email:x@engines.example"} {
			l := o.find(ref)
			slices.SortFunc(l.Signals, func(a, b scoring.Signal) int { return strings.Compare(a.Rule, b.Rule) })
			out = append(out, known{l.Profile, l.Score.Total, l.Score.Intent, l.Signals, o.count(`SELECT COUNT(*) FROM leads WHERE merged_into = ''`)})
		}
		return out
	}
	var want []known
	for n := range shuffles {
		o := open(t)
		msgs := stream(o)
		rnd := rand.New(rand.NewPCG(uint64(n), 7))
		if n > 0 {
			rnd.Shuffle(len(msgs), func(i, j int) { msgs[i], msgs[j] = msgs[j], msgs[i] })
		}
		for len(msgs) > 0 {
			k := min(len(msgs), 1+rnd.IntN(6))
			o.take(msgs[:k]...)
			o.take(msgs[rnd.IntN(k)]) // somebody sends one twice
			msgs = msgs[k:]
		}
		got := look(o)
		if n == 0 {
			want = got
			if want[0].Leads != 4 {
				t.Fatalf("%d leads, want 4", want[0].Leads)
			}
			continue
		}
		if d := cmp.Diff(want, got, asItWas); d != "" {
			t.Fatalf("shuffle %d (-in order +shuffled):\n%s", n, d)
		}
	}
}

// Where the agreement needs no traits, a rep may hold a visitor that turns out
// to be a known lead: the known lead's own story goes on.
func TestMergeOfAVisitorThatARepHolds(t *testing.T) {
	o := open(t)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a.Criteria.RequiredTraits = nil
	if _, err := o.store.Activate(o.ctx, lead.Operator, a, o.now); err != nil {
		t.Fatal(err)
	}
	known := o.ready("ada")
	o.move(known.ID, o.rosa, lead.Request{Move: lead.Accept})
	o.take(by("", "anon-1", o.track("Demo Requested"))...)
	visitor, err := o.store.LeadID(o.ctx, lead.Identity{Kind: lead.ByAnonymous, Value: "anon-1"})
	if err != nil {
		t.Fatal(err)
	}
	o.move(visitor, o.sam, lead.Request{Move: lead.Claim})
	o.take(by("ada", "anon-1", o.identify(nil))...)
	if l := o.find("user:ada"); l.ID != known.ID || l.Stage != lead.SAL || l.OwnerID != o.rosa.ID {
		t.Errorf("%s, %s", l.Stage, l.OwnerID)
	}
	if ids := o.boardIDs(); !slices.Equal(ids, []string{known.ID}) {
		t.Errorf("the board shows %v", ids)
	}
	if n := o.count(`SELECT COUNT(*) FROM leads WHERE owner_id = ?`, o.sam.ID); n != 0 {
		t.Errorf("a place of Sam's is taken by a lead that is no more")
	}
	if n := o.count(`SELECT COUNT(*) FROM clocks WHERE lead_id = ? AND stopped_at IS NULL`, visitor); n != 0 {
		t.Errorf("%d of its clocks run", n)
	}
	if d := cmp.Diff([]lead.Move{lead.Qualify, lead.Claim, lead.Merge}, o.moves(visitor)); d != "" {
		t.Errorf("its history:\n%s", d)
	}
	rows, err := o.store.History(o.ctx, visitor, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if h := rows[0]; h.From != lead.Claimed || h.To != lead.Nurture || h.OwnerBefore != o.sam.ID || h.OwnerAfter != "" || h.Cause != lead.CauseMerged || h.ActorKind != lead.BySystem {
		t.Errorf("its last row: %+v", h)
	}
	l, _, err := o.store.Lead(o.ctx, visitor)
	if err != nil || !l.HandRaisedAt.IsZero() || !l.CallbackAt.IsZero() || l.Backlog || l.HeldBack != "" {
		t.Errorf("what is still due for it: %+v, %v", l.Life, err)
	}
}

// A name that comes in parts is made of what is known of both by now, in
// whatever order and however the calls are split.
func TestNamesInParts(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	type said struct {
		traits map[string]any
		at     time.Time
	}
	both := said{map[string]any{"firstName": "Ann", "lastName": "Lee"}, at(1)}
	last := said{map[string]any{"lastName": "Smith"}, at(2)}
	whole := said{map[string]any{"name": "Dr Ann Smith"}, at(3)}
	for name, c := range map[string]struct {
		order []said
		want  string
	}{
		"in order":           {[]said{both, last}, "Ann Smith"},
		"the later first":    {[]said{last, both}, "Ann Smith"},
		"a whole name since": {[]said{both, whole, last}, "Dr Ann Smith"},
		"only the last name": {[]said{last}, "Smith"},
	} {
		l := lead.Lead{Profile: lead.Profile{Traits: map[string]any{}, TraitTimes: map[string]time.Time{}}}
		for _, s := range c.order {
			l.Learn(s.traits, s.at)
		}
		if l.Name != c.want {
			t.Errorf("%s: the name is %q, want %q", name, l.Name, c.want)
		}
	}
}
