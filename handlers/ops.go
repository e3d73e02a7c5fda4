package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

func (s *server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// readyz is 503 only without SQL or while draining; without Redis it is 200
// "degraded". Which part is down stands in the answer.
func (s *server) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if s.Draining != nil && s.Draining() {
		c.Response().Header().Set("Retry-After", "2")
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "draining"})
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	answer := map[string]string{"status": "ok", "sql": "ok", "redis": "ok"}
	if s.degraded(ctx) {
		answer["status"], answer["redis"] = "degraded", "down"
	}
	if err := s.Store.Ping(ctx); err != nil {
		answer["status"], answer["sql"] = "unavailable", "down"
		c.Response().Header().Set("Retry-After", "2")
		return c.JSON(http.StatusServiceUnavailable, answer)
	}
	return c.JSON(http.StatusOK, answer)
}

// degraded tells whether Redis is away, or takes nothing.
func (s *server) degraded(ctx context.Context) bool {
	if s.RedisPing == nil {
		return false
	}
	if s.Desk.Unranked() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	return s.RedisPing(ctx) != nil
}

// problem is what people are told while a part of the installation is away; ""
// while all is there.
func (s *server) problem(ctx context.Context) string {
	if s.degraded(ctx) {
		return views.TextDegraded
	}
	return ""
}

// problemPart keeps that line of an open page true.
func (s *server) problemPart(ctx context.Context) live.Part {
	text := s.problem(ctx)
	return live.Part{Target: "#problem", Rev: text, HTML: func() ([]byte, error) { return views.PartialProblem(text), nil }}
}

// countedTaker counts what it takes.
type countedTaker struct {
	Taker
	m *metrics
}

func (t countedTaker) Take(ctx context.Context, msgs []lead.Message) ([]error, error) {
	errs, err := t.Taker.Take(ctx, msgs)
	if err != nil {
		t.m.taken.WithLabelValues("failed").Add(float64(len(msgs)))
		return errs, err
	}
	bad := 0
	for _, e := range errs {
		if e != nil {
			bad++
		}
	}
	t.m.taken.WithLabelValues("refused").Add(float64(bad))
	t.m.taken.WithLabelValues("taken").Add(float64(len(msgs) - bad))
	return errs, nil
}

// intakeKeys also knows the key of the WRITE_KEY setting.
func (s *server) intakeKeys() Keys {
	if s.WriteKey == "" {
		return s.Store
	}
	return extraKey{s.Store, s.WriteKey}
}

type extraKey struct {
	Keys
	write string
}

func (k extraKey) Key(ctx context.Context, secret string) (lead.Key, error) {
	if secret == k.write { // first: the store would look for it each time
		return lead.Key{ID: "write_key", Kind: lead.WriteKey, Name: "WRITE_KEY"}, nil
	}
	return k.Keys.Key(ctx, secret)
}
