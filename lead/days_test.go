package lead_test

import (
	"testing"
	"time"

	"hotleads/lead"
)

// Days begin where their date does, whatever the clocks of the zone do at midnight.
func TestDaysBeginWithTheirDate(t *testing.T) {
	for _, c := range []struct{ what, zone, now, today, tomorrow string }{
		{"an ordinary one", "Europe/Berlin", "2026-11-18T12:00:00Z", "2026-11-17T23:00:00Z", "2026-11-18T23:00:00Z"},
		{"of 25 hours", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"without 0:00, east of UTC", "Africa/Cairo", "2026-04-24T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"},
		{"without 0:00, west of UTC", "America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"},
		{"before one without 0:00", "America/Santiago", "2026-09-06T03:59:59Z", "2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z"},
		{"before an hour that comes twice up to midnight", "America/Santiago", "2026-04-04T12:00:00Z", "2026-04-04T03:00:00Z", "2026-04-05T04:00:00Z"},
		{"with 0:00 twice, west of UTC", "America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"},
		{"with 0:00 twice, east of UTC", "Asia/Amman", "2021-10-28T22:30:00Z", "2021-10-28T21:00:00Z", "2021-10-29T22:00:00Z"},
		{"before one that there was none of", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := lead.Today(now, zone).UTC().Format(time.RFC3339); got != c.today {
			t.Errorf("a day %s begins at %s, want %s", c.what, got, c.today)
		}
		if got := lead.DaysOn(now, 1, zone).UTC().Format(time.RFC3339); got != c.tomorrow {
			t.Errorf("the day after one %s begins at %s, want %s", c.what, got, c.tomorrow)
		}
	}
}
