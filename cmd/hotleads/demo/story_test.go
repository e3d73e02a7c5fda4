package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/handlers/segment"
	"hotleads/lead"
	"hotleads/scoring"
)

func TestClimbReachesItsAim(t *testing.T) {
	a, err := agreement(aroundTheClock)
	if err != nil {
		t.Fatal(err)
	}
	scorer, err := scoring.Compile(a.Scoring)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 0))
	tiers := map[aim]scoring.Tier{toWarm: scoring.Warm, toHot: scoring.Hot, toFire: scoring.Fire}
	for to, want := range tiers {
		hit := 0
		for n := range 200 {
			who := someone(n, n%2 == 0)
			ledger := scoring.Ledger{}
			for i, d := range climb(scorer, rng, who.fit(scorer), to) {
				scorer.Add(ledger, d.scoring(fmt.Sprint(i), noon))
			}
			s := scorer.Score(ledger, scoring.Fit{Points: who.fit(scorer), Counted: who.fit(scorer)}, noon)
			if scorer.TierOf(s.Total) == want && scorer.Ready(s) {
				hit++
			}
		}
		if hit < 180 {
			t.Errorf("of 200 stories to %s %d got there", want, hit)
		}
	}
}

func TestSomeoneIsAlwaysTheSame(t *testing.T) {
	phones := map[string]bool{}
	for n := range 280 {
		for _, americas := range []bool{false, true} {
			a, b := someone(n, americas), someone(n, americas)
			if a != b {
				t.Fatalf("number %d is %v and %v", n, a, b)
			}
			if a.americas != americas || lead.NormalEmail(a.email) != a.email || !fictional.MatchString(lead.NormalPhone(a.phone)) {
				t.Errorf("number %d is nobody of fiction: %+v", n, a)
			}
			if phones[a.phone] {
				t.Errorf("number %d shares %s", n, a.phone)
			}
			phones[a.phone] = true
		}
	}
}

func TestCallsAreWhatClientsSend(t *testing.T) {
	at := time.Date(2026, 11, 18, 9, 30, 0, 250e6, time.UTC)
	who := someone(1, false)
	body, err := batch([]call{
		{id: "1", at: at, anonymous: "a", deed: pricing(), source: "google", zone: "Europe/Paris"},
		{id: "2", at: at, user: who.user, anonymous: "a", traits: who.traits()},
		{id: "3", at: at, user: who.user, deed: compared("Team", "Pro")},
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	got, err := segment.Decode(segment.Many, body, at.Add(time.Second))
	if err != nil || len(got.Rejected) > 0 {
		t.Fatal(err, got.Rejected)
	}
	type said struct {
		Type                lead.MessageType
		User, Anonymous     string
		Event, Source, Zone string
		Product, Path       any
		At                  time.Time
	}
	var heard []said
	for _, m := range got.Messages {
		heard = append(heard, said{m.Type, m.UserID, m.AnonymousID, m.Event, m.Source, m.TimeZone, m.Properties["products"], m.Properties["path"], m.OccurredAt})
	}
	want := []said{
		{lead.PageView, "", "a", "Page Viewed", "google", "Europe/Paris", nil, "/pricing", at},
		{lead.Identify, who.user, "a", "", "", "", nil, nil, at},
		{lead.Track, who.user, "", "Products Compared", "", "", []any{"Team", "Pro"}, nil, at},
	}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	if got.Messages[1].Traits["email"] != who.email {
		t.Errorf("the form says %v", got.Messages[1].Traits)
	}
}

func TestControlKeepsTheBoardFull(t *testing.T) {
	for waiting := range 40 {
		if a, b := arrivalGap(waiting), arrivalGap(waiting+1); b != 0 && a > b {
			t.Errorf("with %d waiting people come each %s, with %d each %s", waiting, a, waiting+1, b)
		}
		if a, b := claimGap(waiting), claimGap(waiting+1); a != 0 && b > a {
			t.Errorf("with %d waiting reps claim each %s, with %d each %s", waiting, a, waiting+1, b)
		}
	}
	if claimGap(fewWaiting-2) != 0 || arrivalGap(manyWaiting) != 0 {
		t.Error("an empty board is emptied further, or a full one filled")
	}
	// Where arrivals and claims meet, the board is within its bounds.
	for waiting := fewWaiting; waiting < manyWaiting; waiting++ {
		if arrivalGap(waiting) >= claimGap(waiting) {
			return
		}
	}
	t.Error("arrivals and claims meet nowhere between the bounds")
}

func TestBucket(t *testing.T) {
	b := bucket{each: time.Minute, most: 2, have: 2}
	var got []bool
	for _, s := range []int{0, 1, 2, 61, 62, 1000, 1001, 1002} {
		got = append(got, b.take(noon.Add(time.Duration(s)*time.Second)))
	}
	if want := []bool{true, true, false, true, false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAgendaKeepsOrder(t *testing.T) {
	var a agenda
	var got []int
	put := func(n int, seconds int) {
		a.add(noon.Add(time.Duration(seconds)*time.Second), func(context.Context) error { got = append(got, n); return nil })
	}
	put(3, 20)
	put(1, 10)
	put(2, 10)
	put(4, 21)
	for {
		next, ok := a.pop(noon.Add(20 * time.Second))
		if !ok {
			break
		}
		if err := next.do(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("did %v, want %v", got, want)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory
	person := 0
	pageOf := func(n int) (rows []row) {
		for range n {
			person++
			rows = append(rows, row{UserID: fmt.Sprint(person), Country: []string{"Germany", "Canada"}[person%2]})
		}
		return rows
	}
	for range 100 {
		m.take(pageOf(pageSize), "more")
		for region := range m.people {
			if n := max(len(m.people[region]), len(m.coming[region])); n > maxKnown+pageSize {
				t.Fatalf("%d people are kept in mind", n)
			}
		}
	}
	m.take(pageOf(2), "")
	if len(m.people[0]) == 0 || m.cursor != "" {
		t.Error("after the last page it does not begin anew")
	}
	if _, ok := m.someone(rand.New(rand.NewPCG(1, 1)), true, nil); !ok {
		t.Error("nobody comes to mind")
	}
}
