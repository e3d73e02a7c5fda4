package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hotleads/lead"
)

// visitors makes n people who looked at pricing, by the agreement in force.
func (w *world) visitors(desk *lead.Desk, n int) {
	w.Helper()
	var msgs []lead.Message
	for i := range n {
		who := fmt.Sprint("visitor", i)
		msgs = append(msgs,
			lead.Message{ID: who + "-who", Type: lead.Identify, UserID: who, Traits: map[string]any{"email": who + "@buyer.example"}, OccurredAt: now, ReceivedAt: now},
			lead.Message{ID: who + "-did", Type: lead.Track, UserID: who, Event: "Pricing Viewed", OccurredAt: now, ReceivedAt: now})
	}
	errs, err := desk.TakeAt(w.ctx, msgs, now)
	w.ok(errors.Join(append(errs, err)...))
}

// enact puts an agreement in force by which a look at pricing is worth so much.
func (w *world) enact(s interface {
	Activate(ctx context.Context, by lead.Actor, a lead.Agreement, now time.Time) (int, error)
}, points float64) int {
	w.Helper()
	a, err := lead.DefaultAgreement("Europe/Berlin")
	w.ok(err)
	for i, r := range a.Scoring.Behaviour {
		if r.ID == "pricing_viewed" {
			a.Scoring.Behaviour[i].Points, a.Scoring.Behaviour[i].Cap, a.Scoring.Behaviour[i].OncePer = points, nil, 0
		}
	}
	return must(s.Activate(w.ctx, lead.Operator, a, now))(w)
}

func outdated(w *world) {
	team := w.team("EMEA")
	var board, rest []*lead.Work
	for i := range 6 {
		rest = append(rest, w.begin(nil))
		if i%2 == 0 {
			board = append(board, w.waiting(team, fmt.Sprint("lead", i)))
		}
	}
	gone := w.begin(nil)
	w.alter(gone.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = rest[0].Lead.ID })
	w.same("none", 0, must(w.s.Outdated(w.ctx, 1, 100))(w))
	version := w.enact(w.s, 10)
	w.same("all but the merged one", 9, must(w.s.Outdated(w.ctx, version, 100))(w))
	w.same("as far as wanted", 4, must(w.s.Outdated(w.ctx, version, 4))(w))
	w.change(func(tx lead.Tx) error {
		w.same("boards first", ids(board...), must(tx.Outdated(w.ctx, version, 3))(w))
		w.same("then the others", ids(append(board, rest[0], rest[1])...), must(tx.Outdated(w.ctx, version, 5))(w))
		return nil
	})
	for _, text := range []string{
		`SELECT id FROM leads WHERE merged_into = '' AND stage IN ('mql', 'claimed', 'sal') AND model < 5 ORDER BY model, id LIMIT 100`,
		`SELECT id FROM leads WHERE merged_into = '' AND model < 5 ORDER BY model, id LIMIT 100`,
	} {
		if plan := w.plan(text); !strings.Contains(plan, "leads_model") || strings.Contains(plan, "Sort") || strings.Contains(plan, "TEMP B-TREE") {
			w.Errorf("more is read than is found:\n%s\n%s", text, plan)
		}
	}
}

// plan is how the database would run a statement on a table too large to be
// read as a whole.
func (w *world) plan(text string) string {
	w.Helper()
	var plan []string
	if strings.HasPrefix(w.url, "sqlite:") {
		var steps []struct {
			ID, Parent, NotUsed int
			Detail              string
		}
		w.ok(w.db.SelectContext(w.ctx, &steps, "EXPLAIN QUERY PLAN "+text))
		for _, s := range steps {
			plan = append(plan, s.Detail)
		}
		return strings.Join(plan, "\n")
	}
	tx, err := w.db.BeginTxx(w.ctx, nil)
	w.ok(err)
	defer tx.Rollback()
	_, err = tx.ExecContext(w.ctx, `SET LOCAL enable_seqscan = off`)
	w.ok(err)
	w.ok(tx.SelectContext(w.ctx, &plan, "EXPLAIN "+text))
	return strings.Join(plan, "\n")
}

// rescoring: three instances bring everybody to a new agreement, one of them
// stopped in the middle, while activities come in. Nobody is done twice, nobody
// left out, and every score is the new agreement's.
func rescoring(w *world) {
	const people, load = 120, 7
	desk, _ := w.desk()
	w.visitors(desk, people)
	before := w.count(`SELECT SUM(version) FROM leads`)
	version := w.enact(w.s, 5)
	stopped, stop := context.WithCancel(w.ctx)
	var done atomic.Int64
	var wg sync.WaitGroup
	for i := range 3 {
		s := Open(w, w.url)
		other := lead.NewDesk(s, Embedded(w), Embedded(w), quiet)
		ctx := w.ctx
		if i == 0 {
			ctx = stopped
		}
		wg.Go(func() {
			for {
				n, err := other.Rescore(ctx, now.Add(time.Minute), load)
				done.Add(int64(n))
				if i == 0 && n > 0 {
					stop() // the next batch ends in its middle
				}
				if err != nil && ctx.Err() == nil {
					w.Error(err)
				}
				if left, oerr := s.Outdated(w.ctx, version, 1); err != nil || oerr != nil || left == 0 {
					return
				}
			}
		})
	}
	heard := 0
	for i := 0; i < people; i += 10 { // meanwhile every tenth of them looks at pricing again
		who := fmt.Sprint("visitor", i)
		errs, err := desk.TakeAt(w.ctx, []lead.Message{{ID: who + "-again", Type: lead.Track, UserID: who, Event: "Pricing Viewed", OccurredAt: now, ReceivedAt: now}}, now.Add(time.Minute))
		w.ok(errors.Join(append(errs, err)...))
		heard++
	}
	wg.Wait()
	stop()
	w.same("left", 0, must(w.s.Outdated(w.ctx, version, 1))(w))
	w.same("of the new agreement", people, w.count(`SELECT COUNT(*) FROM leads WHERE model = $1`, version))
	// Who was heard of before their turn came was brought to it then, in one go.
	again := w.count(`SELECT SUM(version) FROM leads`) - before - heard
	if again > people || again < people-heard || int(done.Load()) != again {
		w.Errorf("%d leads were written %d times besides %d activities, %d counted as done", people, again, heard, done.Load())
	}
	for i := range people {
		l := must(desk.Find(w.ctx, fmt.Sprintf("user:visitor%d", i), nil, now))(w)
		want := 10.0 // 5 of pricing, 5 of a business mail
		if i%10 == 0 {
			want += 5
		}
		if l.Score.Total < want-.01 || l.Score.Total > want+.01 {
			w.Errorf("visitor%d has %v, want %v", i, l.Score.Total, want)
		}
	}
}

func rescoringTrouble(w *world) {
	desk, _ := w.desk()
	w.visitors(desk, 10)
	version := w.enact(w.s, 5)
	broken := must(desk.Find(w.ctx, "user:visitor3", nil, now))(w).ID
	_, err := w.db.ExecContext(w.ctx, `UPDATE activities SET properties = 'torn' WHERE lead_id = $1`, broken)
	w.ok(err)
	n, err := desk.Rescore(w.ctx, now, 100)
	if err == nil || !strings.Contains(err.Error(), broken) {
		w.Errorf("it does not tell which: %v", err)
	}
	w.same("the others", []int{9, 1}, []int{n, must(w.s.Outdated(w.ctx, version, 10))(w)})
	n, err = desk.Rescore(w.ctx, now.Add(time.Second), 100)
	w.same("left alone for a minute", []any{0, nil}, []any{n, err})
	_, err = w.db.ExecContext(w.ctx, `UPDATE activities SET properties = '{}' WHERE lead_id = $1`, broken)
	w.ok(err)
	w.same("mended", 1, must(desk.Rescore(w.ctx, now.Add(2*time.Minute), 100))(w))
}
