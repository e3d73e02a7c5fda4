package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"hotleads/test/bench/crowd"
)

// Watchers who never read, among others who do.

// stuckCounts is how many of them there are; 0 is what the others are held against.
var stuckCounts = []int{0, 1, 50, 500}

const (
	stuckFragment = 2 << 10          // bytes: so that buffers fill within seconds
	leastStuck    = 12 * time.Second // at least: they fill, and the connections are closed
	leaveWithin   = 20 * time.Second
)

// stuckAmong is what the others noticed of a number of stuck watchers, with 0 a second
// time without any: that tells what is due to chance.
type stuckAmong struct {
	p50    []float64 // milliseconds, of the others
	p99    []float64
	of50   []float64 // how many times what it was with nobody stuck, of the same connections to the same server
	of99   []float64
	closed []float64 // streams of stuck ones that the server closed during the turn
	left   []float64 // goroutines more than before anybody watched
	grown  []float64 // bytes resident more than before; the table says how many more than with nobody stuck
}

// stuckAll gives each number of stuck watchers its turns.
func (b *bench) stuckAll(ctx context.Context) error {
	b.stuck = map[int]*stuckAmong{}
	for _, n := range stuckCounts {
		b.stuck[n] = &stuckAmong{}
	}
	for round := range b.liveRounds {
		order, halves := slices.Clone(stuckCounts), [2]int{nobodyStuck, withStuck}
		if round%2 == 1 {
			slices.Reverse(order)
			halves = [2]int{withStuck, nobodyStuck}
		}
		for _, n := range order {
			if err := b.stuckTurn(ctx, n, halves, b.stuck[n]); err != nil {
				return fmt.Errorf("%d stuck watchers: %w", n, err)
			}
		}
	}
	return nil
}

// A turn has two halves.
const (
	nobodyStuck = iota
	withStuck
)

// stuckTurn takes one half after the other, the same readers and the same server in
// both. Stuck ones that come first are closed within seconds, and their half is over
// long after that.
func (b *bench) stuckTurn(ctx context.Context, n int, halves [2]int, to *stuckAmong) (err error) {
	k, err := b.contender(ctx, ours)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, k.stop()) }()
	c, err := b.watch(ctx, onKid(k, ours, 1)) // what the first one brings with it stays
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	alone, size, err := k.deserted(ctx, c, everybody)
	if err != nil {
		return err
	}
	if _, err := c.Open(onKid(k, ours, b.watchers), time.Minute); err != nil {
		return err
	}
	groups := []string{everybody}
	var free, beside crowd.Latency
	var s kidStats
	for _, half := range halves {
		if half == withStuck && n > 0 {
			g := onKid(k, ours, n)
			g.Name, g.Stuck = "stuck", true
			if _, err := c.Open(g, time.Minute); err != nil {
				return err
			}
			groups = append(groups, g.Name)
		}
		ages, err := k.ages(ctx, c, b.warmUp, max(b.liveTurn, leastStuck))
		if err != nil {
			return err
		}
		if half == withStuck {
			beside = ages
			if s, err = k.stats(ctx); err != nil {
				return err
			}
			if s.Lagged < uint64(n) {
				return fmt.Errorf("only %d are closed after a half", s.Lagged)
			}
		} else {
			free = ages
		}
	}
	after, grown, err := k.deserted(ctx, c, groups...)
	if err != nil {
		return err
	}
	to.p50, to.of50 = append(to.p50, beside.P50), append(to.of50, beside.P50/max(free.P50, 0.001))
	to.p99, to.of99 = append(to.p99, beside.P99), append(to.of99, beside.P99/max(free.P99, 0.001))
	to.closed = append(to.closed, float64(s.Lagged))
	to.left, to.grown = append(to.left, float64(after.Goroutines-alone.Goroutines)), append(to.grown, grown-size)
	b.say("%d stuck among %d: p50 %.1f, p99 %.1f ms; %.1f, %.1f with nobody stuck; closed %d; %d goroutines more", n, b.watchers, beside.P50, beside.P99, free.P50, free.P99, s.Lagged, after.Goroutines-alone.Goroutines)
	return nil
}

// ages is how old frames are when they come to those who read.
func (k *kid) ages(ctx context.Context, c *crowd.Crowd, warmUp, turn time.Duration) (crowd.Latency, error) {
	if _, err := k.publish(ctx, frameRate, stuckFragment, warmUp); err != nil {
		return crowd.Latency{}, err
	}
	if err := c.Reset(everybody); err != nil {
		return crowd.Latency{}, err
	}
	if _, err := k.publish(ctx, frameRate, stuckFragment, turn); err != nil {
		return crowd.Latency{}, err
	}
	time.Sleep(arrive)
	a, err := c.Collect(everybody)
	return a.Latency, err
}

// deserted closes groups, waits until the server knows, and returns what it is
// then.
func (k *kid) deserted(ctx context.Context, c *crowd.Crowd, groups ...string) (s kidStats, resident float64, err error) {
	for _, name := range groups {
		if _, err := c.Close(name); err != nil {
			return s, 0, err
		}
	}
	for end := time.Now().Add(leaveWithin); ; time.Sleep(50 * time.Millisecond) {
		if s, err = k.stats(ctx); err != nil {
			return s, 0, err
		}
		if s.Watchers == 0 {
			break
		}
		if time.Now().After(end) {
			return s, 0, fmt.Errorf("%d streams are still open %v after everybody left", s.Watchers, leaveWithin)
		}
	}
	http.DefaultClient.CloseIdleConnections() // the kid has a goroutine for each
	time.Sleep(arrive)                        // what ends with the streams
	if err := k.post(ctx, "/settle", nil); err != nil {
		return s, 0, err
	}
	s, err = k.stats(ctx)
	return s, residentOf(k.pid()), err
}

// rows are the table's lines of stuck watchers.
func (b *bench) stuckRows() []row {
	var rows []row
	for _, n := range stuckCounts {
		s := b.stuck[n]
		who, aim := "with nobody stuck, 2 kB a frame, one half beside the other", ""
		if n > 0 {
			who, aim = "of the others, "+strconv.Itoa(n)+" stuck, beside nobody", "< 5 %"
		}
		rows = append(rows, row{"p50 " + who, ms(median(s.p50)), beside(s.of50), ""}, row{"p99 " + who, ms(median(s.p99)), beside(s.of99), aim})
		if n == 0 {
			continue
		}
		rows = append(rows,
			row{"  closed; afterwards goroutines, memory more", fmt.Sprintf("%.0f; %+.0f, %+.1f MB", median(s.closed), median(s.left), (median(s.grown)-median(b.stuck[0].grown))/1e6), "", "all; 0, 0"})
	}
	return rows
}

func ms(v float64) string { return fmt.Sprintf("%.1f ms", v) }

// beside is how much more, or less, halves of turns had than those that they are held against.
func beside(times []float64) string {
	percent := func(x float64) float64 { return (x - 1) * 100 }
	return fmt.Sprintf("%+.1f %% (%+.0f to %+.0f)", percent(median(times)), percent(slices.Min(times)), percent(slices.Max(times)))
}
