package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/static"
	"hotleads/views"
)

// Streams of live pages. What a watcher gets is decided when the stream begins:
// each handler asks as its page does, and the topic of its view names the
// audience. The watcher's name says what was decided; where that changes, the
// guard (guard.go) ends the stream, and the browser comes back to be asked anew.

// How many streams may be open at once on one instance, of a person and of a
// display's link. The bound of an address is a setting (Config.AddressStreams).
const (
	personStreams  = 24
	displayStreams = 12
)

// stream sends a page's view to a person who signed in, until they leave or may
// no longer watch, with what the frame around every page shows.
func (s *server) stream(c echo.Context, v live.View) error {
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	if home, ok := homeTeam(book, *viewer(c)); ok {
		v = s.counting(v, home.ID)
	}
	return s.streamTo(c, v, book)
}

// streamTo sends a view to the person who asks for it, as the directory has them.
func (s *server) streamTo(c echo.Context, v live.View, book *lead.Book) error {
	if look := v.Look; s.RedisPing != nil {
		v.Look = func(ctx context.Context, now time.Time) (live.Page, error) {
			page, err := look(ctx, now)
			page.Parts = append(page.Parts, s.problemPart(ctx))
			return page, err
		}
	}
	u := *viewer(c)
	s.namePage(c, u.ID)
	return s.serve(c, v, live.Visitor{
		Name: watcher(u, book.Teams, sessionID(c)), Self: u.ID, Limits: []live.Limit{{Of: "person " + u.ID, Most: personStreams}},
	})
}

// serve sends a view to a visitor, within their limits and their address's.
// An address of this machine has none: it is a proxy's that TRUSTED_PROXIES does
// not name, and would stand for everybody.
func (s *server) serve(c echo.Context, v live.View, who live.Visitor) error {
	if from := c.RealIP(); s.AddressStreams > 0 && !loopback(from) {
		who.Limits = append(who.Limits, live.Limit{Of: addressLimit + network(from), Most: s.AddressStreams})
	}
	err := s.Hub.Serve(c.Response(), c.Request(), v, who)
	var full *live.TooManyError
	if !errors.As(err, &full) {
		return err
	}
	switch kind, _, _ := strings.Cut(full.Of, " "); kind + " " {
	case addressLimit:
		err = errManyHere
	case displayLimit:
		err = errManyWalls
	default:
		err = errManyPages
	}
	return wait(c, manyWait, err)
}

func loopback(ip string) bool {
	addr, err := netip.ParseAddr(ip)
	return err == nil && addr.Unmap().IsLoopback()
}

const (
	addressLimit = "address "
	displayLimit = "display "
	manyWait     = 30 * time.Second // somebody has to close something first
)

// namePage tells a browser which page its stream belongs to: the version of server
// and assets, and whose. It loads the page anew if it shows another one. And what
// time it is: a first frame may show what was long ago, while the database is away.
func (s *server) namePage(c echo.Context, person string) {
	h := c.Response().Header()
	h.Set("Hotleads-Page", s.build()+" "+person)
	h.Set("Hotleads-Time", views.Millis(s.Now()))
}

// build names this version of server and assets.
func (s *server) build() string {
	assets := []string{s.Version}
	for _, name := range []string{"app.js", "app.css", "tv.js", "tv.css", "worker.js"} {
		assets = append(assets, static.URL(name))
	}
	return revOf(assets)[:12]
}

// knocking is how many browsers that want a stream are asked at once who they are,
// in one question. Thousands come back at the same moment when a network or a server
// was away: they wait for each other, and not the intake for them.
const knocking = 64

// byTurns lets no more than so many requests at a time go through a middleware;
// what comes behind it is not held up.
func byTurns(most int, through func(echo.HandlerFunc) echo.HandlerFunc, next echo.HandlerFunc) echo.HandlerFunc {
	places := make(chan struct{}, most)
	return func(c echo.Context) error {
		select {
		case places <- struct{}{}:
		case <-c.Request().Context().Done():
			return c.Request().Context().Err()
		}
		leave := sync.OnceFunc(func() { <-places })
		defer leave()
		return through(func(c echo.Context) error {
			leave()
			return next(c)
		})(c)
	}
}

// watcher names a person together with what they may see, the password they
// signed in with and the session they came by: when any of it changes, the name
// is nobody's.
func watcher(u lead.User, teams []lead.Team, session string) string {
	var closed []string
	for _, t := range teams {
		if !t.DisabledAt.IsZero() && u.Sees(t.ID) {
			closed = append(closed, t.ID)
		}
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%s %q %q %s", u.Role, u.Teams, closed, stamp(u)))
	return u.ID + "|" + hex.EncodeToString(h[:8]) + "|" + session
}

// watcherParts are the person and the session of a watcher's name.
func watcherParts(name string) (user, session string) {
	user, rest, _ := strings.Cut(name, "|")
	_, session, _ = strings.Cut(rest, "|")
	return user, session
}

const displayPrefix = "display:"

// displayWatcher names a display together with what its link opens: when any of
// it changes, the name is nobody's.
func displayWatcher(d lead.Display) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", d.TeamID, d.Privacy, d.LinkedAt.UnixMicro()))
	return displayPrefix + d.ID + "|" + hex.EncodeToString(h[:8])
}

// endStreams ends all streams of a person on this instance at once; where they
// are still signed in, the browser comes back.
func (s *server) endStreams(user string) {
	s.Hub.Kick(func(_, name string) bool { return strings.HasPrefix(name, user+"|") })
}

// endSessionStreams ends the streams of one session.
func (s *server) endSessionStreams(session string) {
	s.Hub.Kick(func(_, name string) bool { return session != "" && strings.HasSuffix(name, "|"+session) })
}
