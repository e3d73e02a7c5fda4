package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/redis/go-redis/v9"

	"hotleads/lead"
	"hotleads/store"
)

// RunRedis holds a Redis against the suite. url makes an empty one of the
// test's own and returns its address.
func RunRedis(t *testing.T, url func(testing.TB) string) {
	for _, c := range []struct {
		name string
		f    func(t *testing.T, r *store.Redis)
	}{
		{"rank/order", rankOrder},
		{"rank/an older version never overwrites a newer", rankVersions},
		{"rank/departures are kept, and forgotten", rankDepartures},
		{"rank/built, reset, lost", rankBuilt},
		{"rank/many at once in any order", rankRace},
		{"bell", bell},
		{"attempts", attempts},
		{"uses", uses},
		{"contexts", redisContexts},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, OpenRedis(t, url(t))) })
	}
	t.Run("rank/rebuilt is as kept", func(t *testing.T) { rebuilt(t, url(t)) })
}

// Empty forgets everything that a Redis keeps, on each node of a cluster.
func Empty(t testing.TB, r *store.Redis) {
	t.Helper()
	flush := func(ctx context.Context, c redis.Cmdable) error { return c.FlushDB(ctx).Err() }
	err := error(nil)
	if cluster, is := r.UniversalClient.(*redis.ClusterClient); is {
		err = cluster.ForEachMaster(t.Context(), func(ctx context.Context, c *redis.Client) error { return flush(ctx, c) })
	} else {
		err = flush(t.Context(), r)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func on(id string, version int64, score float64) lead.Rank {
	return lead.Rank{Team: "emea", LeadID: id, Version: version, On: true, Score: score}
}

func off(id string, version int64) lead.Rank {
	return lead.Rank{Team: "emea", LeadID: id, Version: version}
}

func rank(t *testing.T, r *store.Redis, ranks ...lead.Rank) {
	t.Helper()
	if err := r.Rank(t.Context(), ranks); err != nil {
		t.Fatal(err)
	}
}

func begin(t *testing.T, r *store.Redis, team string) string {
	t.Helper()
	token, err := r.Begin(t.Context(), team)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func built(t *testing.T, r *store.Redis, teams ...string) {
	t.Helper()
	for _, team := range teams {
		if err := r.Built(t.Context(), team, begin(t, r, team)); err != nil {
			t.Fatal(err)
		}
	}
}

func top(t *testing.T, r *store.Redis, want ...string) {
	t.Helper()
	got, err := r.Top(t.Context(), "emea", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the ranking (-want +got):\n%s", diff)
	}
}

func rankOrder(t *testing.T, r *store.Redis) {
	rank(t, r)
	built(t, r, "emea")
	top(t, r)
	rank(t, r, on("a", 1, 48), on("b", 1, 120.25), on("c", 1, -3), on("d", 1, 120.125), lead.Rank{Team: "apac", LeadID: "x", Version: 1, On: true, Score: 500})
	top(t, r, "b", "d", "a", "c")
	rank(t, r, on("c", 2, 1e6), on("a", 2, 48))
	top(t, r, "c", "b", "d", "a")
	if got, err := r.Top(t.Context(), "emea", 2); err != nil || !slices.Equal(got, []string{"c", "b"}) {
		t.Errorf("the top two are %v, %v", got, err)
	}
	var many []lead.Rank
	for i := range 3000 {
		many = append(many, on(fmt.Sprintf("many%04d", i), 1, float64(i)))
	}
	rank(t, r, many...)
	if got, err := r.Top(t.Context(), "emea", 1001); err != nil || len(got) != 1001 || got[1] != "many2999" {
		t.Errorf("the top of many: %d, %v", len(got), err)
	}
}

func rankVersions(t *testing.T, r *store.Redis) {
	built(t, r, "emea")
	rank(t, r, on("a", 5, 50), on("b", 5, 60))
	rank(t, r, on("a", 4, 99), off("b", 4))
	top(t, r, "b", "a")
	rank(t, r, on("a", 5, 99)) // the same version, later: its score has decayed
	top(t, r, "a", "b")
	rank(t, r, off("a", 6))
	rank(t, r, on("a", 5, 50))
	top(t, r, "b")
	rank(t, r, on("a", 7, 1))
	top(t, r, "b", "a")
	// One that was never there leaves before it comes.
	rank(t, r, off("late", 9), on("late", 8, 50))
	top(t, r, "b", "a")
	// A version beyond 32 bits.
	rank(t, r, on("a", 1<<40+1, 70), on("a", 1<<40, 0))
	top(t, r, "a", "b")
	// Both in one call, in any order.
	rank(t, r, on("c", 2, 1), on("c", 3, 100), on("c", 1, 1))
	top(t, r, "c", "a", "b")
}

func rankDepartures(t *testing.T, r *store.Redis) {
	built(t, r, "emea")
	rank(t, r, on("stays", 1, 1))
	for i := range 50 {
		rank(t, r, on(fmt.Sprint("goes", i), 1, 50), off(fmt.Sprint("goes", i), 2))
	}
	rank(t, r, on("goes0", 3, 60)) // comes back
	keys := func() int64 {
		t.Helper()
		n, err := r.HLen(t.Context(), "hl:{emea}:versions").Result()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := keys(); n != 51 {
		t.Errorf("%d versions, want those of the departed, too", n)
	}
	// An hour later, by the clock that all instances share.
	r.Now = func() time.Time { return time.Now().Add(time.Hour + time.Second) }
	rank(t, r, on("stays", 2, 1))
	if n := keys(); n != 2 {
		t.Errorf("%d versions, want only those on the board: what left is forgotten in the end", n)
	}
	top(t, r, "goes0", "stays")
}

func rankBuilt(t *testing.T, r *store.Redis) {
	lost := func(when string) {
		t.Helper()
		if got, err := r.Top(t.Context(), "emea", 10); err == nil {
			t.Errorf("%s: a ranking of %v, want an error", when, got)
		}
	}
	lost("never built")
	rank(t, r, on("a", 1, 50))
	lost("not whole yet")
	built(t, r, "emea", "apac")
	top(t, r, "a")
	if err := r.Reset(t.Context(), "emea"); err != nil {
		t.Fatal(err)
	}
	lost("reset")
	if _, err := r.Top(t.Context(), "apac", 10); err != nil {
		t.Errorf("another team's ranking: %v", err)
	}
	rank(t, r, on("a", 1, 50)) // its version was forgotten, too
	built(t, r, "emea")
	top(t, r, "a")
	for what, lose := range map[string]func(){
		"Redis was emptied": func() { Empty(t, r) },
		"reset by another":  func() { _ = r.Reset(t.Context(), "emea") },
	} {
		begun := begin(t, r, "emea")
		if other := begin(t, r, "emea"); other != begun {
			t.Errorf("two who write the same ranks have the tokens %q and %q", begun, other)
		}
		rank(t, r, on("a", 1, 50))
		lose()
		lost(what)
		rank(t, r, on("b", 2, 50)) // what was written before is gone
		for _, token := range []string{begun, ""} {
			if err := r.Built(t.Context(), "emea", token); !errors.Is(err, lead.ErrNotRanked) {
				t.Errorf("%s while it was made, and it is said to be whole: %v", what, err)
			}
		}
		lost(what + ", and goes on")
		if next := begin(t, r, "emea"); next == begun {
			t.Errorf("%s, and the token is the same", what)
		}
		if err := r.Built(t.Context(), "emea", begun); !errors.Is(err, lead.ErrNotRanked) {
			t.Errorf("%s, another began anew, and the former says that it is whole: %v", what, err)
		}
	}
}

func rankRace(t *testing.T, r *store.Redis) {
	built(t, r, "emea")
	const versions = 50
	errs := together(8, func(worker int) error {
		for _, v := range rand.New(rand.NewPCG(3, uint64(worker))).Perm(versions) {
			a := on("a", int64(v), float64(v))
			b := on("b", int64(v), float64(-v))
			b.On = v != versions-1
			if err := r.Rank(t.Context(), []lead.Rank{a, b, on("c", int64(v), 40)}); err != nil {
				return err
			}
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	top(t, r, "a", "c")
}

// rebuilt: a ranking kept change by change is the one that is made from the store.
func rebuilt(t *testing.T, redisURL string) {
	w := newWorld(t, SQLite(t))
	kept, made := OpenRedis(t, redisURL), Embedded(t)
	desk := lead.NewDesk(w.s, kept, kept, slog.New(slog.DiscardHandler))
	team := w.team("EMEA")
	var reps []lead.User
	for i := range 4 {
		reps = append(reps, w.rep(fmt.Sprint("rep", i), team))
	}
	if _, err := desk.Rebuild(w.ctx, now); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(4, 4))
	events := []string{"Demo Requested", "Products Compared", "Pricing Viewed", "Trial Started", "Unsubscribed"}
	moves := []lead.Request{{Move: lead.Claim}, {Move: lead.Release}, {Move: lead.Accept}, {Move: lead.Return, Reason: "wrong_person"}, {Move: lead.Touch, Outcome: "reached"}, {Move: lead.UndoMove}}
	moved := 0
	for i := range 300 {
		user := fmt.Sprint("user", random.IntN(20))
		if i%3 > 0 {
			_, err := desk.TakeAt(w.ctx, []lead.Message{
				{ID: fmt.Sprint("i", i), Type: lead.Identify, UserID: user, Traits: map[string]any{"email": user + "@buyer.example"}, OccurredAt: now, ReceivedAt: now},
				{ID: fmt.Sprint("m", i), Type: lead.Track, UserID: user, Event: events[random.IntN(len(events))], OccurredAt: now, ReceivedAt: now},
			}, now)
			w.ok(err)
			continue
		}
		l, err := desk.Find(w.ctx, "user:"+user, nil, now)
		if err != nil {
			continue
		}
		if _, err := desk.Move(w.ctx, l.ID, moves[random.IntN(len(moves))], lead.Person(reps[random.IntN(len(reps))], "page"), now); err == nil {
			moved++
		}
	}
	again := lead.NewDesk(w.s, made, made, slog.New(slog.DiscardHandler))
	n := must(again.Rebuild(w.ctx, now))(w)
	want := must(made.Top(w.ctx, team.ID, 1000))(w)
	got := must(kept.Top(w.ctx, team.ID, 1000))(w)
	if n < 5 || moved < 10 {
		t.Errorf("%d leads on the board after %d moves: the test tests nothing", n, moved)
	}
	w.same("the ranking", want, got)
	w.same("nothing waits to be announced", []string{}, must(w.s.Unannounced(w.ctx, now.Add(time.Hour), 10))(w))
}

func bell(t *testing.T, r *store.Redis) {
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended := make(chan lead.Notice, 100), make(chan error, 1)
	go func() { ended <- r.Listen(ctx, slog.New(slog.DiscardHandler), func(n lead.Notice) { heard <- n }) }()
	want := lead.Notice{Teams: []string{"emea"}, Leads: []string{t.Name(), "ü"}}
	for rung := false; !rung; {
		if err := r.Publish(t.Context(), "hl:notices", "no notice").Err(); err != nil {
			t.Fatal(err)
		}
		if err := r.Ring(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		select {
		case n := <-heard: // others may ring on the same server
			rung = cmp.Equal(want, n)
		case <-time.After(20 * time.Millisecond): // it does not listen yet
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the listener ended with %v", err)
	}
}

func attempts(t *testing.T, r *store.Redis) {
	count := func(name string, add bool) int64 {
		t.Helper()
		n, err := r.Attempts(t.Context(), name, time.Minute, add)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	got := []int64{count("rosa", false), count("rosa", true), count("rosa", true), count("rosa", false), count("ben", false)}
	if diff := cmp.Diff([]int64{0, 1, 2, 2, 0}, got); diff != "" {
		t.Errorf("attempts (-want +got):\n%s", diff)
	}
	if ttl := r.TTL(t.Context(), "hl:attempts:rosa").Val(); ttl <= 0 || ttl > time.Minute {
		t.Errorf("they are forgotten after %v, want a minute", ttl)
	}
	if err := r.Forgive(t.Context(), "rosa"); err != nil || count("rosa", false) != 0 {
		t.Errorf("not forgiven: %v", err)
	}
}

func redisContexts(t *testing.T, r *store.Redis) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, err := range map[string]error{
		"rank": r.Rank(ctx, []lead.Rank{on("a", 1, 1)}), "top": second(r.Top(ctx, "emea", 1)), "reset": r.Reset(ctx, "emea"), "begin": second(r.Begin(ctx, "emea")), "built": r.Built(ctx, "emea", ""),
		"ring": r.Ring(ctx, lead.Notice{}), "attempts": second(r.Attempts(ctx, "a", time.Minute, true)), "forgive": r.Forgive(ctx, "a"),
	} {
		if err == nil {
			t.Errorf("%s succeeds for who has gone away", what)
		}
	}
}
