package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// gathered asks in one question for what many ask for at the same time: while one
// is on its way, those who come wait together for the next one. So thousands of
// browsers that come back at the same moment are some dozens of questions, and
// nobody who comes alone waits for anybody.
type gathered[V any] struct {
	ask func(ctx context.Context, keys []string) (map[string]V, error)

	mu      sync.Mutex
	waiting []*gathering[V]
	asking  int // questions on their way
}

// gathering is somebody who waits. It is the asker's until done is closed.
type gathering[V any] struct {
	ctx   context.Context //nolint:containedctx // who has left is not asked for
	key   string
	value V
	found bool
	err   error
	done  chan struct{}
}

// mostGathered bounds the keys of one question. Who has waited longer than is usual
// for one has another one sent beside it: it may hang, by a connection of its own.
const (
	mostGathered = 500
	mostAsking   = 4
	usually      = 250 * time.Millisecond
)

// get returns what there is of a key, as it was when get was called or later.
func (g *gathered[V]) get(ctx context.Context, key string) (V, bool, error) {
	x := &gathering[V]{ctx: ctx, key: key, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, x)
	g.mu.Unlock()
	g.begin(1)
	late := time.NewTimer(usually)
	defer late.Stop()
	for {
		select {
		case <-x.done:
			return x.value, x.found, x.err
		case <-late.C:
			g.begin(mostAsking)
		case <-ctx.Done():
			var none V
			return none, false, ctx.Err()
		}
	}
}

// begin asks for those who wait, unless so many questions are on their way.
func (g *gathered[V]) begin(most int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asking < most && len(g.waiting) > 0 {
		g.asking++
		go g.run()
	}
}

// run asks until nobody waits.
func (g *gathered[V]) run() {
	for {
		g.mu.Lock()
		some := make([]*gathering[V], 0, min(len(g.waiting), mostGathered))
		for len(g.waiting) > 0 && len(some) < mostGathered {
			if x := g.waiting[0]; x.ctx.Err() == nil {
				some = append(some, x)
			}
			g.waiting = g.waiting[1:]
		}
		if len(some) == 0 {
			g.waiting = nil
			g.asking--
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.answer(context.Background(), some)
	}
}

func (g *gathered[V]) answer(ctx context.Context, some []*gathering[V]) {
	ctx, cancel := context.WithTimeout(ctx, statementPatience)
	defer cancel()
	keys := make([]string, len(some))
	for i, x := range some {
		keys[i] = x.key
	}
	values, err := g.ask(ctx, keys)
	for _, x := range some {
		if err != nil {
			x.err = fmt.Errorf("store: asked for %d: %w", len(some), err)
		} else {
			x.value, x.found = values[x.key]
		}
		close(x.done)
	}
}
