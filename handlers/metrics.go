package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hotleads/live"
)

// metrics are counted for Prometheus: no personal data, and labels whose values
// are written in this program, never in a request. docs/operate.md lists them.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	panics   prometheus.Counter
	taken    *prometheus.CounterVec
}

// newMetrics registers what is counted here, with the bodies that are being read, by
// door. up tells which parts answer.
func newMetrics(c Config, reading map[string]*bodies, up func(context.Context) map[string]bool) *metrics {
	m := &metrics{
		registry: c.Registry,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hotleads_http_request_seconds", Help: "Time to answer a request, by route; streams are not among them.", Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hotleads_http_requests_in_flight", Help: "Requests that are being answered, without streams."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "hotleads_http_panics_total", Help: "Requests that met a fault of this program."}),
		taken:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotleads_messages_total", Help: "Messages at intake, by result: taken, refused, failed (to be sent again)."}, []string{"result"}),
	}
	if m.registry == nil {
		m.registry = prometheus.NewRegistry()
	}
	for _, result := range []string{"taken", "refused", "failed"} {
		m.taken.WithLabelValues(result)
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": c.Version}}, func() float64 { return 1 })
	outdated := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_leads_to_rescore", Help: "Leads that still have their score of an older agreement."}, counted(c.Store))
	for door, b := range reading {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_body_bytes", Help: "Bytes of requests' bodies that are being read; the first 4 KiB of each aside.", ConstLabels: prometheus.Labels{"door": door}}, func() float64 { return float64(b.bytes()) }))
	}
	room := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "hotleads_body_room_bytes", Help: "Bytes that may be so at each door; more are answered 429."}, func() float64 { return bodyRoom })
	m.registry.MustRegister(room, m.requests, m.inFlight, m.panics, m.taken, build, outdated, parts(up), hubMetrics{c.Hub})
	return m
}

// request counts one answered request. Unknown routes share a label.
func (m *metrics) request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Observe(took.Seconds())
}

func (s *server) metricsPage(c echo.Context) error {
	promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP(c.Response(), c.Request())
	return nil
}

// up tells which parts answer.
func (s *server) up(ctx context.Context) map[string]bool {
	redis := !s.degraded(ctx) // first: it takes less than the whole time
	return map[string]bool{"sql": s.Store.Ping(ctx) == nil, "redis": redis}
}

// parts shows whether SQL and Redis answer.
type parts func(context.Context) map[string]bool

var upDesc = prometheus.NewDesc("hotleads_up", "Whether a part answers: 1 or 0.", []string{"part"}, nil)

// Describe implements prometheus.Collector.
func (parts) Describe(ch chan<- *prometheus.Desc) { ch <- upDesc }

// Collect implements prometheus.Collector.
func (p parts) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for part, up := range p(ctx) {
		v := 0.0
		if up {
			v = 1
		}
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, v, part)
	}
}

// hubMetrics shows what a hub counts; zeroes where there is none.
type hubMetrics struct{ hub *live.Hub }

// streamFigure is one thing that a hub counts.
type streamFigure struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(live.Stats) float64
}

func gauge(name, help string, value func(live.Stats) int) streamFigure {
	return streamFigure{prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, func(s live.Stats) float64 { return float64(value(s)) }}
}

func counter(name, help string, value func(live.Stats) uint64) streamFigure {
	return streamFigure{prometheus.NewDesc(name, help, nil, nil), prometheus.CounterValue, func(s live.Stats) float64 { return float64(value(s)) }}
}

var streamFigures = []streamFigure{
	gauge("hotleads_streams", "Open streams to browsers.", func(s live.Stats) int { return s.Watchers }),
	gauge("hotleads_stream_views", "Boards and other views kept true for who watches.", func(s live.Stats) int { return s.Views }),
	counter("hotleads_stream_looks_total", "Times that a view was read anew.", func(s live.Stats) uint64 { return s.Looks }),
	counter("hotleads_stream_looks_failed_total", "Of these, how many failed: the view stays as old as it is.", func(s live.Stats) uint64 { return s.LookErrors }),
	counter("hotleads_stream_frames_total", "Frames published, each once however many watch.", func(s live.Stats) uint64 { return s.Frames }),
	counter("hotleads_stream_rows_total", "Rows in these frames.", func(s live.Stats) uint64 { return s.RowsSent }),
	counter("hotleads_stream_snapshots_total", "Snapshots sent, one to each stream that was opened.", func(s live.Stats) uint64 { return s.Snapshots }),
	counter("hotleads_stream_bytes_total", "Bytes that browsers took.", func(s live.Stats) uint64 { return s.Bytes }),
	counter("hotleads_stream_draws_failed_total", "Rows and parts that could not be drawn.", func(s live.Stats) uint64 { return s.DrawErrors }),
	counter("hotleads_stream_lagged_total", "Streams closed because the browser did not keep up.", func(s live.Stats) uint64 { return s.Lagged }),
	counter("hotleads_stream_refused_total", "Streams refused to who had too many.", func(s live.Stats) uint64 { return s.Refused }),
}

// Describe implements prometheus.Collector.
func (hubMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, f := range streamFigures {
		ch <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (h hubMetrics) Collect(ch chan<- prometheus.Metric) {
	var stats live.Stats
	if h.hub != nil {
		stats = h.hub.Stats()
	}
	for _, f := range streamFigures {
		ch <- prometheus.MustNewConstMetric(f.desc, f.kind, f.value(stats))
	}
}
