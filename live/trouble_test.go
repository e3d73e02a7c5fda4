package live_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

func TestALookThatFailsKeepsTheScreenAndItsAge(t *testing.T) {
	for name, broken := range map[string]func(b *wall){
		"an error": func(b *wall) { b.fail = errors.New("SQL is down") },
		"a panic":  func(b *wall) { b.looking = func() { panic("index out of range") } },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				board, other := newWall(3), newWall(3)
				s := newSite(t, live.Options{}, map[string]*wall{"emea": board, "apac": other})
				w, o := s.watch(t, "emea"), s.watch(t, "apac")
				time.Sleep(time.Second)
				synctest.Wait()
				shown := board.want()
				board.change(broken)
				board.set(0, "unseen")
				time.Sleep(time.Minute)
				synctest.Wait()
				if !w.shows().same(shown) {
					t.Error("a failing look changed what is shown")
				}
				late := s.watch(t, "emea")
				synctest.Wait()
				for _, w := range []*browser{w, late} {
					if old := time.Since(w.shows().asOf); old < 58*time.Second {
						t.Errorf("a screen that is a minute old says %v", old)
					}
				}
				if old := time.Since(o.shows().asOf); old > 8*time.Second {
					t.Errorf("another board is %v old", old)
				}

				board.change(func(b *wall) { b.fail, b.looking = nil, nil })
				time.Sleep(2 * time.Second)
				synctest.Wait()
				for _, w := range []*browser{w, late, o} {
					w.leave()
				}
				if !w.shows().same(board.want()) || !late.shows().same(board.want()) {
					t.Error("the board didn't heal")
				}
			})
		})
	}
}

func TestAFirstLookThatFailsIsAnAnswerNotAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(1)
		board.fail = errors.New("SQL is down")
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		if w.response.StatusCode != http.StatusServiceUnavailable || w.response.Header.Get("Content-Type") == "text/event-stream" {
			t.Errorf("status %d, %v", w.response.StatusCode, w.response.Header)
		}
		if len(s.errs) != 1 || !errors.Is(s.errs[0], board.fail) {
			t.Errorf("Serve said %v, want the look's error", s.errs)
		}
		w.leave()
	})
}

func TestOneBadRowLeavesTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		board.draw = func(i item) string {
			if i.text == "bad" {
				panic("a name like no other")
			}
			return row(i)
		}
		never := newWall(2)
		never.draw = board.draw
		never.set(1, "bad")
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board, "apac": never})
		w := s.watch(t, "emea")
		first := s.watch(t, "apac")
		synctest.Wait()
		before := board.want().rows[1]
		board.change(func(b *wall) {
			b.rows[0].text, b.rows[1].text = "good", "bad"
			b.rows = append(b.rows, item{"lead-9", "bad"})
		})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		want := board.want().rows
		want = []item{want[0], before, want[2]}
		if got := w.shows().rows; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("shown %v, want %v", got, want)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if old := time.Since(w.shows().asOf); old < 20*time.Second {
			t.Errorf("a board with a row that is 22 s old says that it is %v old", old)
		}
		late := s.watch(t, "apac")
		synctest.Wait()
		for _, w := range []*browser{first, late} {
			if got := w.shows(); len(got.rows) != 1 || !got.asOf.IsZero() {
				t.Errorf("a board that never showed a row of its own has %d rows as of %v", len(got.rows), got.asOf)
			}
		}
		never.set(1, "mended")
		board.set(1, "mended")
		board.set(3, "mended, too")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !w.shows().same(board.want()) {
			t.Error("mended rows are not shown")
		}
		for _, w := range []*browser{first, late} {
			if !w.shows().same(never.want()) || time.Since(w.shows().asOf) > 8*time.Second {
				t.Error("a row that could not be drawn at first is not shown, or not known to be")
			}
			w.leave()
		}
		w.leave()
	})
}

// brokenFrames panics where it is told to.
type brokenFrames struct {
	frames
	row, snapshot *atomic.Bool
}

func (f brokenFrames) Row(id string, html []byte) []byte {
	if f.row.Load() {
		panic("no row")
	}
	return f.frames.Row(id, html)
}

func (f brokenFrames) Around(ids []string) (before, behind []byte) {
	if f.snapshot.Load() {
		panic("no snapshot")
	}
	return f.frames.Around(ids)
}

func TestAFrameThatCanNotBeWrittenIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board, broken := newWall(3), brokenFrames{row: new(atomic.Bool), snapshot: new(atomic.Bool)}
		board.frames = broken
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		shown := board.want()
		broken.row.Store(true)
		board.set(1, "hotter")
		time.Sleep(time.Minute)
		synctest.Wait()
		if !w.shows().same(shown) {
			t.Error("half a frame was sent")
		}
		broken.row.Store(false)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !w.shows().same(board.want()) {
			t.Error("the board didn't heal")
		}

		broken.snapshot.Store(true)
		board.set(2, "hotter, too")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		late := s.watch(t, "emea")
		synctest.Wait()
		if got := late.response; got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Content-Type") == "text/event-stream" {
			t.Errorf("without a snapshot the answer is %d, %v", got.StatusCode, got.Header)
		}
		if !w.shows().same(board.want()) {
			t.Error("who watches needs no snapshot, and was not told")
		}
		w.leave()
		late.leave()
	})
}
