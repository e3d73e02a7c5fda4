package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
)

// Who watches is checked when a stream begins and, for as long as it lasts, by
// every look of any screen: at most checkEvery apart, against the directory.

const checkEvery = time.Second

// stream sends a view to who asks until they leave or may no longer watch.
func (s *server) stream(c echo.Context, v live.View) error {
	if look := v.Look; s.RedisPing != nil {
		v.Look = func(ctx context.Context, now time.Time) (live.Page, error) {
			page, err := look(ctx, now)
			page.Parts = append(page.Parts, s.problemPart(ctx))
			return page, err
		}
	}
	return s.Hub.Serve(c.Response(), c.Request(), v, watcher(*viewer(c), sessionID(c)))
}

// watcher names a person together with what they may see, the password they
// signed in with and the session they came by: when any of it changes, the name
// is nobody's.
func watcher(u lead.User, session string) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %q %s", u.Role, u.Teams, stamp(u)))
	return u.ID + "|" + hex.EncodeToString(h[:8]) + "|" + session
}

// watcherParts are the person and the session of a watcher's name.
func watcherParts(name string) (user, session string) {
	user, rest, _ := strings.Cut(name, "|")
	_, session, _ = strings.Cut(rest, "|")
	return user, session
}

// sceneOfLook is the scene of a screen's look. Every look also checks who watches.
func (s *server) sceneOfLook(ctx context.Context) (scene, error) {
	sc, err := s.scene(ctx)
	if err == nil {
		s.checkWatchers(ctx, sc.book)
	}
	return sc, err
}

// checkWatchers ends the streams of people who were disabled, or whose role,
// teams or password changed, and those of sessions that ended. Browsers of those
// who may still watch come back.
func (s *server) checkWatchers(ctx context.Context, book *lead.Book) {
	if !s.checked.turn(checkEvery) {
		return
	}
	alive := s.aliveSessions(ctx)
	s.Hub.Kick(func(_, name string) bool {
		if strings.HasPrefix(name, displayPrefix) {
			return false // checkDisplays
		}
		id, session := watcherParts(name)
		u, ok := book.Users[id]
		return !ok || !u.Active() || watcher(u, session) != name || !alive(session)
	})
}

// aliveSessions tells which of the sessions that watch now have not ended: one
// question for all of them. Where the database does not answer, all of them.
func (s *server) aliveSessions(ctx context.Context) func(string) bool {
	asked := map[string]bool{}
	s.Hub.Kick(func(_, name string) bool {
		if _, session := watcherParts(name); session != "" {
			asked[session] = true
		}
		return false
	})
	alive, err := s.Sessions.Alive(ctx, slices.Collect(maps.Keys(asked)), s.Now())
	if err != nil {
		return func(string) bool { return true }
	}
	return func(session string) bool { return !asked[session] || alive[session] } // who came meanwhile was just let in
}

// endStreams ends all streams of a person; where they are still signed in, the
// browser comes back.
func (s *server) endStreams(user string) {
	s.Hub.Kick(func(_, name string) bool { return strings.HasPrefix(name, user+"|") })
}

// endSessionStreams ends the streams of one session.
func (s *server) endSessionStreams(session string) {
	s.Hub.Kick(func(_, name string) bool { return session != "" && strings.HasSuffix(name, "|"+session) })
}
