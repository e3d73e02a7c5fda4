package views_test

import (
	"fmt"
	"math/rand/v2"
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

func TestSnapshotHoldsRowsOrderAndStats(t *testing.T) {
	rows := rendered(t, sampleRows(due))
	frame, err := views.Snapshot(t.Context(), rows, views.StatsModel{Waiting: 5, Mine: views.ByViewer, InTime: "94 %"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(frame)
	for _, want := range []string{
		`<hx-partial hx-target="#board" hx-swap="innerMorph"><li id="lead-ada"`, `hx-target="#board-order" hx-swap="innerHTML">ada grace alan hedy katherine edsger barbara<`,
		`hx-target="#board-stats" hx-swap="innerMorph">`, `hx-target="#nav-waiting" hx-swap="textContent">5<`, "94 %",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the snapshot lacks %s", want)
		}
	}
	if strings.ContainsAny(got, "\r\n") {
		t.Error("the snapshot is more than one line")
	}
	if strings.Contains(got, "-1") && strings.Contains(got, ">-1<") {
		t.Error("a number that differs per viewer is in shared bytes")
	}
}

func TestAnswersOfMoves(t *testing.T) {
	row := rendered(t, sampleRows(due))[1].HTML
	undo := &views.UndoModel{LeadID: "grace", LeadName: "Grace <Hopper>", Move: "claim", Until: due.Add(10 * time.Second)}
	done, err := views.MoveDone(t.Context(), "grace", row, undo)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`hx-target="#lead-grace" hx-swap="outerMorph"`, `hx-target="#undo"`, `action="/leads/grace/undo"`, "You claimed Grace &lt;Hopper&gt;", `data-until="1795440910000"`} {
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
	sla, err := views.SLAFrame(t.Context(), sampleSLA(due))
	if err != nil {
		t.Fatal(err)
	}
	for name, frame := range map[string][]byte{"profile": profile, "sla": sla} {
		if strings.ContainsAny(string(frame), "\r\n") {
			t.Errorf("the frame of %s is more than one line", name)
		}
	}
}

func TestMeCSS(t *testing.T) {
	got := string(views.MeCSS(`u"]{}*{display:none}</style>\`, "rep"))
	if strings.Contains(got, `*{`) || strings.Contains(got, "</style") {
		t.Errorf("a user id breaks out of its rule: %s", got)
	}
	if got := string(views.MeCSS("0190c-7", "rep")); !strings.Contains(got, `[data-lead][data-owner="0190c-7"]`) {
		t.Errorf("me.css doesn't name the viewer: %s", got)
	}
	if views.MeCSS("", "rep") != nil {
		t.Error("a stranger owns the leads without an owner")
	}
}

// A browser applies the places one after the other; the result must be the
// order, and one risen lead must not cost the whole list.
func TestReorderIsTheOrderInFewBytes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	ids := make([]string, 40)
	for i := range ids {
		ids[i] = fmt.Sprintf("id-%02d", i)
	}
	for range 200 {
		before := slices.Clone(ids[:random.IntN(len(ids))])
		after := slices.Clone(ids[random.IntN(5):])
		for range random.IntN(6) {
			i, j := random.IntN(len(after)), random.IntN(len(after))
			after[i], after[j] = after[j], after[i]
		}
		if got := applied(t, before, string(views.PartialReorder(before, after))); !slices.Equal(got, after) {
			// What has left the board may still be listed: it has no row.
			got = slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(after, id) })
			if !slices.Equal(got, after) {
				t.Fatalf("%v became %v, want %v", before, got, after)
			}
		}
	}
	risen := append([]string{ids[30]}, append(slices.Clone(ids[:30]), ids[31:]...)...)
	want := `<hx-partial hx-target="#board-places" hx-swap="innerHTML">id-30 -</hx-partial>`
	if diff := cmp.Diff(want, string(views.PartialReorder(ids, risen))); diff != "" {
		t.Error(diff)
	}
	if got := views.PartialReorder(ids, ids); got != nil {
		t.Errorf("an unchanged order costs %s", got)
	}
}

// applied does what the script does with a partial of places or of the order.
func applied(t *testing.T, order []string, partial string) []string {
	t.Helper()
	body, _, _ := strings.Cut(partial[strings.Index(partial, ">")+1:], "<")
	words := strings.Fields(body)
	if !strings.Contains(partial, "#board-places") {
		if partial == "" {
			return order
		}
		return words
	}
	for i := 0; i < len(words); i += 2 {
		id, prev := words[i], words[i+1]
		order = slices.DeleteFunc(order, func(s string) bool { return s == id })
		order = slices.Insert(order, slices.Index(order, prev)+1, id)
	}
	return order
}
