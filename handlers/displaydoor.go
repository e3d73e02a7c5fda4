package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// Displays keeps the screens on walls.
type Displays interface {
	All(ctx context.Context) ([]lead.Display, error)
	ByToken(ctx context.Context, token string) (lead.Display, error)
	Add(ctx context.Context, by lead.Actor, d lead.Display, now time.Time) (string, lead.Display, error)
	Change(ctx context.Context, by lead.Actor, id, name, team string, privacy lead.Privacy, now time.Time) (lead.Display, error)
	Renew(ctx context.Context, by lead.Actor, id string, now time.Time) (string, lead.Display, error)
	Revoke(ctx context.Context, by lead.Actor, ref string, now time.Time) (lead.Display, error)
	Seen(ctx context.Context, ids []string, now time.Time) error
}

var (
	errNoDisplay = fmt.Errorf("%w: there is no display with this link", lead.ErrNotFound)
	errRevoked   = fmt.Errorf("%w: this display link was revoked", lead.ErrNotFound)
)

// onWalls is the door of displays: the link alone opens it, and no cookie is
// looked at. Where the page leads nobody, it doesn't tell where it came from.
func (s *server) onWalls(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set("Referrer-Policy", "no-referrer")
		c.Response().Header().Set("X-Robots-Tag", "noindex, nofollow")
		return textual(next)(c)
	}
}

// display is the living display of the link that asks.
func (s *server) display(c echo.Context) (lead.Display, error) {
	ctx := c.Request().Context()
	d, err := s.Displays.ByToken(ctx, c.Param("token"))
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return d, errNoDisplay
	case err != nil:
		return d, err
	case !d.Living():
		return d, errRevoked
	}
	return d, nil
}

const displayPrefix = "display:"

// displayWatcher names a display together with what its link opens: when any of
// it changes, the name is nobody's.
func displayWatcher(d lead.Display) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", d.TeamID, d.Privacy, d.LinkedAt.UnixMicro()))
	return displayPrefix + d.ID + "|" + hex.EncodeToString(h[:8])
}

// checkDisplays ends the streams of displays that were revoked, or show another
// board or less than before, and notes which are seen. Walls that may still look
// come back. It is asked by every look of a wall, and does so once a second.
func (s *server) checkDisplays(ctx context.Context, sc scene) error {
	if !s.wallsChecked.turn(checkEvery) {
		return nil
	}
	all, err := s.Displays.All(ctx)
	if err != nil {
		return err
	}
	living := map[string]lead.Display{}
	for _, d := range all {
		if t := sc.book.Team(d.TeamID); d.Living() && t != nil && t.DisabledAt.IsZero() {
			living[displayWatcher(d)] = d
		}
	}
	var seen []string
	s.Hub.Kick(func(_, name string) bool {
		if !strings.HasPrefix(name, displayPrefix) {
			return false
		}
		d, ok := living[name]
		if ok && sc.now.Sub(d.SeenAt) >= time.Minute {
			seen = append(seen, d.ID)
		}
		return !ok
	})
	if len(seen) > 0 {
		if err := s.Displays.Seen(ctx, seen, sc.now); err != nil { // the wall is right all the same
			s.Log.WarnContext(ctx, "that displays were seen is not noted", slog.Any("error", err))
		}
	}
	return nil
}
