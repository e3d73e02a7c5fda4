package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"hotleads/store"
)

// uses holds that each use is counted once, however many there are at the same time.
func uses(t *testing.T, r *store.Redis) {
	const many = 40
	counted := make([]int64, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			n, ends, err := r.Use(t.Context(), "a", 1000*time.Hour, now)
			if err != nil || ends <= 0 || ends > 1000*time.Hour {
				t.Errorf("it ends in %v, %v", ends, err)
			}
			counted[i] = n
		})
	}
	wg.Wait()
	slices.Sort(counted)
	for i, n := range counted {
		if n != int64(i+1) {
			t.Fatalf("counted %v", counted)
		}
	}
	if n, _, err := r.Use(t.Context(), "b", 1000*time.Hour, now); err != nil || n != 1 {
		t.Errorf("another name: %d, %v", n, err)
	}
}
