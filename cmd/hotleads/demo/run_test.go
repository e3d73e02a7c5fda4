package demo

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/live"
	"hotleads/sla"
)

// direct is a client's way to a server in the same process: a synctest bubble
// cannot wait for a network.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr = "127.0.0.1:4711"
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// served runs f in a bubble that begins at noon, beside the real server over a
// seeded store. The traffic that start begins, and the server, end with f.
func served(t *testing.T, f func(t *testing.T, w World, cast Cast, start func(Cast) (ended <-chan error))) {
	path, cast := copied(t)
	// Sessions are swept by a goroutine that never ends: it has to begin outside.
	configs, made := make(chan handlers.Config), make(chan http.Handler)
	go func() {
		h, err := handlers.New(<-configs)
		if err != nil {
			panic(err)
		}
		made <- h
	}()
	synctest.Test(t, func(t *testing.T) {
		w, redis := opened(t, path)
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		if _, err := w.Desk.Rebuild(ctx, lead.Now()); err != nil {
			t.Fatal(err)
		}
		configs <- handlers.Config{Desk: w.Desk, Store: w.Store, Sessions: w.Store.Sessions([]byte("a secret of this test only")), Displays: w.Store.Displays([]byte("a secret of this test only")), Links: w.Store.Links([]byte("a secret of this test only")), Attempts: redis, Hub: live.NewHub(live.Options{Log: w.Log}), Log: w.Log}
		server := <-made
		running.Go(func() {
			if err := w.Desk.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		running.Go(func() {
			tick := time.NewTicker(250 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					if _, err := w.Desk.Sweep(ctx, lead.Now(), 200); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			}
		})
		f(t, w, cast, func(c Cast) <-chan error {
			ended := make(chan error, 1)
			running.Go(func() {
				client := &http.Client{Transport: direct{server}, Timeout: 10 * time.Second}
				ended <- run(ctx, client, "http://hotleads.test", c, rand.New(rand.NewPCG(1, 2)), 1, w.Log)
			})
			return ended
		})
	})
}

// watcher is somebody who watches a board and notes what can be seen.
type watcher struct {
	world World
	team  lead.Team
	reps  map[string]bool // simulated ones
	rows  map[string]lead.Scored
	top   string
	since time.Time // the top lead is the top

	least, most   int // waiting, after the first minute
	changed       time.Time
	longest       time.Duration // without a change
	came, rose    int
	claimed, left int
	breached      int
	hasty         int // claims of the top lead within the visitor's head start
}

func (b *watcher) look(t *testing.T) {
	now := lead.Now()
	board, err := b.world.Desk.Board(t.Context(), b.team.ID, now)
	if err != nil {
		t.Fatal(err)
	}
	rows, waiting, top, seen := map[string]lead.Scored{}, 0, "", false
	for _, l := range board {
		rows[l.ID] = l
		if l.Stage == lead.MQL {
			if top == "" {
				top = l.ID
			}
			waiting++
		}
		was, there := b.rows[l.ID]
		switch {
		case !there:
			b.came++
		case l.Stage != was.Stage:
			if l.Stage == lead.Claimed && b.reps[l.OwnerID] {
				b.claimed++
				if l.ID == b.top && now.Sub(b.since) < headStart-4*time.Second {
					b.hasty++
				}
			}
		case l.Score.Total > was.Score.Total+.5:
			b.rose++
		case late(l) != late(was):
			b.breached++
		default:
			continue
		}
		seen = true
	}
	for id := range b.rows {
		if _, there := rows[id]; !there {
			b.left++
			seen = true
		}
	}
	if top != b.top {
		b.top, b.since = top, now
	}
	if seen || b.changed.IsZero() {
		b.changed = now
	}
	b.longest = max(b.longest, now.Sub(b.changed))
	if now.Sub(noon) > time.Minute {
		b.least, b.most = min(b.least, waiting), max(b.most, waiting)
	}
	b.rows = rows
}

// late tells whether somebody has waited for too long to be claimed.
func late(l lead.Scored) bool {
	return slices.ContainsFunc(l.Clocks, func(c lead.Clock) bool {
		return c.Kind == sla.Claim && c.Running() && c.State(l.At) == sla.Breached
	})
}

func TestTheBoardStaysAlive(t *testing.T) {
	const minutes = 9
	served(t, func(t *testing.T, w World, cast Cast, start func(Cast) <-chan error) {
		visitor, err := w.Store.User(t.Context(), cast.People[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var boards []*watcher
		for _, slug := range []string{"emea", "americas"} {
			b := &watcher{world: w, team: w.team(t, slug), reps: map[string]bool{}, least: 99}
			for _, p := range cast.People {
				b.reps[p.ID] = p.Played
			}
			boards = append(boards, b)
		}
		start(cast)
		taken := ""
		for tick := range minutes * 30 {
			time.Sleep(2 * time.Second)
			for _, b := range boards {
				b.look(t)
			}
			if tick == 8 { // 18 s after the start the hottest lead is still there for the visitor
				taken = boards[0].top
				if l, err := w.Desk.Move(t.Context(), taken, lead.Request{Move: lead.Claim}, lead.Person(visitor, "page"), lead.Now()); err != nil {
					t.Errorf("the visitor cannot claim %s: %v", l.Name, err)
				}
			}
			if tick == 6*30 {
				if l := boards[0].rows[taken]; l.OwnerID != visitor.ID || l.Stage != lead.Claimed {
					t.Errorf("after 6 minutes %s is %s, held by %q; the visitor has claimed it", l.Name, l.Stage, l.OwnerID)
				}
			}
			if tick == 75 && boards[0].breached == 0 {
				t.Error("nobody waited for too long within two and a half minutes")
			}
		}
		for _, b := range boards {
			if b.least < 4 || b.most > 17 {
				t.Errorf("%s: %d to %d leads waited, want about %d to %d", b.team.Name, b.least, b.most, fewWaiting, manyWaiting)
			}
			if b.longest > time.Minute {
				t.Errorf("%s: nothing happened for %s", b.team.Name, b.longest)
			}
			if b.came < minutes/2 || b.rose < minutes || b.claimed < minutes/3 || b.left < minutes/3 {
				t.Errorf("%s: in %d minutes %d came, %d times a lead rose, %d were claimed, %d left", b.team.Name, minutes, b.came, b.rose, b.claimed, b.left)
			}
			if b.hasty > 0 {
				t.Errorf("%s: %d times the hottest lead was taken before anybody else could", b.team.Name, b.hasty)
			}
		}
		newcomers(t, w, minutes)
	})
}

// newcomers checks that the number of new people is bounded.
func newcomers(t *testing.T, w World, minutes int) {
	t.Helper()
	leads, _ := w.all(t)
	n := 0
	for _, c := range leads {
		if c.Lead.Known() && c.Lead.CreatedAt.After(noon) {
			n++
		}
	}
	if most := 12 + minutes*60/int(newEach.Seconds()); n == 0 || n > most {
		t.Errorf("%d new people came in %d minutes, want some and at most %d", n, minutes, most)
	}
}

func TestTrafficEndsWhereItsKeyIsRefused(t *testing.T) {
	served(t, func(t *testing.T, _ World, cast Cast, start func(Cast) <-chan error) {
		cast.APIKey = "hl_api_revoked"
		if err := <-start(cast); !shut(err) {
			t.Errorf("with a key that is none the traffic ended with %v", err)
		}
	})
}

// away is a server that does not answer.
type away struct{ asked int }

func (a *away) RoundTrip(*http.Request) (*http.Response, error) {
	a.asked++
	return nil, errors.New("connection refused")
}

func TestTrafficWaitsForAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		gone := &away{}
		cast := Cast{People: []Person{{Role: lead.Rep, Team: "emea"}, {Role: lead.Rep, Team: "americas", Played: true}}}
		if err := run(ctx, &http.Client{Transport: gone}, "http://hotleads.test", cast, rand.New(rand.NewPCG(1, 2)), 1, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
		if gone.asked < 5 || gone.asked > 40 {
			t.Errorf("in a minute it asked %d times", gone.asked)
		}
	})
}
