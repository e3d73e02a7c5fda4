package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// A visitor who did very much and then gives a name: the latest of it is there at
// once, the rest follows in steps, and in the end the person has all of it, and the
// score of somebody who did all of it under their name.
func TestWhatIsLeftBehindFollows(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { leftBehind(t, storetest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { leftBehind(t, testenv.Postgres(t)) })
}

func leftBehind(t *testing.T, address string) {
	const visits, atOnce, step = 40, 10, 7
	s, r := storetest.Open(t, address), storetest.Embedded(t)
	s.AtOnce(atOnce)
	desk := lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler))
	now := time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
	n := 0
	does := func(m lead.Message) {
		t.Helper()
		n++
		m.ID, m.OccurredAt, m.ReceivedAt = fmt.Sprint("m", n), now.Add(time.Duration(n)*time.Minute-24*time.Hour), now
		if m.Event != "" {
			m.Type = lead.Track
		}
		errs, err := desk.TakeAt(t.Context(), []lead.Message{m}, now)
		if err != nil || errs[0] != nil {
			t.Fatal(err, errs)
		}
	}
	has := func(user string) (lead.Lead, int) {
		t.Helper()
		found, err := desk.Find(t.Context(), "user:"+user, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		l, _, err := s.Lead(t.Context(), found.ID)
		if err != nil {
			t.Fatal(err)
		}
		some, err := s.Activities(t.Context(), l.ID, nil, 1000)
		if err != nil {
			t.Fatal(err)
		}
		return l, len(some)
	}
	for i := range visits {
		event := "Page Viewed"
		if i%8 == 0 {
			event = "Products Compared" // none of the latest
		}
		does(lead.Message{Event: event, AnonymousID: "visitor"})
		does(lead.Message{Event: event, UserID: "named"})
	}
	does(lead.Message{Event: "Products Compared", UserID: "ada"}) // both did: it is derived again
	does(lead.Message{Event: "Products Compared", UserID: "named"})
	does(lead.Message{Type: lead.Identify, UserID: "ada", AnonymousID: "visitor", Traits: map[string]any{"name": "Ada"}})
	if _, got := has("ada"); got != atOnce+1 {
		t.Errorf("%d activities at once, want the latest %d and her own", got, atOnce)
	}
	does(lead.Message{Event: "Page Viewed", UserID: "ada"})
	does(lead.Message{Event: "Page Viewed", UserID: "named"})
	steps := 0
	for again := true; again && steps < 2*visits; steps++ {
		var err error
		if again, err = desk.BringAlong(t.Context(), now, step); err != nil {
			t.Fatal(err)
		}
	}
	if want := (visits-atOnce+step-1)/step + 1; steps != want { // the last finds nothing
		t.Errorf("%d steps, want %d", steps, want)
	}
	ada, got := has("ada")
	named, all := has("named")
	if got != visits+2 || got != all {
		t.Errorf("%d activities in the end, want %d and %d alike", got, visits+2, all)
	}
	if diff := cmp.Diff(named.Ledger, ada.Ledger, cmpopts.EquateApprox(0, 0.05), cmpopts.IgnoreFields(scoring.Accumulator{}, "LastAt", "LastID")); diff != "" {
		t.Errorf("the ledger of who did all of it under their name (-), and of who did not (+):\n%s", diff)
	}
}
