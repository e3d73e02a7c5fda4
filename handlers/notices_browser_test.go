package handlers_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"hotleads/lead"
	"hotleads/test/testenv"
)

// signedIn has a tab be somebody's browser.
func (x *site) signedIn(ctx context.Context, b browser) {
	x.t.Helper()
	at, err := url.Parse(x.URL)
	if err != nil {
		x.t.Fatal(err)
	}
	for _, cookie := range b.Jar.Cookies(at) {
		set := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: x.URL})
			return err
		})
		if err := chromedp.Do(ctx, set); err != nil {
			x.t.Fatal(err)
		}
	}
}

// What was claimed and undone is open again, in the bell and on the list, without
// anybody being told a second time.
func TestANoticeOfWhatWasUndone(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	x.person("Rosa", lead.Rep)
	sam := x.person("Sam", lead.Rep)
	ctx := testenv.Browser(t, testenv.Screen{Still: true})
	x.signedIn(ctx, x.signIn("Rosa"))
	rings := testenv.BeforePages(`window.rings = 0; window.AudioContext = class { state = 'suspended'; async resume() { window.rings++; } };
		localStorage.setItem('hotleads.sound', 'on')`)
	if err := chromedp.Do(ctx, rings); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(x.URL+"/notices")); err != nil {
		t.Fatal(err)
	}
	until := func(what, js string) {
		t.Helper()
		wait, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		if _, err := chromedp.Run(wait, chromedp.Poll[bool](js)); err != nil {
			page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('#notices').textContent + document.querySelector('#notice-list').textContent`))
			t.Fatalf("never %s (%v): %s", what, err, page)
		}
	}
	shows := func(what, bell, state, done string) {
		t.Helper()
		until(what, fmt.Sprintf(`document.querySelector('.bell b').textContent === %q && !!document.querySelector('#notice-list li[data-state=%s]')?.textContent.includes(%q)`, bell, state, done))
	}
	until("live", `!!document.querySelector('#connection[data-state=live]')`)

	ada := x.hot("ada")
	x.tell()
	shows("told that she waits", "1", "open", "still waits")
	now := lead.Now()
	if _, err := x.desk.Move(t.Context(), ada, lead.Request{Move: lead.Claim}, lead.Person(sam, "page"), now); err != nil {
		t.Fatal(err)
	}
	shows("who claimed her", "", "done", "claimed by Sam within a minute")
	if _, err := x.desk.Move(t.Context(), ada, lead.Request{Move: lead.UndoMove}, lead.Person(sam, "page"), now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	x.tell()
	shows("that she waits again", "1", "open", "still waits")
	if rings, err := chromedp.Run(ctx, chromedp.Evaluate[int](`window.rings`)); err != nil || rings != 1 {
		t.Errorf("it rang for %d news (%v)", rings, err)
	}
	if status, _, page := x.signIn("Sam").get("/notices"); status != http.StatusOK || !strings.Contains(page, "still waits") || strings.Contains(page, "claimed by you") {
		t.Errorf("Sam's: %d %s", status, page)
	}
}
