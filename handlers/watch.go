package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
	return s.Hub.Serve(c.Response(), c.Request(), v, watcher(*viewer(c)))
}

// watcher names a person together with what they may see and the password they
// signed in with: when any of it changes, the name is nobody's.
func watcher(u lead.User) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %q %s", u.Role, u.Teams, stamp(u)))
	return u.ID + "|" + hex.EncodeToString(h[:8])
}

// sceneOfLook is the scene of a screen's look. Every look also checks who watches.
func (s *server) sceneOfLook(ctx context.Context) (scene, error) {
	sc, err := s.scene(ctx)
	if err == nil {
		s.checkWatchers(sc.book)
	}
	return sc, err
}

// checkWatchers ends the streams of people who were disabled, or whose role,
// teams or password changed. Browsers of those who may still watch come back.
func (s *server) checkWatchers(book *lead.Book) {
	now, last := time.Now().UnixNano(), s.checked.Load()
	if now-last < int64(checkEvery) || !s.checked.CompareAndSwap(last, now) {
		return
	}
	s.Hub.Kick(func(_, person string) bool {
		if strings.HasPrefix(person, displayPrefix) {
			return false // checkDisplays
		}
		id, _, _ := strings.Cut(person, "|")
		u, ok := book.Users[id]
		return !ok || !u.Active() || watcher(u) != person
	})
}

// endStreams ends all streams of a person; where they are still signed in, the
// browser comes back.
func (s *server) endStreams(user string) {
	s.Hub.Kick(func(_, person string) bool { return strings.HasPrefix(person, user+"|") })
}
