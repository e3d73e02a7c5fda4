package faults

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/test/testenv"
)

// Under traffic at two instances, what they stand on is taken away and given
// back, one thing after the other. Nothing that was acknowledged is lost or
// stored twice, and soon after everything agrees again.
func TestFaults(t *testing.T) {
	t.Parallel() // nearly all of it is waiting
	postgres, redis := testenv.PostgresServer(t), testenv.RedisServer(t)
	w := newWorld(t, postgres.URL, redis.URL, 2)
	rosa := w.instances[1].signIn("Rosa")
	board := w.watch(rosa, func() *instance { return w.instances[1] })
	for _, fault := range []struct {
		name string
		f    func(t *testing.T, during *traffic) time.Time // returns when the fault ended
	}{
		{"an instance is killed", func(t *testing.T, during *traffic) time.Time {
			first := w.instances[0]
			first.kill()
			during.flows("the other instance takes messages in")
			ended := time.Now()
			w.instances[0] = w.startAt(strings.TrimPrefix(first.url, "http://"))
			return ended
		}},
		{"Postgres is killed", func(t *testing.T, during *traffic) time.Time {
			forgets := w.idle()
			postgres.Kill()
			w.instances[0].until("not ready", http.StatusServiceUnavailable, "unavailable")
			if status, body, err := w.instances[0].get(rosa, "/board/emea"); err != nil || status != http.StatusServiceUnavailable {
				t.Errorf("a board without its database: %d %.200s %v, want a 503 that says when to come back", status, body, err)
			}
			rest(lasting(5*time.Second, time.Second))
			postgres.Start()
			ended := time.Now()
			forgets()
			return ended
		}},
		{"Postgres hangs", func(t *testing.T, during *traffic) time.Time {
			leaves := w.start()
			leaves.lead("leaves")
			postgres.Freeze(t)
			began := time.Now()
			w.instances[0].until("not ready", http.StatusServiceUnavailable, "unavailable")
			t.Logf("it takes %s until an instance says that it is not ready", time.Since(began).Round(time.Millisecond))
			took := leaves.stop()
			t.Logf("an instance stops meanwhile in %s", took.Round(time.Millisecond))
			if took > 10*time.Second {
				t.Errorf("it took %s to stop, want at most 10 s", took)
			}
			rest(lasting(10*time.Second, 0) - time.Since(began))
			postgres.Thaw()
			return time.Now()
		}},
		{"Redis is emptied", func(t *testing.T, during *traffic) time.Time {
			if err := w.redis.FlushAll(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			return time.Now()
		}},
		{"Redis is killed, and comes back at once", func(t *testing.T, during *traffic) time.Time {
			redis.Kill()
			redis.Start()
			return time.Now()
		}},
		{"Redis is away", func(t *testing.T, during *traffic) time.Time {
			redis.Kill()
			began := time.Now()
			w.degraded(t, during, rosa, board)
			rest(lasting(30*time.Second, 2*time.Second) - time.Since(began))
			redis.Start()
			return time.Now()
		}},
		{"Redis is full", func(t *testing.T, during *traffic) time.Time {
			w.config("maxmemory", "1")
			w.degraded(t, during, rosa, board)
			rest(lasting(10*time.Second, time.Second))
			w.config("maxmemory", "0")
			return time.Now()
		}},
		{"Redis becomes a copy of another one", func(t *testing.T, during *traffic) time.Time {
			must := func(host, port string) {
				if err := w.redis.Do(t.Context(), "replicaof", host, port).Err(); err != nil {
					t.Fatal(err)
				}
			}
			must("127.0.0.1", "1") // where nobody is
			w.degraded(t, during, rosa, board)
			rest(lasting(10*time.Second, time.Second))
			must("no", "one")
			return time.Now()
		}},
		{"Redis hangs", func(t *testing.T, during *traffic) time.Time {
			redis.Freeze(t)
			began := time.Now()
			w.degraded(t, during, rosa, board)
			rest(lasting(30*time.Second, 2*time.Second) - time.Since(began))
			redis.Thaw()
			return time.Now()
		}},
	} {
		if !w.survives(t, fault.name, board, fault.f) {
			return // what follows would tell of the same
		}
	}
}

// survives has a fault happen under traffic, and holds that nothing is lost by it
// and that everything agrees soon after it has ended; f returns when that was. It
// tells whether that held.
func (w *world) survives(t *testing.T, fault string, board *screen, f func(t *testing.T, during *traffic) time.Time) bool {
	t.Helper()
	return t.Run(fault, func(t *testing.T) {
		w.T = t
		addresses := slices.Clone(w.instances) // one that takes another's place has its address
		during := w.send(4, func() []*instance { return addresses })
		during.flows("messages are taken in")
		during.before = board.from()
		ended := f(t, during)
		t.Logf("messages are taken in again after %s", during.flows("messages are taken in again").Round(time.Millisecond))
		during.stop()
		w.heals(ended)
		for _, i := range w.instances {
			i.until("whole", http.StatusOK, "ok")
		}
		w.eventually("the open board says no more that something is away", func() error {
			if strings.Contains(board.last("#problem"), "Degraded") {
				return errors.New("it does")
			}
			return nil
		})
		from := board.from()
		id := w.instances[0].lead(fmt.Sprintf("after-%d", ended.UnixNano()))
		board.shows(from, "a lead that came after the fault", `id="lead-`+id+`"`)
	})
}

// idle has a store take a lead in that has nothing to do afterwards, so that it
// does not notice when its database goes away. What it returns holds that it goes
// by none of that where another server has come in the place of the former, which
// has a lead of that version, but another one: the last changes were lost.
func (w *world) idle() (forgets func()) {
	w.Helper()
	id := w.instances[0].lead("idle")
	rename := func(to string) (from string) {
		w.Helper()
		ctx := w.Context()
		if err := w.store.TakeIn(ctx, func(tx lead.Tx) error {
			works, err := tx.Lock(ctx, []string{id})
			if err != nil {
				return err
			}
			from, works[id].Lead.Name = works[id].Lead.Name, to
			return tx.Write(ctx, lead.Now(), []*lead.Work{works[id]})
		}); err != nil {
			w.Fatal(err)
		}
		return from
	}
	rename("Ada")
	return func() {
		w.Helper()
		w.eventually("the store has a connection", func() error {
			_, err := w.store.Empty(w.Context())
			return err
		})
		if _, err := w.db.ExecContext(w.Context(), `UPDATE leads SET name = 'Grace' WHERE id = $1`, id); err != nil {
			w.Fatal(err)
		}
		if from := rename("Ada"); from != "Grace" {
			w.Errorf("a lead is known as %q from a server that is no more, want %q", from, "Grace")
		}
	}
}

// config changes a setting of Redis.
func (w *world) config(name, value string) {
	w.Helper()
	if err := w.redis.ConfigSet(w.Context(), name, value).Err(); err != nil {
		w.Fatal(err)
	}
}

// degraded holds what goes on without Redis: intake, moves, boards, which say
// so in frames that came since the fault began.
func (w *world) degraded(t *testing.T, during *traffic, rosa *http.Client, board *screen) {
	t.Helper()
	first := w.instances[0]
	first.until("degraded", http.StatusOK, "degraded")
	from := board.from()
	began := time.Now()
	during.flows("messages are taken in")
	t.Logf("without Redis messages go on being taken in within %s", time.Since(began).Round(time.Millisecond))
	began = time.Now()
	id := first.lead(fmt.Sprintf("without-%d", began.UnixNano()))
	status, lead, err := first.move(id, "claim", "rosa@vendor.example")
	if err != nil || status != http.StatusOK || lead["stage"] != "claimed" {
		t.Errorf("a claim: %d %v %v", status, lead, err)
	}
	if status, _, err = first.move(id, "return", "rosa@vendor.example"); err != nil || status != http.StatusOK {
		t.Errorf("a return: %d %v", status, err)
	}
	t.Logf("a lead is taken in, claimed and returned in %s", time.Since(began).Round(time.Millisecond))
	id = first.lead(fmt.Sprintf("still-%d", began.UnixNano()))
	board.shows(from, "a lead on the board", `id="lead-`+id+`"`)
	w.eventually("a page says degraded", func() error {
		status, page, err := first.get(rosa, "/board/emea")
		if err != nil || status != http.StatusOK || !strings.Contains(page, "Degraded") || !strings.Contains(page, `id="lead-`+id+`"`) {
			return errors.Join(err, fmt.Errorf("status %d", status))
		}
		return nil
	})
	board.shows(during.before, "the open board says degraded", "Degraded")
}
