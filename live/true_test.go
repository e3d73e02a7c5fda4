package live_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

// selves are who watches; the first is nobody in particular.
var selves = []string{"", "ann", "bob"}

// shake changes a board at random: rows change, come, leave, move, and
// become somebody's own.
func (b *wall) shake(r *rand.Rand, nextID *int) {
	b.change(func(b *wall) {
		b.rows, b.parts = slices.Clone(b.rows), slices.Clone(b.parts)
		for range r.IntN(4) {
			n := len(b.rows)
			switch what := r.IntN(12); {
			case what > 9 && n > 0: // a row becomes, or was, one of somebody's own
				if b.only == nil {
					b.only = map[string]string{}
				}
				b.only[b.rows[r.IntN(n)].id] = selves[r.IntN(len(selves))]
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
			open := map[*browser]seat{}
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
					self := selves[r.IntN(len(selves))]
					open[s.watch(t, topic+"?self="+self)] = seat{topic, self}
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
			for w, at := range open {
				if got, want := w.shows(), walls[at.topic].wantFor(at.self); !got.same(want) {
					t.Errorf("seed %d: a browser shows\n%v\nand the board is\n%v", seed, got, want)
				}
				w.leave()
			}
		})
	}
}

// seat is who watches what.
type seat struct{ topic, self string }

const twoTicks = 4 * time.Second
