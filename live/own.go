package live

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Own is what a visitor sees of their own, beside whatever view they watch: what
// they are told, say. It goes to them alone, in frames of its own: so what a view
// shows stays one frame for all who watch it.
type Own struct {
	Rev   string   // equal revs are equal bytes
	HTML  []byte   // as pieces of a frame, see [Frames]
	Leads []string // whose moves may change it: see [Notice].Moved
}

// Owns has f asked what visitors see of their own, by their [Visitor].Self: when
// they begin to watch, when a [Notice] names them or a lead of theirs moved, and every
// [Options].OwnTick, for all together. It is never called twice at the same time.
// An error leaves browsers with what they have: f is asked again.
func (h *Hub) Owns(f func(ctx context.Context, selves []string) (map[string]Own, error)) {
	h.own.mu.Lock()
	defer h.own.mu.Unlock()
	h.own.look = f
}

// owned is what visitors see of their own.
type owned struct {
	dirty chan struct{} // somebody is to be looked at

	mu    sync.Mutex
	look  func(context.Context, []string) (map[string]Own, error)
	asked map[string]bool            // who is to be looked at
	all   bool                       // everybody is
	leads map[string]map[string]bool // by lead: those whom its moves concern
}

// ask has somebody looked at soon.
func (o *owned) ask(self string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked[self] = true
	poke(o.dirty)
}

// notice asks for those whom a notice concerns.
func (o *owned) notice(n Notice) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := len(o.asked)
	if n.All && !o.all {
		o.all = true
		poke(o.dirty)
	}
	for _, self := range n.People {
		o.asked[self] = true
	}
	for _, lead := range n.Moved {
		for self := range o.leads[lead] {
			o.asked[self] = true
		}
	}
	if len(o.asked) > before {
		poke(o.dirty)
	}
}

// take is who is asked for; nobody is then.
func (o *owned) take() (func(context.Context, []string) (map[string]Own, error), map[string]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	asked := o.asked
	o.asked = map[string]bool{}
	return o.look, asked
}

// tookAll tells whether everybody is to be looked at, once.
func (o *owned) tookAll() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.all
	o.all = false
	return all
}

// owning is the loop that keeps what visitors see of their own true.
func (h *Hub) owning(ctx context.Context) {
	timer := time.NewTimer(h.o.OwnTick)
	defer timer.Stop()
	shown := map[string]Own{} // by self, of those who watch
	failing := ""
	for {
		all := false
		select {
		case <-ctx.Done():
			return
		case <-h.own.dirty:
			pause(ctx, h.o.Coalesce)
			drain(h.own.dirty)
			all = h.own.tookAll()
		case <-timer.C:
			all = true
			timer.Reset(h.o.OwnTick)
		}
		switch err := h.ownOnce(ctx, shown, all); {
		case ctx.Err() != nil:
		case err != nil && err.Error() != failing:
			failing = err.Error()
			h.o.Log.Error("what visitors see of their own can't be kept true", slog.Any("error", err))
		case err == nil && failing != "":
			failing = ""
			h.o.Log.Info("what visitors see of their own is true again")
		}
	}
}

// ownOnce looks at those who are asked for, or at all who watch, and sends what
// they do not have.
func (h *Hub) ownOnce(ctx context.Context, shown map[string]Own, all bool) error {
	look, asked := h.own.take()
	watching := h.bySelf()
	for self, own := range shown {
		if watching[self] == nil {
			h.own.concern(self, own.Leads, nil)
			delete(shown, self)
		}
	}
	var selves []string
	for self := range watching {
		if all || asked[self] {
			selves = append(selves, self)
		}
	}
	if look == nil || len(selves) == 0 {
		return nil
	}
	slices.Sort(selves)
	ctx, cancel := context.WithTimeout(ctx, h.o.LookTimeout)
	defer cancel()
	found, err := contained(func() (map[string]Own, error) { return look(ctx, selves) })
	if err != nil { // the next tick looks again
		return fmt.Errorf("own: %w", err)
	}
	for _, self := range selves {
		own := found[self]
		h.own.concern(self, shown[self].Leads, own.Leads)
		shown[self] = own
		for _, w := range watching[self] {
			w.showOwn(own)
		}
	}
	return nil
}

// concern notes whose leads are whose: was they were somebody's, is they are.
func (o *owned) concern(self string, was, is []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, lead := range was {
		if delete(o.leads[lead], self); len(o.leads[lead]) == 0 {
			delete(o.leads, lead)
		}
	}
	for _, lead := range is {
		if o.leads[lead] == nil {
			o.leads[lead] = map[string]bool{}
		}
		o.leads[lead][self] = true
	}
}

// bySelf are those who watch, by who they are.
func (h *Hub) bySelf() map[string][]*watcher {
	h.mu.RLock()
	defer h.mu.RUnlock()
	out := map[string][]*watcher{}
	for _, s := range h.screens {
		s.mu.Lock()
		for _, w := range s.watchers {
			if self := w.who.Self; self != "" {
				out[self] = append(out[self], w)
			}
		}
		s.mu.Unlock()
	}
	return out
}

// showOwn sends a watcher what is their own, if they don't have it. One that has
// not begun asks for it when it has.
func (w *watcher) showOwn(own Own) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun || w.own != nil && w.own.Rev == own.Rev {
		return
	}
	w.own = &own
	if len(own.HTML) > 0 && !w.out.put(asEvent(flat(slices.Clone(own.HTML)))) {
		w.cancel(errLagged)
	}
}
