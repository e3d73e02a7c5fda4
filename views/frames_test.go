package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/views"
)

func TestFrames(t *testing.T) {
	row := []byte(`<li id="lead-a"></li>`)
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"row":   {views.PartialRow("a", row), `<hx-partial hx-target="#lead-a" hx-swap="outerMorph"><li id="lead-a"></li></hx-partial>`},
		"new":   {views.PartialNew(row), `<hx-partial hx-target="#board" hx-swap="beforeend"><li id="lead-a"></li></hx-partial>`},
		"gone":  {views.PartialGone("a"), `<hx-partial hx-target="#lead-a" hx-swap="delete"></hx-partial>`},
		"order": {views.PartialOrder([]string{"b", "a"}), `<hx-partial hx-target="#board-order" hx-swap="innerHTML">b a</hx-partial>`},
		"message": {views.PartialMessage("a", "Rosa has it\nsince <14:02>"),
			`<hx-partial hx-target="[data-msg=&#34;a&#34;]" hx-swap="innerHTML">Rosa has it since &lt;14:02&gt;</hx-partial>`},
	} {
		if diff := cmp.Diff(c.want, string(c.got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSnapshotHoldsRowsAndOrder(t *testing.T) {
	got := string(snapshot(rendered(t, sampleRows(due))))
	for _, want := range []string{
		`<hx-partial hx-target="#board" hx-swap="innerMorph"><li id="lead-ada"`, `hx-target="#board-order" hx-swap="innerHTML">ada grace alan hedy katherine edsger barbara<`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the snapshot lacks %s", want)
		}
	}
	if strings.ContainsAny(got, "\r\n") {
		t.Error("the snapshot is more than one line")
	}
}

func TestStatsHoldNothingOfOneViewer(t *testing.T) {
	stats, err := views.PartialStats(t.Context(), views.StatsModel{Waiting: 5, Mine: views.ByViewer, InTime: "94 %"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(stats)
	for _, want := range []string{`hx-target="#board-stats" hx-swap="innerMorph">`, ">5</b>", "94 %"} {
		if !strings.Contains(got, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if strings.Contains(got, ">-1<") {
		t.Error("a number that differs per viewer is in shared bytes")
	}
}

func snapshot(rows []views.RenderedRow) []byte {
	var html [][]byte
	var ids []string
	for _, r := range rows {
		html, ids = append(html, r.HTML), append(ids, r.ID)
	}
	before, behind := views.SnapshotAround(ids)
	return slices.Concat(before, slices.Concat(html...), behind)
}

func TestAnswersOfMoves(t *testing.T) {
	row := rendered(t, sampleRows(due))[1].HTML
	undo := &views.UndoModel{LeadID: "grace", LeadName: "Grace <Hopper>", Move: "claim", Until: due.Add(10 * time.Second)}
	done, err := views.MoveDone(t.Context(), "grace", row, undo)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`hx-target="#lead-grace" hx-swap="outerMorph"`, `hx-target="#undo"`, `action="/leads/grace/undo"`, "You claimed <bdi>Grace &lt;Hopper&gt;</bdi>", `data-until="1795440910000"`} {
		if !strings.Contains(string(done), want) {
			t.Errorf("the answer lacks %s in %s", want, done)
		}
	}
	if strings.Contains(string(done), `hx-swap="delete"`) {
		t.Errorf("an answer takes a row away, which only the stream may: %s", done)
	}
	if got := string(views.MoveRefused("grace", nil, "Rosa Park has it since 14:02.")); strings.Contains(got, "#lead-grace") || !strings.Contains(got, "Rosa Park") {
		t.Errorf("a refusal says %s", got)
	}
}

func TestOtherFramesAreOneLine(t *testing.T) {
	m := sampleProfile(due)
	m.Traits = append(m.Traits, views.Trait{Name: "note", Value: "two\nlines"})
	profile, err := views.ProfileFrame(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string][]byte{"#profile": profile}
	for _, part := range []string{"#sla-sentence", "#sla-as-of", "#sla-tiles", "#sla-rows", "#sla-figures"} {
		if frames[part], err = views.SLAPart(t.Context(), sampleSLA(due), part); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(frames[part]), `<hx-partial hx-target="`+part+`" hx-swap="innerMorph">`) {
			t.Errorf("the piece for %s is %.100s", part, frames[part])
		}
	}
	for name, frame := range frames {
		if strings.ContainsAny(string(frame), "\r\n") {
			t.Errorf("the frame of %s is more than one line", name)
		}
	}
}

func TestMeCSS(t *testing.T) {
	got := string(views.MeCSS(`u"]{}*{display:none}</style>\`, "manager", []string{`t"]{}*{display:none}</style>`}))
	if strings.Contains(got, `*{`) || strings.Contains(got, "</style") {
		t.Errorf("a user id breaks out of its rule: %s", got)
	}
	if got := string(views.MeCSS("0190c-7", "rep", nil)); !strings.Contains(got, `[data-lead][data-owner="0190c-7"]`) {
		t.Errorf("me.css doesn't name the viewer: %s", got)
	}
	if views.MeCSS("", "rep", nil) != nil {
		t.Error("a stranger owns the leads without an owner")
	}
}
