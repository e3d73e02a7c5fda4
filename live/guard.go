package live

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Guard has f asked, every [Options].Guard while anybody watches and [Hub.Run]
// runs, which of those who watch may not any more: their streams end, their
// browsers come back and are told why. So no view has to think of it. f gets
// each [Visitor].Name once, in no order; it is never called twice at the same
// time. An error ends nobody's stream: f is asked again.
func (h *Hub) Guard(f func(ctx context.Context, names []string) (ended []string, err error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.guard = f
}

// guardTimeout is how long an answer may take: the next question may be answered at
// once, and who may watch no more is to be gone within seconds.
const guardTimeout = 2 * time.Second

// guarding is the loop of the guard.
func (h *Hub) guarding(ctx context.Context) {
	tick := time.NewTicker(h.o.Guard)
	defer tick.Stop()
	failing := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch err := h.guardOnce(ctx); {
		case ctx.Err() != nil:
		case err != nil && err.Error() != failing:
			failing = err.Error()
			h.o.Log.Error("who may still watch can't be told", slog.Any("error", err))
		case err == nil && failing != "":
			failing = ""
			h.o.Log.Info("who may still watch can be told again")
		}
	}
}

func (h *Hub) guardOnce(ctx context.Context) error {
	h.mu.RLock()
	f := h.guard
	h.mu.RUnlock()
	names := h.names()
	if f == nil || len(names) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, guardTimeout)
	defer cancel()
	ended, err := contained(func() ([]string, error) { return f(ctx, names) })
	if err != nil {
		return fmt.Errorf("guard: %w", err)
	}
	if len(ended) == 0 {
		return nil
	}
	gone := make(map[string]bool, len(ended))
	for _, name := range ended {
		gone[name] = true
	}
	h.Kick(func(_, name string) bool { return gone[name] })
	return nil
}

// names are those of everybody who watches.
func (h *Hub) names() []string {
	seen := map[string]bool{}
	var names []string
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, s := range h.screens {
		s.mu.Lock()
		for _, w := range s.watchers {
			if name := w.who.Name; name != "" && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
		s.mu.Unlock()
	}
	return names
}
