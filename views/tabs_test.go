package views_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
	"hotleads/views"
)

// claims answers claims, and tells of whom.
func (s *site) claims(t testing.TB) <-chan string {
	t.Helper()
	claimed := make(chan string, 20)
	s.set(func() {
		s.answer = func(w http.ResponseWriter, id, _ string, _ func(string) string) {
			m := sampleRows(s.now)[0]
			m.ID, m.Stage, m.Owner, m.Version = id, "claimed", views.Person{ID: rosa.ID, Name: rosa.Name}, 4
			row := rendered(t, []views.RowModel{m})[0].HTML
			b, err := views.MoveDone(t.Context(), id, row, nil)
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(b)
			s.push(views.PartialRow(id, row))
			claimed <- id
		}
	})
	return claimed
}

// unkept keeps the browser from keeping the page for "back". With pages that are kept
// Chromium freezes their worker, on a busy machine before it hears that they left.
func (b tab) unkept() {
	b.Helper()
	b.do(`navigator.locks.request(String(Math.random()), () => new Promise(() => {}))`)
}

const (
	isMine    = `document.querySelector('#lead-ada[data-stage=claimed]')`
	clickHers = `document.querySelector('#lead-ada button[data-move=claim]').click()`
)

// Eight tabs of one board over HTTP/1.1, where a browser has six connections.
func TestEightTabsOfABoard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claimed := s.claims(t)
	tabs := []tab{open(t, s, "/board", testenv.Screen{Still: true})}
	for len(tabs) < 8 {
		tabs = append(tabs, tabs[0].another(s.URL+"/board"))
	}
	for i, b := range tabs {
		b.until(fmt.Sprintf("tab %d is live", i+1), isLive)
		b.unkept()
	}
	s.becomes(t, 1)
	// A stream that begins anew, because a tab came late on a busy machine, brings what the frames do.
	rows := sampleRows(s.now)
	rows[0].Stage, rows[0].Owner, rows[0].Version = "claimed", views.Person{ID: rosa.ID, Name: rosa.Name}, 4
	s.set(func() { s.snapshot = snapshot(rendered(t, rows)) })
	tabs[7].do(clickHers)
	if id := <-claimed; id != "ada" {
		t.Errorf("claimed: %s", id)
	}
	for i, b := range tabs {
		b.until(fmt.Sprintf("tab %d shows the claim", i+1), isMine)
	}

	// Whichever goes, the others go on; who comes is up to date.
	tabs[0].visit("about:blank")
	if err := chromedp.Cancel(tabs[1].ctx); err != nil {
		t.Fatal(err)
	}
	caughtUp := s.leads(t, 3)
	tabs = append(tabs[2:], tabs[7].another(s.URL+"/board"))
	tabs[6].unkept()
	for i, b := range tabs {
		b.until(fmt.Sprintf("tab %d shows what the newcomer shows", i+3), isLive+" && "+caughtUp)
	}
	s.set(func() { s.snapshot = snapshot(rendered(t, rows[1:3])) })
	s.push(views.PartialGone("ada"))
	for i, b := range tabs {
		b.until(fmt.Sprintf("tab %d goes on", i+3), isLive+` && !document.querySelector('#lead-ada')`)
	}
	s.becomes(t, 1)
	for _, b := range tabs {
		b.visit("about:blank")
	}
	s.becomes(t, 0)
}

// Eight tabs of eight boards: four have a stream, those that are seen before the
// others; where more are seen they take turns; and a click always gets through.
func TestEightTabsOfEightBoards(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	claimed := s.claims(t)
	tabs := []tab{open(t, s, "/boards/b1", testenv.Screen{Still: true})}
	for len(tabs) < 8 {
		tabs = append(tabs, tabs[0].another(fmt.Sprint(s.URL, "/boards/b", len(tabs)+1)))
	}
	for i, b := range tabs[:4] {
		b.until(fmt.Sprintf("board %d is live", i+1), isLive)
	}
	s.becomes(t, 4)
	for i, b := range tabs {
		b.do(clickHers)
		select {
		case <-claimed:
		case <-time.After(patience):
			t.Fatalf("a claim in tab %d never reaches the server", i+1)
		}
		b.until(fmt.Sprintf("tab %d shows its claim", i+1), isMine)
	}
	// A worker of another version, as there is after a deployment, and the old one share the four.
	tabs[0].do(`window.ports = [...'wxyz'].map(name => {
		const {port} = new SharedWorker(document.body.dataset.worker + '?another', {name: 'hotleads'});
		port.start();
		port.postMessage({url: '/live/' + name, me: '', shown: true});
		return port;
	})`)
	s.shared(t, 2, 2)
	tabs[0].do(`for (const port of window.ports) port.postMessage({bye: true})`)
	s.shared(t, 4, 0)
	for _, b := range tabs[:4] {
		b.hide(true)
	}
	for i, b := range tabs[4:] {
		b.until(fmt.Sprintf("board %d is live instead of one that nobody sees", i+5), isLive)
	}
	s.becomes(t, 4)
	for _, b := range tabs[5:] {
		b.hide(true)
	}
	caughtUp := s.leads(t, 2)
	tabs[0].hide(false)
	tabs[0].until("a board that is seen again catches up at once", isLive+" && "+caughtUp)

	for _, b := range tabs {
		b.hide(false)
	}
	tab{t, testenv.Worker(t, tabs[0].ctx)}.do(`const real = Date.now, from = real(); Date.now = () => from + (real() - from) * 8`)
	for i, b := range tabs {
		b.until(fmt.Sprintf("board %d has its turn", i+1), isLive+" && "+caughtUp)
	}
	if open, _ := s.open(); open > 4 {
		t.Errorf("%d streams are open", open)
	}
}

// shared waits until so many streams of boards are open, and of others.
func (s *site) shared(t testing.TB, boards, others int) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var of [2]int
	for end := time.Now().Add(patience); time.Now().Before(end); {
		of = [2]int{}
		s.set(func() {
			for _, path := range s.watchers {
				if strings.HasPrefix(path, "/live/b") {
					of[0]++
				} else {
					of[1]++
				}
			}
		})
		if of == [2]int{boards, others} {
			return
		}
		<-tick.C
	}
	t.Fatalf("%d boards and %d others have a stream, want %d and %d", of[0], of[1], boards, others)
}

// Over HTTP/2 all streams share a connection: as many boards as are open are live.
func TestSixTabsOverHTTP2(t *testing.T) {
	t.Parallel()
	s := newSiteBy(t, func(server *httptest.Server) {
		server.EnableHTTP2 = true
		server.StartTLS()
	})
	claimed := s.claims(t)
	tabs := []tab{open(t, s, "/boards/b1", testenv.Screen{Still: true})}
	for len(tabs) < 6 {
		tabs = append(tabs, tabs[0].another(fmt.Sprint(s.URL, "/boards/b", len(tabs)+1)))
	}
	for i, b := range tabs {
		b.until(fmt.Sprintf("board %d is live", i+1), isLive+` && performance.getEntriesByType('navigation')[0].nextHopProtocol === 'h2'`)
	}
	s.becomes(t, 6)
	tabs[5].do(clickHers)
	<-claimed
	for i, b := range tabs {
		b.until(fmt.Sprintf("board %d shows the claim", i+1), isMine)
	}
	s.becomes(t, 6)
}
