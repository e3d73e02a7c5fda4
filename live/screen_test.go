package live_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

func TestOneChangedLeadIsOneRenderAndOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(200)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board, "all": board})
		var watchers []*browser
		for range 10 {
			watchers = append(watchers, s.watch(t, "emea"))
		}
		synctest.Wait()
		watchers = append(watchers, s.watch(t, "all"))
		synctest.Wait()
		if got := s.hub.Stats().Renders; got != 200 {
			t.Errorf("two views of the same 200 leads drew %d rows, not each once", got)
		}
		before := s.hub.Stats()

		board.set(117, "hotter")
		s.hub.Notice(live.Notice{Teams: []string{"emea", "all"}})
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()

		after := s.hub.Stats()
		if got := after.Renders - before.Renders; got != 1 {
			t.Errorf("one changed lead was drawn %d times", got)
		}
		if got := after.RowsSent - before.RowsSent; got != 2 {
			t.Errorf("one changed lead on two boards was %d rows on the wire", got)
		}
		if got := after.Frames - before.Frames; got != 2 {
			t.Errorf("one changed lead on two boards was %d frames", got)
		}
		if got := after.PartRenders - before.PartRenders; got != 0 {
			t.Errorf("a part that didn't change was drawn %d times", got)
		}
		frame := len("data: row|lead-117|<li id=lead-117>hotter</li>§age||2000-01-01T00:00:00.05Z§\n\n")
		if got := int(after.Bytes - before.Bytes); got != frame*len(watchers) {
			t.Errorf("%d bytes for %d watchers, want %d each", got, len(watchers), frame)
		}
		for _, w := range watchers {
			if !w.shows().same(board.want()) {
				t.Error("a watcher doesn't show the change")
			}
			w.leave()
		}
	})
}

func TestNoticesThatComeTogetherAreOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		time.Sleep(time.Second)
		before := s.hub.Stats()
		start := time.Now()
		for i := range 49 {
			board.set(1, fmt.Sprint("change ", i))
			s.hub.Notice(live.Notice{Teams: []string{"emea"}})
			s.hub.Notice(live.Notice{Teams: []string{"apac"}, Leads: []string{"lead-1"}})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := s.hub.Stats().Looks - before.Looks; got != 2 {
			t.Errorf("notices of 49 ms were %d looks, want one for the first and one for the others", got)
		}
		if got := w.arrived[len(w.arrived)-2].Sub(start); got > time.Millisecond {
			t.Errorf("the first change after quiet took %v", got)
		}
		if got := w.arrived[len(w.arrived)-1].Sub(start); got > 50*time.Millisecond {
			t.Errorf("what followed took until %v", got)
		}

		before = s.hub.Stats()
		for i := range 1000 {
			board.set(2, fmt.Sprint("flood ", i))
			s.hub.Notice(live.Notice{All: true})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if got := s.hub.Stats().Frames - before.Frames; got < 15 || got > 20 {
			t.Errorf("a second of changes was %d frames, want nearly 20 and no more", got)
		}
		w.leave()
	})
}

// The longer a look takes, the seldomer a view looks, within bounds.
func TestLooksThatTakeLongComeSeldomer(t *testing.T) {
	for took, want := range map[time.Duration]uint64{0: 20, 10 * time.Millisecond: 16, 25 * time.Millisecond: 10, 100 * time.Millisecond: 5} {
		synctest.Test(t, func(t *testing.T) {
			board := newWall(3)
			board.looking = func() { time.Sleep(took) }
			s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
			w := s.watch(t, "emea")
			time.Sleep(time.Second)
			before := s.hub.Stats().Looks
			for i := range 1000 {
				board.set(0, fmt.Sprint("change ", i))
				s.hub.Notice(live.Notice{All: true})
				time.Sleep(time.Millisecond)
			}
			synctest.Wait()
			if got := uint64(s.hub.Stats().Looks - before); got < want-1 || got > want+1 {
				t.Errorf("looks of %v each: %d in a second of changes, want about %d", took, got, want)
			}
			w.leave()
		})
	}
}

func TestALostNoticeIsRepairedByTheNextTick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		board.set(0, "nobody told")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !w.shows().same(board.want()) {
			t.Error("a change without notice isn't shown after a tick")
		}
		w.leave()
	})
}

func TestAQuietScreenSendsOnlyItsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		before := len(w.body())
		time.Sleep(time.Minute)
		synctest.Wait()
		page := w.shows()
		if old := time.Since(page.asOf); old > 8*time.Second {
			t.Errorf("a quiet screen thinks it is %v old", old)
		}
		for _, line := range strings.Split(w.body()[before:], "\n") {
			if line != "" && line != ":" && !strings.HasPrefix(line, "data: age|") {
				t.Errorf("a quiet screen sent %q", line)
			}
		}
		w.leave()
	})
}

// Whose rows don't change is told the age all the same while others' rows do.
func TestTheAgeIsForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(1)
		board.only = map[string]string{"lead-0": "ann"}
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		ann, bob := s.watch(t, "emea?self=ann"), s.watch(t, "emea?self=bob")
		for i := range 30 {
			time.Sleep(2 * time.Second)
			board.set(0, fmt.Sprint("change ", i))
			s.hub.Notice(live.Notice{Teams: []string{"emea"}})
		}
		synctest.Wait()
		if old := time.Since(bob.shows().asOf); old > 8*time.Second {
			t.Errorf("who sees no row thinks the screen is %v old", old)
		}
		ann.leave()
		bob.leave()
	})
}

func TestNobodyWatchesNobodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(50)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		w.leave()
		synctest.Wait()
		before := s.hub.Stats()

		// Back before it is forgotten: a fresh look, and nothing drawn anew.
		time.Sleep(30 * time.Second)
		board.set(7, "meanwhile")
		s.hub.Notice(live.Notice{All: true})
		time.Sleep(10 * time.Second)
		if got := s.hub.Stats().Looks - before.Looks; got != 0 {
			t.Errorf("%d looks at a board that nobody watches", got)
		}
		w = s.watch(t, "emea")
		synctest.Wait()
		after := s.hub.Stats()
		if looks, renders := after.Looks-before.Looks, after.Renders-before.Renders; looks != 1 || renders != 1 {
			t.Errorf("coming back cost %d looks and %d renders, want 1 and 1", looks, renders)
		}
		if !w.shows().same(board.want()) {
			t.Error("the snapshot isn't true")
		}
		w.leave()

		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := s.hub.Stats(); got.Views != 0 || got.Watchers != 0 || got.Looks != after.Looks {
			t.Errorf("a board that nobody has watched for two minutes is still there: %+v", got)
		}
		w = s.watch(t, "emea")
		synctest.Wait()
		if got := s.hub.Stats(); !w.shows().same(board.want()) || got.Looks != after.Looks+1 || got.Renders != after.Renders+50 {
			t.Errorf("a forgotten board doesn't begin anew: %+v", got)
		}
		w.leave()
	})
}

func TestASlowLookDelaysNobodyElseAndNeverOverlapsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := newWall(3), newWall(3)
		s := newSite(t, live.Options{}, map[string]*wall{"slow": slow, "quick": quick})
		w, q := s.watch(t, "slow"), s.watch(t, "quick")
		synctest.Wait()
		looking := 0
		slow.change(func(b *wall) {
			b.looking = func() {
				slow.change(func(*wall) { looking++ })
				time.Sleep(time.Second)
				slow.change(func(*wall) {
					if looking--; looking != 0 {
						t.Error("two looks of one board at once")
					}
				})
			}
		})
		for i := range 40 {
			slow.set(0, fmt.Sprint(i))
			quick.set(0, fmt.Sprint(i))
			s.hub.Notice(live.Notice{All: true})
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if !q.shows().same(quick.want()) {
				t.Fatal("a slow board delays a quick one")
			}
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if !w.shows().same(slow.want()) {
			t.Error("the slow board isn't true in the end")
		}
		w.leave()
		q.leave()
	})
}

func TestANoticeDuringALookIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		s := newSite(t, live.Options{Tick: time.Hour}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		read := make(chan struct{})
		board.change(func(b *wall) { b.looking = func() { <-read } })
		board.set(0, "before")
		s.hub.Notice(live.Notice{All: true})
		time.Sleep(time.Second) // the look waits
		s.hub.Notice(live.Notice{All: true})
		before := s.hub.Stats().Looks
		close(read)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if got := s.hub.Stats().Looks - before; got != 1 {
			t.Errorf("a notice that came during a look led to %d looks, want 1", got)
		}
		w.leave()
	})
}

// What may be seen no more ends the streams, without a word in the log; what comes back is there.
func TestWhatIsGoneEndsItsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		var log strings.Builder
		s := newSite(t, live.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, map[string]*wall{"emea": board})
		first, second := s.watch(t, "emea"), s.watch(t, "emea")
		synctest.Wait()
		board.change(func(b *wall) { b.fail = fmt.Errorf("another team's: %w", live.ErrGone) })
		s.hub.Notice(live.Notice{All: true})
		<-first.done
		<-second.done
		again := s.watch(t, "emea")
		<-again.done
		if got := again.response.StatusCode; got != http.StatusServiceUnavailable || len(s.errs) != 1 || !errors.Is(s.errs[0], live.ErrGone) {
			t.Errorf("who asks again is answered %d, %v", got, s.errs)
		}
		if log.String() != "" {
			t.Errorf("the log says %s", &log)
		}
		board.change(func(b *wall) { b.fail = nil })
		w := s.watch(t, "emea")
		time.Sleep(time.Second)
		synctest.Wait()
		if !w.shows().same(board.want()) {
			t.Error("what is there again is not shown")
		}
		w.leave()
	})
}

// Views whose looks take long wait for each other, and no others for them.
func TestSlowLooksKeepOthersWaitingNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, board := newWall(1), newWall(1)
		slow.looking = func() { time.Sleep(4 * time.Second) }
		walls := map[string]*wall{"emea": board}
		for i := range 6 {
			walls[fmt.Sprint("slow-", i)] = slow
		}
		s := newSite(t, live.Options{Looks: 2}, walls)
		w := s.watch(t, "emea")
		for i := range 6 {
			s.open(t, fmt.Sprint("slow-", i))
		}
		for i := range 10 {
			time.Sleep(time.Second)
			board.set(0, fmt.Sprint("change ", i))
			s.hub.Notice(live.Notice{Teams: []string{"emea"}})
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if !w.shows().same(board.want()) {
				t.Fatalf("change %d waits for slow looks", i)
			}
		}
		w.leave()
	})
}

// Whoever opens and leaves one view after the other leaves few behind.
func TestManyViewsLeftAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		walls := map[string]*wall{}
		for i := range 30 {
			walls[fmt.Sprint("view-", i)] = newWall(1)
		}
		s := newSite(t, live.Options{Views: 10}, walls)
		for i := range 30 {
			s.watch(t, fmt.Sprint("view-", i)).leave()
		}
		time.Sleep(2 * twoTicks)
		synctest.Wait()
		if got := s.hub.Stats().Views; got > 10 {
			t.Errorf("%d views are kept that nobody watches, want 10 at most", got)
		}
	})
}

// What is shown is as old as the clock says that due times go by, not the machine's.
func TestTheAgeGoesByTheGivenClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(1)
		ahead := func() time.Time { return time.Now().Add(time.Hour) }
		s := newSite(t, live.Options{Now: ahead}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		for range 3 {
			time.Sleep(5 * time.Second) // a quiet screen tells its age
			synctest.Wait()
			if got := ahead().Sub(w.shows().asOf); got < 0 || got > 5*time.Second {
				t.Errorf("it says that it is %v old", got)
			}
		}
		w.leave()
	})
}
