package sla

import (
	"slices"
	"sort"
)

// span is an open interval [from, to) of a day, in seconds since its midnight.
type span struct{ from, to int64 }

// timeline is open time on the local time line: wall-clock time read as seconds
// since 1970-01-01 00:00, as if the zone had no transitions. Open time before
// any local second is known in closed form, so spans of millennia cost no more
// than minutes do.
type timeline struct {
	week      [7][]span // Monday first
	weekTotal int64
	weekUntil [7]int64 // open time of the week before each day

	// Dates whose hours are not the week's, ascending, each with its spans, and
	// how much the dates before it add to what their weekdays would have had.
	dates []int64 // days since 1970
	spans [][]span
	extra []int64 // one longer than dates
}

// newTimeline compiles weekly hours (Monday first) and the dates that differ.
func newTimeline(week [7][]span, special map[int64][]span) timeline {
	l := timeline{week: week, extra: []int64{0}}
	for d, spans := range week {
		l.weekUntil[d] = l.weekTotal
		l.weekTotal += length(spans)
	}
	for day := range special {
		l.dates = append(l.dates, day)
	}
	slices.Sort(l.dates)
	for i, day := range l.dates {
		l.spans = append(l.spans, special[day])
		l.extra = append(l.extra, l.extra[i]+length(special[day])-length(week[weekday(day)]))
	}
	return l
}

// isOpen says whether a local second is open.
func (l *timeline) isOpen(local int64) bool {
	day := floorDiv(local, daySeconds)
	second := local - day*daySeconds
	return slices.ContainsFunc(l.day(day), func(s span) bool { return s.from <= second && second < s.to })
}

// day is the hours of a date.
func (l *timeline) day(day int64) []span {
	if i, special := slices.BinarySearch(l.dates, day); special {
		return l.spans[i]
	}
	return l.week[weekday(day)]
}

// untilDay is the open time before a date; only differences mean anything.
func (l *timeline) untilDay(day int64) int64 {
	d := weekday(day)
	// Days since 1970 minus the weekday is a Monday: a whole number of weeks
	// apart from every other one.
	weeks := floorDiv(day-d, 7)
	i, _ := slices.BinarySearch(l.dates, day)
	var extra int64
	if len(l.extra) > 0 {
		extra = l.extra[i]
	}
	return weeks*l.weekTotal + l.weekUntil[d] + extra
}

// until is the open time before a local second; only differences mean anything.
func (l *timeline) until(local int64) int64 {
	day := floorDiv(local, daySeconds)
	second := local - day*daySeconds
	total := l.untilDay(day)
	for _, s := range l.day(day) {
		total += max(0, min(second, s.to)-s.from)
	}
	return total
}

// between is the open time in [from, to).
func (l *timeline) between(from, to int64) int64 { return l.until(to) - l.until(from) }

// after is the first local second in (from, to] by which `seconds` (at least 1)
// of open time have passed since from; false when there are fewer.
func (l *timeline) after(from, to, seconds int64) (int64, bool) {
	goal := l.until(from) + seconds
	if l.until(to) < goal {
		return 0, false
	}
	first, last := floorDiv(from, daySeconds), floorDiv(to, daySeconds)
	// The last day that begins before the goal is reached.
	day := first + int64(sort.Search(int(last-first), func(i int) bool {
		return l.untilDay(first+int64(i)+1) >= goal
	}))
	missing := goal - l.untilDay(day)
	for _, s := range l.day(day) {
		if missing <= s.to-s.from {
			return day*daySeconds + s.from + missing, true
		}
		missing -= s.to - s.from
	}
	return 0, false
}

// length is the open time of a day.
func length(spans []span) int64 {
	var total int64
	for _, s := range spans {
		total += s.to - s.from
	}
	return total
}

// weekday of a day since 1970 (a Thursday), Monday 0.
func weekday(day int64) int64 { return ((day+3)%7 + 7) % 7 }

// floorDiv rounds towards the past, also before 1970.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
