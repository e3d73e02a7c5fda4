package lead_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

func TestTheFirstDayBack(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 16, 23, 30, 0, 0, time.UTC) // the 17th in Berlin
	if got, err := lead.BackOn("2026-11-18", berlin, now); err != nil || !got.Equal(time.Date(2026, 11, 17, 23, 0, 0, 0, time.UTC)) {
		t.Errorf("back on the 18th is %v, %v", got, err)
	}
	if got, err := lead.BackOn("", berlin, now); err != nil || !got.IsZero() {
		t.Errorf("no day is %v, %v", got, err)
	}
	for _, day := range []string{"2026-11-17", "2026-11-01", "2028-01-01", "tomorrow", "2026-02-30", "18.11.2026"} {
		_, err := lead.BackOn(day, berlin, now)
		var r *lead.Refusal
		if !errors.As(err, &r) || r.Field != "back" {
			t.Errorf("back on %s: %v", day, err)
		}
	}
}

// The night of 2026-04-24 has no midnight in Cairo: its day begins at 1:00.
func TestADayWithoutMidnight(t *testing.T) {
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 4, 23, 22, 0, 0, 0, time.UTC)
	if got, err := lead.BackOn("2026-04-24", cairo, want.Add(-time.Hour)); err != nil || !got.Equal(want) {
		t.Errorf("back at %v, %v, want %v", got, err, want)
	}
}

// Days are those of the first team that somebody works for, and is not disabled.
func TestWhoseDaysSomebodyHas(t *testing.T) {
	book := newBook(staff...)
	tokyo, err := sla.DefaultCalendar("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	book.Teams[1].Calendar = tokyo
	gone := book.Teams[1]
	gone.ID, gone.DisabledAt = "gone", monday
	book.Teams = append(book.Teams, gone)
	for _, c := range []struct {
		teams []string
		want  string
	}{
		{[]string{"emea", "apac"}, "Europe/Berlin"}, {[]string{"apac", "emea"}, "Asia/Tokyo"}, {nil, "Europe/Berlin"},
		{[]string{"gone", "apac"}, "Asia/Tokyo"}, {[]string{"gone"}, "Europe/Berlin"}, {[]string{"unknown", "apac"}, "Asia/Tokyo"},
	} {
		if got := rulesWith(t, nil).HomeZone(book, lead.User{Teams: c.teams}).String(); got != c.want {
			t.Errorf("of %v: %s, want %s", c.teams, got, c.want)
		}
	}
}

// hot puts a lead on the office's board.
func (o *office) hot(name string) string {
	o.t.Helper()
	o.take(by(name, "", o.identify(map[string]any{"email": name + "@buyer.example", "name": name}), o.track("Demo Requested"))...)
	id, err := o.store.LeadID(o.ctx, lead.Identity{Kind: lead.ByUser, Value: name})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

func (o *office) does(who lead.User, id string, r lead.Request) {
	o.t.Helper()
	o.now = o.now.Add(time.Second)
	if _, err := o.desk.Move(o.ctx, id, r, lead.Person(who, "page"), o.now); err != nil {
		o.t.Fatalf("%s: %s: %v", who.Name, r.Move, err)
	}
}

func TestGoingAwayGivesBackWhatIsClaimed(t *testing.T) {
	o := open(t)
	claimed, accepted := o.hot("ada"), o.hot("grace")
	o.does(o.sam, claimed, lead.Request{Move: lead.Claim})
	o.does(o.sam, accepted, lead.Request{Move: lead.Accept})
	until := o.now.Add(48 * time.Hour)
	other, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "Elsewhere"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	far := o.hire("far", lead.Manager, other.ID)
	for _, who := range []lead.User{o.rosa, far, o.hire("mara", lead.Marketing)} {
		if _, _, err := o.desk.SetAway(o.ctx, o.sam.ID, until, lead.Person(who, "page"), o.now); !errors.Is(err, lead.ErrForbidden) {
			t.Errorf("%s sends Sam away: %v", who.Name, err)
		}
	}
	if _, _, err := o.desk.SetAway(o.ctx, o.mia.ID, until, lead.Person(o.mia, "page"), o.now); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("a manager is away: %v", err)
	}
	u, n, err := o.desk.SetAway(o.ctx, o.sam.ID, until, lead.Person(o.mia, "page"), o.now)
	if err != nil || n != 1 || u.There(o.now) {
		t.Fatalf("Sam is away: %+v, %d leads back, %v", u, n, err)
	}
	l, _, err := o.store.Lead(o.ctx, claimed)
	if err != nil || l.Stage != lead.MQL || l.OwnerID != "" {
		t.Errorf("what Sam claimed is %s with %q, %v", l.Stage, l.OwnerID, err)
	}
	rows, err := o.store.History(o.ctx, claimed, 0, 1)
	if err != nil || rows[0].Cause != lead.CauseAway {
		t.Errorf("its history says %+v, %v", rows, err)
	}
	if l, _, _ := o.store.Lead(o.ctx, accepted); l.OwnerID != o.sam.ID {
		t.Error("what Sam accepted is no longer Sam's")
	}
	sam, err := o.store.User(o.ctx, o.sam.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Move(o.ctx, claimed, lead.Request{Move: lead.Claim}, lead.Person(sam, "page"), o.now); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("Sam claims while away: %v", err)
	}
	if u, _, err := o.desk.SetAway(o.ctx, sam.ID, time.Time{}, lead.Person(sam, "page"), o.now); err != nil || !u.There(o.now) {
		t.Errorf("Sam is back: %+v, %v", u, err)
	}
	acts, err := o.store.Acts(o.ctx, lead.ActSearch{What: "person.", Limit: 2})
	if err != nil || acts[0].What != lead.PersonBack || acts[1].What != lead.PersonAway || acts[1].Actor.ID != o.mia.ID {
		t.Errorf("the trail says %+v, %v", acts, err)
	}
}

func TestGivingAllToOne(t *testing.T) {
	o := open(t)
	var ids []string
	for i := range 7 {
		id := o.hot(fmt.Sprint("lead", i))
		ids = append(ids, id)
		o.does(o.sam, id, lead.Request{Move: lead.Accept})
		if i < 3 { // within the limit of five untouched
			o.does(o.sam, id, lead.Request{Move: lead.Touch, Outcome: "reached"})
		}
	}
	waits := o.hot("waits")
	own := o.hot("own")
	for _, id := range []string{own} {
		o.does(o.rosa, id, lead.Request{Move: lead.Accept})
	}
	for _, name := range []string{"own2", "own3"} {
		o.does(o.rosa, o.hot(name), lead.Request{Move: lead.Accept})
	}
	if _, _, err := o.desk.SetAway(o.ctx, o.sam.ID, o.now.Add(time.Hour), lead.Person(o.mia, "page"), o.now); err != nil {
		t.Fatal(err)
	}
	asked := append([]string{own, waits, "nobody", ids[0]}, ids...)
	given, err := o.desk.GiveAll(o.ctx, asked, o.rosa, lead.Person(o.mia, "page"), o.now)
	if err != nil {
		t.Fatal(err)
	}
	moved, refused := 0, map[string]string{}
	for _, g := range given {
		if g.Err == nil {
			moved++
		} else {
			refused[g.Name] = g.Err.Error()
		}
	}
	// Rosa has three untouched ones: two more fit, and the three that were touched.
	if moved != 5 || len(given) != 10 || !slices.IsSortedFunc(given, func(a, b lead.Given) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("%d were moved of %d: %v", moved, len(given), refused)
	}
	for name, why := range map[string]string{"lead5": "accepted and not touched", "lead6": "accepted and not touched", "own": "has it already", "waits": "nobody holds", "a lead": "not found"} {
		if !strings.Contains(refused[name], why) {
			t.Errorf("%s was refused because %q, want %q", name, refused[name], why)
		}
	}
	other, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "Elsewhere"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	far := o.hire("far", lead.Manager, other.ID)
	given, err = o.desk.GiveAll(o.ctx, ids[:1], o.hire("fay", lead.Rep, other.ID, o.team.ID), lead.Person(far, "page"), o.now)
	if err != nil || len(given) != 1 || !errors.Is(given[0].Err, lead.ErrNotFound) || given[0].Name != "a lead" {
		t.Errorf("another team's manager gives it away: %+v, %v", given, err)
	}
	holds, err := o.store.Holds(o.ctx, []string{o.sam.ID, o.rosa.ID}, []string{o.sam.ID, o.rosa.ID}, []string{o.team.ID}, 100)
	if err != nil || len(holds) != 10 {
		t.Errorf("%d leads are held, %v", len(holds), err)
	}
}

// What a rep has claimed goes back when their planned time away begins, by the
// sweep, once; what they have accepted stays with them.
func TestAPlannedTimeAwayBegins(t *testing.T) {
	o := open(t)
	claimed, accepted := o.ready("claimed").ID, o.ready("accepted").ID
	o.move(claimed, o.sam, lead.Request{Move: lead.Claim})
	o.move(accepted, o.sam, lead.Request{Move: lead.Accept})
	if _, err := o.desk.PlanLeave(o.ctx, o.sam.ID, "2026-03-04", "2026-03-09", time.UTC, lead.Person(o.mia, "page"), o.now); err != nil {
		t.Fatal(err)
	}
	begins := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		at    time.Time
		moves int
		stage lead.Stage
	}{{begins.Add(-3 * time.Second), 2, lead.Claimed}, {begins, 3, lead.MQL}, {begins.Add(3 * time.Second), 3, lead.MQL}, {begins.Add(30 * time.Second), 3, lead.MQL}} {
		o.now = c.at
		if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
			t.Fatal(err)
		}
		if l := o.find(claimed); l.Stage != c.stage || len(o.moves(claimed)) != c.moves {
			t.Errorf("at %v the lead is %s after %v", c.at, l.Stage, o.moves(claimed))
		}
	}
	if l := o.find(accepted); l.OwnerID != o.sam.ID {
		t.Errorf("the accepted lead is %q's", l.OwnerID)
	}
	sam, err := o.store.User(o.ctx, o.sam.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Move(o.ctx, claimed, lead.Request{Move: lead.Claim, To: &sam}, lead.Person(o.mia, "page"), o.now); !errors.Is(err, lead.ErrInvalid) {
		t.Errorf("given to who is away: %v", err)
	}
	if _, err := o.desk.Move(o.ctx, claimed, lead.Request{Move: lead.Claim}, lead.Person(sam, "page"), o.now); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("claimed while away: %v", err)
	}
	if back := sam.BackAt(o.now); !back.Equal(time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("back at %v", back)
	}
}

// Whoever left as a rep and is none any more can be said to be back.
func TestAnAbsenceEndsInAnyRole(t *testing.T) {
	o := open(t)
	until := o.now.Add(48 * time.Hour)
	if _, _, err := o.desk.SetAway(o.ctx, o.sam.ID, until, lead.Person(o.mia, "page"), o.now); err != nil {
		t.Fatal(err)
	}
	leave, err := o.desk.PlanLeave(o.ctx, o.sam.ID, "2026-03-09", "2026-03-11", time.UTC, lead.Person(o.mia, "page"), o.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.db.ExecContext(o.ctx, `UPDATE users SET role = 'manager' WHERE id = $1`, o.sam.ID); err != nil {
		t.Fatal(err)
	}
	sam, err := o.store.User(o.ctx, o.sam.ID)
	if err != nil || sam.Role != lead.Manager {
		t.Fatalf("Sam is %s, %v", sam.Role, err)
	}
	by := lead.Person(sam, "page")
	if _, _, err := o.desk.SetAway(o.ctx, sam.ID, until, by, o.now); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("a manager goes away: %v", err)
	}
	if err := o.desk.DropLeave(o.ctx, sam.ID, leave.ID, by, o.now); err != nil {
		t.Errorf("a manager takes a leave back: %v", err)
	}
	if u, _, err := o.desk.SetAway(o.ctx, sam.ID, time.Time{}, by, o.now); err != nil || !u.There(o.now) || len(u.Leaves) != 0 {
		t.Errorf("a manager is back: %+v, %v", u, err)
	}
}
