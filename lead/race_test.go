package lead_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

func TestTwoClicksInTheSameMillisecond(t *testing.T) {
	for _, reps := range []int{8, 64} {
		o := open(t)
		users := make([]lead.User, reps)
		for i := range users {
			users[i] = o.hire(fmt.Sprintf("rep-%02d", i), lead.Rep, o.team.ID)
		}
		l := o.ready("ada")
		errs := make([]error, reps)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i, u := range users {
			wg.Go(func() {
				<-start
				move := lead.Request{Move: []lead.Move{lead.Claim, lead.Accept, lead.Touch}[i%3], Outcome: "reached"}
				_, errs[i] = o.desk.Move(o.ctx, l.ID, move, lead.Person(u, "page"), o.now)
			})
		}
		close(start)
		wg.Wait()
		l = o.find(l.ID)
		winner := slices.IndexFunc(users, func(u lead.User) bool { return u.ID == l.OwnerID })
		if winner < 0 || errs[winner] != nil {
			t.Fatalf("owner %q, %v", l.OwnerID, errs)
		}
		for i, err := range errs {
			if i == winner {
				continue
			}
			var r *lead.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("rep %d: %v", i, err)
			}
			if i%3 != 0 { // accepting or touching what another holds
				if !errors.Is(err, lead.ErrForbidden) {
					t.Errorf("rep %d: %v", i, err)
				}
				continue
			}
			if !errors.Is(err, lead.ErrConflict) || !strings.Contains(r.Text, users[winner].Name) || r.Lead == nil || r.Lead.OwnerID != users[winner].ID {
				t.Errorf("rep %d is not told who won: %q, lead %+v", i, r.Text, r.Lead)
			}
		}
		want := [][]lead.Move{{lead.Qualify, lead.Claim}, {lead.Qualify, lead.Accept}, {lead.Qualify, lead.Claim, lead.Accept, lead.Touch}}[winner%3]
		if d := cmp.Diff(want, o.moves(l.ID)); d != "" {
			t.Errorf("history:\n%s", d)
		}
	}
}

func TestHoldingLimitUnderARace(t *testing.T) {
	o := open(t)
	var ids []string
	for i := range 12 {
		ids = append(ids, o.ready(fmt.Sprintf("lead-%02d", i)).ID)
	}
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			_, errs[i] = o.desk.Move(o.ctx, id, lead.Request{Move: lead.Claim}, lead.Person(o.sam, "page"), o.now)
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, lead.ErrConflict) || !strings.Contains(err.Error(), "lead-") {
			t.Errorf("lead %d: %v", i, err)
		}
	}
	if held := o.count(`SELECT COUNT(*) FROM leads WHERE owner_id = ?`, o.sam.ID); won != lead.DefaultMaxClaimed || held != won {
		t.Errorf("%d claims won, %d leads held, want %d", won, held, lead.DefaultMaxClaimed)
	}
}

func TestEachDueMomentActsOnce(t *testing.T) {
	o := open(t)
	var ids []string
	for i := range 5 {
		o.take(by(fmt.Sprintf("u%d", i), "", o.identify(map[string]any{"phone": fmt.Sprintf("+493012345%d", i)}),
			o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
		ids = append(ids, o.find(fmt.Sprintf("user:u%d", i)).ID)
	}
	other := lead.NewDesk(o.store, o.redis, o.redis, slog.New(slog.DiscardHandler))
	for _, at := range []time.Duration{181 * minute, 241 * minute, 4 * day} {
		o.now = monday.Add(at)
		var wg sync.WaitGroup
		for _, d := range []*lead.Desk{o.desk, other, o.desk, other} {
			wg.Go(func() {
				if _, err := d.Sweep(o.ctx, o.now, 100); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for _, id := range ids {
		if moves := o.moves(id); !slices.Equal(moves, []lead.Move{lead.Qualify, lead.Cool}) {
			t.Errorf("moves: %v", moves)
		}
	}
	for _, topic := range []string{"clock.risk", "clock.breached", "lead.cool"} {
		if n := o.count(`SELECT COUNT(*) FROM outbox WHERE topic = ?`, topic); n < 5 || n > 10 || (topic == "lead.cool" && n != 5) {
			t.Errorf("%s was announced %d times for 5 leads", topic, n)
		}
	}
	if n, err := o.desk.Sweep(o.ctx, o.now, 100); n != 0 || err != nil {
		t.Errorf("%d leads are due again, %v", n, err)
	}
}
