package views_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotleads/views"
)

var due = time.Date(2026, 11, 23, 14, 35, 0, 0, time.FixedZone("", 3600))

func oneRow(t *testing.T, m views.RowModel) string {
	t.Helper()
	b, err := views.RenderRow(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The names by which tests and tools find a row are part of the interface.
func TestRowNames(t *testing.T) {
	got := oneRow(t, views.RowModel{
		ID: "0190c", Name: "Ada Byron", Score: 142.25, Tier: "fire", Stage: "claimed", Version: 7,
		Owner: views.Person{ID: "u1", Name: "Rosa Park"},
		Clock: views.Clock{Kind: "decision", State: "risk", Due: due, Target: 10 * time.Minute},
		Phone: "+44 20 5550 0142", Email: "ada@analytical.example",
		Signals: []views.Signal{{Text: "Careers viewed", Points: -15}},
	})
	for _, want := range []string{
		`id="lead-0190c"`, `data-lead="0190c"`, `data-score="142.2"`, `data-tier="fire"`, `data-stage="claimed"`, `data-version="7"`, `data-owner="u1"`,
		`<form class="m m-claim" method="post" action="/leads/0190c/claim">`, `data-move="claim"`, `data-move="accept"`, `data-move="return"`,
		`data-move="release"`, `data-move="undo"`, `data-move="touch"`,
		`<time data-due="2026-11-23T13:35:00Z" data-clock="decision" data-state="risk" data-target="600" datetime="2026-11-23T13:35:00Z">Mon 14:35</time>`,
		`href="tel:+442055500142"`, `href="mailto:ada@analytical.example"`, `Rosa Park has it`, `<b>−15</b>`, `data-msg="0190c"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the row lacks %s\n%s", want, got)
		}
	}
	if strings.Contains(got, `type="hidden"`) {
		t.Error("move forms carry hidden fields")
	}
}

func TestRowWithoutOwnerAndClock(t *testing.T) {
	got := oneRow(t, views.RowModel{ID: "a", Name: "a@b.c", Tier: "warm", Stage: "mql"})
	if !strings.Contains(got, `data-owner=""`) || strings.Contains(got, "data-due") || strings.Contains(got, "has it") || strings.Contains(got, "NaN") {
		t.Errorf("an empty lead renders as %s", got)
	}
}

// What turns the direction of text stays inside the name that brought it.
func TestNamesKeepTheirDirectionToThemselves(t *testing.T) {
	got := oneRow(t, views.RowModel{ID: "a", Name: "\u202eadA\u2066 שרה\u200f", Company: "חברה 12", Title: "CTO"})
	for _, want := range []string{"<bdi>adA שרה</bdi>", "<bdi>חברה 12</bdi>", "<bdi>CTO</bdi>"} {
		if !strings.Contains(got, want) {
			t.Errorf("the row lacks %s\n%s", want, got)
		}
	}
}

func TestBadgeTellsItsMomentToTheReader(t *testing.T) {
	got := oneRow(t, views.RowModel{ID: "a", Name: "Ada", Badges: []views.Badge{{Kind: "since", Text: "waiting since", At: due}}})
	if want := `waiting since <time data-local datetime="2026-11-23T13:35:00Z">`; !strings.Contains(got, want) {
		t.Errorf("the row lacks %s\n%s", want, got)
	}
}

// An unchanged lead must render to unchanged bytes, or every look at the
// board would be news to every watcher.
func TestRowDependsOnItsModelOnly(t *testing.T) {
	m := sampleRows(due)[0]
	if a, b := oneRow(t, m), oneRow(t, m); a != b {
		t.Error("the same model renders differently")
	}
	decayed := m
	decayed.Score -= 0.01
	if oneRow(t, m) != oneRow(t, decayed) {
		t.Error("a decay of a hundredth of a point is news")
	}
}

func hostileRow(s string) views.RowModel {
	return views.RowModel{
		ID: "x", Name: s, Company: s, Title: s, Tier: "hot", Stage: "claimed", Owner: views.Person{ID: s, Name: s},
		Signals: []views.Signal{{Text: s, Points: 1, Count: 3}}, Badges: []views.Badge{{Kind: s, Text: s, At: due}},
		Clock: views.Clock{Kind: s, State: s, Due: due}, Phone: s, Email: s, Zone: s, Place: s,
	}
}

// wellFormed reads a row as XML: our markup is, so what isn't has broken out.
// It returns the elements' names.
func wellFormed(t *testing.T, row string) []string {
	t.Helper()
	row = regexp.MustCompile(`<(input|br)([^>]*[^/])>`).ReplaceAllString(row, "<$1$2/>")
	row = regexp.MustCompile(` (data-dated|data-peek-link|data-local)([ />])`).ReplaceAllString(row, ` $1=""$2`)
	d := xml.NewDecoder(strings.NewReader(row))
	d.Strict = true
	d.Entity = xml.HTMLEntity
	var names []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatalf("%v in %s", err, row)
		}
		if e, ok := token.(xml.StartElement); ok {
			names = append(names, e.Name.Local)
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
					t.Fatalf("attribute %s got in: %s", a.Name.Local, row)
				}
				if v := strings.ToLower(strings.TrimSpace(a.Value)); a.Name.Local == "href" && strings.HasPrefix(v, "javascript") {
					t.Fatalf("address %q got in", v)
				}
			}
		}
	}
}

var hostile = []string{
	"", "Ada", "line\nbreak\r\nand\rreturn", `"><script>alert(1)</script>`, `' onmouseover='alert(1)`, "javascript:alert(1)",
	"</hx-partial><hx-partial hx-target=\"body\">", "<hx-partial", "عربي \u202e evil \u202c", "\u2028\u2029\u0085\x00\x1b[2J", "&amp;&lt;", "data: x\n\nevent: y", strings.Repeat("<", 200),
}

func TestRowIsOneSafeLine(t *testing.T) {
	plain := strings.Join(wellFormed(t, oneRow(t, hostileRow("Ada"))), " ")
	for _, s := range hostile {
		row := oneRow(t, hostileRow(s))
		if strings.ContainsAny(row, "\r\n") {
			t.Errorf("%q makes more than one line", s)
		}
		if s != "" && strings.Join(wellFormed(t, strings.Map(xmlSafe, row)), " ") != plain {
			t.Errorf("%q changes the markup", s)
		}
		if strings.Contains(strings.ToLower(row), "<hx-partial") {
			t.Errorf("%q smuggles in a partial", s)
		}
	}
}

// xmlSafe drops what HTML allows and XML doesn't.
func xmlSafe(r rune) rune {
	if r < ' ' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
		return -1
	}
	return r
}

func FuzzRow(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := views.RenderRow(context.Background(), hostileRow(s))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(b, "\r\n") {
			t.Errorf("%q makes more than one line", s)
		}
		if n := bytes.Count(b, []byte("<script")); n != 0 {
			t.Errorf("%q makes a script", s)
		}
	})
}

func BenchmarkRow(b *testing.B) {
	m := sampleRows(due)[0]
	n := 0
	for b.Loop() {
		row, err := views.RenderRow(context.Background(), m)
		if err != nil {
			b.Fatal(err)
		}
		n = len(row)
	}
	b.ReportMetric(float64(n), "bytes/row")
}
