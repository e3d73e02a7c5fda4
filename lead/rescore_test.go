package lead_test

import (
	"slices"
	"testing"
	"time"

	"hotleads/lead"
)

// enact puts the default agreement in force, changed.
func (o *office) enact(change func(*lead.Agreement)) int {
	o.t.Helper()
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		o.t.Fatal(err)
	}
	change(&a)
	version, err := o.store.Activate(o.ctx, lead.Operator, a, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return version
}

// rescore brings everybody to the agreement in force.
func (o *office) rescore() {
	o.t.Helper()
	for {
		n, err := o.desk.Rescore(o.ctx, o.now, 2)
		if err != nil {
			o.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestWhoANewAgreementMakesReadyWaitsInTheBacklog(t *testing.T) {
	o := open(t)
	o.take(by("ready", "", o.identify(map[string]any{"email": "ready@engines.example"}), o.track("Products Compared"))...)
	o.take(by("cold", "", o.identify(map[string]any{"email": "cold@engines.example"}), o.track("Page Viewed"))...)
	o.take(by("hidden", "", o.identify(map[string]any{"name": "No way to reach them"}), o.track("Demo Requested"))...)
	updated := o.find("user:cold").UpdatedAt
	o.now = o.now.Add(time.Hour)
	version := o.enact(func(a *lead.Agreement) {
		a.Scoring.Threshold, a.Scoring.Tiers.Warm = 20, 20
		a.Criteria.RequiredTraits = nil
	})
	o.rescore()
	for ref, backlog := range map[string]bool{"user:ready": true, "user:cold": false, "user:hidden": true} {
		l := o.find(ref)
		if l.Stage != lead.Nurture || l.Backlog != backlog || l.HeldBack != "" || l.Model != version || len(l.Clocks) > 0 || len(o.moves(l.ID)) > 0 {
			t.Errorf("%s is %s, backlog %v, held back %q, model %d, moves %v", ref, l.Stage, l.Backlog, l.HeldBack, l.Model, o.moves(l.ID))
		}
	}
	if l := o.find("user:cold"); !l.UpdatedAt.Equal(updated) {
		t.Errorf("nothing happened to who stays cold, but it changed at %v", l.UpdatedAt)
	}
	if ids := o.boardIDs(); len(ids) > 0 {
		t.Errorf("on the board: %v", ids)
	}
	// The manager releases one, a fresh activity the other.
	if l := o.move(o.find("user:ready").ID, o.mia, lead.Request{Move: lead.Qualify}); l.Stage != lead.MQL {
		t.Errorf("released: %s", l.Stage)
	}
	o.take(by("hidden", "", o.track("Page Viewed"))...)
	if l := o.find("user:hidden"); l.Stage != lead.MQL {
		t.Errorf("a fresh activity left it %s", l.Stage)
	}
	// By the one before, who still waits is not ready any more.
	o.take(by("next", "", o.identify(map[string]any{"email": "next@engines.example"}), o.track("Page Viewed"))...)
	o.enact(func(a *lead.Agreement) {
		a.Scoring.Threshold, a.Scoring.IntentPoints, a.Scoring.FitLimit, a.Scoring.Tiers.Warm = 1, 0, nil, 1
	})
	o.rescore()
	if !o.find("user:next").Backlog {
		t.Error("not in the backlog")
	}
	o.enact(func(*lead.Agreement) {})
	o.rescore()
	if o.find("user:next").Backlog {
		t.Error("still in the backlog")
	}
}

func TestANewAgreementLeavesTheBoardToItsRules(t *testing.T) {
	o := open(t)
	o.take(by("ada", "", o.identify(map[string]any{"email": "ada@engines.example"}), o.track("Products Compared"), o.track("Products Compared"), o.track("Pricing Viewed"))...)
	mql, mine := o.find("user:ada"), o.ready("eve")
	o.move(mine.ID, o.sam, lead.Request{Move: lead.Claim})
	var rest []string
	for i := range 3 {
		name := string(rune('p' + i))
		o.take(by(name, "", o.identify(map[string]any{"email": name + "@engines.example"}), o.track("Page Viewed"))...)
		rest = append(rest, o.find("user:"+name).ID)
	}
	clocks := o.find(mql.ID).Clocks
	version := o.enact(func(a *lead.Agreement) {
		a.Scoring.Threshold, a.Scoring.Tiers.Warm, a.Scoring.Tiers.Hot, a.Scoring.Tiers.Fire = 500, 500, 600, 700
	})
	n, err := o.desk.Rescore(o.ctx, o.now, 2)
	if err != nil || n != 2 || o.find(mql.ID).Model != version || o.find(mine.ID).Model != version || o.find(rest[0]).Model == version {
		t.Errorf("the board does not come first: %d, %v", n, err)
	}
	o.rescore()
	l := o.find(mql.ID)
	if l.Stage != lead.MQL || !slices.Contains(o.boardIDs(), mql.ID) || !l.Clocks[0].DueAt.Equal(clocks[0].DueAt) {
		t.Errorf("what no longer qualifies is %s at once", l.Stage)
	}
	if l := o.find(mine.ID); l.Stage != lead.Claimed {
		t.Errorf("what sam holds is %s", l.Stage)
	}
	// It is under 90 % of the new threshold: it cools once its claim clock has breached.
	if !l.CoolAt.Equal(clocks[0].DueAt) {
		t.Errorf("cools at %v, its claim is due at %v", l.CoolAt, clocks[0].DueAt)
	}
	o.now = l.CoolAt.Add(time.Second)
	if _, err := o.desk.Sweep(o.ctx, o.now, 100); err != nil {
		t.Fatal(err)
	}
	if l := o.find(mql.ID); l.Stage != lead.Nurture || l.Backlog {
		t.Errorf("then it is %s, backlog %v", l.Stage, l.Backlog)
	}
}

func TestADueCallbackIsNoBacklog(t *testing.T) {
	o := open(t)
	l := o.ready("ada")
	o.move(l.ID, o.sam, lead.Request{Move: lead.Return, Reason: "not_now", Date: o.now.AddDate(0, 0, 3).Format(time.DateOnly)})
	due := o.find(l.ID).CallbackAt
	o.now = due.Add(time.Minute)
	o.enact(func(*lead.Agreement) {})
	o.rescore()
	if got := o.find(l.ID); got.Stage != lead.MQL || got.Backlog {
		t.Errorf("%s, backlog %v", got.Stage, got.Backlog)
	}
}
