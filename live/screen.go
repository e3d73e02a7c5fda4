package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// screen is a view that is watched, and what its watchers see. One goroutine,
// run, looks and publishes; everybody else only reads and leaves tokens.
type screen struct {
	hub   *Hub
	view  View
	dirty chan struct{} // a notice concerns it
	asked chan struct{} // somebody waits for a look
	fan   *fan

	mu       sync.Mutex
	watchers []*watcher
	waiting  []chan error // for the next look that ends
	fresh    bool         // a look succeeded, and the screen has been watched since

	snapping sync.Mutex
	whole    *whole // what was drawn last for those who begin

	now atomic.Pointer[state] // what the screen shows; stored by run only

	// of run alone:
	behind  bool      // r3labs did not take the last frame: watchers miss it
	aged    time.Time // when watchers were last told an age
	looked  time.Time // when the last look ended
	took    time.Duration
	trouble string // what was last logged; empty: all is well
}

func newScreen(h *Hub, v View) *screen {
	s := &screen{
		hub: h, view: v,
		dirty: make(chan struct{}, 1), asked: make(chan struct{}, 1),
	}
	s.now.Store(&state{})
	return s
}

// add registers a watcher; see [Hub.join].
func (s *screen) add(w *watcher) <-chan error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.place = len(s.watchers)
	s.watchers = append(s.watchers, w)
	if s.fresh {
		return nil
	}
	told := make(chan error, 1)
	s.waiting = append(s.waiting, told)
	poke(s.asked)
	return told
}

func (s *screen) remove(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.watchers) - 1
	s.watchers[w.place], s.watchers[last].place = s.watchers[last], w.place
	s.watchers[last] = nil
	if s.watchers = s.watchers[:last]; last == 0 {
		s.watchers, s.fresh = nil, false
	}
}

// append appends those who watch now.
func (s *screen) append(to []*watcher) []*watcher {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(to, s.watchers...)
}

func (s *screen) watching() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers)
}

// concerns asks the view. If that fails, to look once too often is the harmless
// answer.
func (s *screen) concerns(n Notice) bool {
	yes, err := contained(func() (bool, error) { return s.view.Concerns(n), nil })
	return yes || err != nil
}

// mostAhead is how many frames may be on their way to those who watch. While there
// are more, because the processors have too much to do, notices wait: what changes
// then is one frame and not many.
const mostAhead = 3

// run looks when it should, until ctx ends or nobody has watched for a while. The
// first notice after a quiet time is looked at there and then; what follows it, and
// newcomers to an unwatched screen, wait for the least distance of two looks.
func (s *screen) run(ctx context.Context) {
	defer s.release()
	o := s.hub.o
	timer := time.NewTimer(o.Tick)
	defer timer.Stop()
	<-s.fan.ready // what is published before it would be lost
	for {
		wait, dirty, watched := o.Tick, s.dirty, s.watching() > 0
		var moved chan struct{}
		switch {
		case !watched:
			dirty = nil
			if !s.hub.crowded() {
				wait = o.Idle
			}
		case s.now.Load().seq > s.fan.handed.Load()+mostAhead:
			dirty, moved = nil, s.fan.moved
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-s.asked:
			pause(ctx, time.Until(s.looked.Add(o.Coalesce)))
		case <-dirty:
			pause(ctx, time.Until(s.looked.Add(apart(o.Coalesce, s.took))))
		case <-moved:
			continue
		case <-timer.C:
			if !watched && s.hub.forget(s) {
				return
			}
		}
		if s.watching() > 0 {
			s.once(ctx)
		}
	}
}

// apart is the distance of two looks that notices ask for: the least one, and up to
// twice that where looks take long, because processors or stores have too much to do,
// so that looking is a fourth of what a view does.
func apart(least, took time.Duration) time.Duration {
	return min(max(least, 3*took), 2*least)
}

// pause waits. For no time it needs no timer: several that are due at once in a bubble of
// synctest break Go 1.26's race detector, too.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// once looks, publishes what changed, and tells those who wait how it went. If
// the look fails, the screen keeps what it shows, unless that may be seen no more.
func (s *screen) once(ctx context.Context) {
	drain(s.dirty) // what was noticed until now is in this look
	began := time.Now()
	trouble, err := s.repaint(ctx)
	if errors.Is(err, errLeftAlone) {
		return // who has come since then is in asked: the next look is theirs
	}
	s.looked, s.took = time.Now(), time.Since(began)
	gone := errors.Is(err, ErrGone)
	switch {
	case ctx.Err() != nil:
		err = ErrClosed
	case !gone:
		s.report(errors.Join(trouble, err))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.fresh = len(s.watchers) > 0
	}
	if gone {
		s.fresh = false
		for _, w := range s.watchers {
			w.cancel(ErrGone)
		}
	}
	for _, told := range s.waiting {
		told <- err
	}
	s.waiting = nil
	drain(s.asked)
}

// report logs a trouble when it begins, changes or ends, not at every tick.
func (s *screen) report(err error) {
	log := s.hub.o.Log.With(slog.String("topic", s.view.Topic))
	if err == nil {
		if s.trouble != "" {
			log.Info("screen is true again")
		}
		s.trouble = ""
		return
	}
	if s.trouble == err.Error() {
		return
	}
	s.trouble = err.Error()
	attrs := []any{slog.Any("error", err)}
	var p *panicked
	if errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	log.Error("screen can't be kept true", attrs...)
}

// release gives back what a screen holds that ends.
func (s *screen) release() {
	s.fan.close()
	for _, row := range s.now.Load().rows {
		s.hub.cache.put(row.drawing)
	}
}
