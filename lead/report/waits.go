package report

import "time"

// clock sums up a kind of clock.
func (t *tally) clock(hours *[weekHours]Hour, r *room) Clock {
	c := Clock{Kept: t.kept, Waits: r.waits(t.waits), Closed: r.waits(t.closed), Verified: t.verified, SelfReported: t.selfReport, Hours: hoursOf(hours)}
	c.Bins = bins(t.met, t.missed, c.P90)
	return c
}

// room is where business seconds are put in order.
type room []int64

// waits sums up business seconds, which stay as they are.
func (r *room) waits(s seconds) Waits {
	*r = (*r)[:0]
	for _, some := range s {
		*r = append(*r, some...)
	}
	return waits(*r)
}

// waits sums up business seconds; it reorders them. The median and the 90th
// percentile are of the nearest rank.
func waits(seconds []int64) Waits {
	w := Waits{Done: len(seconds)}
	if w.Done > 0 {
		half, most := rank(w.Done, 50), rank(w.Done, 90)
		w.Median = time.Duration(nth(seconds, half)) * time.Second
		w.P90 = time.Duration(nth(seconds[half:], most-half)) * time.Second // what is behind the median is not under it
	}
	return w
}

// rank is where, in order, the shortest of n waits stands that at least so many
// percent of them are not over.
func rank(n, percent int) int { return max((n*percent+99)/100, 1) - 1 }

// nth is the value that would stand at index n if they were in order (Hoare's
// selection): sorting them all would take longer than everything else. Before it
// stand then those that are not over it, behind it those that are not under it.
func nth(v []int64, n int) int64 {
	lo, hi := 0, len(v)-1
	for lo < hi {
		pivot, i, j := v[lo+(hi-lo)/2], lo, hi
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for v[j] > pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return v[n]
		}
	}
	return v[n]
}

// mostBins bounds a distribution; the last bin takes the rest.
const mostBins = 12

var binMinutes = []int64{1, 2, 5, 10, 15, 30, 60, 120, 240, 480}

// bins counts waits in steps of as many minutes as show nine in ten of them.
func bins(met, missed seconds, p90 time.Duration) []Bin {
	if len(met)+len(missed) == 0 {
		return nil
	}
	width := binMinutes[len(binMinutes)-1]
	for _, m := range binMinutes {
		if int64(p90/time.Minute) < m*(mostBins-1) {
			width = m
			break
		}
	}
	step := time.Duration(width) * time.Minute
	out := make([]Bin, mostBins)
	for i := range out {
		out[i].From, out[i].To = time.Duration(i)*step, time.Duration(i+1)*step
	}
	out[mostBins-1].To = 0
	of := func(s int64) *Bin { return &out[min(s/(width*60), mostBins-1)] }
	last := int64(0)
	for _, some := range met {
		for _, s := range some {
			of(s).Met++
			last = max(last, s)
		}
	}
	for _, some := range missed {
		for _, s := range some {
			of(s).Missed++
			last = max(last, s)
		}
	}
	return out[:min(last/(width*60)+1, mostBins)]
}
