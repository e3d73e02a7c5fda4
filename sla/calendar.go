package sla

import (
	"errors"
	"math"
	"time"
	_ "time/tzdata" // zones are the same on a machine without a zone database
)

var (
	// ErrNegative is returned for business time below zero, or not a number.
	ErrNegative = errors.New("business time must be a number of minutes, 0 or more")
	// ErrTooFar is returned where the answer lies beyond the year 9999: too
	// much business time, or a calendar that never opens again.
	ErrTooFar = errors.New("beyond the year 9999: too much business time, or the calendar never opens again")
)

// Instants are counted in seconds since 1970 (UTC), and kept inside the years
// that RFC 3339 can write.
const (
	daySeconds = 24 * 60 * 60
	minUnix    = -62167219200 // 0000-01-01T00:00:00Z
	maxUnix    = 253402300799 // 9999-12-31T23:59:59Z
)

// Calendar is a team's business hours, compiled from its JSON form and never
// changed afterwards, so that any number of goroutines may share it. Make one
// with [ParseCalendar], [DefaultCalendar] or by decoding JSON; the zero value is
// in UTC and never opens.
//
// An instant is open when its wall-clock time in the zone lies in an open
// interval [start, end): a skipped hour does not count, a repeated one counts
// twice. Calendars reach from the year 0 to 9999; business time before counts as
// none.
type Calendar struct {
	source source
	loc    *time.Location
	open   timeline
	print  string
}

// Print is a fingerprint of what the calendar says: equal ones have equal prints.
func (c *Calendar) Print() string { return c.print }

// Zone is the calendar's time zone.
func (c *Calendar) Zone() *time.Location {
	if c.loc == nil {
		return time.UTC
	}
	return c.loc
}

// IsOpen says whether the team is open at t.
func (c *Calendar) IsOpen(t time.Time) bool {
	_, offset := t.In(c.Zone()).Zone()
	return c.open.isOpen(t.Unix() + int64(offset))
}

// NextOpening is the first open instant at or after t: t itself when open. It
// fails with [ErrTooFar] when the calendar never opens again.
func (c *Calendar) NextOpening(t time.Time) (time.Time, error) {
	return c.after(t, 0, 0)
}

// Due is the first instant by which d of business time has passed since start;
// one that falls exactly on a closing time is that closing time. Zero from a
// closed instant is the next opening. It fails with [ErrNegative] and
// [ErrTooFar].
func (c *Calendar) Due(start time.Time, d time.Duration) (time.Time, error) {
	if d < 0 {
		return time.Time{}, ErrNegative
	}
	return c.after(start, int64(d/time.Second), int64(d%time.Second))
}

// DueMinutes is [Calendar.Due] for minutes, which may be fractions (to the
// nanosecond) and exceed what a time.Duration holds.
func (c *Calendar) DueMinutes(start time.Time, minutes float64) (time.Time, error) {
	if !(minutes >= 0) || math.IsInf(minutes, 0) {
		return time.Time{}, ErrNegative
	}
	seconds, fraction := math.Modf(minutes * 60)
	if seconds > maxUnix-minUnix {
		return time.Time{}, ErrTooFar
	}
	nanos := int64(math.Round(fraction * 1e9))
	return c.after(start, int64(seconds)+nanos/1e9, nanos%1e9)
}

// Elapsed is the business time from one instant to another, 0 where to is
// before from. It is cut off at the longest time.Duration, 292 years of open
// time; [Calendar.ElapsedSeconds] is not.
func (c *Calendar) Elapsed(from, to time.Time) time.Duration {
	seconds, nanos := c.elapsed(from, to)
	if seconds >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(seconds)*time.Second + time.Duration(nanos)
}

// ElapsedSeconds is [Calendar.Elapsed] in seconds.
func (c *Calendar) ElapsedSeconds(from, to time.Time) float64 {
	seconds, nanos := c.elapsed(from, to)
	return float64(seconds) + float64(nanos)/1e9
}

// after walks the zone's stretches from start until seconds and nanos of open
// time are used up.
func (c *Calendar) after(start time.Time, seconds, nanos int64) (time.Time, error) {
	if start.Unix() > maxUnix {
		return time.Time{}, ErrTooFar
	}
	start = clamp(start)
	unix := start.Unix()
	if c.IsOpen(start) {
		// Count from the full second: hours begin and end on full seconds, so
		// the part of it before start is open too.
		nanos += int64(start.Nanosecond())
		seconds += nanos / 1e9
		nanos %= 1e9
		if seconds == 0 {
			return time.Unix(unix, nanos).UTC(), nil
		}
	}
	// The wanted instant is the end of the open second number `whole`, or
	// (with nanos, or as an opening) lies in it.
	whole, back := seconds, int64(0)
	if nanos > 0 || seconds == 0 {
		whole, back = seconds+1, 1
	}
	for begin := unix; begin <= maxUnix; {
		end, offset := c.stretch(begin)
		local, found := c.open.after(begin+offset, end+offset, whole)
		if found {
			due := time.Unix(local-offset-back, nanos).UTC()
			if due.Unix() > maxUnix {
				break
			}
			return due, nil
		}
		whole -= c.open.between(begin+offset, end+offset)
		begin = end
	}
	return time.Time{}, ErrTooFar
}

// elapsed is open time in seconds and nanoseconds.
func (c *Calendar) elapsed(from, to time.Time) (seconds, nanos int64) {
	from, to = clamp(from), clamp(to)
	if !from.Before(to) {
		return 0, 0
	}
	for begin := from.Unix(); begin < to.Unix(); {
		end, offset := c.stretch(begin)
		end = min(end, to.Unix())
		seconds += c.open.between(begin+offset, end+offset)
		begin = end
	}
	if c.IsOpen(from) {
		nanos -= int64(from.Nanosecond())
	}
	if c.IsOpen(to) {
		nanos += int64(to.Nanosecond())
	}
	if nanos < 0 {
		seconds, nanos = seconds-1, nanos+1e9
	}
	return seconds, nanos
}

// stretch is the zone's offset at unix, in seconds east of UTC, and the end of
// a stretch of time from unix on in which it stays the same.
func (c *Calendar) stretch(unix int64) (end, offset int64) {
	t := time.Unix(unix, 0).In(c.Zone())
	_, east := t.Zone()
	_, bound := t.ZoneBounds()
	if bound.IsZero() {
		return maxUnix + 1, int64(east)
	}
	end = bound.Unix()
	if end <= unix {
		// Beyond its table of transitions the time package ends each year's
		// last stretch 365 days after the year's beginning, which is a day
		// early in leap years: the offset holds for the rest of this day (UTC).
		end = (floorDiv(unix, daySeconds) + 1) * daySeconds
	}
	return min(end, maxUnix+1), int64(east)
}

// clamp keeps an instant inside the years 0 to 9999.
func clamp(t time.Time) time.Time {
	switch {
	case t.Before(time.Unix(minUnix, 0)):
		return time.Unix(minUnix, 0)
	case t.After(time.Unix(maxUnix, 999_999_999)):
		return time.Unix(maxUnix, 999_999_999)
	default:
		return t
	}
}
