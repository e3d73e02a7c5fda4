package lead_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// ready brings a lead of that user id on the board.
func (o *office) ready(user string) lead.Scored {
	o.t.Helper()
	o.take(by(user, "", o.identify(map[string]any{"email": user + "@engines.example", "name": user}), o.track("Demo Requested"))...)
	l := o.find("user:" + user)
	if l.Stage != lead.MQL {
		o.t.Fatalf("%s is %s, held back %q", user, l.Stage, l.HeldBack)
	}
	return l
}

func TestInvisibleLeadsAreNotFound(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	otto, kim := o.hire("otto", lead.Rep, apac.ID), o.hire("kim", lead.Manager, apac.ID)
	boss, ines := o.hire("boss", lead.Manager), o.hire("ines", lead.Marketing)
	l := o.ready("ada")
	for _, u := range []lead.User{otto, kim} {
		if _, err := o.desk.Find(o.ctx, l.ID, &u, o.now); !errors.Is(err, lead.ErrNotFound) {
			t.Errorf("%s sees the lead: %v", u.Name, err)
		}
		// Not even that the move would be refused.
		for _, m := range lead.PersonMoves {
			if _, err := o.desk.Move(o.ctx, l.ID, lead.Request{Move: m}, lead.Person(u, "page"), o.now); !errors.Is(err, lead.ErrNotFound) {
				t.Errorf("%s by %s: %v", m, u.Name, err)
			}
		}
	}
	for _, u := range []lead.User{o.sam, o.mia, boss, ines} {
		if _, err := o.desk.Find(o.ctx, "email:ada@engines.example", &u, o.now); err != nil {
			t.Errorf("%s does not see the lead: %v", u.Name, err)
		}
	}
	// The words are the same whether there is a lead or not.
	for _, ref := range []string{"nobody", "email:nobody@x.example", "user:nobody", "moon:1", l.ID, "email:ada@engines.example", "user:ada"} {
		if _, err := o.desk.Find(o.ctx, ref, &otto, o.now); !errors.Is(err, lead.ErrNotFound) || err.Error() != "the lead "+ref+" was not found" {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestRefusalsCarryTheLeadAsItIs(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
	_, err := o.desk.Move(o.ctx, l.ID, lead.Request{Move: lead.Win}, lead.Person(o.sam, "api"), o.now)
	var r *lead.Refusal
	if !errors.As(err, &r) || !errors.Is(err, lead.ErrConflict) || r.Lead == nil || r.Lead.Stage != lead.Claimed || r.Lead.Version != o.find(l.ID).Version {
		t.Errorf("%+v", err)
	}
	before := o.find(l.ID)
	again := o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
	if again.Version != before.Version || len(o.moves(l.ID)) != 2 {
		t.Errorf("repeating one's own claim made version %d of %d", again.Version, before.Version)
	}
}

// boardIDs are the leads that the team's board shows.
func (o *office) boardIDs() []string {
	o.t.Helper()
	board, err := o.desk.Board(o.ctx, o.team.ID, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	ids := make([]string, len(board))
	for i, l := range board {
		ids[i] = l.ID
		if i > 0 && l.Score.Total > board[i-1].Score.Total {
			o.t.Errorf("the board's scores rise at %d", i)
		}
	}
	return ids
}

func TestTheBoardFollows(t *testing.T) {
	o := open(t)
	warm := o.ready("warm")
	hot := o.ready("hot")
	o.take(by("hot", "", o.track("Trial Started"))...)
	if d := cmp.Diff([]string{hot.ID, warm.ID}, o.boardIDs()); d != "" {
		t.Error(d)
	}
	o.take(by("warm", "", o.track("Trial Started"), o.track("Products Compared"))...)
	if d := cmp.Diff([]string{warm.ID, hot.ID}, o.boardIDs()); d != "" {
		t.Error(d)
	}
	o.move(hot.ID, o.sam, lead.Request{Move: lead.Accept})
	o.move(warm.ID, o.sam, lead.Request{Move: lead.Return, Reason: "customer"})
	if d := cmp.Diff([]string{hot.ID}, o.boardIDs()); d != "" {
		t.Error(d)
	}
	o.move(warm.ID, o.sam, lead.Request{Move: lead.UndoMove})
	o.move(hot.ID, o.sam, lead.Request{Move: lead.Touch, Outcome: "reached"})
	if d := cmp.Diff([]string{warm.ID}, o.boardIDs()); d != "" {
		t.Error(d)
	}
	// The ranking is lost: the store tells the board, then the ranking again.
	if err := o.redis.Reset(o.ctx, o.team.ID); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{warm.ID}, o.boardIDs()); d != "" {
		t.Error(d)
	}
	if err := o.desk.Rerank(o.ctx, o.now); err != nil {
		t.Fatal(err)
	}
	if ids, err := o.redis.Top(o.ctx, o.team.ID, 10); err != nil || !slices.Equal(ids, []string{warm.ID}) {
		t.Errorf("the ranking was not built again: %v, %v", ids, err)
	}
}

// deaf is a ranking that is away.
type deaf struct{}

var errAway = errors.New("the ranking is away")

func (deaf) Rank(context.Context, []lead.Rank) error { return errAway }

func (deaf) Top(context.Context, string, int) ([]string, error) { return nil, errAway }

func (deaf) Reset(context.Context, string) error { return errAway }

func (deaf) Begin(context.Context, string) (string, error) { return "", errAway }

func (deaf) Built(context.Context, string, string) error { return errAway }

func (deaf) Ring(context.Context, lead.Notice) error { return errAway }

func TestWithoutTheRankingEverythingGoesOn(t *testing.T) {
	o := open(t)
	healthy := o.desk
	o.desk = lead.NewDesk(o.store, deaf{}, deaf{}, slog.New(slog.DiscardHandler))
	l := o.ready("ada")
	if !slices.Equal(o.boardIDs(), []string{l.ID}) {
		t.Error("the board does not read the store")
	}
	o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
	// It is back: what was not announced is announced.
	o.desk = healthy
	if _, err := o.desk.Sweep(o.ctx, time.Now().Add(time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	if ids, err := o.redis.Top(o.ctx, o.team.ID, 10); err != nil || !slices.Equal(ids, []string{l.ID}) {
		t.Errorf("%v, %v", ids, err)
	}
}

func TestUndoThroughTheStore(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	o.take(by("ada", "", o.track("Products Compared"), o.track("Webinar Viewed"))...)
	before := o.find(l.ID)
	outbox := o.count(`SELECT COUNT(*) FROM outbox`)
	for _, r := range []lead.Request{
		{Move: lead.Touch, Channel: "call", Outcome: "no answer"},
		{Move: lead.Return, Reason: "researching", Note: "in the summer"},
		{Move: lead.Claim},
	} {
		o.now = o.now.Add(minute)
		o.move(l.ID, o.sam, r)
		o.now = o.now.Add(5 * time.Second)
		o.move(l.ID, o.sam, lead.Request{Move: lead.UndoMove})
		after := o.find(l.ID)
		if d := cmp.Diff(before.Lead, after.Lead, asItWas, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Version" }, cmp.Ignore())); d != "" {
			t.Errorf("%s (-before +after undo):\n%s", r.Move, d)
		}
		if d := cmp.Diff(before.Clocks, after.Clocks); d != "" {
			t.Errorf("%s: clocks (-before +after undo):\n%s", r.Move, d)
		}
		if n := o.count(`SELECT COUNT(*) FROM outbox`); n != outbox {
			t.Errorf("%s: %d outbox rows, before %d", r.Move, n, outbox)
		}
	}
	want := []lead.Move{lead.Qualify, lead.Claim, lead.Accept, lead.Touch, lead.UndoMove, lead.Return, lead.UndoMove, lead.Claim, lead.UndoMove}
	if d := cmp.Diff(want, o.moves(l.ID)); d != "" {
		t.Error(d)
	}
	if n := o.count(`SELECT COUNT(*) FROM clocks`); n != 2 {
		t.Errorf("%d clocks are left", n)
	}
}

func TestLetGo(t *testing.T) {
	o := open(t)
	claimed, accepted, rosas := o.ready("a"), o.ready("b"), o.ready("c")
	o.move(claimed.ID, o.sam, lead.Request{Move: lead.Claim})
	o.move(accepted.ID, o.sam, lead.Request{Move: lead.Accept})
	o.move(rosas.ID, o.rosa, lead.Request{Move: lead.Claim})
	if n, err := o.desk.LetGo(o.ctx, o.sam.ID, o.now); n != 0 || err != nil {
		t.Fatalf("%d leads let go of a rep of the team, %v", n, err)
	}
	if err := o.store.Disable(o.ctx, lead.Operator, o.sam.ID, o.now); err != nil {
		t.Fatal(err)
	}
	n, err := o.desk.LetGo(o.ctx, o.sam.ID, o.now)
	if n != 1 || err != nil {
		t.Fatalf("%d leads let go, %v", n, err)
	}
	if l := o.find(claimed.ID); l.Stage != lead.MQL || l.OwnerID != "" {
		t.Errorf("what was claimed is %s", l.Stage)
	}
	if l := o.find(accepted.ID); l.Stage != lead.SAL || l.OwnerID != o.sam.ID {
		t.Errorf("what was accepted waits for the manager: %s", l.Stage)
	}
	if l := o.find(rosas.ID); l.Stage != lead.Claimed {
		t.Errorf("another's is %s", l.Stage)
	}
}

// TestStrays: whoever lost the right to hold what they claimed, and however: the
// sweep puts it back, for the process that should have done it may have ended.
func TestStrays(t *testing.T) {
	o := open(t)
	other, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	persona := func(u lead.User, change func(*lead.Persona)) error {
		p := lead.Persona{Name: u.Name, Role: u.Role, Teams: u.Teams}
		change(&p)
		return o.store.ChangePerson(o.ctx, lead.Operator, u.ID, p, o.now)
	}
	for about, leave := range map[string]func(lead.User) error{
		"disabled": func(u lead.User) error { return o.store.Disable(o.ctx, lead.Operator, u.ID, o.now) },
		"leftteam": func(u lead.User) error { return persona(u, func(p *lead.Persona) { p.Teams = []string{other.ID} }) },
		"leftrole": func(u lead.User) error { return persona(u, func(p *lead.Persona) { p.Role = lead.Marketing }) },
		"away":     func(u lead.User) error { return o.store.SetAway(o.ctx, lead.Operator, u.ID, o.now.Add(day), o.now) },
		"renamed":  func(u lead.User) error { return persona(u, func(p *lead.Persona) { p.Name += "!" }) },
	} {
		u, err := o.store.AddUser(o.ctx, lead.Operator, lead.User{Email: about + "@example.com", Name: about, Role: lead.Rep, Teams: o.sam.Teams}, o.now)
		if err != nil {
			t.Fatal(err)
		}
		claimed, accepted := o.ready(about), o.ready(about+"2")
		o.move(claimed.ID, u, lead.Request{Move: lead.Claim})
		o.move(accepted.ID, u, lead.Request{Move: lead.Accept})
		if err := leave(u); err != nil {
			t.Fatal(about, err)
		}
		o.now = o.now.Add(time.Minute)
		if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
			t.Fatal(about, err)
		}
		want := lead.MQL
		if about == "renamed" {
			want = lead.Claimed
		}
		if l := o.find(claimed.ID); l.Stage != want {
			t.Errorf("%s: what was claimed is %s", about, l.Stage)
		}
		if l := o.find(accepted.ID); l.Stage != lead.SAL || l.OwnerID != u.ID {
			t.Errorf("%s: what was accepted is %s of %s", about, l.Stage, l.OwnerID)
		}
	}
}

func TestALeadLeavesItsTeamsRanking(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Rebuild(o.ctx, o.now); err != nil {
		t.Fatal(err)
	}
	boss := o.hire("boss", lead.Manager)
	l := o.ready("ada")
	o.move(l.ID, boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
	for team, want := range map[string][]string{o.team.ID: {}, apac.ID: {l.ID}} {
		if ids, err := o.redis.Top(o.ctx, team, 10); err != nil || !slices.Equal(ids, want) {
			t.Errorf("team %s ranks %v, %v", team, ids, err)
		}
	}
}

// A lead may qualify in a process that has not yet heard of the first team,
// which another process made a moment earlier and which took its leads then.
func TestSweepRoutesWhoHasNoTeam(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	sql := o.ready("bob")
	o.move(sql.ID, o.sam, lead.Request{Move: lead.Accept})
	o.move(sql.ID, o.sam, lead.Request{Move: lead.Opportunity})
	if _, err := o.db.ExecContext(o.ctx, `UPDATE leads SET team_id = NULL`); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{l.ID, sql.ID} {
		if got := o.find(id); got.TeamID != o.team.ID {
			t.Errorf("the team of a lead that is %s: %q", got.Stage, got.TeamID)
		}
	}
	if got := o.boardIDs(); len(got) != 1 || got[0] != l.ID {
		t.Errorf("the board shows %v", got)
	}
}

// Nobody looks at the board and the backlog of a team that was disabled: what
// waits there goes where it belongs now, and so does who comes back later. What
// somebody holds stays with them.
func TestADisabledTeamsLeadsGoToAnother(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "APAC"}, o.now)
	if err != nil {
		t.Fatal(err)
	}
	waits, held := o.ready("waits"), o.ready("held")
	o.move(held.ID, o.sam, lead.Request{Move: lead.Accept})
	o.take(by("waits", "", o.track("Demo Requested"))...) // hot
	o.take(by("reader", "", o.identify(map[string]any{"email": "reader@engines.example"}))...)
	o.take(by("stock", "", o.identify(map[string]any{"email": "stock@engines.example"}))...)
	for _, text := range []string{
		`UPDATE leads SET team_id = '` + apac.ID + `'`, `UPDATE teams SET disabled_at = created_at WHERE id = '` + apac.ID + `'`,
		`UPDATE leads SET backlog = TRUE, hold = 'backlog' WHERE email = 'stock@engines.example'`, `DELETE FROM occasions`,
	} {
		if _, err := o.db.ExecContext(o.ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.store.Rename(o.ctx, lead.Operator, o.mia.ID, "Mia", o.now); err != nil { // forgets the book
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
			t.Fatal(err)
		}
	}
	for ref, want := range map[string]string{"user:waits": o.team.ID, "user:stock": o.team.ID, "user:held": apac.ID, "user:reader": apac.ID} {
		if l := o.find(ref); l.TeamID != want {
			t.Errorf("%s has the team %s, want %s", ref, l.TeamID, want)
		}
	}
	if got := o.moves(waits.ID); !slices.Equal(got, []lead.Move{lead.Qualify, lead.Reassign}) {
		t.Errorf("its history: %v", got)
	}
	if n := o.count(`SELECT COUNT(*) FROM occasions WHERE lead_id = $1 AND what IN ('lead.hot', 'lead.fire')`, waits.ID); n != 1 {
		t.Errorf("the other team is told %d times that it is hot", n)
	}
	o.take(by("reader", "", o.track("Demo Requested"))...)
	if l := o.find("user:reader"); l.Stage != lead.MQL || l.TeamID != o.team.ID {
		t.Errorf("who asks for sales is %s in team %s", l.Stage, l.TeamID)
	}
	if got := o.boardIDs(); len(got) != 2 {
		t.Errorf("the board shows %v", got)
	}
}

// A request may have read its person a moment before they were disabled.
func TestWhoWasDisabledMeanwhileHoldsNothing(t *testing.T) {
	o := open(t)
	waiting, claimed, rosas, returned := o.ready("a"), o.ready("b"), o.ready("c"), o.ready("d")
	o.move(claimed.ID, o.sam, lead.Request{Move: lead.Claim})
	o.move(rosas.ID, o.rosa, lead.Request{Move: lead.Claim})
	o.move(returned.ID, o.sam, lead.Request{Move: lead.Claim})
	o.move(returned.ID, o.sam, lead.Request{Move: lead.Return, Reason: "researching"})
	if err := o.store.Disable(o.ctx, lead.Operator, o.sam.ID, o.now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id string
		by lead.User
		r  lead.Request
	}{
		{waiting.ID, o.sam, lead.Request{Move: lead.Claim}},
		{waiting.ID, o.sam, lead.Request{Move: lead.Accept}},
		{waiting.ID, o.sam, lead.Request{Move: lead.Touch, Outcome: "reached"}},
		{waiting.ID, o.mia, lead.Request{Move: lead.Claim, To: &o.sam}},
		{claimed.ID, o.sam, lead.Request{Move: lead.Accept}},
		{claimed.ID, o.sam, lead.Request{Move: lead.Touch, Outcome: "reached"}},
		{rosas.ID, o.mia, lead.Request{Move: lead.Reassign, To: &o.sam}},
		{returned.ID, o.sam, lead.Request{Move: lead.UndoMove}},
	} {
		before := o.find(c.id)
		_, err := o.desk.Move(o.ctx, c.id, c.r, lead.Person(c.by, "page"), o.now)
		var r *lead.Refusal
		if !errors.As(err, &r) || !errors.Is(err, lead.ErrConflict) || r.Text != "sam is no longer active" || r.Lead == nil {
			t.Errorf("%s of a %s lead by %s: %v", c.r.Move, before.Stage, c.by.Name, err)
		}
		if after := o.find(c.id); after.Version != before.Version {
			t.Errorf("%s changed the lead: %s", c.r.Move, after.Stage)
		}
	}
	// Role and stage are refused first, as ever.
	if _, err := o.desk.Move(o.ctx, rosas.ID, lead.Request{Move: lead.Accept}, lead.Person(o.sam, "page"), o.now); !errors.Is(err, lead.ErrForbidden) {
		t.Errorf("accepting what another holds: %v", err)
	}
	// What they leave behind can still be given back, and reassigned.
	o.move(claimed.ID, o.mia, lead.Request{Move: lead.Reassign, To: &o.rosa})
}

// Where there is no team, the sweep has nothing to write: it does not wait for
// whoever does.
func TestSweepWithoutATeamWritesNothing(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	for _, text := range []string{`UPDATE leads SET team_id = NULL`, `UPDATE teams SET disabled_at = created_at`} {
		if _, err := o.db.ExecContext(o.ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	o.hire("ben", lead.Rep) // the directory is read anew
	writer, err := o.db.Conn(o.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := writer.ExecContext(o.ctx, `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(o.ctx, time.Second)
	defer cancel()
	if n, err := o.desk.Sweep(ctx, o.now, 100); n != 0 || err != nil {
		t.Errorf("%d leads acted on, %v", n, err)
	}
	if _, err := writer.ExecContext(o.ctx, `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if got := o.find(l.ID); got.TeamID != "" {
		t.Errorf("the lead's team is %q", got.TeamID)
	}
}

// Leads whose rows are broken do not keep those behind them waiting.
func TestSweepPassesLeadsThatAlwaysFail(t *testing.T) {
	o := open(t)
	broken, whole := o.ready("a"), o.ready("b")
	if _, err := o.db.ExecContext(o.ctx, `UPDATE leads SET life = '{', wake_at = created_at WHERE id = ?`, broken.ID); err != nil {
		t.Fatal(err)
	}
	o.now = o.now.Add(day)
	if n, err := o.desk.Sweep(o.ctx, o.now, 1); n != 0 || err == nil {
		t.Fatalf("%d leads acted on, %v", n, err)
	}
	if n, err := o.desk.Sweep(o.ctx, o.now, 1); n != 1 || err != nil {
		t.Errorf("%d leads acted on, %v", n, err)
	}
	if n := o.count(`SELECT COUNT(*) FROM clocks WHERE lead_id = ? AND breached_at IS NOT NULL`, whole.ID); n == 0 {
		t.Error("the lead behind the broken one was kept waiting")
	}
	if _, err := o.desk.Sweep(o.ctx, o.now.Add(time.Minute), 1); err == nil {
		t.Error("the broken one is not tried again")
	}
}
