package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotleads/test/bench/crowd"
)

// storm is many watchers whose connections are cut at the same moment.
type storm struct {
	watchers      int
	back          []float64     // seconds from the cut until each was up to date again, in order
	missing       int           // that were not back in time
	seen          int           // that showed a change after it
	quiet, during crowd.Latency // of activities, to their acknowledgement
}

// Activities come in meanwhile, and for a while before.
const (
	stormRate    = 100 // a second
	quietAtLeast = 8 * time.Second
)

// stormy cuts everybody's connection while activities come in. Watchers come back
// when the server told them to, as browsers do.
func (b *bench) stormy(ctx context.Context, h *house, c *crowd.Crowd) (err error) {
	n := b.atMost(stormCrowd)
	g := h.boards(n)
	g.Returns = true
	if _, err := c.Open(g, time.Minute); err != nil {
		return err
	}
	t := h.traffic(ctx, stormRate)
	time.Sleep(b.warmUp)
	t.taken()
	time.Sleep(max(b.liveTurn, quietAtLeast))
	s := storm{watchers: n, quiet: t.taken()}
	a, err := c.Cut(everybody, stormLimit)
	if err != nil {
		return err
	}
	s.during, s.back, s.missing = t.taken(), a.Began, n-a.Open
	if err := t.stop(); err != nil {
		return err
	}
	change := time.Now().UnixNano()
	all, err := h.seen(c, probe(change), "", stormLimit, func() error { return h.say(ctx, 0, change) })
	if err != nil {
		return err
	}
	s.seen = all.Open
	b.whole.storm = s
	b.say("storm: %d of %d back, the last after %.1f s; intake p99 %.1f, was %.1f ms", a.Open, n, slices.Max(append(a.Began, 0)), s.during.P99, s.quiet.P99)
	_, err = c.Close(everybody)
	return err
}

// most is one instance with very many watchers.
type most struct {
	watchers int
	opened   float64 // seconds until all had their snapshot
	each     float64 // bytes resident, one of them
	seen     int     // of them that showed a change
	took     crowd.Latency
}

// crowded opens as many boards as one instance is to bear, and looks whether all
// are up to date.
func (b *bench) crowded(ctx context.Context, h *house, c *crowd.Crowd) error {
	m := most{watchers: b.atMost(min(mostCrowd, len(h.seats)*mostTabs))}
	a, err := c.Open(h.boards(m.watchers), 2*time.Minute)
	if err != nil {
		return err
	}
	m.opened = a.Seconds
	var times []float64
	for i := range 5 {
		n := time.Now().UnixNano()
		a, err := h.seen(c, probe(n), "", stormLimit, func() error { return h.say(ctx, i, n) })
		if err != nil {
			return err
		}
		if i == 0 || a.Open < m.seen {
			m.seen = a.Open
		}
		times = append(times, a.Times...)
		time.Sleep(time.Second)
	}
	m.took, m.each = quantiles(times), (residentOf(h.server.Process.Pid)-h.empty)/float64(m.watchers)
	b.whole.most = m
	b.say("%d watchers: open after %.1f s, %d up to date, p99 %.0f ms, %.1f kB each", m.watchers, m.opened, m.seen, m.took.P99, m.each/1e3)
	_, err = c.Close(everybody)
	return err
}

// atMost is n, or as many as this system lets a process have connections.
func (b *bench) atMost(n int) int {
	if most := descriptors() - 500; most < n {
		b.say("%d watchers instead of %d: raise the limit of open files (ulimit -n)", most, n)
		b.fewer = fmt.Sprintf("%d instead of %d watchers: the limit of open files (ulimit -n)", most, n)
		return max(most, 1)
	}
	return n
}
