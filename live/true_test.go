package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

// shake changes a board at random: rows change, come, leave and move.
func (b *wall) shake(r *rand.Rand, nextID *int) {
	b.change(func(b *wall) {
		b.rows, b.parts = slices.Clone(b.rows), slices.Clone(b.parts)
		for range r.IntN(4) {
			n := len(b.rows)
			switch what := r.IntN(10); {
			case what < 4 && n > 0:
				b.rows[r.IntN(n)].text = fmt.Sprint("heat ", r.IntN(50)) // may be what it was
			case what < 6:
				*nextID++
				b.rows = slices.Insert(b.rows, r.IntN(n+1), item{fmt.Sprint("lead-x", *nextID), "new"})
			case what < 7 && n > 0:
				at := r.IntN(n)
				b.rows = slices.Delete(b.rows, at, at+1)
			case what < 8 && n > 1:
				from, to := r.IntN(n), r.IntN(n)
				moved := b.rows[from]
				b.rows = slices.Insert(slices.Delete(b.rows, from, from+1), to, moved)
			case what < 9:
				b.parts[0].text = fmt.Sprint(r.IntN(20), " waiting")
			default:
				b.rows = nil
			}
		}
	})
}

// Whatever changes, whoever joins and leaves, whatever notice is lost: after the
// next tick each browser shows what a fresh page would. dom refuses every piece
// that would have been lost or doubled on the way.
func TestEveryBrowserShowsTheTruth(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			walls := map[string]*wall{"emea": newWall(20), "apac": newWall(5)}
			topics := []string{"emea", "apac"}
			s := newSite(t, live.Options{Idle: 3 * time.Second}, walls)
			open := map[*browser]string{}
			nextID := 0
			for range 300 {
				topic := topics[r.IntN(2)]
				walls[topic].shake(r, &nextID)
				switch r.IntN(8) {
				case 0: // the notice is lost
				case 1: // it comes late
					time.AfterFunc(time.Duration(r.IntN(300))*time.Millisecond, func() { s.hub.Notice(live.Notice{Teams: []string{topic}}) })
				default:
					s.hub.Notice(live.Notice{Teams: []string{topic}})
				}
				switch {
				case r.IntN(6) == 0 && len(open) < 8:
					open[s.watch(t, topic)] = topic
				case r.IntN(12) == 0:
					for w := range open {
						w.leave()
						delete(open, w)
						break
					}
				}
				time.Sleep(time.Duration(r.IntN(120)) * time.Millisecond)
			}
			time.Sleep(twoTicks)
			synctest.Wait()
			for w, topic := range open {
				if got, want := w.shows(), walls[topic].want(); !got.same(want) {
					t.Errorf("seed %d: a browser shows\n%v\nand the board is\n%v", seed, got, want)
				}
				w.leave()
			}
		})
	}
}

const twoTicks = 4 * time.Second

// The same over TCP with real time and all of them at once, for the race
// detector; and in the end no goroutine is left.
func TestManyBrowsersOverTCP(t *testing.T) {
	before := runtime.NumGoroutine()
	board := newWall(50)
	s := newTCPSite(t, live.Options{Coalesce: time.Millisecond, Tick: 20 * time.Millisecond}, map[string]*wall{"emea": board})
	var changing, coming, watching sync.WaitGroup
	enough, settled := make(chan struct{}), make(chan struct{})
	for i := range 2 {
		changing.Go(func() {
			r, id := rand.New(rand.NewPCG(7, uint64(i))), i*1_000_000
			pace := time.NewTicker(time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-enough:
					return
				case <-pace.C:
				}
				board.shake(r, &id)
				s.hub.Notice(live.Notice{Teams: []string{"emea"}})
			}
		})
	}
	coming.Add(10)
	for range 10 {
		watching.Go(func() {
			for range 10 {
				w := s.watch(t, "emea")
				for range 5 {
					<-w.news
				}
				w.leave()
			}
			coming.Done()
			w := s.watch(t, "emea")
			<-settled
			for deadline := time.After(20 * time.Second); !w.shows().same(board.want()); {
				select {
				case <-w.news:
				case <-deadline:
					t.Error("a browser doesn't come to show the truth")
					return
				}
			}
			w.leave()
		})
	}
	coming.Wait()
	close(enough)
	changing.Wait()
	close(settled)
	watching.Wait()
	s.stop()
	if got := s.hub.Stats().Watchers; got != 0 {
		t.Errorf("%d watch after everybody left", got)
	}
	settle(t, before)
}

func TestAStuckReaderOverTCPIsClosed(t *testing.T) {
	before := runtime.NumGoroutine()
	board := newWall(50)
	s := newTCPSite(t, live.Options{Coalesce: time.Millisecond}, map[string]*wall{"emea": board})
	stuck := s.open(t, "emea")
	w := s.watch(t, "emea")
	large := make([]byte, 40<<10)
	for i := range large {
		large[i] = 'x'
	}
	deadline := time.After(30 * time.Second)
	for i := 0; s.hub.Stats().Lagged == 0; i++ {
		board.set(i%50, fmt.Sprint(i, string(large)))
		s.hub.Notice(live.Notice{Teams: []string{"emea"}})
		for !w.shows().same(board.want()) {
			select {
			case <-w.news:
			case <-deadline:
				t.Fatal("a stuck reader stops another, or is never closed")
			}
		}
	}
	w.leave()
	_ = stuck.conn.Close()
	s.stop()
	settle(t, before)
}

// settle waits until no more goroutines run than before.
func settle(t *testing.T, before int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for runtime.NumGoroutine() > before {
		select {
		case <-poll.C:
		case <-ctx.Done():
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
