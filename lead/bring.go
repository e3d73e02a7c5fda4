package lead

import (
	"context"
	"time"
)

// BringAlong goes on with what visitors did before they gave a name, of those who
// did too much for one transaction: at most n activities of one of them, the latest
// first. Once all of it is there, it counts. Any number of instances share the work.
// It tells whether there was something to do.
func (d *Desk) BringAlong(ctx context.Context, now time.Time, n int) (bool, error) {
	some, err := d.store.LeftBehind(ctx)
	if err != nil || !some {
		return false, err
	}
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return false, err
	}
	_, err = d.each(ctx, sc, func(tx Tx) ([]string, error) {
		var whole string
		var err error
		if some, whole, err = tx.Bring(ctx, n); err != nil || whole == "" {
			return nil, err
		}
		return []string{whole}, nil
	}, func(tx Tx, w *Work) (changed, shown bool, err error) {
		w.Late = append(w.Late, "*")
		if err = d.upgrade(ctx, tx, sc, w); err == nil {
			err = d.rederive(ctx, tx, sc, w)
		}
		if err == nil {
			err = w.Settle(sc)
		}
		return true, len(w.Boards()) > 0, err
	})
	return some && err == nil, err
}
