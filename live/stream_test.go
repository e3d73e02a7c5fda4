package live_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/live"
)

func TestTheBytesOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(2)
		board.draw = func(i item) string { return "<li id=" + i.id + ">\r\n" + i.text + "\r</li>" }
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		synctest.Wait()
		if w.response == nil || w.response.StatusCode != http.StatusOK {
			t.Fatalf("response %+v", w.response)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no", "Connection": "",
		} {
			if got := w.response.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		first := regexp.MustCompile(`^retry: [12]\d\d\d\n` + regexp.QuoteMeta(
			"data: snapshot||<li id=lead-0>  as it was </li><li id=lead-1>  as it was </li>§order||lead-0 lead-1§"+
				"part|#counts|start§age||2000-01-01T00:00:00Z§\n\n:\n\n") + `$`)
		if !first.MatchString(w.body()) {
			t.Errorf("the stream begins with %q", w.body())
		}

		for _, step := range []struct {
			name   string
			change func(b *wall)
			want   string
		}{
			{"changed", func(b *wall) { b.rows[1].text = "hot" }, "row|lead-1|<li id=lead-1>  hot </li>§"},
			{"swapped", func(b *wall) { b.rows[0], b.rows[1] = b.rows[1], b.rows[0] }, "order||lead-1 lead-0§"},
			{"added behind", func(b *wall) { b.rows = append(b.rows, item{"lead-2", "new"}) }, "new||<li id=lead-2>  new </li>§order||lead-1 lead-0 lead-2§"},
			{"added in front, one gone, one changed, a part", func(b *wall) {
				b.rows = []item{{"lead-3", "new"}, {"lead-1", "warm"}, {"lead-2", "new"}}
				b.parts[0].text = "3"
			}, "gone|lead-0|§row|lead-1|<li id=lead-1>  warm </li>§new||<li id=lead-3>  new </li>§order||lead-3 lead-1 lead-2§part|#counts|3§"},
			{"gone", func(b *wall) { b.rows = b.rows[1:] }, "gone|lead-3|§order||lead-1 lead-2§"},
		} {
			before := len(w.body())
			board.change(step.change)
			s.hub.Notice(live.Notice{Teams: []string{"emea"}})
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			want := "data: " + step.want + "age||" + time.Now().UTC().Format(time.RFC3339Nano) + "§\n\n"
			if got := w.body()[before:]; got != want {
				t.Errorf("%s:\n got %q\nwant %q", step.name, got, want)
			}
		}
		before := len(w.body())
		s.hub.Notice(live.Notice{Teams: []string{"emea"}})
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if got := w.body()[before:]; got != "" {
			t.Errorf("a notice of nothing sent %q", got)
		}
		w.leave()
	})
}

func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{Age: time.Hour}, map[string]*wall{"emea": newWall(1)})
		w := s.watch(t, "emea")
		synctest.Wait()
		before := len(w.body())
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if got := w.body()[before:]; got != strings.Repeat(":\n\n", 4) {
			t.Errorf("a quiet minute was %q", got)
		}
		w.leave()
	})
}

func TestALifetimeIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{Lifetime: time.Hour}, map[string]*wall{"emea": newWall(1)})
		start := time.Now()
		ends := map[time.Duration]bool{}
		watchers := make([]*browser, 8)
		for i := range watchers {
			watchers[i] = s.watch(t, "emea")
		}
		for _, w := range watchers {
			<-w.done
			ends[w.ended.Sub(start)] = true
			if w.err.Error() != "EOF" {
				t.Errorf("a stream that had its time ends with %v", w.err)
			}
		}
		for end := range ends {
			if end < 48*time.Minute || end > time.Hour {
				t.Errorf("a stream of an hour lived %v", end)
			}
		}
		if len(ends) < 2 {
			t.Error("all streams end at the same moment")
		}
	})
}

func TestAStuckReaderIsClosedAndNobodyElseNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(5)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		s.open(t, "emea") // never reads
		synctest.Wait()
		for i := range 200 {
			board.set(i%5, fmt.Sprint("change ", i))
			s.hub.Notice(live.Notice{All: true})
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			if !w.shows().same(board.want()) {
				t.Fatalf("change %d waits for the stuck reader", i)
			}
		}
		time.Sleep(time.Second)
		if got := s.hub.Stats(); got.Watchers != 1 || got.Lagged != 1 {
			t.Errorf("after 11 s %d watch and %d were closed, want 1 and 1", got.Watchers, got.Lagged)
		}
		w.leave()
	})
}

// One frame may be larger than what may wait: who has read everything before it
// keeps up.
func TestALargeFrameReachesWhoKeepsUp(t *testing.T) {
	bothWriters(t, func(t *testing.T, keeps bool) {
		synctest.Test(t, func(t *testing.T) {
			board := newWall(3)
			s := newSite(t, live.Options{MaxQueue: 4 << 10}, map[string]*wall{"emea": board})
			s.keeps = keeps
			w := s.watch(t, "emea")
			for i := range 3 {
				board.set(i, strings.Repeat("large ", 10_000))
				s.hub.Notice(live.Notice{All: true})
				time.Sleep(time.Second)
				synctest.Wait()
				if got := s.hub.Stats(); got.Lagged != 0 || !w.shows().same(board.want()) {
					t.Fatalf("%d lagged; it shows frame %d: %v", got.Lagged, i, w.shows().same(board.want()))
				}
			}
			w.leave()
		})
	})
}

func TestAReaderOverTheBoundIsClosedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board := newWall(1)
		board.set(0, strings.Repeat("large ", 100_000)) // the snapshot may be over the bound
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board})
		w := s.watch(t, "emea")
		stuck := s.open(t, "emea")
		synctest.Wait()
		if !w.shows().same(board.want()) {
			t.Fatal("a snapshot larger than the queue doesn't arrive")
		}
		for i := range 2 {
			board.set(0, strings.Repeat(fmt.Sprint("change ", i), 150<<10/8))
			s.hub.Notice(live.Notice{All: true})
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			if got := s.hub.Stats().Lagged; got != uint64(i) {
				t.Errorf("with %d × 150 kB waiting %d readers were closed", i+1, got)
			}
		}
		if _, err := stuck.conn.Write([]byte("?")); err == nil {
			t.Error("the connection of a reader that lags is still open")
		}
		if got := s.hub.Stats().Watchers; got != 1 {
			t.Errorf("%d watch, want 1", got)
		}
		w.leave()
	})
}

func TestKickEndsTheStreamsOfOnePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{}, map[string]*wall{"emea": newWall(1), "apac": newWall(1)})
		sam, samToo, kim := s.watch(t, "emea?person=sam"), s.watch(t, "apac?person=sam"), s.watch(t, "emea?person=kim")
		synctest.Wait()
		s.hub.Kick(func(topic, person string) bool { return person == "sam" && topic == "emea" })
		synctest.Wait()
		if got := s.hub.Stats().Watchers; got != 2 {
			t.Errorf("%d watch after one was ended, want 2", got)
		}
		<-sam.done
		if sam.err.Error() != "EOF" {
			t.Errorf("a stream that was ended ends with %v", sam.err)
		}
		s.hub.Kick(func(_, person string) bool { return person == "sam" })
		<-samToo.done
		kim.leave()
	})
}

// A person, a display, an address: whatever is counted together has a bound, and
// what is refused for one of its limits counts for none.
func TestLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{}, map[string]*wall{"emea": newWall(1)})
		var open []*browser
		for i, person := range []string{"sam", "sam", "kim"} {
			open = append(open, s.watch(t, "emea?limit="+person+"&limit=office"))
			synctest.Wait()
			if got := open[i].response.StatusCode; got != http.StatusOK {
				t.Fatalf("stream %d: %d", i, got)
			}
		}
		refused := s.watch(t, "emea?limit=kim&limit=office")
		synctest.Wait()
		var full *live.TooManyError
		if len(s.errs) != 1 || !errors.Is(s.errs[0], live.ErrTooMany) || !errors.As(s.errs[0], &full) || full.Of != "office" {
			t.Errorf("a fourth screen of an office of three got %d, %v", refused.response.StatusCode, s.errs)
		}
		home := s.watch(t, "emea?limit=kim&limit=home")
		again := s.watch(t, "emea?limit=kim")
		nobody := s.watch(t, "emea")
		synctest.Wait()
		for what, w := range map[string]*browser{"elsewhere": home, "a third screen": again, "without limits": nobody} {
			if got := w.response.StatusCode; got != http.StatusOK {
				t.Errorf("%s: %d", what, got)
			}
		}
		open[0].leave()
		synctest.Wait()
		after := s.watch(t, "emea?limit=sam&limit=office")
		synctest.Wait()
		if after.response.StatusCode != http.StatusOK {
			t.Error("a screen that was closed still counts")
		}
		if got := s.hub.Stats().Refused; got != 1 {
			t.Errorf("%d refusals are counted, want 1", got)
		}
		for _, w := range append(open, refused, home, again, nobody, after) {
			w.leave()
		}
	})
}

// Whoever may not watch any more is asked for every second, whatever they watch.
func TestTheGuardEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, live.Options{}, map[string]*wall{"emea": newWall(1), "apac": newWall(1)})
		var mu sync.Mutex
		var asked [][]string
		var gone []string
		var fails error
		s.hub.Guard(func(_ context.Context, names []string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			slices.Sort(names)
			asked = append(asked, names)
			return gone, fails
		})
		is := func(g []string, f error) {
			mu.Lock()
			defer mu.Unlock()
			gone, fails = g, f
		}
		wasAsked := func() [][]string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(asked)
		}
		time.Sleep(10*time.Second + 500*time.Millisecond) // who comes, comes between two of its questions
		if asked := wasAsked(); len(asked) != 0 {
			t.Errorf("while nobody watched, the guard was asked for %v", asked)
		}
		sam, samToo, kim := s.watch(t, "emea?person=sam"), s.watch(t, "apac?person=sam"), s.watch(t, "emea?person=kim")
		nobody := s.watch(t, "emea")
		time.Sleep(time.Second)
		synctest.Wait()
		if asked, want := wasAsked(), [][]string{{"kim", "sam"}}; !cmp.Equal(asked, want) {
			t.Errorf("the guard was asked for %v, want %v", asked, want)
		}
		is([]string{"sam"}, errors.New("SQL is down"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := s.hub.Stats().Watchers; got != 4 {
			t.Errorf("a guard that can't tell left %d of 4", got)
		}
		is([]string{"sam"}, nil)
		time.Sleep(time.Second)
		<-sam.done
		<-samToo.done
		if got := s.hub.Stats().Watchers; got != 2 {
			t.Errorf("%d watch, want kim and who is nobody in particular", got)
		}
		kim.leave()
		nobody.leave()
	})
}

// At the shutdown every browser is told when to come back: soon and spread for
// few, further apart for many.
func TestTheFarewell(t *testing.T) {
	bothWriters(t, func(t *testing.T, keeps bool) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, live.Options{}, map[string]*wall{"emea": newWall(1)})
			s.keeps = keeps
			said := regexp.MustCompile(`\n\nevent: bye\nretry: ([12]\d\d\d)\n\n$`)
			different := map[string]bool{}
			watchers := make([]*browser, 8)
			for i := range watchers {
				watchers[i] = s.watch(t, "emea")
			}
			synctest.Wait()
			s.stop()
			for _, w := range watchers {
				<-w.done
				m := said.FindStringSubmatch(w.body())
				if m == nil || w.err.Error() != "EOF" {
					t.Fatalf("a stream ends with %q, %v", w.body()[max(0, len(w.body())-60):], w.err)
				}
				different[m[1]] = true
			}
			if len(different) < 2 {
				t.Error("all come back at the same moment")
			}
		})
	})
}

// That no goroutine is left is synctest's to say: it fails if one stays behind.
func TestShutdownEndsEveryStreamWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		board, hanging := newWall(5), newWall(5)
		s := newSite(t, live.Options{}, map[string]*wall{"emea": board, "slow": hanging})
		w := s.watch(t, "emea")
		s.open(t, "emea")
		synctest.Wait()
		hanging.looking = func() { time.Sleep(400 * time.Millisecond) }
		waits := s.watch(t, "slow")
		synctest.Wait()
		start := time.Now()
		s.stop()
		if took := time.Since(start); took >= time.Second {
			t.Errorf("with a stuck reader and a slow look, shutdown took %v", took)
		}
		<-w.done
		<-waits.done
		if w.err.Error() != "EOF" {
			t.Errorf("at shutdown a stream ends with %v", w.err)
		}
		if waits.response.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("at shutdown who waits gets %d", waits.response.StatusCode)
		}
		s.hub.Shutdown() // again is harmless
		err := s.hub.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), board.view("emea"), live.Visitor{})
		if err == nil {
			t.Error("a hub that was shut down serves")
		}
	})
}

func TestServeRefusesWhatItCanNotServe(t *testing.T) {
	hub := live.NewHub(live.Options{})
	r := httptest.NewRequest("GET", "/", nil)
	if err := hub.Serve(httptest.NewRecorder(), r, newWall(1).view(""), live.Visitor{}); err == nil {
		t.Error("a view without topic is served")
	}
	// A recorder has no deadlines: a write to it could not be bounded.
	recorder := httptest.NewRecorder()
	if err := hub.Serve(recorder, r, newWall(1).view("emea"), live.Visitor{}); !errors.Is(err, http.ErrNotSupported) {
		t.Errorf("a writer without deadlines: %v", err)
	}
	if recorder.Body.Len() != 0 || len(recorder.Header()) != 0 {
		t.Error("something was written before the error")
	}
}
