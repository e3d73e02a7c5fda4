package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// Who can do without a Redis that hangs does not wait for it one by one, and
// notices when it goes on.
func TestRedisThatHangs(t *testing.T) {
	server := testenv.RedisServer(t)
	r := storetest.OpenRedis(t, server.URL)
	rankOnce := func() error {
		return r.Rank(t.Context(), []lead.Rank{{Team: "emea", LeadID: "a", Version: 1, On: true, Score: 50}})
	}
	if err := rankOnce(); err != nil {
		t.Fatal(err)
	}
	server.Freeze(t)
	began := time.Now()
	const callers, calls = 10, 20
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range calls {
				if rankOnce() == nil {
					t.Error("a Redis that hangs takes ranks")
				}
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("each of %d callers asked %d times within %s: they wait one by one", callers, calls, took)
	}
	server.Thaw()
	err := errors.New("not asked")
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); {
		if err = rankOnce(); err != nil {
			<-time.After(50 * time.Millisecond)
		}
	}
	if err != nil {
		t.Errorf("it goes on, and is not asked: %v", err)
	}
}
