package views_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
	"hotleads/views"
)

// tab is a browser that shows a page of a site.
type tab struct {
	testing.TB
	ctx context.Context
}

func open(t testing.TB, s *site, page string, screen testenv.Screen) tab {
	t.Helper()
	b := tab{t, testenv.Browser(t, screen)}
	b.visit(s.URL + page)
	return b
}

// another tab of the same browser.
func (b tab) another(url string) tab {
	b.Helper()
	other := tab{b.TB, testenv.Tab(b.TB, b.ctx, testenv.Screen{Still: true})}
	other.visit(url)
	return other
}

func (b tab) visit(url string) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		b.Fatal(err)
	}
}

// before has a script run before those of each page that the tab visits from now on.
func (b tab) before(js string) {
	b.Helper()
	if err := chromedp.Do(b.ctx, testenv.BeforePages(js)); err != nil {
		b.Fatal(err)
	}
}

// noWorker makes a browser one without shared workers.
const noWorker = `delete window.SharedWorker; `

// leave lets go of a worker: its successor would begin paused, as for a debugger.
func (b tab) leave() {
	b.Helper()
	if err := chromedp.Cancel(b.ctx); err != nil {
		b.Fatal(err)
	}
}

// hide makes a tab one that nobody sees, or sees again.
func (b tab) hide(hidden bool) {
	b.Helper()
	b.do(fmt.Sprintf(`Object.defineProperty(document, 'hidden', {value: %t, configurable: true}); document.dispatchEvent(new Event('visibilitychange'))`, hidden))
}

// patience is how long a test waits for what takes milliseconds where nothing else runs.
const patience = time.Minute

// until waits for an expression to become true, on whatever page the tab goes to.
func (b tab) until(what, js string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+js+")"))
		if err == nil {
			return
		}
		if left := new(cdproto.Error); !errors.As(err, &left) || ctx.Err() != nil {
			b.Fatalf("never: %s (%v)\n%s", what, err, js)
		}
	}
}

// untilAsked is until for a page that the browser kept: what polls in one by itself
// does not go on in it.
func (b tab) untilAsked(what, js string) {
	b.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")")); err == nil && is {
			return
		}
	}
	b.Fatalf("never: %s\n%s", what, js)
}

func (b tab) eval(js string) string {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return v
}

func (b tab) do(js string) {
	b.Helper()
	b.eval("(() => {" + js + "})()")
}

func (b tab) key(key string) {
	b.Helper()
	b.do(fmt.Sprintf("(document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true, cancelable: true}))", key))
}

const (
	isLive = `document.querySelector('#connection[data-state=live]')`
	shown  = `[...document.querySelectorAll('#board [data-lead]')].map(r => r.dataset.lead).join(' ')`
)

func row(t testing.TB, m views.RowModel) []byte {
	t.Helper()
	return rendered(t, []views.RowModel{m})[0].HTML
}

func join(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func TestBoardFollowsItsStream(t *testing.T) {
	s := newSite(t)
	models := sampleRows(s.now)
	b := open(t, s, "/board", testenv.Screen{})
	complaints := testenv.Complaints(t, b.ctx)
	b.until("the board is live", isLive)
	b.do(`window.before = document.querySelector('#lead-barbara')`)

	up := models[5]
	up.Score, up.Tier, up.Version = 150, "fire", 4
	newcomer := models[0]
	newcomer.ID, newcomer.Name, newcomer.Score = "emmy", "Emmy Noether", 99
	s.push(join(views.PartialRow("edsger", row(t, up)), views.PartialNew(row(t, newcomer)), views.PartialGone("katherine"),
		views.PartialOrder([]string{"edsger", "ada", "grace", "emmy", "alan", "hedy", "barbara"})))
	b.until("a risen lead stands first, a new one in its place, one has left", shown+` === 'edsger ada grace emmy alan hedy barbara'`)
	if got := b.eval(`document.querySelector('#lead-edsger .score b').textContent`); got != "150" {
		t.Errorf("the risen lead shows %s", got)
	}
	if b.eval(`window.before === document.querySelector('#lead-barbara')`) != "true" {
		t.Error("an unchanged row was replaced")
	}

	// A frame may repeat what the snapshot already had, and an answer may come
	// after a newer frame.
	old := newcomer
	old.Version, old.Name = 1, "Older"
	s.push(views.PartialNew(row(t, newcomer)))
	s.push(views.PartialRow("emmy", row(t, old)))
	s.push(views.PartialOrder([]string{"ada", "edsger", "grace", "emmy", "alan", "hedy", "barbara"}))
	b.until("the last frame", shown+`.startsWith('ada edsger')`)
	if got := b.eval(`document.querySelectorAll('#lead-emmy').length + document.querySelector('#lead-emmy .name').textContent`); got != "1Emmy Noether" {
		t.Errorf("after a repeat and a late frame: %s", got)
	}

	// A page that could not keep up does not show all that came meanwhile, one after the other: it begins anew.
	_, asked := s.open()
	caughtUp := s.leads(t, 3)
	b.do(`window.stale = false; new MutationObserver(() => {
		const said = document.querySelector('#say').textContent;
		window.stale ||= said === 'too late';
		const begun = performance.now();
		while (said === 'busy' && performance.now() - begun < 6000);
	}).observe(document.querySelector('#say'), {childList: true})`)
	s.push(views.Partial("#say", "textContent", []byte("busy")))
	s.push(views.Partial("#say", "textContent", []byte("too late")))
	s.again(t, "what could not keep up", asked)
	b.until("it shows what is, and is live", caughtUp+" && "+isLive)
	if got := b.eval(`window.stale`); got != "false" {
		t.Error("what waited for the page was shown")
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func TestRowsWaitForTheHand(t *testing.T) {
	s := newSite(t)
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#lead-ada').focus(); window.at = performance.now(); window.took = 0;
		new MutationObserver(() => window.took ||= performance.now() - window.at).observe(document.querySelector('#board'), {childList: true})`)
	s.push(views.PartialOrder([]string{"grace", "ada", "alan", "hedy", "katherine", "edsger", "barbara"}))
	b.until("the order came", `document.querySelector('#board-order').textContent.startsWith('grace')`)
	if got := b.eval(shown); !strings.HasPrefix(got, "ada") {
		t.Errorf("the row under the focus was moved at once: %s", got)
	}
	b.until("the order is kept after all", shown+`.startsWith('grace ada')`)
	if b.eval(`window.took > 2000 && window.took < 5000`) != "true" {
		t.Errorf("the rows waited %s ms", b.eval("window.took"))
	}
	if got := b.eval(`document.activeElement.id`); got != "lead-ada" {
		t.Errorf("the focus went to %q", got)
	}
}

func TestMovesByKeyboard(t *testing.T) {
	s := newSite(t)
	models := sampleRows(s.now)
	type move struct{ id, move, reason, date string }
	moves := make(chan move, 9)
	s.answer = func(w http.ResponseWriter, id, name string, form func(string) string) {
		moves <- move{id, name, form("reason"), form("date")}
		m := models[0]
		switch name {
		case "claim":
			m.Stage, m.Owner, m.Version = "claimed", views.Person{ID: rosa.ID, Name: rosa.Name}, 4
			b, _ := views.MoveDone(t.Context(), id, rendered(t, []views.RowModel{m})[0].HTML, &views.UndoModel{LeadID: id, LeadName: m.Name, Move: name, Until: time.Now().Add(10 * time.Second)})
			_, _ = w.Write(b)
		case "undo":
			m.Version = 5
			b, _ := views.MoveDone(t.Context(), id, rendered(t, []views.RowModel{m})[0].HTML, nil)
			_, _ = w.Write(b)
		case "return":
			m.ID, m.Stage, m.Version = id, views.Gone, 6
			b, _ := views.MoveDone(t.Context(), id, rendered(t, []views.RowModel{m})[0].HTML, nil)
			_, _ = w.Write(b)
		}
	}
	b := open(t, s, "/board", testenv.Screen{})
	complaints := testenv.Complaints(t, b.ctx)
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#undo').replaceChildren()`)

	b.key("j")
	b.until("j goes to the first lead", `document.activeElement.id === 'lead-ada'`)
	b.key("c")
	b.key("c") // a second press while the first is under way does nothing
	if got := <-moves; got.id != "ada" || got.move != "claim" {
		t.Fatalf("c sent %+v", got)
	}
	b.until("the row is mine in place", `document.querySelector('#lead-ada[data-stage=claimed] .m-accept button')?.checkVisibility()`)
	b.until("an undo is offered", `document.querySelector('#undo button[data-move=undo]') && document.querySelector('#lead-ada button[data-move=undo]').checkVisibility()`)
	if b.eval(`document.querySelector('#lead-ada .m-claim button').checkVisibility()`) == "true" {
		t.Error("a claimed lead can still be claimed")
	}
	b.key("u")
	if got := <-moves; got.move != "undo" {
		t.Fatalf("u sent %+v", got)
	}
	b.until("the lead waits again", `document.querySelector('#lead-ada[data-stage=mql]') && !document.querySelector('#undo form')`)

	b.do(`document.querySelector('#lead-ada').focus()`)
	b.key("r")
	b.until("r opens the reasons in the row", `document.querySelector('#lead-ada [name=reason]')?.checkVisibility()`)
	same := models[0]
	same.Version, same.Score = 6, 143
	s.push(views.PartialRow("ada", row(t, same)))
	b.until("a frame changed the row", `document.querySelector('#lead-ada .score b').textContent === '143'`)
	if b.eval(`document.querySelector('#lead-ada [name=reason]').checkVisibility()`) != "true" {
		t.Error("a frame closed the reasons")
	}
	b.key("2")
	if got := <-moves; got != (move{"ada", "return", "no_answer", ""}) {
		t.Fatalf("r 2 sent %+v", got)
	}
	b.until("the returned lead hides", `document.querySelector('#lead-ada')?.checkVisibility() === false`)
	s.push(views.PartialGone("ada"))
	b.until("the stream takes it away", `!document.querySelector('#lead-ada')`)

	b.do(`document.querySelector('#lead-alan').focus()`)
	b.key("r")
	b.key("1")
	if got := <-moves; got != (move{"alan", "return", "not_now", "2026-12-21"}) {
		t.Fatalf("r 1 sent %+v", got)
	}
	b.key("?")
	b.until("? shows the keys", `document.querySelector('#help').open`)
	b.do(`document.querySelector('#help').close(); document.querySelector('#lead-hedy').focus()`)
	b.key("o")
	b.until("o opens the story beside the board", `document.querySelector('#peek[open] .receipt')`)
	if got := b.eval(`document.querySelectorAll('#lead-hedy').length`); got != "1" {
		t.Errorf("the story repeats the id of the row: %s", got)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
}

func TestEscapeStepsBackOnceAtATime(t *testing.T) {
	s := newSite(t)
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#lead-ada .more').click()`)
	b.until("the story opens, ready to be closed", `document.querySelector('#peek[open] .m-return') && document.activeElement.closest('#peek > form button')`)
	b.do(`document.querySelector('#peek .m-return').open = true; document.querySelector('#peek .m-return .choices button').focus()`)
	escape := func() {
		if err := chromedp.Do(b.ctx, chromedp.KeyEvent("\u001b")); err != nil {
			t.Fatal(err)
		}
	}
	escape()
	b.until("the reasons close, the story stays", `!document.querySelector('#peek .m-return').open && document.querySelector('#peek').open`)
	escape()
	b.until("the story closes", `!document.querySelector('#peek').open`)
}

func TestLosingTheRaceIsSaidInTheRow(t *testing.T) {
	s := newSite(t)
	m := sampleRows(s.now)[0]
	s.answer = func(w http.ResponseWriter, id, _ string, _ func(string) string) {
		m.Stage, m.Owner, m.Version = "claimed", views.Person{ID: "u-sam", Name: "Sam Ortiz"}, 4
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(views.MoveRefused(id, rendered(t, []views.RowModel{m})[0].HTML, "Sam Ortiz has it since 14:02."))
	}
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#lead-ada button[data-move=claim]').click()`)
	b.until("the row says who won", `document.querySelector('#lead-ada [data-msg]').textContent === 'Sam Ortiz has it since 14:02.' && document.querySelector('#lead-ada .held').checkVisibility()`)
	b.until("it is announced", `document.querySelector('#say').textContent.includes('Sam Ortiz')`)

	// Who won accepts at once: the row leaves this viewer's board, the news stays.
	m.Stage, m.Version = "sal", 5
	s.push(views.PartialRow("ada", row(t, m)))
	b.until("an accepted lead of somebody else is not shown", `!document.querySelector('#lead-ada').checkVisibility()`)
	s.answer = func(w http.ResponseWriter, id, _ string, _ func(string) string) {
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write(join(views.PartialGone(id), views.MoveRefused(id, nil, "Sam & Co have it.")))
	}
	b.do(`document.querySelector('#lead-alan button[data-move=claim]').click()`)
	b.until("without a row it is said at the bottom", `document.querySelector('#undo .toast')?.textContent === 'Sam & Co have it.'`)
}

func TestClickWithoutNetwork(t *testing.T) {
	s := newSite(t)
	s.answer = func(w http.ResponseWriter, _, _ string, _ func(string) string) { panic(http.ErrAbortHandler) }
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#lead-ada button[data-move=claim]').click()`)
	b.until("the row says so", `document.querySelector('#lead-ada [data-msg]').textContent.includes('did not reach')`)
	b.until("the button can be tried again", `document.querySelector('#lead-ada:not([data-ui-busy]) button[data-move=claim]')?.checkVisibility()`)
}

func TestClocksTick(t *testing.T) {
	s := newSite(t)
	b := open(t, s, "/board", testenv.Screen{})
	b.until("the board is live", isLive)
	b.until("a clock counts down", `/^0[12]:\d\d$/.test(document.querySelector('#lead-ada time[data-due]').textContent)`)
	first := b.eval(`document.querySelector('#lead-ada time[data-due]').textContent`)
	b.until("it moves on", fmt.Sprintf(`document.querySelector('#lead-ada time[data-due]').textContent !== %q`, first))
	b.until("a breached one says so", `document.querySelector('#lead-katherine time').textContent.startsWith('−') && document.querySelector('#lead-katherine .over').checkVisibility()`)
	b.until("a distant one names its day", `/^[A-Z][a-z]{2},? \d\d:\d\d$/.test(document.querySelector('#lead-barbara time').textContent)`)
	b.until("the time over there is shown", `/^\d\d:\d\d there$/.test(document.querySelector('#lead-grace [data-zone]').textContent)`)
}

func TestWithoutScript(t *testing.T) {
	s := newSite(t)
	claimed := make(chan string, 1)
	s.answer = func(w http.ResponseWriter, id, move string, _ func(string) string) {
		claimed <- id + " " + move
		w.WriteHeader(http.StatusNoContent)
	}
	b := open(t, s, "/board", testenv.Screen{NoScript: true})
	if err := chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(`#lead-ada button[data-move=claim]`))); err != nil {
		t.Fatal(err)
	}
	if got := <-claimed; got != "ada claim" {
		t.Errorf("a plain click sent %q", got)
	}
}

// axe finds what a person with a screen reader, a keyboard or weak eyes would
// stumble over.
func TestAccessibility(t *testing.T) {
	source, err := os.ReadFile("../static/testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	ctx := testenv.Browser(t, testenv.Screen{Still: true})
	for name := range pages(t, s.now) {
		if name == "board-200" || strings.HasPrefix(name, "wall") { // walls have a test of their own
			continue // as board, only longer
		}
		// A page is loaded once, and looked at on each screen: loading it, axe included, is most of the work.
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/"+name)); err != nil {
			t.Fatal(err)
		}
		b := tab{t, ctx}
		if name == "board" {
			b.until("live", isLive)
			b.do(`document.querySelector('#lead-ada .m-return').requestSubmit()`)
		}
		b.do(string(source))
		// In the dark only colours differ, on a phone everything else. Only the pages with most on them are
		// looked at there: all are in package handlers, as the product draws them.
		for _, look := range []struct {
			screen testenv.Screen
			rules  string
		}{
			{testenv.Screen{Still: true}, ``},
			{testenv.Screen{Still: true, Dark: true}, `, runOnly: ['color-contrast', 'link-in-text-block']`},
			{testenv.Screen{Still: true, Width: 390, Height: 844}, `, rules: {'color-contrast': {enabled: false}}`},
		} {
			screen := look.screen
			if screen != (testenv.Screen{Still: true}) && !slices.Contains([]string{"board", "board-manager", "profile-held", "sla", "team-refused", "leads"}, name) {
				continue
			}
			if err := chromedp.Do(ctx, testenv.Show(screen)); err != nil {
				t.Fatal(err)
			}
			found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ['violations']`+look.rules+`}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).join(' | ')).join('\n'))`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if found != "" {
				t.Errorf("%s (%d wide, dark %t):\n%s", name, screen.Width, screen.Dark, found)
			}
		}
	}
}

// A click that was aimed at a lead must not hit the one that slid under the
// pointer: the row under the pointer waits, and a click right after a shift
// does nothing.
func TestClicksGoToTheLeadThatWasSeen(t *testing.T) {
	s := newSite(t)
	s.answer = func(_ http.ResponseWriter, id, move string, _ func(string) string) { t.Errorf("sent: %s %s", move, id) }
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)
	b.do(`document.querySelector('#lead-ada').dispatchEvent(new PointerEvent('pointermove', {bubbles: true}));
		new MutationObserver((_, observer) => {
			observer.disconnect();
			const click = new MouseEvent('click', {bubbles: true, cancelable: true, detail: 1});
			document.querySelector('#lead-grace button[data-move=accept]').dispatchEvent(click);
			window.ignored = click.defaultPrevented;
		}).observe(document.querySelector('#board'), {childList: true})`)
	s.push(views.PartialOrder([]string{"grace", "ada", "alan", "hedy", "katherine", "edsger", "barbara"}))
	b.until("the order came", `document.querySelector('#board-order').textContent.startsWith('grace')`)
	if got := b.eval(shown); !strings.HasPrefix(got, "ada") {
		t.Errorf("the row under the pointer was moved at once: %s", got)
	}
	b.until("the rows move in the end", shown+`.startsWith('grace ada')`)
	if got := b.eval("window.ignored"); got != "true" {
		t.Errorf("a click on the row that slid under the pointer counts (%s)", got)
	}
	s.push(views.PartialOrder([]string{"ada", "grace", "alan", "hedy", "katherine", "edsger", "barbara"}))
	b.until("the next order came", `document.querySelector('#board-order').textContent.startsWith('ada')`)
	b.do(`document.documentElement.dispatchEvent(new PointerEvent('pointerleave'))`)
	b.until("when the pointer leaves, rows move at once", shown+`.startsWith('ada')`)
}
