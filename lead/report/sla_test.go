package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestSinceIsEightWeeksOrThePeriod(t *testing.T) {
	zone := berlin(t)
	day := func(text string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	now := day("2026-11-18").Add(10 * time.Hour) // a Wednesday
	for _, c := range []struct{ what, from, to, since string }{
		{"this week", "2026-11-16", "2026-11-23", "2026-09-28"},
		{"a day", "2026-11-18", "2026-11-19", "2026-09-28"},
		{"a quarter", "2026-07-01", "2026-10-01", "2026-06-29"},
		{"a week of long ago, that ends with it", "2026-03-23", "2026-03-30", "2026-02-02"},
		{"what has not begun", "2027-03-01", "2027-03-08", "2027-01-11"},
	} {
		q := report.Query{From: day(c.from), To: day(c.to), Now: now, Zone: zone}
		if got := q.Since().Format(time.DateOnly); got != c.since {
			t.Errorf("%s: since %s, want %s", c.what, got, c.since)
		}
	}
}

// Hours of the week are those of the zone, before and after a change of the clocks.
func TestWeeksAndHoursOfAZone(t *testing.T) {
	zone := berlin(t)
	at := func(text string) int64 {
		d, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return d.Unix()
	}
	facts := []lead.Facts{
		{Kind: sla.Claim, Result: sla.Met, Done: true, Each: []lead.Stretch{{Asked: at("2026-10-19 09:15"), Used: 60}, {Asked: at("2026-10-26 09:15"), Used: 120}}},
		{Kind: sla.Claim, Result: sla.Missed, Running: true, Each: []lead.Stretch{{Asked: at("2026-10-25 23:59")}}},
	}
	q := report.Query{From: time.Unix(at("2026-10-19 00:00"), 0), To: time.Unix(at("2026-11-02 00:00"), 0), Now: time.Unix(at("2026-10-26 12:00"), 0), Zone: zone}
	r := report.SLAOf(q, facts)
	want := []report.Hour{{Day: 0, Hour: 9, Met: 2}, {Day: 6, Hour: 23, Missed: 1}}
	if diff := cmp.Diff(want, r.Clocks[0].Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	last := r.Weeks[len(r.Weeks)-2:]
	if len(r.Weeks) != report.WeeksBack || last[0].Kept[0].Met != 1 || last[0].Kept[0].Missed != 1 || last[1].Kept[0].Met != 1 || last[1].Monday.Format(time.DateOnly) != "2026-10-26" {
		t.Errorf("weeks: %+v", r.Weeks)
	}
	if r.Week[0].Met != 1 || r.Today[0].Met != 1 || r.Clocks[0].Missed != 1 || r.Unclaimed != 1 || r.Clocks[0].Done != 2 || r.Clocks[0].Median != time.Minute || r.Clocks[0].P90 != 2*time.Minute {
		t.Errorf("today %+v, this week %+v, the period %+v", r.Today[0], r.Week[0], r.Clocks[0])
	}
}

// An hour of the week is the one that clocks are counted in, where it is repeated, cut or
// skipped, too.
func TestHoursOfTheWeekAreAsLongAsTheyAre(t *testing.T) {
	for _, c := range []struct {
		what, zone, from, to string
		hour                 report.Hour
		want                 []string
	}{
		{"repeated east of UTC", "Europe/Berlin", "2026-10-19", "2026-11-02", report.Hour{Day: 6, Hour: 2}, []string{"10-25 00:00", "10-25 02:00", "11-01 01:00", "11-01 02:00"}},
		{"repeated west of UTC", "America/New_York", "2026-10-26", "2026-11-02", report.Hour{Day: 6, Hour: 1}, []string{"11-01 05:00", "11-01 07:00"}},
		{"the hour before midnight, repeated", "America/Santiago", "2026-03-30", "2026-04-06", report.Hour{Day: 5, Hour: 23}, []string{"04-05 02:00", "04-05 04:00"}},
		{"half of it repeated", "Australia/Lord_Howe", "2026-03-30", "2026-04-06", report.Hour{Day: 6, Hour: 1}, []string{"04-04 14:00", "04-04 15:30"}},
		{"half of it skipped", "Australia/Lord_Howe", "2026-09-28", "2026-10-05", report.Hour{Day: 6, Hour: 2}, []string{"10-03 15:30", "10-03 16:00"}},
		{"skipped", "Europe/Berlin", "2026-03-23", "2026-03-30", report.Hour{Day: 6, Hour: 2}, []string{}},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		q := report.Query{Zone: zone}
		for text, to := range map[string]*time.Time{c.from: &q.From, c.to: &q.To} {
			if *to, err = time.ParseInLocation(time.DateOnly, text, zone); err != nil {
				t.Fatal(err)
			}
		}
		got := []string{}
		for _, span := range q.HourSpans(c.hour) {
			got = append(got, span[0].UTC().Format("01-02 15:04"), span[1].UTC().Format("01-02 15:04"))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, diff)
		}
	}
}

// In Santiago the clocks of Sunday 2026-09-06 went from 0:00 to 1:00: the week that it
// ends, and the trend that begins with it, are as long as any.
func TestAWeekThatEndsWithADayWithoutMidnight(t *testing.T) {
	zone, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	at := func(d, hour int) int64 { return time.Date(2026, time.September, d, hour, 30, 0, 0, zone).Unix() }
	facts := []lead.Facts{{Kind: sla.Claim, Result: sla.Met, Done: true, Each: []lead.Stretch{{Asked: at(5, 23)}, {Asked: at(6, 1)}, {Asked: at(7, 0)}}}}
	sunday := time.Date(2026, 9, 6, 4, 0, 0, 0, time.UTC)
	q := report.Query{From: sunday, To: sunday.Add(60 * 24 * time.Hour), Now: sunday.Add(12 * time.Hour), Zone: zone}
	r := report.SLAOf(q, facts)
	want := []report.Hour{{Day: 5, Hour: 23, Met: 1}, {Day: 6, Hour: 1, Met: 1}}
	if diff := cmp.Diff(want, r.Clocks[0].Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if r.Today[0].Met != 1 || r.Week[0].Met != 2 || r.Clocks[0].Met != 2 {
		t.Errorf("today %d, this week %d, since then %d", r.Today[0].Met, r.Week[0].Met, r.Clocks[0].Met)
	}
	last := r.Weeks[len(r.Weeks)-1]
	if monday := last.Monday.Format(time.DateTime); monday != "2026-08-31 00:00:00" || last.Kept[0].Met != 2 {
		t.Errorf("%d in the week from %s on", last.Kept[0].Met, monday)
	}
	q.Now = q.To
	if r := report.SLAOf(q, facts); r.Weeks[0].Monday.Format(time.DateTime) != "2026-08-31 00:00:00" || r.Weeks[0].Kept[0].Met != 2 || r.Weeks[1].Kept[0].Met != 1 {
		t.Errorf("the trend begins with %+v, %+v", r.Weeks[0], r.Weeks[1])
	}
}

func TestBins(t *testing.T) {
	of := func(minutes ...int64) []report.Bin {
		f := lead.Facts{Kind: sla.Response, Result: sla.Met, Done: true}
		for _, m := range minutes {
			f.Each = append(f.Each, lead.Stretch{Asked: 1000, Used: m * 60})
		}
		q := report.Query{From: time.Unix(0, 0), To: time.Unix(2000, 0), Now: time.Unix(2000, 0), Zone: time.UTC}
		return report.SLAOf(q, []lead.Facts{f}).Clocks[3].Bins
	}
	for _, c := range []struct {
		what    string
		minutes []int64
		width   time.Duration
		want    []int
	}{
		{"nothing", nil, 0, nil},
		{"under a minute", []int64{0, 0}, time.Minute, []int{2}},
		{"minutes", []int64{0, 3, 3, 10}, time.Minute, []int{1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1}},
		{"one that is far out", []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 900}, time.Minute, []int{0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		{"hours", []int64{30, 90, 250}, 30 * time.Minute, []int{0, 1, 0, 1, 0, 0, 0, 0, 1}},
		{"weeks", []int64{9000}, 480 * time.Minute, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
	} {
		bins := of(c.minutes...)
		var got []int
		for i, b := range bins {
			got = append(got, b.Met)
			if b.From != time.Duration(i)*c.width || b.To != 0 && b.To != b.From+c.width {
				t.Errorf("%s: from %v to %v", c.what, b.From, b.To)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}
