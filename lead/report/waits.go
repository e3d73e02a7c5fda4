package report

import "time"

// clock sums up a kind of clock.
func (t *tally) clock(hours *[weekHours]Hour) Clock {
	c := Clock{Kept: t.kept, Waits: waits(t.waits), Closed: waits(t.closed), Verified: t.verified, SelfReported: t.selfReport, Hours: hoursOf(hours)}
	c.Bins = bins(t.met, t.missed, c.P90)
	return c
}

// waits sums up business seconds; it reorders them.
func waits(seconds []int64) Waits {
	w := Waits{Done: len(seconds)}
	if w.Done > 0 {
		w.Median, w.P90 = percentile(seconds, 50), percentile(seconds, 90)
	}
	return w
}

// percentile is the shortest of the waits that at least so many percent of them
// are not over (the nearest rank). It reorders them.
func percentile(seconds []int64, percent int) time.Duration {
	rank := (len(seconds)*percent + 99) / 100
	return time.Duration(nth(seconds, max(rank, 1)-1)) * time.Second
}

// nth is the value that would stand at index n if they were in order (Hoare's
// selection): sorting them all would take longer than everything else.
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
func bins(met, missed []int64, p90 time.Duration) []Bin {
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
	for _, s := range met {
		of(s).Met++
		last = max(last, s)
	}
	for _, s := range missed {
		of(s).Missed++
		last = max(last, s)
	}
	return out[:min(last/(width*60)+1, mostBins)]
}
