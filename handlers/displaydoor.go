package handlers

import (
	"context"
	"errors"
	"fmt"
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
