package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/test/testenv"
)

// Every page of the table, as the product really draws it, in a real browser on a
// phone in light and a laptop in dark mode: axe finds nothing, the console is
// silent, and nothing is wider than the screen. Pages that come later join by
// standing in the table.
func TestEveryPageInABrowser(t *testing.T) {
	axe, err := os.ReadFile("../static/testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	x := newHouse(t)
	ctx := testenv.Browser(t, testenv.Screen{Still: true, Width: 390, Height: 844})
	complaints := testenv.Complaints(t, ctx)
	at, _ := url.Parse(x.URL)
	seen := 0
	for _, role := range []lead.Role{lead.Admin, lead.Manager, lead.Marketing, lead.Rep} {
		cookie := x.who[role].Jar.Cookies(at)[0]
		signIn := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: x.URL})
			return err
		})
		if err := chromedp.Do(ctx, signIn); err != nil {
			t.Fatal(err)
		}
		for _, l := range handlers.Lines() {
			if l.Method != http.MethodGet || l.Door != "people" || strings.HasPrefix(l.Path, "/live/") || l.Reach[role] == "none" || !firstOf(l, role) {
				continue
			}
			path := l.Path
			if find := samples["GET "+l.Path]; find != nil {
				path = find(x).own
			}
			if _, h, _ := x.visit(x.who[role], http.MethodGet, path, nil); !strings.HasPrefix(h.Get("Content-Type"), "text/html") || h.Get("Location") != "" {
				continue // a download, or the way to another page
			}
			seen++
			name := string(role) + " " + path
			// A page is loaded once, and looked at on each screen.
			if err := chromedp.Do(ctx, chromedp.Navigate(x.URL+path)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](string(axe)+"; true")); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, screen := range []testenv.Screen{{Still: true, Width: 390, Height: 844}, {Still: true, Dark: true}} {
				if err := chromedp.Do(ctx, testenv.Show(screen)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? '')).join(' | ')).join('\n'))`, chromedp.EvalAwaitPromise))
				if err != nil || found != "" {
					t.Errorf("%s, %d wide, dark %t: axe: %s %v", name, screen.Width, screen.Dark, found, err)
				}
				if wide, err := chromedp.Run(ctx, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); err != nil || wide > 0 {
					t.Errorf("%s, %d wide: goes %d pixels beyond the screen %v", name, screen.Width, wide, err)
				}
				if said := complaints(); len(said) > 0 {
					t.Errorf("%s: the console says %v", name, said)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d pages were looked at", seen)
	}
}

// firstOf tells whether the role is the first of those that may come: one look is enough.
func firstOf(l handlers.Line, role lead.Role) bool {
	roles := []lead.Role{lead.Admin, lead.Manager, lead.Marketing, lead.Rep}
	return slices.IndexFunc(roles, func(r lead.Role) bool { return l.Reach[r] != "none" }) == slices.Index(roles, role)
}
