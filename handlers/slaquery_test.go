package handlers

import (
	"testing"
	"time"
)

// A day of the address begins with its date, and is meant whole, where there is no 0:00.
func TestDaysOfTheAddress(t *testing.T) {
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		day   string
		whole bool
		want  string
	}{
		{"2026-09-06", false, "2026-09-06T04:00:00Z"}, {"2026-09-05", true, "2026-09-06T04:00:00Z"}, {"2026-09-06", true, "2026-09-07T03:00:00Z"}, {"2026-09-05", false, "2026-09-05T04:00:00Z"},
	} {
		got, err := momentOf("from", c.day, santiago, c.whole)
		if text := got.UTC().Format(time.RFC3339); err != nil || text != c.want {
			t.Errorf("%s, whole %v: %s %v, want %s", c.day, c.whole, text, err, c.want)
		}
	}
}
