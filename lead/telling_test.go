package lead_test

import (
	"fmt"
	"testing"
	"time"

	"hotleads/lead"
)

// What is wrong with one lead's clock keeps nobody from hearing of the others.
func TestOneOccasionThatFailsKeepsNoOther(t *testing.T) {
	o := open(t)
	ids := []string{o.hot("ada"), o.hot("eve"), o.hot("grace")}
	if _, err := o.db.ExecContext(o.ctx, `UPDATE clocks SET changes = 'no JSON' WHERE lead_id = $1`, ids[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := o.desk.Tell(o.ctx, o.now, 50); err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, id := range ids {
		got = append(got, o.count(`SELECT COUNT(*) FROM alerts WHERE lead_id = $1 AND how = 'loud'`, id))
	}
	if want := []int{2, 0, 2}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("people told of each: %v, want %v", got, want)
	}
	if n := o.count(`SELECT COUNT(*) FROM occasions`); n != 0 {
		t.Errorf("%d occasions are left", n)
	}
}

// However much a whole team is told, there is room for what is one's own.
func TestABroadcastLeavesRoomForOnesOwn(t *testing.T) {
	o := open(t)
	var id string
	const leads = 70
	for i := range leads {
		id = o.hot(fmt.Sprint("lead", i))
		if i < lead.LoudAnHour || i%20 == 0 {
			if _, err := o.desk.Tell(o.ctx, o.now, 100); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := o.desk.Tell(o.ctx, o.now, 100); err != nil {
		t.Fatal(err)
	}
	if n := o.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1`, o.sam.ID); n != leads {
		t.Errorf("%d notices, want %d", n, leads)
	}
	o.does(o.mia, id, lead.Request{Move: lead.Claim, To: &o.sam})
	if _, err := o.desk.Tell(o.ctx, o.now, 100); err != nil {
		t.Fatal(err)
	}
	if n := o.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND what = 'lead.given' AND how = 'loud'`, o.sam.ID); n != 1 {
		t.Error("what is given to Sam is not told at once")
	}
}

// What buyers do whom Sam has called already leaves room for what waits for him.
func TestABuyersDoingLeavesRoomForOnesOwn(t *testing.T) {
	o := open(t)
	tell := func() {
		t.Helper()
		if _, err := o.desk.Tell(o.ctx, o.now, 100); err != nil {
			t.Fatal(err)
		}
	}
	buyers := make([]string, lead.LoudAnHour+2)
	for i := range buyers {
		buyers[i] = fmt.Sprint("buyer", i)
		o.does(o.sam, o.hot(buyers[i]), callIt)
	}
	id := o.hot("ada")
	tell()
	o.now = o.now.Add(2 * time.Hour)
	for _, name := range buyers {
		o.now = o.now.Add(time.Second)
		o.take(by(name, "", o.track("Pricing Viewed"))...)
		tell()
	}
	if n := o.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND what = 'lead.intent'`, o.sam.ID); n != len(buyers) {
		t.Errorf("%d notices of what buyers do, want %d", n, len(buyers))
	}
	o.does(o.mia, id, lead.Request{Move: lead.Claim, To: &o.sam})
	tell()
	if n := o.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND what = 'lead.given' AND how = 'loud'`, o.sam.ID); n != 1 {
		t.Error("what is given to Sam is not told at once")
	}
}
