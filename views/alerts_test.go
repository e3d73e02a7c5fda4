package views_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
	"hotleads/views"
)

// allow answers for the person whether a site may show notifications.
func (b tab) allow(setting browser.PermissionSetting) {
	b.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		c := chromedp.FromContext(ctx)
		_, err := cdp.Call(ctx, c.Browser, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: setting, BrowserContextID: c.BrowserContextID,
		})
		return err
	})); err != nil {
		b.Fatal(err)
	}
}

// News come to whoever asked for them, once, also to a tab that nobody sees.
func TestNotifications(t *testing.T) {
	s := newSite(t)
	b := tab{t, testenv.Browser(t, testenv.Screen{})}
	// Notifications are written down, and tones, of which a sound has two.
	watch := testenv.BeforePages(`window.notes = []; window.tones = 0; const Real = window.Notification;
		window.Notification = class extends Real { constructor(title, o) { super(title, o); window.notes.push(title + ': ' + o.body); } };
		window.AudioContext = class {
			state = 'running'; currentTime = 0;
			createGain() { return {gain: {setValueAtTime() {}, exponentialRampToValueAtTime() {}}, connect: to => to}; }
			createOscillator() { return {frequency: {}, connect: to => to, start() { window.tones++; }, stop() {}}; }
		}`)
	if err := chromedp.Do(b.ctx, watch); err != nil {
		t.Fatal(err)
	}
	b.allow(browser.PermissionSettingDenied)
	b.visit(s.URL + "/board")
	b.until("the board is live", isLive)
	pressed := `document.querySelector('#alerts [data-wish=notify][aria-pressed=true]')`
	b.do(`document.querySelector('#alerts [data-wish=notify]').click()`)
	b.until("where the browser forbids it, it says what to do", `/allow them/.test(document.querySelector('#alerts .said').textContent) && !`+pressed)
	b.allow(browser.PermissionSettingGranted)
	b.visit(s.URL + "/board")
	b.until("what was wished for is remembered", isLive+" && "+pressed)

	other := tab{t, testenv.Tab(t, b.ctx, testenv.Screen{})}
	if err := chromedp.Do(other.ctx, watch); err != nil {
		t.Fatal(err)
	}
	other.visit(s.URL + "/notices-none")
	other.until("a second tab, of another page", isLive)

	// Edsger gets hot, a clock of Rosa's is at risk.
	bell := views.BellModel{}
	tell := func(key, lead, title, text string) {
		bell.Unread++
		bell.News = append([]views.NewsModel{{Key: key, LeadID: lead, Title: title, Text: text, URL: "/leads/" + lead}}, bell.News...)
	}
	tell("hot", "edsger", "Edsger Dijkstra", "is hot · EMEA")
	tell("risk", "grace", "Grace Hopper", "is soon to be decided by you · EMEA")
	b.hide(true)
	other.hide(true)
	frame := func() []byte {
		t.Helper()
		html, err := views.PartialBell(t.Context(), bell)
		if err != nil {
			t.Fatal(err)
		}
		return html
	}
	base := s.snapshot
	// news comes to who is there; who comes back meanwhile has it with the snapshot, as from the real server.
	news := func() {
		f := frame()
		s.set(func() { s.snapshot = join(base, f) })
		s.push(f)
	}
	// said waits until both tabs together have said so much.
	said := func(n int) string {
		t.Helper()
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range 400 {
			var notes []string
			for _, x := range []tab{b, other} {
				if got := x.eval(`window.notes.join('; ')`); got != "" {
					notes = append(notes, strings.Split(got, "; ")...)
				}
			}
			if len(notes) >= n {
				slices.Sort(notes)
				return strings.Join(notes, "; ")
			}
			<-tick.C
		}
		t.Fatalf("%d notifications never come", n)
		return ""
	}
	news()
	if got := said(2); got != "Edsger Dijkstra: is hot · EMEA; Grace Hopper: is soon to be decided by you · EMEA" {
		t.Errorf("told: %s", got)
	}
	tones := func(what, want string) {
		t.Helper()
		if got := b.eval(`window.tones`) + " and " + other.eval(`window.tones`); got != want {
			t.Errorf("%s: %s tones", what, got)
		}
	}
	tones("nobody has asked for sound", "0 and 0")
	winner := b
	if b.eval(`window.notes.length`) == "0" {
		winner = other
	}
	winner.until("title and icon say so, too", `document.title.startsWith('(2) ') && document.querySelector('link[rel=icon]').href.includes('news')`)

	// Sound is asked for in one tab, and there is one to try; it counts in the other, too.
	b.do(`document.querySelector('#alerts [data-wish=sound]').click()`)
	other.until("what is wished for in another tab", `document.querySelector('#alerts [data-wish=sound][aria-pressed=true]')`)
	tones("asked for", "2 and 0")

	// The same again is no news, and neither is what goes away and comes back.
	all := bell
	for i, m := range []views.BellModel{all, {Unread: 1, News: all.News[:1]}, all} {
		bell = m
		bell.Unread += 10 * i // that it came is seen
		news()
		winner.until("the bell has it", fmt.Sprintf(`document.querySelector('.bell b').textContent === '%d'`, bell.Unread))
	}
	tell("digest 1", "", "5 notices", "Ada Byron, Alan Turing and 3 more")
	news()
	if got := said(3); got != "5 notices: Ada Byron, Alan Turing and 3 more; Edsger Dijkstra: is hot · EMEA; Grace Hopper: is soon to be decided by you · EMEA" {
		t.Errorf("told: %s", got)
	}
	if first, second := b.eval(`window.tones`), other.eval(`window.tones`); first+" "+second != "4 0" && first+" "+second != "2 2" {
		t.Errorf("of one more telling, in one of the tabs: %s and %s tones", first, second)
	}
	for _, x := range []tab{b, other} {
		x.hide(false)
		x.until("who looks has seen it", `!document.title.startsWith('(') && !document.querySelector('link[rel=icon]').href.includes('news')`)
	}

	// What happens while a tab sleeps comes when it wakes, if still nobody looks.
	other.visit("about:blank")
	b.hide(true)
	b.do(`document.dispatchEvent(new Event('freeze'))`)
	s.becomes(t, 0)
	tell("fire", "katherine", "Katherine Johnson", "is on fire · EMEA")
	first := frame()
	s.set(func() { s.snapshot = join(base, first) })
	before := b.eval(`window.tones`)
	b.do(`document.dispatchEvent(new Event('resume'))`)
	b.until("what came meanwhile is told", `window.notes.at(-1) === 'Katherine Johnson: is on fire · EMEA'`)
	b.until("and sounds", `window.tones === 2 + `+before)

	// Who asks for no more sound has none.
	b.do(`document.querySelector('#alerts [data-wish=sound]').click()`)
	tell("hot again", "alan", "Alan Turing", "is hot · EMEA")
	news()
	b.until("the next one is told", `window.notes.at(-1) === 'Alan Turing: is hot · EMEA'`)
	b.until("without a sound", `window.tones === 2 + `+before)

	// A page that is hidden between a frame and its paint tells what came, and what comes.
	b.hide(false)
	b.do(`const paint = requestAnimationFrame;
		addEventListener('htmx:after:swap', () => { window.requestAnimationFrame = () => 0; }, {capture: true, once: true});
		addEventListener('htmx:after:swap', () => {
			window.requestAnimationFrame = paint;
			Object.defineProperty(document, 'hidden', {value: true, configurable: true});
			document.dispatchEvent(new Event('visibilitychange'));
		}, {once: true})`)
	tell("late", "hedy", "Hedy Lamarr", "is hot · EMEA")
	news()
	b.until("what came before it could be painted", `window.notes.at(-1) === 'Hedy Lamarr: is hot · EMEA'`)
}
