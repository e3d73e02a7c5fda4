package views_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"hotleads/static"
	"hotleads/test/testenv"
	"hotleads/views"
)

// sampleWall is a wall with some of the leads of the picture.
func sampleWall(t testing.TB, now time.Time, leads int) views.WallModel {
	t.Helper()
	m := views.WallModel{
		LiveURL: "/live/tv/x", Zone: "Europe/Berlin", Time: "14:32",
		Head:  views.WallHead{Team: "EMEA", Waiting: 12},
		Strip: views.WallStrip{FirstTouch: "6 min", InTime: "94 %", HandedOver: 31, Accepted: 23, Fastest: "48 s", FastestBy: "Sam", LastClaim: "14:20", LastClaimBy: "Rosa"},
		State: views.WallState{Shift: 2},
	}
	for i, name := range []string{"Ada B.", "Grace H.", "Alan T.", "Hedy L.", "Katherine J.", "", "Maximiliane-Theodora W.", "Barbara L."} {
		if i == leads {
			break
		}
		row := views.WallRow{
			ID: fmt.Sprint("w", i), Name: name, Company: "Analytical Engines " + strings.Repeat("und Söhne ", i), Score: 146 - 11.3*float64(i), Tier: []string{"fire", "hot", "warm"}[i/3], Stage: "mql", Version: 3,
			Clock: views.Clock{Kind: "claim", State: "ontime", Due: now.Add(time.Duration(i*40+3) * time.Minute), Target: time.Hour},
		}
		switch i {
		case 1:
			row.Stage, row.Holder, row.Clock.Kind = "claimed", "Rosa", "decision"
		case 2:
			row.Clock.State = "risk"
		case 4: // the server has not said yet that it is breached
			row.Stage, row.Holder, row.Clock.Due = "claimed", "Samuel", now.Add(-3*time.Minute)
		}
		m.Rows = append(m.Rows, views.RenderedRow{ID: row.ID, HTML: wallRow(t, row)})
	}
	return m
}

func wallRow(t testing.TB, m views.WallRow) []byte {
	t.Helper()
	html, err := views.RenderWallRow(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// A wall as it hangs there: eight leads and nothing else to see, a stage, and a
// link that is taken away.
func TestWallInABrowser(t *testing.T) {
	now := time.Now()
	var gone, full atomic.Bool
	frames, end := make(chan []byte), make(chan struct{})
	draw := func(w http.ResponseWriter, status int, c templ.Component) {
		var b bytes.Buffer
		if err := c.Render(t.Context(), &b); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes())
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("/tv/x", func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			draw(w, http.StatusNotFound, views.WallGone(views.Page{Asset: static.URL}, "This display link was revoked.", "Ask an administrator for a new link."))
			return
		}
		m := sampleWall(t, now, 8)
		m.Light = r.URL.Query().Get("light") != ""
		draw(w, http.StatusOK, views.WallPage(views.Page{Now: time.Now(), Build: "one", Asset: static.URL}, m))
	})
	mux.HandleFunc("/live/tv/x", func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			http.Error(w, "this display link was revoked", http.StatusNotFound)
			return
		}
		if full.Load() {
			http.Error(w, "too many screens show this display's link: make a display for each", http.StatusTooManyRequests)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Hotleads-Page", "one ") // whose it is nobody says
		send := func(data []byte) {
			_, _ = w.Write([]byte("data: " + string(data) + "\n\n"))
			_ = http.NewResponseController(w).Flush()
		}
		send(views.PartialAge(time.Now()))
		for {
			select {
			case f := <-frames:
				send(f)
			case <-end:
				return
			case <-r.Context().Done():
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	defer s.CloseClientConnections()

	b := tab{t, testenv.Browser(t, testenv.Screen{Width: 1920, Height: 1080, Still: true})}
	axe, err := os.ReadFile("../static/testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	look := func(path string) {
		t.Helper()
		if err := chromedp.Do(b.ctx, chromedp.Navigate(s.URL+path)); err != nil {
			t.Fatal(err)
		}
		b.until("it is live", isLive)
		if got := b.eval(`[...document.querySelectorAll('#board .row')].filter(r => { const b = r.getBoundingClientRect(); return b.height > 60 && b.top >= 0 && b.bottom <= innerHeight && b.right <= innerWidth; }).length`); got != "8" {
			t.Errorf("%s: %s leads are in sight", path, got)
		}
		if got := b.eval(`document.documentElement.scrollHeight - innerHeight + ',' + (document.documentElement.scrollWidth - innerWidth)`); got != "0,0" {
			t.Errorf("%s: the page is larger than the screen by %s", path, got)
		}
		if got := b.eval(`[...document.querySelectorAll('.row > *, .clk > *')].filter(e => e.getBoundingClientRect().bottom > e.closest('.row').getBoundingClientRect().bottom).map(e => e.outerHTML.slice(0, 80)).join(' ')`); got != "" {
			t.Errorf("%s: cut off: %s", path, got)
		}
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](string(axe)+"; true")); err != nil {
			t.Fatal(err)
		}
		found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ['violations'], rules: {'color-contrast-enhanced': {enabled: true}}}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | ')).join('\n'))`, chromedp.EvalAwaitPromise))
		if err != nil || found != "" {
			t.Errorf("%s: axe: %s %v", path, found, err)
		}
	}
	full.Store(true)
	b.visit(s.URL + "/tv/x")
	b.until("one screen too many says so", notLive+` && /too many screens/.test(document.querySelector('#connection').textContent)`)
	full.Store(false)
	look("/tv/x?light=1")
	look("/tv/x")
	b.do(`window.same = true`)
	visible := func(selector string) string {
		return fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.checkVisibility())`, selector)
	}
	if b.eval(visible("#lead-w4 .holder")) == "true" || b.eval(visible("#lead-w1 .holder")) != "true" {
		t.Error("who holds a lead is told beside a breach, or not told")
	}
	moment, err := views.PartialWallMoment(t.Context(), views.WallMoment{Kind: "fire", Name: "Ada B.", Company: "Analytical Engines", Score: 142, Clock: views.Clock{Kind: "claim", Due: now.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	frames <- moment
	b.until("a new lead on fire takes the stage", visible("#tv-moment .moment")+` && window.same`)
	b.do(`const real = Date.now; Date.now = () => real() + 20e3`)
	b.until("old data says so", visible("#tv-old")+` && /ago$/.test(document.querySelector('#tv-old').textContent)`)
	b.do(`const real = Date.now; Date.now = () => real() + 301e3`)
	b.until("it is loaded anew when it is not live for minutes, though its server is there", isLive+` && !window.same`)
	gone.Store(true)
	close(end)
	waiting, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	if err := chromedp.Do(waiting, chromedp.WaitVisible(chromedp.CSS(".wall-gone h1"))); err != nil {
		t.Fatalf("the wall does not say that its link was revoked: %v", err)
	}
	if got := b.eval(`document.body.innerText`); !strings.Contains(got, "This display link was revoked.") || strings.Contains(got, "Ada") {
		t.Errorf("on the wall stands %s", got)
	}
}

func sampleDisplays(now time.Time) views.DisplaysModel {
	form := views.DisplayForm{Name: "Lobby", Team: "t1", Privacy: "initials"}
	wrong := views.DisplayForm{Name: "", Team: "t2", Privacy: "full", Errors: map[string]string{"name": "Say where the display hangs."}}
	return views.DisplaysModel{
		Link: "https://leads.example.com/tv/e-7xDivCXDrN9HLBptplv6EMNNeO7VK2", LinkOf: "Lobby", New: views.DisplayForm{Privacy: "initials"},
		Teams: []views.Option{{Value: "t1", Word: "EMEA"}, {Value: "t2", Word: "Americas"}},
		Lines: []views.DisplayLine{
			{ID: "d1", Name: "Lobby", Team: "EMEA", Privacy: "initials", By: "Anna Vogt", Made: now, Seen: "on now", Form: form},
			{ID: "d2", Name: "Sales floor, behind the second pillar on the left", Team: "Americas", Privacy: "full", Made: now, Seen: "not seen since 20 Nov 14:20", Missed: true, Form: wrong, Open: true},
		},
		Revoked: []views.RevokedLine{{Name: "Old lobby", Team: "EMEA", At: now}},
	}
}
