package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// A Postgres that much is asked of answers, and has room for more.
func TestPostgresIsBusy(t *testing.T) {
	s := storetest.Open(t, testenv.Postgres(t))
	t.Run("however many new people come, few locks are taken", func(t *testing.T) {
		ids := make([]lead.Identity, 3*store.Buckets)
		for i := range ids {
			ids[i] = lead.Identity{Kind: lead.ByUser, Value: fmt.Sprint("new", i)}
		}
		err := s.Change(t.Context(), func(tx lead.Tx) error {
			if _, err := tx.Identities(t.Context(), ids); err != nil {
				return err
			}
			n, err := s.AdvisoryLocks(t.Context())
			if n == 0 || n > store.Buckets {
				t.Errorf("%d new people take %d locks, want at most %d", len(ids), n, store.Buckets)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("it is ready", func(t *testing.T) {
		s.Busy(t)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := s.Ping(ctx); err != nil {
			t.Errorf("with every connection in use it is said to be away: %v", err)
		}
	})
}
