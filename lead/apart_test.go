package lead_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/lead"
)

// heavy is a store in which messages of one person take for ever.
type heavy struct{ lead.Store }

type heavyTx struct{ lead.Tx }

func (s heavy) TakeIn(ctx context.Context, f func(lead.Tx) error) error {
	return s.Store.TakeIn(ctx, func(tx lead.Tx) error { return f(heavyTx{tx}) })
}

func (t heavyTx) Identities(ctx context.Context, ids []lead.Identity) (map[lead.Identity]string, error) {
	if slices.Contains(ids, lead.Identity{Kind: lead.ByUser, Value: "heavy"}) {
		<-ctx.Done()
		return nil, fmt.Errorf("%w: %w", lead.ErrUnavailable, ctx.Err())
	}
	return t.Tx.Identities(ctx, ids)
}

// One message that takes too long holds up those who came with it once; then it
// waits behind the others, and in the end it is refused.
func TestWhatTakesTooLongFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		o.now = time.Now()
		o.desk = lead.NewDesk(heavy{o.store}, o.redis, o.redis, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- o.desk.Run(ctx) }()
		bad := by("heavy", "", o.track("Page Viewed"))[0]
		wants := []struct {
			of     error         // the heavy one's
			others time.Duration // that others wait at most
		}{{lead.ErrUnavailable, 35 * time.Second}, {lead.ErrUnavailable, 6 * time.Second}, {lead.ErrInvalid, 6 * time.Second}} // SQLite has one writer
		for round, want := range wants {
			var wg sync.WaitGroup
			began := time.Now()
			for i := range 20 {
				msgs := by(fmt.Sprint("user-", i), "", o.track("Page Viewed"), o.track("Page Viewed"))
				wg.Go(func() {
					errs, err := o.desk.Take(ctx, msgs)
					if took := time.Since(began); errors.Join(append(errs, err)...) != nil || took > want.others {
						t.Errorf("round %d: %v, %v after %v", round, errs, err, took)
					}
				})
			}
			wg.Go(func() {
				errs, err := o.desk.Take(ctx, append([]lead.Message{bad}, by("beside", "", o.track("Page Viewed"))...))
				if err != nil || !errors.Is(errs[0], want.of) || errs[1] != nil {
					t.Errorf("round %d: the heavy one: %v, %v", round, errs, err)
				}
			})
			wg.Wait()
			time.Sleep(time.Minute)
		}
		if n := o.count(`SELECT COUNT(*) FROM activities`); n != len(wants)*(20*2+1) {
			t.Errorf("%d activities", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
