package live_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/live"
)

// letters are what visitors see of their own.
type letters struct {
	mu    sync.Mutex
	of    map[string]live.Own
	asked []string
	fail  error
}

func (l *letters) look(_ context.Context, selves []string) (map[string]live.Own, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, strings.Join(selves, " "))
	out := map[string]live.Own{}
	for _, self := range selves {
		out[self] = l.of[self]
	}
	return out, l.fail
}

func (l *letters) write(self, text string, leads ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of[self] = live.Own{Rev: text, HTML: piece("part", "#own", text), Leads: leads}
}

// looks are who was asked for since the last time.
func (l *letters) looks() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	asked := l.asked
	l.asked = nil
	return asked
}

func TestWhatIsSomebodysOwnGoesToThemAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(3)
		s := newSite(t, live.Options{Tick: time.Hour, Age: time.Hour, OwnTick: 10 * time.Second}, map[string]*wall{"emea": board, "leads": newWall(1)})
		l := &letters{of: map[string]live.Own{}}
		l.write("rosa", "2 for Rosa", "lead-7", "lead-8")
		l.write("sam", "none")
		s.hub.Owns(l.look)
		rosa, elsewhere, sam, tv := s.watch(t, "emea?self=rosa"), s.watch(t, "leads?self=rosa"), s.watch(t, "emea?self=sam"), s.watch(t, "emea")
		wait := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		own := func(want ...string) {
			t.Helper()
			for i, b := range []*browser{rosa, elsewhere, sam, tv} {
				if got := b.shows().parts["#own"]; got != want[i] {
					t.Errorf("browser %d shows %q of its own, want %q", i, got, want[i])
				}
				if i > 0 && strings.Contains(b.body(), "Rosa") && i != 1 {
					t.Errorf("browser %d was told Rosa's", i)
				}
			}
		}
		wait(time.Second)
		own("2 for Rosa", "2 for Rosa", "none", "")
		if asked := l.looks(); !slices.Equal(asked, []string{"rosa sam"}) {
			t.Errorf("asked for %q, want everybody together once", asked)
		}

		before := s.hub.Stats()
		l.write("rosa", "3 for Rosa", "lead-7")
		s.hub.Notice(live.Notice{People: []string{"rosa", "nobody"}})
		wait(time.Second)
		own("3 for Rosa", "3 for Rosa", "none", "")
		s.hub.Notice(live.Notice{Moved: []string{"lead-8"}})
		wait(time.Second)
		for range 100 { // what a lead does changes nothing of what somebody was told
			s.hub.Notice(live.Notice{Leads: []string{"lead-7"}})
		}
		wait(time.Second)
		l.write("rosa", "none for Rosa")
		s.hub.Notice(live.Notice{Moved: []string{"lead-7"}})
		wait(time.Second)
		own("none for Rosa", "none for Rosa", "none", "")
		if asked := l.looks(); !slices.Equal(asked, []string{"rosa", "rosa"}) {
			t.Errorf("asked for %q, want Rosa when something concerns her", asked)
		}
		if after := s.hub.Stats(); after.Looks != before.Looks || after.Frames != before.Frames {
			t.Errorf("%d looks of the views and %d frames for all", after.Looks-before.Looks, after.Frames-before.Frames)
		}

		// A lost notice, and an error, are mended by the tick; what is the same is not sent again.
		l.write("sam", "1 for Sam")
		l.mu.Lock()
		l.fail = errors.New("away")
		l.mu.Unlock()
		wait(10 * time.Second)
		own("none for Rosa", "none for Rosa", "none", "")
		l.mu.Lock()
		l.fail = nil
		l.mu.Unlock()
		sent := len(rosa.body())
		wait(10 * time.Second)
		own("none for Rosa", "none for Rosa", "1 for Sam", "")
		if more := rosa.body()[sent:]; strings.Contains(more, "Rosa") {
			t.Errorf("sent again: %q", more)
		}

		// Who comes back is told what they missed.
		sam.leave()
		l.write("sam", "2 for Sam")
		sam = s.watch(t, "emea?self=sam")
		wait(time.Second)
		own("none for Rosa", "none for Rosa", "2 for Sam", "")
		for _, b := range []*browser{rosa, elsewhere, sam, tv} {
			b.leave()
		}
	})
}

// Many who come together are one look.
func TestAStormIsToldItsOwnTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{}, map[string]*wall{"emea": newWall(1)})
		l := &letters{of: map[string]live.Own{}}
		s.hub.Owns(l.look)
		var all []*browser
		for i := range 50 {
			l.write(fmt.Sprint("rep", i), fmt.Sprint("for ", i))
			all = append(all, s.watch(t, fmt.Sprint("emea?self=rep", i)))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(l.looks()); n > 2 {
			t.Errorf("%d looks", n)
		}
		for i, b := range all {
			if got := b.shows().parts["#own"]; got != fmt.Sprint("for ", i) {
				t.Errorf("rep %d is told %q", i, got)
			}
			b.leave()
		}
	})
}
