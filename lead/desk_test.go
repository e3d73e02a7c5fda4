package lead_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

func TestTwoClicksInTheSameMillisecond(t *testing.T) {
	for _, reps := range []int{8, 64} {
		o := open(t)
		users := make([]lead.User, reps)
		for i := range users {
			users[i] = o.hire(fmt.Sprintf("rep-%02d", i), lead.Rep, o.team.ID)
		}
		l := o.ready("ada")
		errs := make([]error, reps)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i, u := range users {
			wg.Go(func() {
				<-start
				move := lead.Request{Move: []lead.Move{lead.Claim, lead.Accept, lead.Touch}[i%3], Outcome: "reached"}
				_, errs[i] = o.desk.Move(o.ctx, l.ID, move, lead.Person(u, "page"), o.now)
			})
		}
		close(start)
		wg.Wait()
		l = o.find(l.ID)
		winner := slices.IndexFunc(users, func(u lead.User) bool { return u.ID == l.OwnerID })
		if winner < 0 || errs[winner] != nil {
			t.Fatalf("owner %q, %v", l.OwnerID, errs)
		}
		for i, err := range errs {
			if i == winner {
				continue
			}
			var r *lead.Refusal
			if !errors.As(err, &r) {
				t.Fatalf("rep %d: %v", i, err)
			}
			if i%3 != 0 { // accepting or touching what another holds
				if r.Kind != lead.ErrForbidden {
					t.Errorf("rep %d: %v", i, err)
				}
				continue
			}
			if r.Kind != lead.ErrConflict || !strings.Contains(r.Text, users[winner].Name) || r.Lead == nil || r.Lead.OwnerID != users[winner].ID {
				t.Errorf("rep %d is not told who won: %q, lead %+v", i, r.Text, r.Lead)
			}
		}
		want := [][]lead.Move{{lead.Qualify, lead.Claim}, {lead.Qualify, lead.Accept}, {lead.Qualify, lead.Claim, lead.Accept, lead.Touch}}[winner%3]
		if d := cmp.Diff(want, o.moves(l.ID)); d != "" {
			t.Errorf("history:\n%s", d)
		}
	}
}

func TestHoldingLimitUnderARace(t *testing.T) {
	o := open(t)
	var ids []string
	for i := range 12 {
		ids = append(ids, o.ready(fmt.Sprintf("lead-%02d", i)).ID)
	}
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			_, errs[i] = o.desk.Move(o.ctx, id, lead.Request{Move: lead.Claim}, lead.Person(o.sam, "page"), o.now)
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, lead.ErrConflict) || !strings.Contains(err.Error(), "lead-") {
			t.Errorf("lead %d: %v", i, err)
		}
	}
	if held := o.count(`SELECT COUNT(*) FROM leads WHERE owner_id = ?`, o.sam.ID); won != lead.DefaultMaxClaimed || held != won {
		t.Errorf("%d claims won, %d leads held, want %d", won, held, lead.DefaultMaxClaimed)
	}
}

func TestInvisibleLeadsAreNotFound(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Team{Name: "APAC"}, o.now)
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
	for _, ref := range []string{"nobody", "email:nobody@x.example", "user:nobody", "moon:1"} {
		if _, err := o.desk.Find(o.ctx, ref, nil, o.now); !errors.Is(err, lead.ErrNotFound) {
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
	if !errors.As(err, &r) || r.Kind != lead.ErrConflict || r.Lead == nil || r.Lead.Stage != lead.Claimed || r.Lead.Version != o.find(l.ID).Version {
		t.Errorf("%+v", err)
	}
	before := o.find(l.ID)
	again := o.move(l.ID, o.sam, lead.Request{Move: lead.Claim})
	if again.Version != before.Version || len(o.moves(l.ID)) != 2 {
		t.Errorf("repeating one's own claim made version %d of %d", again.Version, before.Version)
	}
}

func TestMessagesCountOnce(t *testing.T) {
	o := open(t)
	msgs := by("u1", "", o.identify(map[string]any{"email": "ada@engines.example"}), o.track("Trial Started"))
	o.take(append(msgs, msgs...)...) // twice in one batch
	l := o.find("user:u1")
	o.take(msgs...) // and again
	o.now = o.now.Add(400 * day)
	for i := range msgs {
		msgs[i].ReceivedAt, msgs[i].OccurredAt = o.now, o.now // for good, whatever else it says now
	}
	o.take(msgs...)
	again := o.find("user:u1")
	if n := o.count(`SELECT COUNT(*) FROM activities`); n != 1 || again.Version != l.Version {
		t.Errorf("%d activities, version %d after %d", n, again.Version, l.Version)
	}
}

func TestAPoisonedMessageFailsAlone(t *testing.T) {
	o := open(t)
	var msgs []lead.Message
	for i := range 9 {
		msgs = append(msgs, by("", fmt.Sprintf("anon-%d", i), o.track("Trial Started", map[string]any{"n": float64(i)}))...)
	}
	msgs[5].Properties["n"] = math.NaN() // no store can write that
	errs, err := o.desk.TakeAt(o.ctx, msgs, o.now)
	if err != nil || len(errs) != len(msgs) {
		t.Fatal(err, errs)
	}
	for i, err := range errs {
		if (err != nil) != (i == 5) {
			t.Errorf("message %d: %v", i, err)
		}
	}
	if n := o.count(`SELECT COUNT(*) FROM activities`); n != 8 {
		t.Errorf("%d activities", n)
	}
	// Mended and sent again, it is not taken for known.
	msgs[5].Properties["n"] = 5.0
	o.take(msgs...)
	if n := o.count(`SELECT COUNT(*) FROM activities`); n != 9 {
		t.Errorf("%d activities", n)
	}
}

func TestRunSharesTransactions(t *testing.T) {
	o := open(t)
	ctx, stop := context.WithCancel(o.ctx)
	done := make(chan error, 1)
	go func() { done <- o.desk.Run(ctx) }()
	const callers = 100
	var wg sync.WaitGroup
	for i := range callers {
		m := by("", fmt.Sprintf("anon-%d", i%10), o.track("Page Viewed", map[string]any{}))
		if i == 42 {
			m[0].Properties["n"] = math.Inf(1)
		}
		wg.Go(func() {
			ctx := o.ctx
			if i%7 == 1 { // this caller hangs up; the others don't notice
				gone, cancel := context.WithCancel(ctx)
				cancel()
				ctx = gone
			}
			errs, err := o.desk.Take(ctx, m)
			switch {
			case ctx.Err() != nil:
			case err != nil:
				t.Errorf("caller %d: %v", i, err)
			case (errs[0] != nil) != (i == 42):
				t.Errorf("caller %d: %v", i, errs[0])
			}
		})
	}
	wg.Wait()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	hungUp := 14 // i = 1, 8, … 92; some of them made it in
	if n := o.count(`SELECT COUNT(*) FROM activities`); n < callers-1-hungUp || n > callers-1 {
		t.Errorf("%d activities", n)
	}
	if n := o.count(`SELECT COUNT(DISTINCT received_at) FROM message_ids`); n >= callers {
		t.Errorf("%d transactions for %d callers: nothing is shared", n, callers)
	}
}

func TestEachDueMomentActsOnce(t *testing.T) {
	o := open(t)
	var ids []string
	for i := range 5 {
		o.take(by(fmt.Sprintf("u%d", i), "", o.identify(map[string]any{"phone": fmt.Sprintf("+493012345%d", i)}),
			o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
		ids = append(ids, o.find(fmt.Sprintf("user:u%d", i)).ID)
	}
	other := lead.NewDesk(o.store, o.redis, o.redis, slog.New(slog.DiscardHandler))
	for _, at := range []time.Duration{181 * minute, 241 * minute, 4 * day} {
		o.now = monday.Add(at)
		var wg sync.WaitGroup
		for _, d := range []*lead.Desk{o.desk, other, o.desk, other} {
			wg.Go(func() {
				if _, err := d.Sweep(o.ctx, o.now, 100); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for _, id := range ids {
		if moves := o.moves(id); !slices.Equal(moves, []lead.Move{lead.Qualify, lead.Cool}) {
			t.Errorf("moves: %v", moves)
		}
	}
	for _, topic := range []string{"clock.risk", "clock.breached", "lead.cool"} {
		if n := o.count(`SELECT COUNT(*) FROM outbox WHERE topic = ?`, topic); n < 5 || n > 10 || (topic == "lead.cool" && n != 5) {
			t.Errorf("%s was announced %d times for 5 leads", topic, n)
		}
	}
	if n, err := o.desk.Sweep(o.ctx, o.now, 100); n != 0 || err != nil {
		t.Errorf("%d leads are due again, %v", n, err)
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

func (deaf) Rank(context.Context, []lead.Rank) error            { return errAway }
func (deaf) Top(context.Context, string, int) ([]string, error) { return nil, errAway }
func (deaf) Reset(context.Context, string) error                { return errAway }
func (deaf) Built(context.Context, string) error                { return errAway }
func (deaf) Ring(context.Context, lead.Notice) error            { return errAway }

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

func TestOutcomesOnlyFromServerKeys(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	won := o.track("Deal Won", map[string]any{"amount": 120000.0, "currency": "EUR"})
	o.take(by("ada", "", won)...)
	if got := o.find(l.ID); got.Stage != lead.MQL {
		t.Fatalf("a write key made it %s", got.Stage)
	}
	won = o.track(" deal won ", map[string]any{"amount": 120000.0})
	won.Server, won.OccurredAt = true, o.now.Add(-2*time.Hour)
	o.take(by("ada", "", won)...)
	got := o.find(l.ID)
	if got.Stage != lead.Won || got.Amount != 120000 || !got.ClosedAt.Equal(won.OccurredAt) {
		t.Errorf("%s, %d, closed %v", got.Stage, got.Amount, got.ClosedAt)
	}
	// What the stage does not allow is kept as an activity and changes nothing.
	lost := o.track("Deal Lost")
	lost.Server = true
	o.take(by("ada", "", lost)...)
	if got := o.find(l.ID); got.Stage != lead.Won || o.count(`SELECT COUNT(*) FROM activities WHERE event = 'deal lost'`) != 1 {
		t.Errorf("%s", got.Stage)
	}
}

func TestLetGo(t *testing.T) {
	o := open(t)
	claimed, accepted, rosas := o.ready("a"), o.ready("b"), o.ready("c")
	o.move(claimed.ID, o.sam, lead.Request{Move: lead.Claim})
	o.move(accepted.ID, o.sam, lead.Request{Move: lead.Accept})
	o.move(rosas.ID, o.rosa, lead.Request{Move: lead.Claim})
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

func TestImportBecomesBacklog(t *testing.T) {
	o := open(t)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a.Scoring.IntentPoints, a.Scoring.Threshold, a.Scoring.FitLimit = 0, 20, nil
	if _, err := o.store.Activate(o.ctx, a, o.now); err != nil {
		t.Fatal(err)
	}
	row := func(n int, im lead.Imported) lead.Message {
		m := o.identify(map[string]any{"email": fmt.Sprintf("p%d@engines.example", n), "title": "CEO"})
		m.Import = &im
		return m
	}
	poor := row(4, lead.Imported{})
	poor.Traits["x"] = math.NaN()
	rows := []lead.Message{
		row(1, lead.Imported{CreatedAt: monday.Add(-400 * day)}), row(2, lead.Imported{Outcome: lead.Won, Amount: 5000, ClosedAt: monday.Add(-10 * day)}),
		row(3, lead.Imported{Outcome: lead.Lost}), poor, row(5, lead.Imported{TeamID: o.team.ID}),
	}
	errs, err := o.desk.Import(o.ctx, rows, false, o.now)
	if err != nil || errs[0] != nil || errs[1] != nil || errs[2] != nil || !errors.Is(errs[3], lead.ErrInvalid) || errs[4] != nil {
		t.Fatalf("%v, %v", errs, err)
	}
	first := o.find("email:p1@engines.example")
	if first.Stage != lead.Nurture || !first.Backlog || !first.CreatedAt.Equal(monday.Add(-400*day)) || len(first.Clocks) > 0 {
		t.Errorf("%s, backlog %v, created %v", first.Stage, first.Backlog, first.CreatedAt)
	}
	won := o.find("email:p2@engines.example")
	if won.Stage != lead.Won || won.Amount != 5000 || won.OnBoard() || !slices.Equal(o.moves(won.ID), []lead.Move{lead.Win}) {
		t.Errorf("%s, %d", won.Stage, won.Amount)
	}
	if l := o.find("email:p3@engines.example"); l.Stage != lead.Lost {
		t.Errorf("%s", l.Stage)
	}
	if ids := o.boardIDs(); len(ids) > 0 {
		t.Errorf("%d imported leads are on the board", len(ids))
	}
	o.take(by("", "", func() lead.Message {
		m := o.track("Page Viewed")
		m.Traits = map[string]any{"email": "p1@engines.example"}
		return m
	}())...)
	if l := o.find(first.ID); l.Stage != lead.MQL {
		t.Errorf("a fresh activity left it %s", l.Stage)
	}
}

func TestANewAgreementIsAppliedAsLeadsAreHeardOf(t *testing.T) {
	o := open(t)
	o.take(by("u1", "", o.identify(map[string]any{"email": "ada@engines.example"}), o.track("Webinar Viewed"), o.track("Webinar Viewed"))...)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Scoring.Behaviour {
		if a.Scoring.Behaviour[i].ID == "webinar_viewed" {
			a.Scoring.Behaviour[i].Points, a.Scoring.Behaviour[i].Cap = 20, nil
		}
	}
	version, err := o.store.Activate(o.ctx, a, o.now)
	if err != nil {
		t.Fatal(err)
	}
	o.take(by("u1", "", o.track("Webinar Viewed"))...)
	l := o.find("user:u1")
	if l.Model != version || l.Score.Engagement < 59 || l.Score.Engagement > 60 {
		t.Errorf("model %d of %d, engagement %v, want three webinars at 20", l.Model, version, l.Score.Engagement)
	}
}

func TestBadDataComesBackWhenItIsMended(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	o.move(l.ID, o.sam, lead.Request{Move: lead.Return, Reason: "bad_data"})
	o.now = o.now.Add(2 * day)
	o.take(by("ada", "", o.identify(map[string]any{"title": "CTO"}))...)
	if got := o.find(l.ID); got.Stage != lead.Nurture {
		t.Fatalf("a title made it %s", got.Stage)
	}
	o.take(by("ada", "", o.identify(map[string]any{"phone": "+49 30 1234567"}))...)
	got := o.find(l.ID)
	if got.Stage != lead.MQL || got.OfferedTo != o.sam.ID || got.ReturnReason != "bad_data" {
		t.Errorf("%s, offered to %q", got.Stage, got.OfferedTo)
	}
}

func TestWrongFitWaitsForATrait(t *testing.T) {
	o := open(t)
	o.take(by("u1", "", o.identify(map[string]any{"email": "ada@engines.example"}), o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
	l := o.find("user:u1")
	o.move(l.ID, o.sam, lead.Request{Move: lead.Return, Reason: "wrong_fit"})
	m := o.track("Trial Started")
	m.TimeZone = "Asia/Tokyo" // travelling is no change of a trait
	o.take(by("u1", "", m)...)
	if got := o.find(l.ID); got.Stage != lead.Nurture || got.Traits["timezone"] != "Asia/Tokyo" {
		t.Fatalf("%s", got.Stage)
	}
	o.take(by("u1", "", o.identify(map[string]any{"title": "CEO"}))...)
	if got := o.find(l.ID); got.Stage != lead.MQL {
		t.Errorf("%s, blocked by %q", got.Stage, got.Blocked)
	}
}

func TestALeadLeavesItsTeamsRanking(t *testing.T) {
	o := open(t)
	apac, err := o.store.AddTeam(o.ctx, lead.Team{Name: "APAC"}, o.now)
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

// Messages that arrive within two milliseconds share a transaction; nobody
// waits longer for company.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.now = time.Now()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.desk.Run(ctx) }()
		var wg sync.WaitGroup
		waited := make([]time.Duration, 3)
		for i, after := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond} {
			m := by("", fmt.Sprintf("anon-%d", i), o.track("Page Viewed"))
			wg.Go(func() {
				time.Sleep(after)
				began := time.Now()
				if _, err := o.desk.Take(ctx, m); err != nil {
					t.Error(err)
				}
				waited[i] = time.Since(began)
			})
		}
		wg.Wait()
		if n := o.count(`SELECT COUNT(DISTINCT received_at) FROM message_ids`); n != 2 {
			t.Errorf("%d transactions, want 2", n)
		}
		for i, w := range waited {
			if w > 2*time.Millisecond {
				t.Errorf("caller %d waited %v", i, w)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
