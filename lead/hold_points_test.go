package lead

import (
	"math"
	"strconv"
	"testing"
)

// TestWhatIsThereAndWhatIsLackingMakeTheWhole: never fewer points are asked for
// than bring a lead back.
func TestWhatIsThereAndWhatIsLackingMakeTheWhole(t *testing.T) {
	for text, p := range map[string]float64{"13.1": 20 - 6.96, "13": 20 - 7, "13.2": 20 - 6.8, "0.1": 0.001, "0": -1, "0.3": 0.1 + 0.2} {
		if got := lacking(p); got != text {
			t.Errorf("%v points are lacking: %s, want %s", p, got, text)
		}
	}
	for i := range 2000 {
		now := float64(i) / 100
		there, err1 := strconv.ParseFloat(points(now), 64)
		more, err2 := strconv.ParseFloat(lacking(20-now), 64)
		if err1 != nil || err2 != nil || math.Abs(there+more-20) > 1e-9 && now != math.Trunc(now*10)/10 {
			t.Fatalf("at %v: %v of 20, and %v more", now, there, more)
		}
	}
}
