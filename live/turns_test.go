package live_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

// Looks wait for their turns only while somebody waits for them: whoever opens hundreds of
// pages and closes them at once keeps nobody else from theirs.
func TestALookThatNobodyWaitsForGivesItsTurnUp(t *testing.T) {
	for kind, together := range map[string]int{"slow": 2, "quick": 16} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var looks atomic.Int64
				lasting := newWall(1)
				lasting.looking = func() { looks.Add(1); time.Sleep(time.Second) }
				walls := map[string]*wall{kind + "-mine": lasting}
				for i := range 100 {
					walls[fmt.Sprint(kind, "-", i)] = lasting
				}
				s := newSite(t, live.Options{}, walls)
				for i := range 100 {
					b := s.open(t, fmt.Sprint(kind, "-", i))
					synctest.Wait()
					_ = b.conn.Close()
				}
				synctest.Wait()
				mine := s.watch(t, kind+"-mine")
				back := s.watch(t, kind+"-99") // whose turn is still waited for
				time.Sleep(2500 * time.Millisecond)
				synctest.Wait()
				for who, b := range map[string]*browser{"who comes then": mine, "who comes back": back} {
					if len(b.shows().rows) != 1 {
						t.Errorf("%s sees nothing within two looks", who)
					}
				}
				if n, most := looks.Load(), int64(together)+4; n > most {
					t.Errorf("%d looks, want at most %d: those under way, and of two views that are watched", n, most)
				}
				mine.leave()
				back.leave()
			})
		})
	}
}

// What is done beside looks is bounded, breaks nothing, and ends with the hub.
func TestBesideLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{SlowLooks: 2}, nil)
		var ended atomic.Int64
		does := func(ctx context.Context) { <-ctx.Done(); ended.Add(1) }
		var began []bool
		b := newWall(1)
		b.looking = func() {
			f := does
			if len(began) == 0 {
				f = func(context.Context) { panic("index out of range") }
			}
			began = append(began, s.hub.Beside(f))
		}
		s.walls = map[string]*wall{"emea": b}
		w := s.watch(t, "emea")
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if want := []bool{true, true, true, false}; !slices.Equal(began, want) || len(w.shows().rows) != 1 {
			t.Errorf("four looks begin %v beside them, want %v", began, want)
		}
		s.stop()
		if ended.Load() != 2 {
			t.Errorf("%d have ended with the hub", ended.Load())
		}
		w.leave()
	})
}
