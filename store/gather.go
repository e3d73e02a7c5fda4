package store

import (
	"context"
	"fmt"
	"sync"
)

// gathered asks in one question for what many ask for at the same time: while one
// is on its way, those who come wait together for the next one. So thousands of
// browsers that come back at the same moment are some dozens of questions, and
// nobody who comes alone waits for anybody.
type gathered[V any] struct {
	ask func(ctx context.Context, keys []string) (map[string]V, error)

	mu      sync.Mutex
	waiting []*gathering[V]
	asking  bool
}

// gathering is somebody who waits. It is the asker's until done is closed.
type gathering[V any] struct {
	key   string
	value V
	found bool
	err   error
	done  chan struct{}
}

// mostGathered bounds the keys of one question.
const mostGathered = 500

// get returns what there is of a key, as it was when get was called or later. It
// goes by the first one's ctx for none of the others.
func (g *gathered[V]) get(ctx context.Context, key string) (V, bool, error) {
	x := &gathering[V]{key: key, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, x)
	begin := !g.asking
	g.asking = true
	g.mu.Unlock()
	if begin {
		go g.run(context.WithoutCancel(ctx))
	}
	select {
	case <-x.done:
		return x.value, x.found, x.err
	case <-ctx.Done():
		var none V
		return none, false, ctx.Err()
	}
}

// run asks until nobody waits.
func (g *gathered[V]) run(ctx context.Context) {
	for {
		g.mu.Lock()
		some := g.waiting[:min(len(g.waiting), mostGathered)]
		g.waiting = g.waiting[len(some):]
		if len(some) == 0 {
			g.waiting, g.asking = nil, false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.answer(ctx, some)
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
