package live

import (
	"fmt"
	"testing"
	"time"
)

func TestHowFarApartBrowsersComeBack(t *testing.T) {
	for n, most := range map[int]time.Duration{0: 3 * time.Second, 100: 3 * time.Second, 5000: 8500 * time.Millisecond, 100_000: 11 * time.Second} {
		lowest, highest := time.Hour, time.Duration(0)
		for range 1000 {
			var ms int
			if _, err := fmt.Sscanf(string(retry(n)), "retry: %d\n", &ms); err != nil {
				t.Fatal(err)
			}
			d := time.Duration(ms) * time.Millisecond
			lowest, highest = min(lowest, d), max(highest, d)
		}
		if lowest < time.Second || highest >= most || highest < most*3/4 || lowest > time.Second+most/10 {
			t.Errorf("%d browsers come back within %v to %v, want 1 s to %v", n, lowest, highest, most)
		}
	}
}
