package views_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
	"hotleads/views"
)

func TestStaleBoardNeverLooksLive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	s.cut(refusal(http.StatusServiceUnavailable, ""))
	b.until("the page says it is not live, and how old it is", `document.querySelector('#connection').dataset.state !== 'live' && document.querySelector('#connection').textContent.includes('as of')`)
	b.until("the board looks stale", `document.body.dataset.uiStale === ''`)
	m := sampleRows(s.now)[:2]
	m[0].Score, m[0].Version = 190, 9
	s.mu.Lock()
	s.snapshot = snapshot(rendered(t, m))
	s.mu.Unlock()
	s.cut(nil)
	b.until("it comes back by itself and catches up", isLive+` && `+shown+` === 'ada grace' && !('uiStale' in document.body.dataset)`)
}

const notLive = `document.querySelector('#connection:not([data-state=live])')`

// leads makes every stream that begins from now on begin with so many leads.
func (s *site) leads(t testing.TB, n int) (order string) {
	t.Helper()
	rows := rendered(t, sampleRows(s.now)[:n])
	ids := make([]string, n)
	for i, r := range rows {
		ids[i] = r.ID
	}
	s.set(func() { s.snapshot = snapshot(rows) })
	return fmt.Sprintf(`%s === %q`, shown, strings.Join(ids, " "))
}

// again waits until a stream is asked for once more than that.
func (s *site) again(t testing.TB, what string, than int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, asked := s.open(); asked > than {
			return
		}
		<-tick.C
	}
	t.Fatalf("the stream is not asked for again: %s", what)
}

// One board through everything that happens to a connection.
func TestStreamComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := through(t, s.Server)
	b := tab{t, testenv.Browser(t, testenv.Screen{})}
	s.set(func() { s.refuse = refusal(http.StatusBadGateway, "") })
	b.visit(s.URL + "/board")
	s.again(t, "a first try that failed", 1)
	s.set(func() { s.refuse = nil })
	b.until("the first connect failed, and a later one did not", isLive)

	caughtUp := s.leads(t, 2)
	p.cut()
	b.until("it is cut off, comes back by itself and catches up", isLive+" && "+caughtUp)

	caughtUp = s.leads(t, 3)
	p.answer("502 Bad Gateway")
	p.cut()
	b.until("a proxy without its server", notLive)
	p.answer("")
	b.until("and with it again", isLive+" && "+caughtUp)

	// Who asks for patience gets it, whatever happens in the browser.
	_, asked := s.open()
	var refused, back time.Time
	s.cut(func(w http.ResponseWriter, r *http.Request) {
		s.set(func() {
			refused = time.Now()
			s.refuse = nil
		})
		w.Header().Set("Date", "Sun, 06 Nov 1994 08:49:34 GMT") // by a clock that is not the browser's
		refusal(http.StatusTooManyRequests, "Sun, 06 Nov 1994 08:49:37 GMT")(w, r)
	})
	s.again(t, "refused", asked)
	b.until("it says why it is not live", notLive+` && /too many live pages/.test(document.querySelector('#connection .word').textContent)`)
	b.do(`dispatchEvent(new Event('online'))`)
	s.again(t, "after Retry-After", asked+1)
	s.set(func() { back = time.Now() })
	if waited := back.Sub(refused); waited < 2900*time.Millisecond {
		t.Errorf("told to come back after 3 s, it came after %v", waited)
	}
	b.until("it is live again", isLive)

	source, err := os.ReadFile("../static/app/streams.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ after, date, want string }{
		{`'120'`, `'Sun, 06 Nov 1994 08:49:37 GMT'`, "120000"}, {`'0'`, `null`, "0"}, {`null`, `null`, "0"}, {`'soon'`, `null`, "0"}, {`'-5'`, `null`, "0"}, {`'1.5'`, `null`, "0"},
		{`'Sun, 06 Nov 1994 08:50:07 GMT'`, `'Sun, 06 Nov 1994 08:49:37 GMT'`, "30000"}, {`'Sunday, 06-Nov-94 08:50:07 GMT'`, `'Sun, 06 Nov 1994 08:49:37 GMT'`, "30000"},
		{`'Sun Nov  6 08:50:07 1994'`, `'Sun, 06 Nov 1994 08:49:37 GMT'`, "30000"}, {`'Sun, 06 Nov 1994 08:49:07 GMT'`, `'Sun, 06 Nov 1994 08:49:37 GMT'`, "0"},
		{`new Date(Math.ceil(Date.now() / 1e3) * 1e3 + 600e3).toUTCString()`, `null`, "600000"},
	} {
		if got := b.eval(`(() => {` + string(source) + `; return Math.round(patience(` + c.after + `, ` + c.date + `) / 1e4) * 1e4; })()`); got != c.want {
			t.Errorf("Retry-After %s, said at %s: it waits %s ms", c.after, c.date, got)
		}
	}

	for wide, want := range map[string]string{"false": "4", "true": "20"} {
		if got := b.eval(`(() => {` + string(source) + `;
			let asked = 0;
			const fetch = () => { asked++; return new Promise(() => {}); }, ear = exchange(4, true), tabs = Array.from({length: 30}, () => () => {});
			for (const [i, post] of tabs.entries()) ear(post, {url: '/' + i, me: '', shown: true, wide: ` + wide + `});
			const most = asked;
			for (const post of tabs) ear(post, {bye: true});
			return most;
		})()`); got != want {
			t.Errorf("of 30 pages, over HTTP/2: %s, there are %s streams", wide, got)
		}
	}

	b.do(`dispatchEvent(new Event('pagehide'))`) // as to a page that is kept for "back"
	s.becomes(t, 0)
	caughtUp = s.leads(t, 6)
	b.do(`dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))`)
	b.until("gone back to, it catches up", isLive+" && "+caughtUp)

	worker := tab{t, testenv.Worker(t, b.ctx)}
	caughtUp = s.leads(t, 4)
	worker.do(`const real = Date.now, from = real(); Date.now = () => from + (real() - from) * 6; globalThis.awake = real`)
	p.hang()
	b.until("a line that hangs is given up", caughtUp+" && "+isLive)

	caughtUp = s.leads(t, 5)
	p.hang()
	worker.do(`const real = globalThis.awake; Date.now = () => real() + 600e3`)
	b.until("a machine that slept asks anew", caughtUp+" && "+isLive)

	caughtUp = s.leads(t, 3)
	worker.leave()
	testenv.EndWorker(t, b.ctx)
	b.hide(false) // what is not answered any more
	b.until("another reader takes the place of one that died", caughtUp+" && "+isLive)
}

// A reader that dies while nobody looks is missed when the page is seen again, and
// not when a timer comes round that browsers wake once a minute. One that is slow lives.
func TestReaderDiesBehindAHiddenPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := tab{t, testenv.Browser(t, testenv.Screen{Still: true})}
	b.before(`
		window.readers = window.answers = 0;
		window.SharedWorker = class extends SharedWorker {
			constructor(...of) {
				super(...of);
				readers++;
				this.port.addEventListener('message', () => answers++);
			}
		};
		const later = setTimeout;
		window.setTimeout = (what, ms) => later(what, ms === 2000 ? 200 : ms);
		const listen = MessagePort.prototype.addEventListener;
		MessagePort.prototype.addEventListener = function(what, ...rest) { if (what !== 'close') listen.call(this, what, ...rest); };
		window.setInterval = () => 0`)
	b.visit(s.URL + "/board")
	b.until("the board is live", isLive)
	hide := func(hidden bool, what string) {
		t.Helper()
		b.do(`answers = 0`)
		b.hide(hidden)
		b.until(what, `answers`)
	}
	hide(true, "the reader has answered that")
	reader := tab{t, testenv.Worker(t, b.ctx)}
	reader.do(`setTimeout(() => { for (const end = Date.now() + 1500; Date.now() < end;); })`)
	hide(false, "a reader that is slow answers in the end")
	if got := b.eval(`readers`); got != "1" {
		t.Errorf("a reader that was slow was taken for dead: %s were started", got)
	}
	reader.leave()
	hide(true, "it answers still")
	testenv.EndWorker(t, b.ctx)
	s.becomes(t, 0)
	caughtUp := s.leads(t, 2)
	b.do(`const real = Date.now, ran = performance.now.bind(performance);
		window.nowAgain = () => { Date.now = real; performance.now = ran; };
		Date.now = () => real() + 90e3;
		performance.now = () => ran() + 90e3`)
	b.hide(false)
	if got := b.eval(`document.querySelector('#connection').dataset.state + ' ' + document.querySelector('#connection').textContent`); strings.HasPrefix(got, "live") || !strings.Contains(got, "as of") {
		t.Errorf("seen again, and before it knows more, it says %q", got)
	}
	b.do(`nowAgain()`)
	b.until("another reader takes its place", `readers === 2 && `+caughtUp+" && "+isLive)
}

// A stream that is alive but has no news of the truth does not look live.
func TestAgeIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := tab{t, testenv.Browser(t, testenv.Screen{})}
	b.before(noWorker)
	b.visit(s.URL + "/board")
	b.until("the board is live", isLive)
	// A stream that begins with what was true then, and has as many more frames that are as late.
	begins := func(at time.Time, late int) {
		t.Helper()
		_, asked := s.open()
		s.cut(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.Header().Set("Hotleads-Time", views.Millis(time.Now()))
			for i := range 1 + late {
				if i > 0 {
					at = at.Add(time.Second)
				}
				_, _ = w.Write([]byte("data: " + string(views.PartialAge(at)) + "\n\n"))
				_ = http.NewResponseController(w).Flush()
			}
			<-r.Context().Done()
		})
		s.CloseClientConnections()
		s.again(t, "what has no news", asked)
	}
	old := func(by time.Duration) { t.Helper(); begins(time.Now().Add(-by), 0) }
	b.do(`const real = Date.now, ran = performance.now.bind(performance);
		window.set = window.passed = 0;
		Date.now = () => real() + window.set + window.passed;
		performance.now = () => ran() + window.passed`)
	none := func() { s.set(func() { s.refuse = refusal(http.StatusServiceUnavailable, "") }) } // instead of the one that it asks for
	old(0)
	b.until("what was true a moment ago is live", isLive)
	none()
	b.do(`setTimeout(() => { window.set = -420e3; }, 500)`)
	b.until("while its clock is set it does not know how old it is", notLive)
	old(time.Minute)
	b.until("what begins old says so, whatever the clock was", notLive+` && /as of ([6789]\d s|\d min) ago/.test(document.querySelector('#connection').textContent)`)
	old(0)
	b.until("live again", isLive)
	begins(time.Now().Add(-40*time.Second), 9)
	b.until("frames that lag are as old as they are", notLive+` && /as of [3-9]\d s ago/.test(document.querySelector('#connection').textContent)`)
	begins(time.Time{}, 0)
	b.until("what could not be shown whole says so", notLive+` && document.querySelector('#connection').textContent.trim().startsWith('not all of it can be shown not live')`)
	old(0)
	b.until("live once more", isLive)
	none()
	b.do(`window.passed = 74e3`)
	b.until("it says how old it is", notLive+` && /as of ([789]\d s|\d min) ago/.test(document.querySelector('#connection').textContent)`)
}

// A page whose viewer is somebody else by now, or may see it no more.
func TestSignedOutMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.page = "one " + rosa.ID
	b := open(t, s, "/board?mine=1", testenv.Screen{})
	b.until("the board is live", isLive)
	other := b.another(s.URL + "/boards/two")
	other.until("another one, too", isLive)
	b.do(`window.same = true`)
	s.set(func() { s.page = "one " + mara.ID })
	s.cut(nil)
	b.until("somebody else signed in: the page loads itself anew", `!window.same`)
	s.set(func() { s.page, s.gone = "one "+rosa.ID, http.StatusNotFound })
	s.cut(refusal(http.StatusNotFound, ""))
	other.until("a page that is gone says so", `document.querySelector('.error .code')?.textContent === '404'`)
	b.until("one that is not, stays", `location.pathname === '/board' && `+notLive)
	s.set(func() { s.gone = 0 })
	s.cut(nil)
	other.visit(s.URL + "/boards/two")
	other.until("both are back", isLive)
	b.until("the first one, too", isLive)
	s.cut(refusal(http.StatusUnauthorized, ""))
	b.until("it goes to sign in, and back from there", `location.pathname + location.search === '/login?ended=1&next=%2Fboard%3Fmine%3D1'`)
	other.until("the other one, too", `location.pathname === '/login'`)

	// Rights that were taken away: the page says so in words, where the server does, and
	// the stream is not asked for again and again.
	s.cut(nil)
	other.visit(s.URL + "/boards/two")
	b.visit(s.URL + "/board")
	other.until("a board is live again", isLive)
	b.until("and one that will stay", isLive)
	_, asked := s.open()
	s.set(func() { s.gone = http.StatusForbidden })
	s.cut(refusal(http.StatusForbidden, ""))
	other.until("a page that may not be seen says so in words", `document.querySelector('.error .code')?.textContent === '403' && document.querySelector('.error h1').textContent && !document.querySelector('[data-live]')`)
	b.until("one whose stream alone is refused says that", notLive+` && document.querySelector('#connection .word').textContent === 'refused by the server'`)
	b.do(`dispatchEvent(new Event('online'))`)
	b.until("how old it is, too", `document.querySelector('#connection').textContent.includes('as of')`)
	if _, now := s.open(); now-asked > 2 {
		t.Errorf("two streams that are refused were asked for %d times", now-asked)
	}
}

// Gone back to, a page that the browser kept as it was has its stream again, and shows
// what happened meanwhile.
func TestBackFromTheBrowsersCache(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)
	for _, way := range []string{"back", "back once more"} {
		b.do(`window.kept = null; addEventListener('pageshow', e => { window.kept = e.persisted; }, {once: true})`)
		b.do(`location.assign('/leads')`)
		b.untilAsked("another page", `location.pathname === '/leads'`)
		caughtUp := s.leads(t, len(way)%3+2)
		b.do(`history.back()`)
		b.untilAsked(way+": it was kept", `location.pathname === '/board' && window.kept === true`)
		b.untilAsked(way+": it is live and shows what happened", isLive+" && "+caughtUp)
		b.untilAsked(way+": it knows how old it is", `Math.abs(Number(document.querySelector('#as-of').textContent) - Date.now()) < 15e3`)
		s.becomes(t, 1)
	}
}

// The server's clock counts, however wrong the browser's is, and however it is set.
func TestClocksOfAWrongBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := tab{t, testenv.Browser(t, testenv.Screen{})}
	b.before(noWorker + `const real = Date.now; window.off = 420e3; Date.now = () => real() + window.off`)
	left := `(() => {
		const clock = document.querySelector('#lead-ada time[data-due]'), [, sign, m, s] = /^(−?)(\d+):(\d\d)$/.exec(clock.textContent) ?? [];
		return Math.abs((sign ? -1 : 1) * (m * 60 + Number(s)) - (Date.parse(clock.dataset.due) - (Date.now() - window.off)) / 1000) < 3;
	})()`
	b.visit(s.URL + "/board")
	b.until("seven minutes fast", isLive+" && "+left)
	b.do(`window.off = -420e3`)
	b.until("set to seven minutes slow", isLive+" && "+left)
	b.do(`window.off = 0`)
	b.until("set right", isLive+" && "+left)
	// The machine travels, while the page is open: countdowns go on, times are those of there.
	travels := func(to, reads string) {
		t.Helper()
		if err := chromedp.Do(b.ctx, testenv.InZone(to)); err != nil {
			t.Fatal(err)
		}
		s.push(views.PartialAge(time.Now()))
		b.until("in "+to, isLive+" && "+left+` && document.querySelector('#lead-barbara time[data-due]').textContent.endsWith(`+reads+`)`)
	}
	due := `(hours => new Date(Date.parse(document.querySelector('#lead-barbara time[data-due]').dataset.due) + hours * 3600e3).toISOString().slice(11, 16))`
	travels("Asia/Tokyo", due+"(9)")
	travels("America/Phoenix", due+"(-7)")
	travels("Asia/Kolkata", due+"(5.5)")
	_, asked := s.open()
	b.do(`window.off = 5e3`)
	s.again(t, "its clock was set by a few seconds", asked)
	b.until("five seconds fast", isLive+" && "+left)
}

// After a restart with another version the page loads itself anew, when nothing
// would be lost by it.
func TestNewVersionIsLoaded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.page = "one " + rosa.ID
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	b.do(`Math.random = () => 0; window.same = true; document.querySelector('#help').showModal()`)
	s.set(func() { s.page = "two " + rosa.ID })
	s.cut(nil)
	b.until("with a dialog open it only says so", `document.querySelector('#renewal:not([hidden]) button')?.checkVisibility() && window.same`)
	b.do(`document.querySelector('#help').close()`)
	b.until("then it loads itself anew", `!window.same && `+isLive)
	// This site goes on drawing the old page: it is not loaded again and again.
	b.do(`window.same = true`)
	b.until("a second time it leaves that to a click", `document.querySelector('#renewal:not([hidden]) button')?.checkVisibility() && window.same`)
	b.do(`document.querySelector('#renewal button').click()`)
	b.until("a click loads it", `!window.same && `+isLive)
}

// Where no shared worker is, or none that goes on answering, there is a stream for each
// tab; one that nobody sees rests.
func TestWithoutSharedWorker(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := tab{t, testenv.Browser(t, testenv.Screen{})}
	// The first reader answers once, the second never; seconds are fewer milliseconds.
	b.before(`
		window.ports = [];
		const Reader = window.SharedWorker;
		window.SharedWorker = class {
			constructor(...of) {
				if (ports.length > 1 && ports.push(null)) return new Reader(...of);
				const {port1, port2} = new MessageChannel();
				if (!ports.length) port2.onmessage = () => { port2.onmessage = null; port2.postMessage({state: 'reconnecting'}); };
				this.port = port1;
				ports.push(port2);
			}
		};
		const often = setInterval;
		window.setInterval = (what, ms) => often(what, ms / 40)`)
	b.visit(s.URL + "/board")
	b.do(`setTimeout(() => dispatchEvent(new Event('online')), 500)`)
	b.until("the second reader is asked, and then none", `ports.length > 1 && `+isLive)
	b.hide(true)
	shares := s.leads(t, 3)
	b.until("later it looks whether there is one again", `ports.length === 3`)
	s.cut(nil)
	b.until("and shares that: it goes on though nobody sees it", shares)
	s.leads(t, 7)
	b.before(noWorker)
	b.visit(s.URL + "/board")
	b.until("the board is live", isLive)
	b.hide(true)
	s.becomes(t, 0)
	caughtUp := s.leads(t, 2)
	b.hide(false)
	b.until("seen again it has caught up", isLive+" && "+caughtUp)
}

// becomes waits until so many streams are open.
func (s *site) becomes(t testing.TB, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		open, _ := s.open()
		if open == n {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d streams are open, not %d", open, n)
		case <-tick.C:
		}
	}
}
