package sla

import (
	"testing"
	"time"
)

// Stretches agree with what the calendar says of each of their instants and with
// the business time between their ends, over a change of the clocks, too.
func TestStretches(t *testing.T) {
	tests := []struct {
		name, calendar, from, to string
		want                     int
	}{
		{"within hours", `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","17:30"]]}}`, "2026-11-16 10:00", "2026-11-16 11:00", 1},
		{"a lunch break", `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"],["13:00","17:30"]]}}`, "2026-11-16 10:00", "2026-11-16 14:00", 3},
		{"over a weekend", `{"time_zone":"Europe/Berlin","hours":{"fri":[["09:00","17:00"]],"mon":[["09:00","17:00"]]}}`, "2026-11-20 16:50", "2026-11-23 09:05", 3},
		{"never closed, clocks set back", `{"time_zone":"Europe/Berlin","hours":{"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}`, "2026-10-24 12:00", "2026-10-25 12:00", 1},
		{"closed", `{"time_zone":"Europe/Berlin","hours":{"sun":[["09:00","17:30"]]}}`, "2026-11-16 10:00", "2026-11-18 10:00", 1},
		{"up to the closing", `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","17:30"]]}}`, "2026-11-16 10:00", "2026-11-16 17:30", 1},
		{"nothing", `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","17:30"]]}}`, "2026-11-16 10:00", "2026-11-16 10:00", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cal, err := ParseCalendar([]byte(tt.calendar))
			if err != nil {
				t.Fatal(err)
			}
			from, to := at(t, berlin, tt.from), at(t, berlin, tt.to)
			got, all := cal.Stretches(from, to, 10)
			if len(got) != tt.want || !all {
				t.Fatalf("%d stretches, all %t: %v", len(got), all, got)
			}
			var open time.Duration
			end := from
			for _, s := range got {
				if !s.From.Equal(end) || cal.IsOpen(s.From) != s.Open || cal.IsOpen(s.To.Add(-time.Second)) != s.Open {
					t.Errorf("%v does not follow %v, or is not what it says", s, end)
				}
				if end = s.To; s.Open {
					open += s.To.Sub(s.From)
				}
			}
			if !end.Equal(to) || open != cal.Elapsed(from, to) {
				t.Errorf("they end at %v with %v open, want %v and %v", end, open, to, cal.Elapsed(from, to))
			}
		})
	}
	week, err := DefaultCalendar(berlin)
	if err != nil {
		t.Fatal(err)
	}
	if got, all := week.Stretches(at(t, berlin, "2026-11-16 10:00"), at(t, berlin, "2026-11-20 10:00"), 4); len(got) != 4 || all {
		t.Errorf("of a week four were asked for: %v, all %t", got, all)
	}
}
