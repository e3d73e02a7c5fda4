package views_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"hotleads/static"
	"hotleads/test/testenv"
	"hotleads/views"
)

// turned are the pairs of neighbours, in the order of the document, of which on
// the same line the second stands left of the first.
const turned = `(() => {
	const box = n => {
		const r = document.createRange();
		r.selectNodeContents(n);
		return n.nodeType === 3 ? r.getBoundingClientRect() : n.getBoundingClientRect();
	};
	const found = [];
	for (const parent of document.querySelectorAll('main *')) {
		const parts = [...parent.childNodes].filter(n => n.nodeType === 1 || n.nodeType === 3 && n.data.trim() !== '').map(n => [n, box(n)]).filter(([, b]) => b.width > 1 && b.height > 1);
		for (let i = 1; i < parts.length; i++) {
			const [[a, left], [b, right]] = [parts[i - 1], parts[i]];
			if (Math.abs(left.top - right.top) < 6 && left.height < 40 && right.left < left.left - 1) found.push(parent.className + ': ' + a.textContent + ' | ' + b.textContent);
		}
	}
	return found.join('\n');
})()`

// TestRightToLeftTextTurnsNothingAround: what runs from right to left, or says so
// with control characters, stays in its place.
func TestRightToLeftTextTurnsNothingAround(t *testing.T) {
	now := time.Now()
	page := func(text string) templ.Component {
		m := sampleRows(now)
		profile := sampleProfile(now)
		for i := range m {
			m[i].Name, m[i].Company, m[i].Title, m[i].Place = text, text, text, text
			for j := range m[i].Signals {
				m[i].Signals[j].Text, m[i].Signals[j].Count = text, 3
			}
			for j := range m[i].Badges {
				m[i].Badges[j].Text, m[i].Badges[j].At = text, now
			}
		}
		for i := range profile.Timeline {
			profile.Timeline[i].Text, profile.Timeline[i].Detail, profile.Timeline[i].Who = text, text, text
		}
		for i := range profile.Receipt.Lines {
			profile.Receipt.Lines[i].Label, profile.Receipt.Lines[i].Detail = text, text
		}
		profile.Traits = []views.Trait{{Name: text, Value: text}}
		profile.Head.Name, profile.Head.Company, profile.Head.Title, profile.Head.Team = text, text, text, text
		frame := views.Page{Viewer: rosa, Now: now, Asset: static.URL, Title: text}
		board := views.BoardPage(frame, views.BoardModel{Team: text, Slug: "emea", LiveURL: "/live/x", Rows: rendered(t, m), Reasons: reasons, Stats: sampleStats()})
		return templ.Join(board, views.ProfilePage(frame, profile))
	}
	texts := map[string]string{"/plain": "Ada 1", "/hebrew": "שלום 12 (עולם)", "/arabic": "مرحبا 12! بك", "/marks": "\u202eAda\u2067 12 \u200f!\u061c"}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		text, ok := texts[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page(text).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	ctx := testenv.Browser(t, testenv.Screen{Width: 1280, Height: 900, Still: true})
	for path := range texts {
		if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+path)); err != nil {
			t.Fatal(err)
		}
		found, err := chromedp.Run(ctx, chromedp.Evaluate[string](turned))
		if err != nil {
			t.Fatal(err)
		}
		if found != "" {
			t.Errorf("%s turns around:\n%s", path, found)
		}
	}
}
