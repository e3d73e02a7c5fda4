package lead_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/lead"
)

// What is wrong with one person's notices, or with a lead of theirs, or with what
// stands in the directory, keeps nobody else from hearing of theirs.
func TestOnePersonsTroubleKeepsNoOtherWaiting(t *testing.T) {
	o := open(t)
	var log bytes.Buffer
	o.desk = lead.NewDesk(o.store, o.redis, o.redis, slog.New(slog.NewTextHandler(&log, nil)))
	exec := func(text string, args ...any) {
		t.Helper()
		if _, err := o.db.ExecContext(o.ctx, text, args...); err != nil {
			t.Fatal(err)
		}
	}
	tell := func() {
		t.Helper()
		if _, err := o.desk.Tell(o.ctx, o.now, 50); err != nil {
			t.Fatal(err)
		}
	}
	told := func(u lead.User, how lead.How) int {
		return o.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND how = $2`, u.ID, how)
	}
	night, morning := o.now.Add(12*time.Hour), o.now.Add(24*time.Hour)
	o.now = night
	ids := []string{o.hot("ada"), o.hot("eve")}
	tell()
	if n := told(o.sam, ""); n != 2 {
		t.Fatalf("%d notices wait for the morning, want 2", n)
	}
	exec(`UPDATE clocks SET changes = 'no JSON' WHERE lead_id = $1`, ids[0])
	exec(`UPDATE alerts SET noted_at = 'once' WHERE user_id = $1`, o.rosa.ID)
	for range 3 { // the second time in the same minute, and again later
		o.now = morning
		tell()
		morning = morning.Add(50 * time.Second)
	}
	if got := []int{told(o.sam, lead.Loud), told(o.sam, lead.Over), told(o.rosa, "")}; !slices.Equal(got, []int{1, 1, 2}) {
		t.Errorf("Sam is told of %d, not of %d whose clock cannot be read; %d wait for Rosa, whose notices cannot be", got[0], got[1], got[2])
	}
	if n := strings.Count(log.String(), "somebody is not told what they are to hear"); n != 1 {
		t.Errorf("said %d times that Rosa is told nothing:\n%s", n, log.String())
	}
	exec(`UPDATE alerts SET noted_at = at WHERE user_id = $1`, o.rosa.ID)
	exec(`UPDATE clocks SET changes = ''`)
	o.now = morning.Add(time.Minute)
	tell()
	if n := told(o.rosa, lead.Digest); n != 2 {
		t.Errorf("Rosa is told %d when all is well again, want 2", n)
	}

	// When Sam will be away cannot be read, nor when the team is open.
	log.Reset()
	exec(`INSERT INTO absences (id, user_id, from_at, until_at, created_at) VALUES ('some', $1, 'soon', 'later', '2026-01-01')`, o.sam.ID)
	exec(`UPDATE teams SET calendar = '{"time_zone":"Mars/Olympus"}'`)
	if _, err := o.store.FreshBook(o.ctx); err != nil {
		t.Fatal(err)
	}
	o.hot("grace")
	tell()
	for _, u := range []lead.User{o.sam, o.rosa} {
		if n := o.count(`SELECT COUNT(*) FROM alerts a JOIN leads l ON l.id = a.lead_id WHERE a.user_id = $1 AND l.user_id = 'grace' AND how = 'loud'`, u.ID); n != 1 {
			t.Errorf("%s is told %d times of a lead that waits", u.Name, n)
		}
	}
	if n := strings.Count(log.String(), "cannot be read"); n != 1 || !strings.Contains(log.String(), o.sam.ID) || !strings.Contains(log.String(), "EMEA") {
		t.Errorf("said %d times what cannot be read:\n%s", n, log.String())
	}
}

// bells keeps what is rung.
type bells struct {
	mu   sync.Mutex
	rung []lead.Notice
}

func (b *bells) Ring(_ context.Context, n lead.Notice) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung = append(b.rung, n)
	return nil
}

// moved is of how many leads it was rung that they moved since the last time, and of
// how many that they changed.
func (b *bells) moved() (moved, changed int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range b.rung {
		moved, changed = moved+len(n.Moved), changed+len(n.Leads)
	}
	b.rung = nil
	return moved, changed
}

// What people were told of a lead is looked at again when it moves, not with each of
// its activities.
func TestOnlyMovesAreRungForWhatWasTold(t *testing.T) {
	o := open(t)
	b := &bells{}
	o.desk = lead.NewDesk(o.store, o.redis, b, slog.New(slog.DiscardHandler))
	rung := func(what string, moved, changed int) {
		t.Helper()
		if m, c := b.moved(); m != moved || c != changed {
			t.Errorf("%s: %d leads moved of %d that changed, want %d of %d", what, m, c, moved, changed)
		}
	}
	id := o.hot("ada")
	rung("it comes onto the board", 1, 1)
	for i := range 20 {
		o.take(by("ada", "", o.track("Page Viewed", map[string]any{"path": fmt.Sprint("/", i)}))...)
	}
	rung("20 activities", 0, 20)
	o.does(o.sam, id, lead.Request{Move: lead.Claim})
	o.does(o.sam, id, lead.Request{Move: lead.UndoMove})
	rung("claimed, and undone", 2, 2)
	o.take(by("", "visitor", o.track("Page Viewed"))...)
	o.take(by("ada", "visitor", o.track("Page Viewed"))...)
	rung("a visitor becomes part of it", 1, 3)
	o.now = o.now.Add(8 * time.Hour)
	if _, err := o.desk.Sweep(o.ctx, o.now, 10); err != nil {
		t.Fatal(err)
	}
	rung("its clocks breach", 0, 1)
}
