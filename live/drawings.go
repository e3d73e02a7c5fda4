package live

import (
	"bytes"
	"fmt"
	"runtime/debug"
	"sync"
)

type drawingKey struct{ id, rev string }

// drawing is the bytes of one row at one revision, shared by all screens that
// show it.
type drawing struct {
	key   drawingKey
	users int           // screens that show it
	done  chan struct{} // closed when html or err is there
	html  []byte        // on one line
	err   error
}

// drawings draws each row once, and forgets it when no screen shows it.
type drawings struct {
	mu    sync.Mutex
	byKey map[drawingKey]*drawing
}

// get returns the drawing of r, which it makes if nobody has: drew tells. The
// caller gives it back with put.
func (d *drawings) get(r Row) (_ *drawing, drew bool, _ error) {
	key := drawingKey{r.ID, r.Rev}
	d.mu.Lock()
	got := d.byKey[key]
	drew = got == nil
	if drew {
		got = &drawing{key: key, done: make(chan struct{})}
		d.byKey[key] = got
	}
	got.users++
	d.mu.Unlock()
	if drew {
		got.html, got.err = contained(r.HTML)
		if bytes.ContainsAny(got.html, "\r\n") {
			got.html = flat(bytes.Clone(got.html))
		}
		close(got.done)
	}
	<-got.done
	if got.err != nil {
		d.put(got)
		return nil, drew, fmt.Errorf("row %s: %w", r.ID, got.err)
	}
	return got, drew, nil
}

func (d *drawings) put(gone *drawing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gone.users--; gone.users == 0 {
		delete(d.byKey, gone.key)
	}
}

func (d *drawings) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.byKey)
}

// panicked is a panic of somebody else's function, held back here.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// contained calls f and turns a panic of it into an error.
func contained[T any](f func() (T, error)) (result T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return f()
}
