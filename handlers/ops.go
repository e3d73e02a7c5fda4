package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hotleads/lead"
)

func (s *server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// readyz is 503 only without SQL or while draining; without Redis it is 200
// "degraded".
func (s *server) readyz(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	if s.Draining != nil && s.Draining() {
		c.Response().Header().Set("Retry-After", "2")
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "draining"})
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	if err := s.Store.Ping(ctx); err != nil {
		c.Response().Header().Set("Retry-After", "2")
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "unavailable", "sql": "down"})
	}
	if s.degraded(ctx) {
		return c.JSON(http.StatusOK, map[string]string{"status": "degraded", "sql": "ok", "redis": "down"})
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ok", "sql": "ok", "redis": "ok"})
}

// degraded tells whether Redis is away.
func (s *server) degraded(ctx context.Context) bool {
	if s.RedisPing == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	return s.RedisPing(ctx) != nil
}

// metrics are counted for Prometheus: no personal data, bounded labels.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	taken    *prometheus.CounterVec
}

func newMetrics(r *prometheus.Registry, c Config) *metrics {
	m := &metrics{
		registry: r,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotleads_http_request_seconds", Help: "Time to answer a request, by route.", Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method", "status"}),
		taken: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotleads_messages_total", Help: "Messages at intake, by result."}, []string{"result"}),
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": c.Version}}, func() float64 { return 1 })
	watchers := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_streams", Help: "Open streams to browsers."}, func() float64 {
		if c.Hub == nil {
			return 0
		}
		return float64(c.Hub.Stats().Watchers)
	})
	outdated := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_leads_to_rescore", Help: "Leads that still have their score of an older agreement."}, counted(c.Store))
	r.MustRegister(m.requests, m.taken, build, watchers, outdated)
	return m
}

// request counts one answered request. Unknown routes share a label.
func (m *metrics) request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func (s *server) metricsPage(c echo.Context) error {
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(c.Response(), c.Request())
	return nil
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
	found, err := k.Keys.Key(ctx, secret)
	if errors.Is(err, lead.ErrNotFound) && secret == k.write {
		return lead.Key{ID: "write_key", Kind: lead.WriteKey, Name: "WRITE_KEY"}, nil
	}
	return found, err
}
