package lead_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/lead"
)

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
	o.desk.Committers(3)
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

func TestImportBecomesBacklog(t *testing.T) {
	o := open(t)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a.Scoring.IntentPoints, a.Scoring.Threshold, a.Scoring.FitLimit = 0, 20, nil
	if _, err := o.store.Activate(o.ctx, lead.Operator, a, o.now); err != nil {
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
	version, err := o.store.Activate(o.ctx, lead.Operator, a, o.now)
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

// What a caller says of one person is heard in its order, whichever name each
// message has for them: committers share out people, not messages.
func TestOneCallerIsHeardInOrder(t *testing.T) {
	o := open(t)
	o.desk.Committers(5)
	ctx, stop := context.WithCancel(o.ctx)
	done := make(chan error, 1)
	go func() { done <- o.desk.Run(ctx) }()
	var msgs []lead.Message
	for i := range 40 {
		anon, old, user := fmt.Sprint("anon-", i), fmt.Sprint("old-", i), fmt.Sprint("user-", i)
		msgs = append(msgs, by("", anon, o.track("Page Viewed"))...)
		msgs = append(msgs, by(old, anon, o.identify(map[string]any{"title": "CEO"}))...)
		alias := by(user, "", o.identify(nil))[0]
		alias.Type, alias.PreviousID, alias.Traits = lead.Alias, old, nil
		msgs = append(msgs, alias)
		msgs = append(msgs, by(user, "", o.track("Trial Started"))...)
	}
	errs, err := o.desk.Take(ctx, msgs)
	if err != nil || errors.Join(errs...) != nil {
		t.Fatal(err, errors.Join(errs...))
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := o.count(`SELECT COUNT(*) FROM leads WHERE merged_into = ''`); n != 40 {
		t.Errorf("%d leads of 40 people", n)
	}
	if n := o.count(`SELECT COUNT(*) FROM duplicates`); n != 0 {
		t.Errorf("%d suspected duplicates", n)
	}
}

// More than may wait is refused, not kept waiting.
func TestAFullIntakeRefuses(t *testing.T) {
	const size = 1000
	o := open(t)
	_, most := o.desk.Queue()
	room := int(most.Messages)
	full := make([]lead.Message, room)
	for i := range full {
		full[i] = lead.Message{ID: fmt.Sprint(i), UserID: "u1", Event: "Page Viewed", Size: size}
	}
	ctx, stop := context.WithCancel(o.ctx)
	first := make(chan error, 1)
	go func() {
		_, err := o.desk.Take(ctx, full[:room-1])
		first <- err
	}()
	for n := (lead.Backed{}); int(n.Messages) < room-1; n, _ = o.desk.Queue() {
		runtime.Gosched()
	}
	large := []lead.Message{{ID: "large", UserID: "u1", Event: "Page Viewed", Size: int(most.Bytes)}}
	for _, more := range [][]lead.Message{full[:2], full, large} {
		if _, err := o.desk.Take(ctx, more); !errors.Is(err, lead.ErrBusy) {
			t.Errorf("%d more: %v", len(more), err)
		}
	}
	if waiting, _ := o.desk.Queue(); waiting != (lead.Backed{Messages: int64(room) - 1, Bytes: int64(room-1) * size}) {
		t.Errorf("%+v wait, want %d of %d bytes", waiting, room-1, size)
	}
	stop()
	if err := <-first; !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("who went away was told %v", err)
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

// brittle is a store with a bug in it.
type brittle struct{ lead.Store }

func (brittle) Change(context.Context, func(lead.Tx) error) error { panic("a bug") }

func TestAPanicIsLoggedWithItsStack(t *testing.T) {
	o := open(t)
	var log bytes.Buffer
	desk := lead.NewDesk(brittle{o.store}, o.redis, o.redis, slog.New(slog.NewTextHandler(&log, nil)))
	errs, err := desk.TakeAt(o.ctx, by("ada", "", o.track("Demo Requested")), o.now)
	if err != nil || len(errs) != 1 || !errors.Is(errs[0], lead.ErrInvalid) {
		t.Fatal(errs, err)
	}
	if got := log.String(); !strings.Contains(got, "a bug") || !strings.Contains(got, "brittle.Change") {
		t.Errorf("the log does not tell where: %s", got)
	}
}

func TestOutcomesThatAreNotTakenAsSent(t *testing.T) {
	o := open(t)
	var log bytes.Buffer
	o.desk = lead.NewDesk(o.store, o.redis, o.redis, slog.New(slog.NewTextHandler(&log, nil)))
	outcome := func(user, event string, props map[string]any) string {
		m := o.track(event, props)
		m.Server = true
		log.Reset()
		o.take(by(user, "", m)...)
		return m.ID
	}
	logged := func(what string, want bool, id string) {
		t.Helper()
		got := log.String()
		if want != (strings.Contains(got, "message_id="+id) && strings.Contains(got, "outcome=")) || strings.Contains(got, "engines.example") {
			t.Errorf("%s: the log says %q", what, got)
		}
	}
	for i, c := range []struct {
		name     string
		currency any
		want     int64
	}{{"the company's", "eur", 120000}, {"none", nil, 120000}, {"empty", "", 120000}, {"another", "USD", 0}, {"nonsense", 7.0, 0}} {
		l := o.ready(fmt.Sprint("buyer", i))
		id := outcome(l.UserID, "Deal Won", map[string]any{"amount": 120000.0, "currency": c.currency})
		if got := o.find(l.ID); got.Stage != lead.Won || got.Amount != c.want {
			t.Errorf("currency %s: %s, %d", c.name, got.Stage, got.Amount)
		}
		logged(c.name, c.want == 0, id)
		logged("won again", true, outcome(l.UserID, "Deal Won", map[string]any{"amount": 1.0}))
	}
	l := o.ready("wordy")
	logged("a long reason", false, outcome("wordy", "Deal Lost", map[string]any{"reason": strings.Repeat("ü", 300)}))
	rows, err := o.store.History(o.ctx, l.ID, 0, 1)
	if err != nil || rows[0].Move != lead.Lose || rows[0].Reason != "" || rows[0].Note != strings.Repeat("ü", 200) {
		t.Errorf("a long reason: %+v, %v", rows, err)
	}
}
