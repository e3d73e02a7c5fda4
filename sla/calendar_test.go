package sla

import (
	"errors"
	"math"
	"testing"
	"time"
)

func mustParse(t testing.TB, doc string) *Calendar {
	t.Helper()
	cal, err := ParseCalendar([]byte(doc))
	if err != nil {
		t.Fatalf("calendar %s: %v", doc, err)
	}
	return cal
}

// at reads "2026-11-20 16:30" or "2026-11-20 16:30:15.5" as wall-clock time in a
// zone, or RFC 3339.
func at(t testing.TB, zone, text string) time.Time {
	t.Helper()
	if instant, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return instant
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if instant, err := time.ParseInLocation(layout, text, loc); err == nil {
			return instant
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

const (
	office = `{"time_zone":"Europe/Berlin","hours":{
		"mon":[["09:00","12:00"],["13:00","17:30"]],"tue":[["09:00","17:30"]],"wed":[["09:00","17:30"]],
		"thu":[["09:00","17:30"]],"fri":[["09:00","24:00"]]},
		"holidays":["2026-12-25","2026-01-06"],
		"breaks":{"2026-01-02":[["10:00","11:30"]],"2026-01-10":[["09:00","10:00"]]},
		"shifts":{"2026-01-03":[["08:00","12:00"]],"2026-01-06":[["08:00","12:00"]],
			"2026-01-07":[["20:00","22:00"]],"2026-01-10":[["08:00","12:00"]]}}`
	aroundTheClock = `{"time_zone":"Europe/Berlin","holidays":["2026-12-25"],
		"breaks":{"2026-12-28":[["10:00","11:30"]]},"shifts":{"2026-12-26":[["08:00","12:00"]]}}`
	// The schedule of the specification of Zendesk's "biz".
	biz = `{"time_zone":"Etc/UTC","hours":{"mon":[["09:00","17:00"]],"tue":[["10:00","16:00"]],"wed":[["09:00","17:00"]],
		"thu":[["10:00","16:00"]],"fri":[["09:00","17:00"]],"sat":[["11:00","14:30"]]}}`
	nineToFive = `{"time_zone":"UTC","hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],
		"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}`
	shop = `{"time_zone":"America/New_York","hours":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],
		"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}`
)

func sundays(zone, from, to string) string {
	return `{"time_zone":"` + zone + `","hours":{"sun":[["` + from + `","` + to + `"]]}}`
}

func TestDue(t *testing.T) {
	tests := []struct {
		name, doc, start string
		minutes          float64
		want             string
	}{
		{"within the day", office, "2026-11-17 10:00", 30, "2026-11-17 10:30"},
		{"from before opening", office, "2026-11-17 06:00", 30, "2026-11-17 09:30"},
		{"over the lunch break", office, "2026-11-16 11:45", 30, "2026-11-16 13:15"},
		{"exactly on a closing time", office, "2026-11-17 17:00", 30, "2026-11-17 17:30"},
		{"exactly on a closing time before lunch", office, "2026-11-16 11:30", 30, "2026-11-16 12:00"},
		{"a nanosecond past a closing time", office, "2026-11-17 17:00:00.000000001", 30, "2026-11-18 09:00:00.000000001"},
		{"overnight", office, "2026-11-17 17:15", 30, "2026-11-18 09:15"},
		{"over the weekend, up to 24:00 first", office, "2026-11-20 23:45", 30, "2026-11-23 09:15"},
		{"zero while open is now", office, "2026-11-17 10:00:12.5", 0, "2026-11-17 10:00:12.5"},
		{"zero while closed is the next opening", office, "2026-11-21 10:00", 0, "2026-11-23 09:00"},
		{"zero at the opening", office, "2026-11-23 09:00", 0, "2026-11-23 09:00"},
		{"zero at a closing time is the next opening", office, "2026-11-17 17:30", 0, "2026-11-18 09:00"},
		{"fraction of a minute", office, "2026-11-17 10:00", 0.5, "2026-11-17 10:00:30"},
		{"a third of a minute", office, "2026-11-17 10:00", 1.0 / 3, "2026-11-17 10:00:20"},
		{"fraction over a closing time", office, "2026-11-17 17:29:59.75", 0.0125, "2026-11-18 09:00:00.5"},
		{"a holiday is skipped", office, "2026-12-24 17:15", 30, "2026-12-28 09:15"},
		{"a shift opens a Saturday", office, "2026-01-02 23:45", 30, "2026-01-03 08:15"},
		{"a shift replaces the weekly hours", office, "2026-01-07 09:00", 30, "2026-01-07 20:30"},
		{"a break is cut out of the day", office, "2026-01-02 09:45", 30, "2026-01-02 11:45"},
		{"a break is cut out of a shift", office, "2026-01-10 08:30", 60, "2026-01-10 10:30"},
		{"a holiday closes a shift, too", office, "2026-01-06 08:00", 30, "2026-01-07 20:30"},
		{"around the clock", aroundTheClock, "2026-11-21 03:00", 3 * 1440, "2026-11-24 03:00"},
		{"around the clock with holiday and shift", aroundTheClock, "2026-12-24 23:00", 90, "2026-12-26 08:30"},
		{"around the clock with a break", aroundTheClock, "2026-12-28 09:30", 60, "2026-12-28 12:00"},
		{"24:00 and 00:00 join", shop, "2026-11-20 23:30", 60, "2026-11-21 00:30"},

		{"biz: seconds", biz, "2006-01-04T15:58:30Z", 1.5, "2006-01-04T16:00:00Z"},
		{"biz: minutes to the closing time", biz, "2006-01-04T15:30:00Z", 90, "2006-01-04T17:00:00Z"},
		{"biz: hours to the closing time", biz, "2006-01-04T14:00:00Z", 180, "2006-01-04T17:00:00Z"},
		{"biz: zero from a closed time", biz, "2006-01-03T00:00:00Z", 0, "2006-01-03T10:00:00Z"},
		{"biz: nineteen hours", biz, "2006-01-02T11:00:00Z", 19 * 60, "2006-01-04T16:00:00Z"},
		{"pandas: Friday 16:00 + 2 h", nineToFive, "2014-08-01T16:00:00Z", 120, "2014-08-04T10:00:00Z"},
		{"pandas: Friday 17:00 + 1 h", nineToFive, "2014-08-01T17:00:00Z", 60, "2014-08-04T10:00:00Z"},
		{"pandas: Friday 23:00 + 1 h", nineToFive, "2014-08-01T23:00:00Z", 60, "2014-08-04T10:00:00Z"},
		{"pandas: 1 h before opening", nineToFive, "2014-08-01T08:00:00Z", 60, "2014-08-01T10:00:00Z"},
		{"jira: created Friday 15:00, 4 h to respond", nineToFive, "2026-11-20T15:00:00Z", 240, "2026-11-23T11:00:00Z"},
		{"jira: five business days of 8 h", nineToFive, "2026-11-18T12:00:00Z", 2400, "2026-11-25T12:00:00Z"},

		{"Berlin: a skipped hour does not count", sundays("Europe/Berlin", "01:00", "04:00"), "2026-03-29 01:30", 60, "2026-03-29T01:30:00Z"},
		{"Berlin: a repeated hour counts twice", sundays("Europe/Berlin", "01:00", "04:00"), "2026-10-25 01:30", 150, "2026-10-25T02:00:00Z"},
		{"Berlin: hours inside the skipped hour fall out", sundays("Europe/Berlin", "02:00", "03:00"), "2026-03-23 00:00", 30, "2026-04-05 02:30"},
		{"Berlin: hours inside the repeated hour open twice", sundays("Europe/Berlin", "02:00", "03:00"), "2026-10-25 00:00", 90, "2026-10-25T01:30:00Z"},
		{"Cairo: midnight is skipped, opening is 01:00", `{"time_zone":"Africa/Cairo","hours":{"fri":[["00:00","02:00"]]}}`, "2026-04-23T12:00:00Z", 0, "2026-04-23T22:00:00Z"},
		{"Cairo: one hour of two", `{"time_zone":"Africa/Cairo","hours":{"fri":[["00:00","02:00"]]}}`, "2026-04-23T12:00:00Z", 90, "2026-05-01 00:30"},
		{"Cairo: Thursday up to 24:00 ends at the gap", `{"time_zone":"Africa/Cairo","hours":{"thu":[["20:00","24:00"]]}}`, "2026-04-23 23:00", 60, "2026-04-23T22:00:00Z"},
		{"Sao Paulo: midnight is skipped", sundays("America/Sao_Paulo", "00:00", "03:00"), "2018-11-03 12:00", 60, "2018-11-04T04:00:00Z"},
		{"Beirut: midnight is skipped", sundays("Asia/Beirut", "00:00", "00:30"), "2026-03-28 12:00", 0, "2026-04-05 00:00"},
		{"Lord Howe: half an hour is skipped", sundays("Australia/Lord_Howe", "01:30", "03:00"), "2026-10-04 01:30", 60, "2026-10-03T16:00:00Z"},
		{"Lord Howe: half an hour is repeated", sundays("Australia/Lord_Howe", "01:30", "03:00"), "2026-04-05 01:00", 120, "2026-04-04T16:30:00Z"},
		{"Apia: a whole Friday is missing", `{"time_zone":"Pacific/Apia","hours":{"fri":[["09:00","17:00"]]}}`, "2011-12-29 18:00", 60, "2012-01-06 10:00"},
		{"Apia: Thursday 24:00 is Saturday 00:00", `{"time_zone":"Pacific/Apia","hours":{"thu":[["23:00","24:00"]],"sat":[["00:00","01:00"]]}}`, "2011-12-29 23:30", 60, "2011-12-31 00:30"},
		{"Kwajalein: a whole Saturday is missing", `{"time_zone":"Pacific/Kwajalein","hours":{"sat":[["09:00","17:00"]]}}`, "1993-08-20 18:00", 60, "1993-08-28 10:00"},
		{"before the zone's first transition", `{"time_zone":"Europe/Berlin"}`, "0001-01-01T00:00:00Z", 60, "0001-01-01T01:00:00Z"},
		{"the last day of a leap year far away", `{"time_zone":"Europe/Berlin"}`, "2400-12-31T12:00:00Z", 24 * 60, "2401-01-01T12:00:00Z"},
		{"the last second that can be written", `{"time_zone":"UTC"}`, "9999-12-31T23:58:59Z", 1, "9999-12-31T23:59:59Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cal := mustParse(t, tt.doc)
			start, want := at(t, cal.Zone().String(), tt.start), at(t, cal.Zone().String(), tt.want)
			got, err := cal.DueMinutes(start, tt.minutes)
			if err != nil || !got.Equal(want) {
				t.Fatalf("%v minutes from %s are due at %s (%v), want %s", tt.minutes, tt.start, got.In(cal.Zone()), err, want.In(cal.Zone()))
			}
			if got.Location() != time.UTC {
				t.Errorf("due is in %v, want UTC", got.Location())
			}
			d := time.Duration(math.Round(tt.minutes * float64(time.Minute)))
			if again, err := cal.Due(start, d); err != nil || !again.Equal(want) {
				t.Errorf("Due says %s (%v), DueMinutes %s", again, err, want)
			}
			if passed := cal.Elapsed(start, want); passed != d {
				t.Errorf("between start and due %v of business time pass, want %v", passed, d)
			}
		})
	}
}

func TestElapsed(t *testing.T) {
	tests := []struct {
		name, doc, from, to string
		want                time.Duration
	}{
		{"nothing", office, "2026-11-17 10:00", "2026-11-17 10:00", 0},
		{"to before from", office, "2026-11-18 10:00", "2026-11-17 10:00", 0},
		{"within the day", office, "2026-11-17 10:00", "2026-11-17 10:30", 30 * time.Minute},
		{"all of it closed", office, "2026-11-21 10:00", "2026-11-22 10:00", 0},
		{"a week", office, "2026-11-16 00:00", "2026-11-23 00:00", (7*60 + 30 + 3*510 + 900) * time.Minute},
		{"parts of seconds", office, "2026-11-17 10:00:00.25", "2026-11-17 10:00:01.5", 1250 * time.Millisecond},
		{"parts of seconds around a closing time", office, "2026-11-17 17:29:59.25", "2026-11-18 09:00:00.5", 1250 * time.Millisecond},
		{"holiday with a shift", office, "2026-01-06 00:00", "2026-01-07 00:00", 0},
		{"around the clock", aroundTheClock, "2026-12-24 00:00", "2026-12-29 00:00", (24+0+4+24+22)*time.Hour + 30*time.Minute},
		{"biz: a week", biz, "2006-01-01T00:00:00Z", "2006-01-08T00:00:00Z", 39*time.Hour + 30*time.Minute},
		{"biz: over two days", biz, "2006-01-05T12:00:00Z", "2006-01-06T12:00:00Z", 7 * time.Hour},
		{"biz: reversed", biz, "2006-01-08T00:00:00Z", "2006-01-01T00:00:00Z", 0},
		{"Berlin, day of 23 hours", `{"time_zone":"Europe/Berlin"}`, "2026-03-29 00:00", "2026-03-30 00:00", 23 * time.Hour},
		{"Berlin, day of 25 hours", `{"time_zone":"Europe/Berlin"}`, "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour},
		{"Troll, two hours are skipped", sundays("Antarctica/Troll", "00:00", "04:00"), "2026-03-28 12:00", "2026-03-30 12:00", 2 * time.Hour},
		{"Dublin, winter time is the exception", sundays("Europe/Dublin", "00:00", "04:00"), "2026-10-24 12:00", "2026-10-26 12:00", 5 * time.Hour},
		{"Manila, a whole day is missing", `{"time_zone":"Asia/Manila","hours":{"tue":[["00:00","24:00"]]}}`, "1844-12-28T00:00:00Z", "1845-01-03T00:00:00Z", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cal := mustParse(t, tt.doc)
			from, to := at(t, cal.Zone().String(), tt.from), at(t, cal.Zone().String(), tt.to)
			if got := cal.Elapsed(from, to); got != tt.want {
				t.Errorf("from %s to %s %v pass, want %v", tt.from, tt.to, got, tt.want)
			}
			if got := cal.ElapsedSeconds(from, to); got != tt.want.Seconds() {
				t.Errorf("from %s to %s %v seconds pass, want %v", tt.from, tt.to, got, tt.want.Seconds())
			}
		})
	}
}

func TestOpenIsAHalfOpenInterval(t *testing.T) {
	cal := mustParse(t, office)
	for text, want := range map[string]bool{
		"2026-11-16 08:59:59": false, "2026-11-16 09:00": true, "2026-11-16 11:59:59": true, "2026-11-16 12:00": false,
		"2026-11-16 13:00": true, "2026-11-16 17:30": false, "2026-11-20 23:59:59": true, "2026-11-21 00:00": false,
		"2026-01-02 10:00": false, "2026-01-02 11:30": true, "2026-01-06 09:00": false,
	} {
		if got := cal.IsOpen(at(t, "Europe/Berlin", text)); got != want {
			t.Errorf("open at %s: %v, want %v", text, got, want)
		}
	}
}

func TestDueRefuses(t *testing.T) {
	cal := mustParse(t, office)
	start := at(t, "Europe/Berlin", "2026-11-17 10:00")
	for _, minutes := range []float64{-1, -1e-9, math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := cal.DueMinutes(start, minutes); !errors.Is(err, ErrNegative) {
			t.Errorf("%v minutes: %v, want ErrNegative", minutes, err)
		}
	}
	if _, err := cal.Due(start, -1); !errors.Is(err, ErrNegative) {
		t.Errorf("a negative duration: %v, want ErrNegative", err)
	}
	for _, minutes := range []float64{1.3e9, 1e12, 1e300, math.MaxFloat64} {
		if _, err := cal.DueMinutes(start, minutes); !errors.Is(err, ErrTooFar) {
			t.Errorf("%v minutes: %v, want ErrTooFar", minutes, err)
		}
	}
	if _, err := cal.NextOpening(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)); !errors.Is(err, ErrTooFar) {
		t.Errorf("next opening in the year 10000: %v, want ErrTooFar", err)
	}
	round := mustParse(t, `{"time_zone":"UTC"}`)
	if due, err := round.DueMinutes(at(t, "UTC", "9999-12-31T23:59:00Z"), 1); !errors.Is(err, ErrTooFar) {
		t.Errorf("a minute into the year 10000: %v (%v), want ErrTooFar", due, err)
	}
}

// Spans of millennia are computed, not walked minute by minute.
func TestFarAwayIsFast(t *testing.T) {
	cal := mustParse(t, office)
	begun := time.Now()
	start := at(t, "UTC", "2026-11-17T10:00:00Z")
	due, err := cal.DueMinutes(start, 1e9)
	if err != nil || cal.ElapsedSeconds(start, due) != 60e9 {
		t.Errorf("1e9 minutes are due at %v (%v), %v seconds away", due, err, cal.ElapsedSeconds(start, due))
	}
	from, to := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := cal.ElapsedSeconds(from, to); got < 7.9e10 || got > 1e11 {
		t.Errorf("8,000 years of office hours are %v seconds", got)
	}
	if got := mustParse(t, shop).Elapsed(from, to); got != math.MaxInt64 {
		t.Errorf("8,000 years as a Duration are %v, want the longest there is", got)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("took %v, want milliseconds", took)
	}
}

// A timeline that opens once and never again must answer.
func TestNeverOpensAgain(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := floorDiv(time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC).Unix(), daySeconds)
	cal := &Calendar{loc: berlin, open: newTimeline([7][]span{}, map[int64][]span{day: {{9 * 3600, 10 * 3600}}})}
	start := at(t, "Europe/Berlin", "2026-11-01 00:00")
	if due, err := cal.DueMinutes(start, 60); err != nil || !due.Equal(at(t, "Europe/Berlin", "2026-11-17 10:00")) {
		t.Errorf("60 minutes are due at %v (%v), want the end of the one shift", due, err)
	}
	if _, err := cal.DueMinutes(start, 61); !errors.Is(err, ErrTooFar) {
		t.Errorf("61 minutes: %v, want ErrTooFar", err)
	}
	if _, err := cal.NextOpening(at(t, "Europe/Berlin", "2026-11-17 10:00")); !errors.Is(err, ErrTooFar) {
		t.Errorf("after the one shift: %v, want ErrTooFar", err)
	}
	var zero Calendar
	if _, err := zero.NextOpening(start); !errors.Is(err, ErrTooFar) || zero.IsOpen(start) || zero.Elapsed(start, start.AddDate(1, 0, 0)) != 0 {
		t.Errorf("the zero calendar: %v, want never open", err)
	}
}

func BenchmarkDue(b *testing.B) {
	cal := mustParse(b, office)
	start := at(b, "Europe/Berlin", "2026-11-20 23:45")
	for name, minutes := range map[string]float64{"30 minutes": 30, "1e6 minutes": 1e6, "1e9 minutes": 1e9, "1e12 minutes": 1e12} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = cal.DueMinutes(start, minutes)
			}
		})
	}
}

func BenchmarkElapsed(b *testing.B) {
	cal := mustParse(b, office)
	for name, years := range map[string]int{"a year": 1, "8,000 years": 7900} {
		b.Run(name, func(b *testing.B) {
			from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			to := from.AddDate(years, 0, 0)
			for b.Loop() {
				cal.ElapsedSeconds(from, to)
			}
		})
	}
}
