package live

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// held is a response writer that holds r3labs up, as ours never does.
type held struct {
	*httptest.ResponseRecorder
	release chan struct{}
}

func (h *held) Flush() { <-h.release }

// sink is a browser in memory that takes everything at once.
type sink struct {
	header http.Header
	got    chan string
}

func (s *sink) Header() http.Header              { return s.header }
func (s *sink) WriteHeader(int)                  {}
func (s *sink) Flush()                           {}
func (s *sink) SetWriteDeadline(time.Time) error { return nil }
func (s *sink) Write(p []byte) (int, error)      { s.got <- string(p); return len(p), nil }

type plainFrames struct{}

func (plainFrames) Row(id string, html []byte) []byte      { return []byte("row " + string(html)) }
func (plainFrames) New(html []byte) []byte                 { return []byte("new " + string(html)) }
func (plainFrames) Gone(id string) []byte                  { return []byte("gone " + id) }
func (plainFrames) Order(ids []string) []byte              { return []byte("order") }
func (plainFrames) Part(target string, html []byte) []byte { return html }
func (plainFrames) Age(time.Time) []byte                   { return nil }
func (plainFrames) Around([]string) (before, behind []byte) {
	return []byte("snapshot of ["), []byte("]")
}

// When r3labs takes no more frames, the board's loop goes on, and who missed
// one gets a snapshot in its place.
func TestAFrameThatIsNotTakenIsMadeUpForByASnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub(Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- hub.Run(ctx) }()
		var n atomic.Int64
		view := View{
			Topic: "emea", Frames: plainFrames{}, Concerns: func(Notice) bool { return true },
			Look: func(context.Context, time.Time) (Page, error) {
				n := n.Add(1)
				return Page{Rows: []Row{{ID: "lead", Rev: fmt.Sprint(n), HTML: func() ([]byte, error) {
					return fmt.Append(nil, n), nil
				}}}}, nil
			},
		}
		browser := &sink{http.Header{}, make(chan string, 1000)}
		served := make(chan error, 1)
		go func() { served <- hub.Serve(browser, httptest.NewRequest("GET", "/", nil), view, Visitor{}) }()
		synctest.Wait()

		// Somebody that r3labs has to wait for, besides.
		jam := &held{httptest.NewRecorder(), make(chan struct{})}
		left, leave := context.WithCancel(t.Context())
		jammed := make(chan struct{})
		go func() { defer close(jammed); hub.sse.ServeHTTP(jam, streamRequest(left, "emea")) }()
		synctest.Wait()
		looks := hub.Stats().Looks
		// 64 wait for the stuck one, one is being handed over, streamQueue wait.
		time.Sleep(200 * 2 * time.Second)
		synctest.Wait()
		if got := hub.Stats().Looks - looks; got < 199 {
			t.Fatalf("the board's loop waited for r3labs: %d looks of 200", got)
		}
		if got := hub.Stats().Frames; got >= 199 {
			t.Fatalf("r3labs took all %d frames: it was not jammed", got)
		}
		close(jam.release)
		synctest.Wait()
		for len(browser.got) > 0 {
			<-browser.got
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got, want := <-browser.got, fmt.Sprintf("data: snapshot of [%d]\n\n", n.Load()); got != want {
			t.Errorf("after frames were lost came %q, want %q", got, want)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for len(browser.got) > 0 {
			if got := <-browser.got; strings.Contains(got, "snapshot") {
				t.Errorf("a second snapshot came: %q", got)
			}
		}
		leave()
		<-jammed
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// While frames don't get on, because there is too much to do, what changes becomes
// fewer frames, and nobody needs a snapshot.
func TestFramesThatDoNotGetOnBecomeFewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub(Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- hub.Run(ctx) }()
		var n atomic.Int64
		view := View{
			Topic: "emea", Frames: plainFrames{}, Concerns: func(Notice) bool { return true },
			Look: func(context.Context, time.Time) (Page, error) {
				text := fmt.Sprint(n.Load())
				return Page{Rows: []Row{{ID: "lead", Rev: text, HTML: func() ([]byte, error) { return []byte(text), nil }}}}, nil
			},
		}
		browser := &sink{http.Header{}, make(chan string, 1000)}
		served := make(chan error, 1)
		go func() { served <- hub.Serve(browser, httptest.NewRequest("GET", "/", nil), view, Visitor{}) }()
		synctest.Wait()
		jam := &held{httptest.NewRecorder(), make(chan struct{})}
		left, leave := context.WithCancel(t.Context())
		jammed := make(chan struct{})
		go func() { defer close(jammed); hub.sse.ServeHTTP(jam, streamRequest(left, "emea")) }()
		synctest.Wait()
		for len(browser.got) > 0 {
			<-browser.got
		}
		for range 20 * 60 { // a minute of changes, of which r3labs passes 65 on
			n.Add(1)
			hub.Notice(Notice{})
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
		}
		if got := hub.Stats().Frames; got > 110 {
			t.Errorf("frames don't get on, and there are %d of them", got)
		}
		close(jam.release)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		last := ""
		for len(browser.got) > 0 {
			if last = <-browser.got; strings.Contains(last, "snapshot") {
				t.Errorf("a snapshot was needed: %q", last)
			}
		}
		if want := "data: row 1200\n\n"; last != want {
			t.Errorf("in the end it shows %q, want %q", last, want)
		}
		leave()
		<-jammed
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// A watcher that comes between the storing of a state and its frame has the change
// in its snapshot, and must not get it twice.
func TestAFrameThatIsInTheSnapshotIsDropped(t *testing.T) {
	out, screen := &kept{}, newScreen(nil, View{})
	screen.add(&watcher{begun: true, seq: 7, base: &state{}, out: out, screen: screen, cancel: func(error) {}})
	f := &fan{screen: screen, moved: make(chan struct{}, 1), steps: map[uint64]step{}}
	for seq := uint64(6); seq <= 9; seq++ {
		f.comes(seq)
		fmt.Fprint(f, "\n")
		f.Flush()
	}
	if want := "data: frame 8\n\ndata: frame 9\n\n"; string(out.bytes) != want {
		t.Errorf("sent %q, want %q", out.bytes, want)
	}
}

// Frames that come while a watcher's snapshot is drawn follow it, each.
func TestFramesBehindTheSnapshotFollowIt(t *testing.T) {
	out := &kept{}
	screen := newScreen(NewHub(Options{}), View{Frames: plainFrames{}})
	state := newState(nil, nil, time.Time{})
	state.seq = 7
	screen.now.Store(state)
	w := &watcher{out: out, screen: screen, to: http.Header{}, began: make(chan struct{}), cancel: func(error) { t.Error("it ended") }}
	screen.add(w)
	f := &fan{screen: screen, moved: make(chan struct{}, 1), steps: map[uint64]step{}}
	for seq := uint64(6); seq <= 9; seq++ {
		f.comes(seq)
	}
	if err := w.begin(); err != nil {
		t.Fatal(err)
	}
	f.comes(10)
	if want := "data: frame 8\n\ndata: frame 9\n\ndata: frame 10\n\n"; string(out.bytes) != want {
		t.Errorf("sent %q, want %q", out.bytes, want)
	}
}

// Where a frame is refused, none behind it is taken, however small: it would be for a
// state that the browser never came to.
func TestNothingIsSentBehindAHole(t *testing.T) {
	lagging := &socket{max: 100, lags: make(chan struct{})}
	for name, out := range map[string]outlet{"mailbox": &mailbox{max: 100, wake: make(chan struct{}, 1)}, "socket": lagging} {
		var took []bool
		for _, n := range []int{80, 15, 90, 1} {
			took = append(took, out.put(make([]byte, n)))
		}
		if want := []bool{true, true, false, false}; !slices.Equal(took, want) {
			t.Errorf("%s: taken were %v, want %v", name, took, want)
		}
	}
}

// comes is a frame that r3labs hands on.
func (f *fan) comes(seq uint64) {
	f.expect(seq, step{to: &state{seq: seq}})
	fmt.Fprintf(f, ": %d\ndata: frame %d\n\n", seq, seq)
}

type kept struct{ bytes []byte }

func (k *kept) begin(...[]byte) error     { return nil }
func (k *kept) end([]byte, error)         {}
func (k *kept) put(p []byte) bool         { k.bytes = append(k.bytes, p...); return true }
func (k *kept) run(context.Context) error { return nil }

func TestDrawingsAreForgottenWithTheirScreens(t *testing.T) {
	d := drawings{byKey: map[drawingKey]*drawing{}}
	drawn := 0
	r := Row{ID: "lead", Rev: "1", HTML: func() ([]byte, error) { drawn++; return []byte("html"), nil }}
	first, drew, err := d.get(r)
	second, again, err2 := d.get(r)
	if err != nil || err2 != nil || !drew || again || first != second || drawn != 1 {
		t.Fatalf("two screens drew one row %d times", drawn)
	}
	d.put(first)
	if d.len() != 1 {
		t.Error("a row that is shown was forgotten")
	}
	d.put(second)
	if d.len() != 0 {
		t.Error("a row that nobody shows was kept")
	}
	r.HTML = func() ([]byte, error) { panic("no") }
	if _, _, err := d.get(r); err == nil || d.len() != 0 {
		t.Errorf("a row that can't be drawn: %v, %d kept", err, d.len())
	}
}

// However much changes and however many profiles are opened, the hub holds what
// is shown now, and nothing of what nobody has watched for a while.
func TestTheHubHoldsOnlyWhatIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := NewHub(Options{})
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- hub.Run(ctx) }()
		var n atomic.Int64
		html := func() ([]byte, error) { return []byte("html"), nil }
		for i := range 50 {
			view := View{
				Topic: profile(i), Frames: plainFrames{}, Concerns: func(Notice) bool { return true },
				Look: func(context.Context, time.Time) (Page, error) {
					n := n.Add(1)
					return Page{Rows: []Row{{ID: "shared", Rev: "1", HTML: html}, {ID: profile(i), Rev: fmt.Sprint(n), HTML: html}, {ID: fmt.Sprint("new", n), Rev: "1", HTML: html}}}, nil
				},
			}
			request, leave := context.WithCancel(t.Context())
			served := make(chan error, 1)
			browser := &sink{http.Header{}, make(chan string, 1000)}
			go func() {
				served <- hub.Serve(browser, httptest.NewRequest("GET", "/", nil).WithContext(request), view, Visitor{Name: "sam", Limits: []Limit{{"sam", 100}}})
			}()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if i == 0 && hub.cache.len() != 3 {
				t.Errorf("for 3 rows shown %d are kept", hub.cache.len())
			}
			leave()
			if err := <-served; err != nil {
				t.Errorf("Serve: %v", err)
			}
		}
		if got := hub.Stats().Views; got > 7 {
			t.Errorf("of 50 profiles that were each open for 10 s, %d are held", got)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if views, rows, open := hub.Stats().Views, hub.cache.len(), len(hub.open); views+rows+open != 0 {
			t.Errorf("held for nobody: %d views, %d rows, %d tallies", views, rows, open)
		}
		for i := range 50 {
			if hub.sse.StreamExists(profile(i)) {
				t.Errorf("the stream of %s is still there", profile(i))
			}
		}
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func profile(i int) string { return fmt.Sprint("lead-", i) }
