package sla

import "time"

// Stretch is a time in which a team is open, or closed, throughout.
type Stretch struct {
	From, To time.Time
	Open     bool
}

// Stretches are the open and the closed times between two instants, in order, but
// no more than the first few; false where there are more.
func (c *Calendar) Stretches(from, to time.Time, most int) ([]Stretch, bool) {
	var out []Stretch
	for at := from; at.Before(to); {
		if len(out) == most {
			return out, false
		}
		s := Stretch{From: at, To: to, Open: c.IsOpen(at)}
		if s.Open {
			s.To = c.closing(at, to)
		} else if next, err := c.NextOpening(at); err == nil && next.Before(to) {
			s.To = next
		}
		out, at = append(out, s), s.To
	}
	return out, true
}

// closing is the first instant from an open one on at which the team is closed;
// limit where that comes first.
func (c *Calendar) closing(from, limit time.Time) time.Time {
	for begin := from.Unix(); begin < limit.Unix(); {
		end, offset := c.stretch(begin)
		end = min(end, limit.Unix())
		if at := c.open.closing(begin+offset, end+offset) - offset; at < end || !c.IsOpen(time.Unix(end, 0)) {
			return time.Unix(at, 0).UTC()
		}
		begin = end
	}
	return limit
}

// closing is the first local second in [from, to) that is not open, or to.
func (l *timeline) closing(from, to int64) int64 {
	for at := from; at < to; {
		day := floorDiv(at, daySeconds)
		second, open := at-day*daySeconds, false
		for _, s := range l.day(day) {
			if s.from <= second && second < s.to {
				at, open = day*daySeconds+s.to, true
				break
			}
		}
		if !open {
			return at
		}
	}
	return to
}
