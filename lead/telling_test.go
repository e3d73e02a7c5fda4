package lead_test

import (
	"fmt"
	"testing"

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
