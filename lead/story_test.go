package lead_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// monday is a Monday at ten in the morning, in the middle of business hours.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// The people of the stories. Sam and Rosa share the board of EMEA.
var (
	sam   = lead.User{ID: "sam", Name: "Sam", Role: lead.Rep, Teams: []string{"emea"}}
	rosa  = lead.User{ID: "rosa", Name: "Rosa", Role: lead.Rep, Teams: []string{"emea"}}
	otto  = lead.User{ID: "otto", Name: "Otto", Role: lead.Rep, Teams: []string{"apac"}}
	mia   = lead.User{ID: "mia", Name: "Mia", Role: lead.Manager, Teams: []string{"emea"}}
	kim   = lead.User{ID: "kim", Name: "Kim", Role: lead.Manager, Teams: []string{"apac"}}
	boss  = lead.User{ID: "boss", Name: "Bo", Role: lead.Manager}
	ines  = lead.User{ID: "ines", Name: "Ines", Role: lead.Marketing}
	anna  = lead.User{ID: "anna", Name: "Anna", Role: lead.Admin}
	crm   = lead.Actor{Kind: lead.ByKey, ID: "key-1", Via: "api"}
	staff = []lead.User{sam, rosa, otto, mia, kim, boss, ines, anna}
)

func person(u lead.User) lead.Actor { return lead.Person(u, "page") }

func newBook(users ...lead.User) *lead.Book {
	b := &lead.Book{Users: map[string]lead.User{}, Teams: []lead.Team{
		{ID: "emea", Name: "EMEA", Slug: "emea", MaxClaimed: lead.DefaultMaxClaimed, MaxUntouched: lead.DefaultMaxUntouched},
		{ID: "apac", Name: "APAC", Slug: "apac", MaxClaimed: lead.DefaultMaxClaimed, MaxUntouched: lead.DefaultMaxUntouched},
	}}
	for _, u := range users {
		b.Users[u.ID] = u
	}
	return b
}

// rulesWith is the default agreement of Berlin, changed.
func rulesWith(t testing.TB, change func(*lead.Agreement)) *lead.Rules {
	t.Helper()
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&a)
	}
	r, err := a.Compile(1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// story is one lead's life, each step a transaction of its own as the store
// would keep it: rolled back when refused, read back from JSON, only current
// clocks at hand.
type story struct {
	t       *testing.T
	rules   *lead.Rules
	book    *lead.Book
	now     time.Time
	l       lead.Lead
	clocks  []lead.Clock // all, in the order in which they were first written
	history []lead.History
	outbox  []lead.Outgoing
	news    []string // who is told of what
	acts    []scoring.Activity
	holding *lead.Holding
}

// begin tells of a known lead without points, in nurture on the team EMEA.
func begin(t *testing.T, change ...func(*lead.Agreement)) *story {
	t.Helper()
	var f func(*lead.Agreement)
	if len(change) > 0 {
		f = change[0]
	}
	s := &story{t: t, rules: rulesWith(t, f), book: newBook(staff...), now: monday}
	s.l = *lead.NewLead(s.rules, s.now).Lead
	s.l.Email, s.l.TeamID = "ada@engines.example", "emea"
	return s
}

func (s *story) scene(a lead.Actor) lead.Scene {
	return lead.Scene{Rules: s.rules, Book: s.book, Now: s.now, Actor: a, Holding: s.holding}
}

// change is one transaction.
func (s *story) change(a lead.Actor, f func(*lead.Work, lead.Scene) error) error {
	s.t.Helper()
	l, before := reread(s.t, s.l), reread(s.t, s.l)
	w := &lead.Work{Lead: &l, Clocks: slices.DeleteFunc(slices.Clone(s.clocks), func(c lead.Clock) bool { return !c.Current })}
	w.Begin()
	sc := s.scene(a)
	if err := f(w, sc); err != nil {
		if d := cmp.Diff(before, l, cmpopts.EquateEmpty()); d != "" {
			s.t.Errorf("a refusal changed the lead (-before +after):\n%s", d)
		}
		if len(w.History)+len(w.Outbox)+len(w.DropClocks) > 0 {
			s.t.Errorf("a refusal wrote something: %+v", w)
		}
		return err
	}
	if len(w.Late) > 0 {
		s.rederive(w)
	}
	if err := w.Settle(sc); err != nil {
		s.t.Fatal(err)
	}
	s.keep(w)
	return nil
}

// keep does what the store does with a change.
func (s *story) keep(w *lead.Work) {
	s.t.Helper()
	s.l = *w.Lead
	s.clocks = slices.DeleteFunc(s.clocks, func(c lead.Clock) bool { return slices.Contains(w.DropClocks, c.ID) })
	for _, c := range w.Clocks {
		if i := slices.IndexFunc(s.clocks, func(o lead.Clock) bool { return o.ID == c.ID }); i >= 0 {
			s.clocks[i] = c
		} else {
			s.clocks = append(s.clocks, c)
		}
	}
	if w.DropOutboxSeq > 0 {
		s.outbox = slices.DeleteFunc(s.outbox, func(o lead.Outgoing) bool { return o.Seq >= w.DropOutboxSeq })
	}
	s.outbox = append(s.outbox, w.Outbox...)
	s.tell(w.Occasions)
	for _, h := range w.History {
		n := int64(len(s.history))
		if h.Seq != n+1 {
			s.t.Errorf("history row %s has seq %d after %d rows", h.Move, h.Seq, n)
		}
		if n > 0 && s.history[n-1].To != h.From {
			s.t.Errorf("history: %s leaves %s, but the row before led to %s", h.Move, h.From, s.history[n-1].To)
		}
		s.history = append(s.history, h)
	}
	if s.l.HistorySeq != int64(len(s.history)) {
		s.t.Errorf("the lead counts %d rows of history, there are %d", s.l.HistorySeq, len(s.history))
	}
	if n := len(s.history); n > 0 && len(w.History) > 0 && s.history[n-1].To != s.l.Stage {
		s.t.Errorf("history ends at %s, the lead is %s", s.history[n-1].To, s.l.Stage)
	}
}

// reread is the lead as a store gives it back.
func reread(t testing.TB, l lead.Lead) lead.Lead {
	t.Helper()
	seq := l.HistorySeq
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back lead.Lead
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	back.HistorySeq = seq
	return back
}

func (s *story) try(a lead.Actor, r lead.Request) error {
	s.t.Helper()
	return s.change(a, func(w *lead.Work, sc lead.Scene) error { return w.Do(sc, r) })
}

func (s *story) move(a lead.Actor, r lead.Request) {
	s.t.Helper()
	if err := s.try(a, r); err != nil {
		s.t.Fatalf("%s by %s: %v", r.Move, a.ID, err)
	}
}

// refused expects a refusal of a kind.
func (s *story) refused(a lead.Actor, r lead.Request, kind error) string {
	s.t.Helper()
	err := s.try(a, r)
	if !errors.Is(err, kind) {
		s.t.Fatalf("%s by %s: got %v, want %v", r.Move, a.ID, err, kind)
	}
	return err.Error()
}

// does hears activities, one transaction each, a millisecond apart.
func (s *story) does(events ...string) {
	s.t.Helper()
	for _, e := range events {
		s.now = s.now.Add(time.Millisecond)
		s.doesAt(s.now, e)
	}
}

// rederive settles what came late from all that the lead did.
func (s *story) rederive(w *lead.Work) {
	s.t.Helper()
	err := w.Rederive(s.rules, func([]string, *lead.ActivityPoint, int) ([]scoring.Activity, error) {
		return slices.SortedFunc(slices.Values(s.acts), func(a, b scoring.Activity) int {
			if a.At.Equal(b.At) {
				return strings.Compare(b.ID, a.ID)
			}
			return b.At.Compare(a.At)
		}), nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) doesAt(at time.Time, event string) {
	s.t.Helper()
	a := lead.Activity{MessageID: fmt.Sprintf("m%03d", len(s.acts)), Name: event, OccurredAt: at, ReceivedAt: s.now}
	s.acts = append(s.acts, a.Scoring())
	err := s.change(lead.System, func(w *lead.Work, sc lead.Scene) error {
		w.Hear(sc, a)
		if len(w.Late) > 0 {
			s.rederive(w)
		}
		return w.Consider(sc, lead.ByActivity)
	})
	if err != nil {
		s.t.Fatalf("hear %s: %v", event, err)
	}
}

// consider learns traits, as an identify or an import would.
func (s *story) consider(why lead.Why, traits map[string]any) {
	s.t.Helper()
	err := s.change(lead.System, func(w *lead.Work, sc lead.Scene) error {
		w.Lead.Learn(traits, s.now)
		return w.Consider(sc, why)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// wake lets the sweep find the lead, once for each moment that is due.
func (s *story) wake() {
	s.t.Helper()
	for range 20 {
		w := lead.Work{Lead: &s.l, Clocks: s.current()}
		if at := w.WakeAt(); at.IsZero() || at.After(s.now) {
			return
		}
		err := s.change(lead.System, func(w *lead.Work, sc lead.Scene) error {
			_, err := w.Wake(sc)
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	s.t.Fatal("the lead is due again and again")
}

// pass lets time pass, and the sweep run at its end.
func (s *story) pass(d time.Duration) {
	s.t.Helper()
	s.now = s.now.Add(d)
	s.wake()
}

func (s *story) current() []lead.Clock {
	return slices.DeleteFunc(slices.Clone(s.clocks), func(c lead.Clock) bool { return !c.Current })
}

// clock is the newest clock of a kind.
func (s *story) clock(k sla.Kind) lead.Clock {
	s.t.Helper()
	for _, c := range slices.Backward(s.clocks) {
		if c.Kind == k {
			return c
		}
	}
	s.t.Fatalf("there is no %s clock", k)
	return lead.Clock{}
}

// running are the kinds of the clocks that run.
func (s *story) running() []sla.Kind {
	var kinds []sla.Kind
	for _, c := range s.clocks {
		if c.Running() {
			kinds = append(kinds, c.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func (s *story) wantRunning(kinds ...sla.Kind) {
	s.t.Helper()
	slices.Sort(kinds)
	if got := s.running(); !slices.Equal(got, kinds) {
		s.t.Errorf("running clocks: got %v, want %v", got, kinds)
	}
}

func (s *story) wantStage(st lead.Stage) {
	s.t.Helper()
	if s.l.Stage != st {
		s.t.Fatalf("the lead is %s (held back: %q, backlog %v), want %s", s.l.Stage, s.l.HeldBack, s.l.Backlog, st)
	}
}

// wantRows expects the moves of the last rows of history.
func (s *story) wantRows(moves ...lead.Move) {
	s.t.Helper()
	var got []lead.Move
	for _, h := range s.history[max(0, len(s.history)-len(moves)):] {
		got = append(got, h.Move)
	}
	if !slices.Equal(got, moves) {
		s.t.Errorf("the last rows of history: got %v, want %v", got, moves)
	}
}

func (s *story) last() lead.History {
	s.t.Helper()
	if len(s.history) == 0 {
		s.t.Fatal("there is no history")
	}
	return s.history[len(s.history)-1]
}

func (s *story) score() scoring.Score {
	sc, _ := s.l.ScoreAt(s.rules, s.now)
	return sc
}

func (s *story) tier() scoring.Tier {
	_, tier := s.l.ScoreAt(s.rules, s.now)
	return tier
}

// hot brings the lead on the board by its score: 50 points, warm.
func (s *story) hot() {
	s.t.Helper()
	s.does("Products Compared", "Products Compared", "Pricing Viewed")
	s.wantStage(lead.MQL)
}

// bring leads a fresh lead to a stage on the usual way, held by Sam.
func bring(t *testing.T, to lead.Stage, change ...func(*lead.Agreement)) *story {
	t.Helper()
	s := begin(t, change...)
	if to == lead.Nurture {
		return s
	}
	s.hot()
	for _, step := range []struct {
		reach lead.Stage
		r     lead.Request
	}{
		{lead.MQL, lead.Request{}},
		{lead.Claimed, lead.Request{Move: lead.Claim}},
		{lead.SAL, lead.Request{Move: lead.Accept}},
		{lead.SQL, lead.Request{Move: lead.Opportunity}},
	} {
		if step.r.Move != "" {
			s.now = s.now.Add(time.Minute)
			s.move(person(sam), step.r)
		}
		if to == step.reach {
			return s
		}
		if step.reach == lead.MQL && to == lead.Disqualified {
			s.move(person(ines), lead.Request{Move: lead.Disqualify, Reason: "spam"})
			return s
		}
	}
	s.now = s.now.Add(time.Minute)
	if to == lead.Won {
		s.move(person(sam), lead.Request{Move: lead.Win, Amount: 100_00})
	} else {
		s.move(person(sam), lead.Request{Move: lead.Lose, Reason: "price"})
	}
	return s
}
