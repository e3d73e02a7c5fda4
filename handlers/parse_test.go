package handlers

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/views"
)

func TestAmounts(t *testing.T) {
	for text, want := range map[string]int64{
		"": 0, " ": 0, "0": 0, "1200": 120000, "1200.5": 120050, "1200,5": 120050, "1,200": 120000, "1.200": 120000, "1,200.50": 120050, "1.200,50": 120050, "1 200,50": 120050,
		"1\u00a0200\u00a0000": 120000000, "1’200.05": 120005, "12,34": 1234, "0.01": 1, "9999999999999.99": 999999999999999, "1,000,000": 100000000,
		"-1": -1, "1.2.3": -1, "1,20,000": -1, "lots": -1, "1e5": -1, "0x10": -1, "NaN": -1, "inf": -1, "12345678901234": -1, "1,200,50": -1, "1_000": -1, ".5": -1, "5.": -1, "€5": -1, "1.2345": -1,
	} {
		got := majorAmount(text)
		if got.minor != want || (got.bad != nil) != (want < 0) {
			t.Errorf("%q is %d (%v), want %d", text, got.minor, got.bad, want)
		}
	}
	if got := money(120005); got != "1200.05 EUR" {
		t.Errorf("120005 minor units read %q", got)
	}
}

func FuzzAmounts(f *testing.F) {
	f.Add("1,200.50", []byte("120050"))
	f.Fuzz(func(t *testing.T, text string, b []byte) {
		if a := majorAmount(text); a.minor < -1 || (a.bad != nil) != (a.minor == -1) {
			t.Errorf("%q is %v", text, a)
		}
		var form moveForm
		if json.Unmarshal(b, &form.Amount) == nil && form.Amount.bad != nil && form.Amount.minor != -1 {
			t.Errorf("%q is %v", b, form.Amount)
		}
	})
}

func FuzzOwnPath(f *testing.F) {
	for _, next := range []string{"/board?mine=1", "//evil.example", `/\evil.example`, "https://evil.example", "/%09/evil", "/..//evil", "/a?b=c#d"} {
		f.Add(next)
	}
	base, err := url.Parse("http://here.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		to := ownPath(next)
		u, err := base.Parse(to)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
			t.Errorf("%q leads to %q", next, to)
		}
	})
}

func FuzzCursor(f *testing.F) {
	point := lead.SearchPoint{ListedAt: time.Date(2026, 1, 5, 9, 0, 0, 123456000, time.UTC), ID: "x"}
	for _, text := range []string{"", "x", writeCursor(point), writeCursor(int64(7)), writeCursor(lead.ActivityPoint{OccurredAt: point.ListedAt, MessageID: "m"})} {
		f.Add(text)
	}
	if got, err := readCursor[lead.SearchPoint](writeCursor(point)); err != nil || *got != point {
		f.Errorf("a cursor reads %v %v", got, err)
	}
	if got, err := readCursor[lead.SearchPoint](writeCursor(lead.ActivityPoint{OccurredAt: point.ListedAt, MessageID: "m"})); err == nil {
		f.Errorf("another list's cursor reads %v", got)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := readCursor[lead.SearchPoint](text); err == nil && got != nil && writeCursor(*got) != text {
			t.Errorf("%q reads %v", text, got)
		}
		if got, err := readCursor[int64](text); err == nil && got != nil && writeCursor(*got) != text {
			t.Errorf("%q reads %v", text, got)
		}
		if p, err := readCursor[timelinePoint](text); err == nil && p != nil && writeCursor(*p) != text {
			t.Errorf("%q reads %v", text, p)
		}
	})
}

func FuzzInstant(f *testing.F) {
	f.Add("2026-01-02T15:04:05.25+01:00")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := instantJSON("start", text)
		if err == nil && (got.Year() < 0 || got.Year() > 9999 || len(text) < len("2026-01-02T15:04:05Z")) {
			t.Errorf("%q is %v", text, got)
		}
	})
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"": "", "say why": "Say why.", "“No answer” needs an attempt": "“No answer” needs an attempt.", "émile holds it": "Émile holds it.", "Done.": "Done."} {
		if got := sentence(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestRevsAreOfValues(t *testing.T) {
	model := func() views.ProfileModel {
		return views.ProfileModel{Undo: &views.UndoModel{LeadID: "x", Until: time.Unix(5, 0)}, Traits: []views.Trait{{Name: "a", Value: "b"}}}
	}
	a, b := model(), model()
	if revOf(a) != revOf(b) {
		t.Error("equal models have different revs")
	}
	b.Undo.LeadID = "y"
	if revOf(a) == revOf(b) {
		t.Error("a change behind a pointer has the same rev")
	}
	m := map[string]any{"a": 1, "b": 2, "c": 3, "d": 4}
	first := revOf(m)
	for range 50 {
		if revOf(m) != first {
			t.Fatal("a map's rev depends on its order")
		}
	}
	utc := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if revOf(views.Clock{Due: utc}) == revOf(views.Clock{Due: utc.In(time.FixedZone("", 3600))}) {
		t.Error("a clock's rev does not tell the zone that it is shown in")
	}
}

// Who watches the same topic gets what their page shows: the rows of everybody,
// and their own.
func TestATopicShowsEachWhatTheirPageShows(t *testing.T) {
	topics := map[string]bool{}
	for _, team := range []string{"t1", "t2"} {
		for _, u := range []lead.User{{ID: "u1", Role: lead.Rep}, {ID: "u2", Role: lead.Rep}, {ID: "u3", Role: lead.Manager}, {ID: "u4", Role: lead.Marketing}, {ID: "u5", Role: lead.Admin}} {
			for _, mine := range []bool{false, true} {
				a := audienceOf(team, u, mine)
				topics[a.topic()] = true
				for _, stage := range []lead.Stage{lead.MQL, lead.Claimed, lead.SAL} {
					for _, owner := range []string{"", "u1", "u3", "u4"} {
						var l lead.Scored
						l.Stage, l.OwnerID = stage, owner
						only, is := a.watched(l)
						if got := is && (only == "" || only == u.ID); got != a.shows(l) {
							t.Errorf("%s %s, mine %v: a lead in %s of %q is streamed %v, and on the page %v", u.Role, u.ID, mine, stage, owner, got, a.shows(l))
						}
					}
				}
			}
		}
	}
	if len(topics) != 6 { // a team: everybody's, the managers' and of one's own leads
		t.Errorf("there are %d topics: %v", len(topics), topics)
	}
	if teamsTopic(nil) == teamsTopic([]string{}) || teamsTopic([]string{"b", "a"}) != teamsTopic([]string{"a", "b"}) {
		t.Error("the topics of seeing all, none and some teams are not apart")
	}
}

func TestAWallsSpansAreNoTimesOfDay(t *testing.T) {
	for span, want := range map[time.Duration]string{
		0: "0 s", 48 * time.Second: "48 s", 59600 * time.Millisecond: "1 min", 6 * time.Minute: "6 min", 6*time.Minute + 20*time.Second: "6 min", 65 * time.Minute: "1:05 h",
	} {
		if got := shortSpan(span); got != want {
			t.Errorf("%s is %q, want %q", span, got, want)
		}
	}
}
