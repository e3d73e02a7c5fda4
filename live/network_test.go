package live_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"hotleads/live"
)

// As TestEveryBrowserShowsTheTruth, over TCP with real time and all of them at
// once, for the race detector; and in the end no goroutine is left.
func TestManyBrowsersOverTCP(t *testing.T) {
	bothWriters(t, manyBrowsers)
}

// bothWriters runs a test over connections that are handed over, and over ones
// that the server keeps.
func bothWriters(t *testing.T, f func(t *testing.T, keeps bool)) {
	t.Run("handed over", func(t *testing.T) { f(t, false) })
	t.Run("kept by the server", func(t *testing.T) { f(t, true) })
}

func manyBrowsers(t *testing.T, keeps bool) {
	before := runtime.NumGoroutine()
	board := newWall(50)
	s := newTCPSite(t, live.Options{Coalesce: time.Millisecond, Tick: 20 * time.Millisecond}, map[string]*wall{"emea": board})
	s.keeps = keeps
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
	bothWriters(t, stuckReader)
}

func stuckReader(t *testing.T, keeps bool) {
	before := runtime.NumGoroutine()
	board := newWall(50)
	s := newTCPSite(t, live.Options{Coalesce: time.Millisecond}, map[string]*wall{"emea": board})
	s.keeps = keeps
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
