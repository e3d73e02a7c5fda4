package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// atOnce is how many connections may be on their way at the same time.
const atOnce = 64

// poll is how often it is looked whether all have got somewhere.
const poll = 5 * time.Millisecond

// process is a crowd.
type process struct {
	groups  map[string]*group
	dialing chan struct{} // a token for each connection on its way
}

func newProcess() *process {
	return &process{groups: map[string]*group{}, dialing: make(chan struct{}, atOnce)}
}

// group is watchers that were opened together.
type group struct {
	Group
	p        *process
	ctx      context.Context
	leave    context.CancelFunc
	running  sync.WaitGroup
	watchers []*watcher
	sought   atomic.Pointer[sought]
	dozes    atomic.Bool

	data, bytes, streams, gaps atomic.Int64
	failure                    atomic.Pointer[string]
}

// sought is what is looked out for.
type sought struct{ first, then []byte }

func (p *process) obey(o order) (Answer, error) {
	if o.Do == "open" {
		return p.open(o.Group, time.Duration(o.Limit))
	}
	g := p.groups[o.Group.Name]
	if g == nil {
		return Answer{}, fmt.Errorf("there is no group %q", o.Group.Name)
	}
	switch o.Do {
	case "close":
		g.leave()
		g.running.Wait()
		delete(p.groups, g.Name)
		return g.answer(), nil
	case "reset":
		for _, w := range g.watchers {
			w.reset()
		}
		g.data.Store(0)
		g.bytes.Store(0)
		return Answer{}, nil
	case "collect":
		return g.collect(), nil
	case "seek":
		for _, w := range g.watchers {
			w.seen.Store(0)
		}
		g.sought.Store(&sought{[]byte(o.First), []byte(o.Then)})
		return Answer{}, nil
	case "seen":
		return g.seen(o.Since, time.Duration(o.Limit)), nil
	case "doze", "wake":
		g.dozes.Store(o.Do == "doze")
		return Answer{}, nil
	case "cut":
		return g.cut(time.Duration(o.Limit)), nil
	}
	return Answer{}, fmt.Errorf("there is no order %q", o.Do)
}

func (p *process) open(of Group, limit time.Duration) (Answer, error) {
	if p.groups[of.Name] != nil || of.Count < 1 || len(of.Requests) == 0 {
		return Answer{}, fmt.Errorf("group %q is there already, or is of nobody", of.Name)
	}
	g := &group{Group: of, p: p}
	g.ctx, g.leave = context.WithCancel(context.Background())
	p.groups[of.Name] = g
	start := time.Now()
	for i := range of.Count {
		w := &watcher{group: g, number: i, request: []byte(of.Requests[i%len(of.Requests)])}
		g.watchers = append(g.watchers, w)
		g.running.Go(w.run)
	}
	open := g.wait(limit, func(w *watcher) bool { return w.began.Load() != 0 })
	a := g.answer()
	a.Open, a.Seconds = open, time.Since(start).Seconds()
	if open < of.Count {
		return a, fmt.Errorf("only %d of %d streams have begun after %v: %s", open, of.Count, limit, a.Failures)
	}
	return a, nil
}

// wait waits until something is so for all watchers, or the limit is over, and
// returns for how many it is.
func (g *group) wait(limit time.Duration, is func(*watcher) bool) int {
	end := time.Now().Add(limit)
	for {
		n := 0
		for _, w := range g.watchers {
			if is(w) {
				n++
			}
		}
		if n == len(g.watchers) || time.Now().After(end) {
			return n
		}
		time.Sleep(poll)
	}
}

func (g *group) answer() Answer {
	a := Answer{Data: g.data.Load(), Bytes: g.bytes.Load(), Streams: g.streams.Load(), Gaps: g.gaps.Load()}
	if text := g.failure.Load(); text != nil {
		a.Failures = *text
	}
	return a
}

func (g *group) collect() Answer {
	a := g.answer()
	var all []int64
	for _, w := range g.watchers {
		w.mu.Lock()
		all = append(all, w.ages...)
		if !g.Stuck && w.began.Load() != 0 {
			a.Open++
		}
		if last := w.last; g.Checks && last != 0 {
			if a.Last == nil {
				a.Last = []int64{last, last}
			}
			a.Last = []int64{min(a.Last[0], last), max(a.Last[1], last)}
		}
		w.mu.Unlock()
	}
	a.Latency = latencyOf(all)
	return a
}

func (g *group) seen(since int64, limit time.Duration) Answer {
	n := g.wait(limit, func(w *watcher) bool { return w.seen.Load() != 0 })
	a := g.answer()
	var all []int64
	for _, w := range g.watchers {
		if at := w.seen.Load(); at != 0 {
			all = append(all, at-since)
		}
	}
	g.sought.Store(nil)
	a.Open, a.Latency = n, latencyOf(all)
	for _, ns := range all {
		a.Times = append(a.Times, float64(ns)/1e6)
	}
	return a
}

func (g *group) cut(limit time.Duration) Answer {
	start := time.Now()
	for _, w := range g.watchers {
		w.began.Store(0)
	}
	for _, w := range g.watchers {
		w.hangUp()
	}
	n := g.wait(limit, func(w *watcher) bool { return w.began.Load() > start.UnixNano() })
	a := g.answer()
	a.Open, a.Seconds = n, time.Since(start).Seconds()
	for _, w := range g.watchers {
		if at := w.began.Load(); at != 0 {
			a.Began = append(a.Began, float64(at-start.UnixNano())/1e9)
		}
	}
	slices.Sort(a.Began)
	return a
}

// stay is how long a restless watcher stays.
func (g *group) stay() time.Duration {
	return time.Duration(rand.ExpFloat64() * g.Restless * float64(time.Second))
}
