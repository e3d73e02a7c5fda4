package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/test/testenv"
)

// lead makes a hot lead through an instance and returns its id.
func (i *instance) lead(who string) string {
	i.w.Helper()
	body := fmt.Sprintf(`{"userId":%q,"event":"Demo Requested","context":{"traits":{"email":"%s@buyer.example"}}}`, who, who)
	t := &traffic{w: i.w}
	i.w.eventually("a lead is taken in", func() error {
		if !t.try(i, []byte(body)) {
			return fmt.Errorf("not acknowledged %v", t.odd)
		}
		return nil
	})
	status, text, err := i.get(http.DefaultClient, "/api/v1/leads/user:"+who)
	var l struct{ ID, Stage string }
	if err != nil || status != http.StatusOK || json.Unmarshal([]byte(text), &l) != nil || l.Stage != "mql" {
		i.w.Fatalf("the lead %s: %d %.300s %v", who, status, text, err)
	}
	return l.ID
}

// Two instances are one product: what happens at one is on every board of all,
// people are signed in at both, limits count at both together, and what is due
// happens once.
func TestInstances(t *testing.T) {
	t.Parallel() // nearly all of it is waiting
	w := newWorld(t, testenv.Postgres(t), testenv.Redis(t), 2, "API_RATE=20")
	one, two := w.instances[0], w.instances[1]

	rosa := one.signIn("Rosa")
	if status, body, err := two.get(rosa, "/board/emea"); err != nil || status != http.StatusOK || !strings.Contains(body, "Rosa") {
		t.Errorf("who signed in at one is not known to the other: %d %v", status, err)
	}
	screens := []*screen{w.watch(rosa, func() *instance { return one }), w.watch(rosa, func() *instance { return two })}
	at := []int{screens[0].from(), screens[1].from()}
	began := time.Now()
	id := one.lead("ada")
	for n, s := range screens {
		t.Logf("a lead taken in at the first is on the board of instance %d after %s", n+1, s.shows(at[n], "the lead", `id="lead-`+id+`"`).Sub(began).Round(time.Millisecond))
	}

	// A claim at one is on every board of all; of two at once one wins.
	at = []int{screens[0].from(), screens[1].from()}
	began = time.Now()
	var won, lost atomic.Int32
	var both sync.WaitGroup
	for n, actor := range []string{"rosa@vendor.example", "sam@vendor.example"} {
		both.Go(func() {
			switch status, _, err := w.instances[n].move(id, "claim", actor); {
			case err == nil && status == http.StatusOK:
				won.Add(1)
			case err == nil && status == http.StatusConflict:
				lost.Add(1)
			default:
				t.Errorf("a claim: %d, %v", status, err)
			}
		})
	}
	both.Wait()
	if won.Load() != 1 || lost.Load() != 1 {
		t.Errorf("of two claims at two instances %d won and %d lost", won.Load(), lost.Load())
	}
	for n, s := range screens {
		t.Logf("the claim is on the board of instance %d after %s", n+1, s.shows(at[n], "the claim", `id="lead-`+id+`"`, `data-stage="claimed"`).Sub(began).Round(time.Millisecond))
	}

	t.Run("what is due happens once", func(t *testing.T) { dueOnce(t, w) })
	t.Run("limits count at all instances together", func(t *testing.T) { limits(t, w) })

	if took := two.stop(); took > 10*time.Second {
		t.Errorf("with streams open it took %s to stop", took)
	}
}

// dueOnce makes claims long overdue and holds that one of the sweeping instances
// acts on each, once.
func dueOnce(t *testing.T, w *world) {
	for n := range 20 {
		w.instances[n%2].lead(fmt.Sprintf("due-%d", n))
	}
	for _, text := range []string{
		`UPDATE clocks SET risk_at = risk_at - INTERVAL '30 days', due_at = due_at - INTERVAL '30 days' WHERE lead_id IN (SELECT id FROM leads WHERE user_id LIKE 'due-%')`,
		`UPDATE leads SET wake_at = NOW() - INTERVAL '2 days' WHERE user_id LIKE 'due-%'`,
	} {
		if _, err := w.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	w.eventually("every breach is recorded", func() error {
		var n int
		err := w.db.GetContext(t.Context(), &n, `SELECT COUNT(*) FROM clocks WHERE kind = 'claim' AND breached_at IS NOT NULL AND lead_id IN (SELECT id FROM leads WHERE user_id LIKE 'due-%')`)
		if err == nil && n != 20 {
			err = fmt.Errorf("%d of 20 claim clocks have breached", n)
		}
		return err
	})
	var told []struct {
		Lead string `db:"lead_id"`
		N    int    `db:"n"`
	}
	if err := w.db.SelectContext(t.Context(), &told, `
		SELECT lead_id, COUNT(*) AS n FROM outbox
		WHERE topic = 'clock.breached' AND data::jsonb ->> 'clock' = 'claim' AND lead_id IN (SELECT id FROM leads WHERE user_id LIKE 'due-%') GROUP BY lead_id`); err != nil {
		t.Fatal(err)
	}
	if len(told) != 20 {
		t.Errorf("%d of 20 breaches were told", len(told))
	}
	for _, one := range told {
		if one.N != 1 {
			t.Errorf("the breach of %s was told %d times", one.Lead, one.N)
		}
	}
}

// limits asks both instances in turn for more than a key may: the whole window's
// requests count wherever they were made.
func limits(t *testing.T, w *world) {
	refused := 0
	for n := range 600 { // 200 in ten seconds, and a second window may begin in between
		status, _, err := w.instances[n%2].get(http.DefaultClient, "/api/v1/agreements")
		switch {
		case err == nil && status == http.StatusTooManyRequests:
			refused++
		case err != nil || status != http.StatusOK:
			t.Fatalf("%d, %v", status, err)
		}
		if refused > 10 {
			return
		}
	}
	t.Errorf("of 600 requests within seconds at two instances only %d were refused, want those over 200 in a window", refused)
}

// Instances are replaced one after the other under traffic: nothing that was
// acknowledged is lost, and boards come back by themselves.
func TestRollingRestart(t *testing.T) {
	t.Parallel() // nearly all of it is waiting
	w := newWorld(t, testenv.Postgres(t), testenv.Redis(t), 2)
	var mu sync.Mutex
	serving := func() []*instance {
		mu.Lock()
		defer mu.Unlock()
		return append([]*instance(nil), w.instances...)
	}
	// The load balancer knows who is ready; the traffic goes on to who is left.
	traffic := w.send(4, serving)
	rosa := w.instances[0].signIn("Rosa")
	board := w.watch(rosa, func() *instance { return serving()[0] })
	for n := range 2 {
		traffic.flows("messages are taken in")
		old := w.instances[n]
		next := w.start()
		mu.Lock()
		w.instances[n] = next
		mu.Unlock()
		took := old.stop()
		t.Logf("instance %d stopped in %s", n+1, took.Round(time.Millisecond))
		if took > 10*time.Second {
			t.Errorf("it took %s to stop, want at most 10 s", took)
		}
	}
	from := board.from()
	board.shows(from, "the board goes on", "data-lead=")
	traffic.flows("messages are taken in afterwards")
	traffic.stop()
	w.heals(time.Now())
	board.mu.Lock()
	defer board.mu.Unlock()
	for _, err := range board.ends {
		if err != nil {
			t.Errorf("a stream did not end in order: %v", err)
		}
	}
	for _, back := range board.told {
		if back < time.Second || back > 3*time.Second {
			t.Errorf("a browser is told to come back after %s, want them spread over 1 s to 3 s", back)
		}
	}
}
