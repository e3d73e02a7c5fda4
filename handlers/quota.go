package handlers

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// How often a key of the JSON API may ask, as clients are told by the header
// fields of draft-ietf-httpapi-ratelimit-headers-11.
const (
	policyName    = "key"
	quotaWindow   = 10 * time.Second // whose requests, at the key's rate, may come at once
	quotaExceeded = "https://iana.org/assignments/http-problem-types#quota-exceeded"
)

// Unknown keys from one place. They cost nobody who has a right key anything.
const (
	guessWindow = 2 * time.Minute
	guessMost   = 600
)

// limited bounds how often the key that asks may ask.
func (s *server) limited(next echo.HandlerFunc) echo.HandlerFunc {
	if s.APIRate <= 0 {
		return next
	}
	most := int64(s.APIRate) * int64(quotaWindow.Seconds())
	policy := fmt.Sprintf(`"%s";q=%d;w=%d`, policyName, most, wholeSeconds(quotaWindow))
	return func(c echo.Context) error {
		key, _ := c.Get("key").(lead.Key)
		n, ends, counted := s.use(c.Request().Context(), "key:"+key.ID, quotaWindow)
		if !counted {
			return next(c)
		}
		h := c.Response().Header()
		h.Set("RateLimit-Policy", policy)
		h.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=%d`, policyName, max(0, most-n), wholeSeconds(ends)))
		if n > most {
			return wait(c, ends, errQuota)
		}
		return next(c)
	}
}

// wrongKey answers a key that opens nothing: 401, and 429 where too many of them
// came from the same place.
func (s *server) wrongKey(c echo.Context) error {
	n, ends, counted := s.use(c.Request().Context(), "guess:"+network(c.RealIP()), guessWindow)
	if counted && n > guessMost {
		return wait(c, ends, errGuessing)
	}
	return errKey
}

// wait refuses for a time.
func wait(c echo.Context, d time.Duration, err error) error {
	c.Response().Header().Set("Retry-After", strconv.Itoa(wholeSeconds(d)))
	return err
}

func wholeSeconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// quotaPatience is what counting may cost a request.
const quotaPatience = 250 * time.Millisecond

// use counts a use. Where that can't be counted nobody is limited: Redis is away,
// and the store does not ask it for a while.
func (s *server) use(ctx context.Context, name string, window time.Duration) (n int64, ends time.Duration, counted bool) {
	if s.Quotas == nil {
		return 0, 0, false
	}
	soon, cancel := context.WithTimeout(ctx, quotaPatience)
	defer cancel()
	n, ends, err := s.Quotas.Use(soon, name, window, s.Now())
	if err != nil && ctx.Err() == nil && s.uncounted.turn(time.Minute) {
		s.Log.WarnContext(ctx, "requests are not limited: Redis does not count them", slog.Any("error", err))
	}
	return n, ends, err == nil
}
