package handlers

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"hotleads/lead"
)

// guard tells, for the hub, which of those who watch may not any more: people who
// were disabled, whose role, teams or password changed, whose session ended or
// expired; displays that were revoked or got another link, team or privacy. It
// asks the database for one number a second, and judges who is new; everybody
// only where that number is another, a session expires, and now and then.
type guard struct {
	s *server

	access string               // at which everybody was judged
	passed map[string]bool      // who may watch, by then
	until  time.Time            // when the first of their sessions expires
	last   time.Time            // when everybody was judged; with its monotonic part
	noted  map[string]time.Time // when displays were noted as seen, by name
}

// judgeAll is how often everybody is judged though nothing seems to have changed.
const judgeAll = 30 * time.Second

// ended are the names of those who may not watch any more.
func (g *guard) ended(ctx context.Context, names []string) ([]string, error) {
	access, err := g.s.Store.Access(ctx) // before what it counts: later changes count once more
	if err != nil {
		return nil, err
	}
	now := g.s.Now()
	if access != g.access || time.Since(g.last) >= judgeAll || !g.until.IsZero() && !now.Before(g.until) {
		g.access, g.passed, g.until, g.last = access, nil, time.Time{}, time.Now()
	}
	var ask, out []string
	passed := make(map[string]bool, len(names))
	for _, name := range names {
		if passed[name] = g.passed[name]; !passed[name] {
			ask = append(ask, name)
		}
	}
	if len(ask) > 0 {
		good, err := g.judge(ctx, ask, now)
		if err != nil {
			g.access = "" // whoever was to be judged still is
			return nil, err
		}
		for _, name := range ask {
			if passed[name] = good[name]; !passed[name] {
				out = append(out, name)
			}
		}
	}
	g.passed = passed
	g.seen(ctx, names, now)
	return out, nil
}

// judge tells which of these may watch.
func (g *guard) judge(ctx context.Context, names []string, now time.Time) (map[string]bool, error) {
	book, err := g.s.Store.FreshBook(ctx)
	if err != nil {
		return nil, err
	}
	var sessions []string
	walls := false
	for _, name := range names {
		if _, session := watcherParts(name); strings.HasPrefix(name, displayPrefix) {
			walls = true
		} else {
			sessions = append(sessions, session)
		}
	}
	alive, err := g.s.Sessions.Alive(ctx, sessions, now)
	if err != nil {
		return nil, err
	}
	for _, expiry := range alive {
		if g.until.IsZero() || expiry.Before(g.until) {
			g.until = expiry
		}
	}
	good := map[string]bool{}
	if walls {
		if good, err = g.walls(ctx, book); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		id, session := watcherParts(name)
		if u, ok := book.Users[id]; ok && u.Active() && watcher(u, book.Teams, session) == name {
			_, good[name] = alive[session]
		}
	}
	return good, nil
}

// walls are the names of all displays that may watch.
func (g *guard) walls(ctx context.Context, book *lead.Book) (map[string]bool, error) {
	all, err := g.s.Displays.All(ctx)
	if err != nil {
		return nil, err
	}
	living := map[string]bool{}
	for _, d := range all {
		if t := book.Team(d.TeamID); d.Living() && t != nil && t.DisabledAt.IsZero() {
			living[displayWatcher(d)] = true
		}
	}
	return living, nil
}

// seen notes the displays that watch, once a minute each.
func (g *guard) seen(ctx context.Context, names []string, now time.Time) {
	noted := map[string]time.Time{}
	var ids []string
	for _, name := range names {
		if !strings.HasPrefix(name, displayPrefix) || !g.passed[name] {
			continue
		}
		at, ok := g.noted[name]
		if !ok || time.Since(at) >= time.Minute {
			id, _, _ := strings.Cut(strings.TrimPrefix(name, displayPrefix), "|")
			ids, at = append(ids, id), time.Now()
		}
		noted[name] = at
	}
	if len(ids) > 0 {
		if err := g.s.Displays.Seen(ctx, ids, now); err != nil { // the walls are right all the same
			g.s.Log.WarnContext(ctx, "that displays were seen is not noted", slog.Any("error", err))
			return
		}
	}
	g.noted = noted
}
