package lead

import "time"

// DayBegins is a day's first moment in a zone: where the clocks change at midnight
// there is no 0:00, or there are two. The day may be any number, as for time.Date; one
// that the zone left out altogether begins with the next.
func DayBegins(y int, m time.Month, d int, zone *time.Location) time.Time {
	const step = 15 * time.Minute // no zone's offset, and no change of one, is finer
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	begun := func(t time.Time) bool {
		y, m, d := t.Date()
		return !time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Before(day)
	}
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	for !begun(t) {
		t = t.Add(step)
	}
	for begun(t.Add(-step)) {
		t = t.Add(-step)
	}
	return t
}

// Today is the first moment of the day that it is now in a zone.
func Today(now time.Time, zone *time.Location) time.Time { return DaysOn(now, 0, zone) }

// DaysOn is the first moment of the day that comes so many days after a moment's in a
// zone; before it, where they are negative.
func DaysOn(t time.Time, days int, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return DayBegins(y, m, d+days, zone)
}
