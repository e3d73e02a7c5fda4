package main

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hotleads/lead"
	"hotleads/store"
)

// meters count for Prometheus what a server does beside answering: its intake,
// rankings, notices, sweeps and loops, and what it uses. It is the Desk's meter
// and the bell that the Desk rings. docs/operate.md lists them.
type meters struct {
	lead.Bell
	registry *prometheus.Registry

	groupSize  prometheus.Histogram
	groupTime  *prometheus.HistogramVec
	announced  prometheus.Histogram
	unheard    prometheus.Counter
	moves      *prometheus.CounterVec
	late       prometheus.Histogram
	rung, rang prometheus.Counter // notices sent, and heard
	looped     *prometheus.GaugeVec
	stumbled   *prometheus.CounterVec
}

// seconds are bounds for what takes from under a millisecond to a minute.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

func newMeters(bell lead.Bell) *meters {
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &meters{
		Bell:      bell,
		registry:  prometheus.NewRegistry(),
		groupSize: histogram("hotleads_intake_group_messages", "Messages that shared one transaction of the intake.", prometheus.ExponentialBuckets(1, 2, 13)),
		groupTime: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hotleads_intake_group_seconds", Help: "Time that a transaction of the intake took, with what was announced after it, by result: stored, failed.", Buckets: seconds}, []string{"result"}),
		announced: histogram("hotleads_announce_seconds", "Time from a commit until rankings and boards knew of it.", seconds),
		unheard:   counter("hotleads_announce_failed_total", "Announcements that failed and wait for the sweep."),
		moves:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotleads_moves_total", Help: "Moves of leads, by move."}, []string{"move"}),
		late:      histogram("hotleads_sweep_late_seconds", "How long after it was due something was done.", seconds),
		rung:      counter("hotleads_notices_sent_total", "Notices to all instances that something changed."),
		rang:      counter("hotleads_notices_heard_total", "Notices heard from all instances, this one included."),
		looped:    prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hotleads_loop_success_timestamp_seconds", Help: "When a loop last did its work without failing, as Unix time."}, []string{"loop"}),
		stumbled:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hotleads_loop_failures_total", Help: "Times that a loop failed; it tries again."}, []string{"loop"}),
	}
	for _, result := range []string{"stored", "failed"} {
		m.groupTime.WithLabelValues(result)
	}
	m.registry.MustRegister(m.groupSize, m.groupTime, m.announced, m.unheard, m.moves, m.late, m.rung, m.rang, m.looped, m.stumbled,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Grouped implements lead.Meter.
func (m *meters) Grouped(messages int, took time.Duration, failed bool) {
	m.groupSize.Observe(float64(messages))
	m.groupTime.WithLabelValues(outcome(failed, "stored")).Observe(took.Seconds())
}

func outcome(failed bool, done string) string {
	if failed {
		return "failed"
	}
	return done
}

// Announced implements lead.Meter.
func (m *meters) Announced(took time.Duration, failed bool) {
	if failed {
		m.unheard.Inc()
		return
	}
	m.announced.Observe(took.Seconds())
}

// Moved implements lead.Meter.
func (m *meters) Moved(move lead.Move) { m.moves.WithLabelValues(string(move)).Inc() }

// Woken implements lead.Meter.
func (m *meters) Woken(late time.Duration) { m.late.Observe(late.Seconds()) }

// Ring implements lead.Bell.
func (m *meters) Ring(ctx context.Context, n lead.Notice) error {
	err := m.Bell.Ring(ctx, n)
	if err == nil {
		m.rung.Inc()
	}
	return err
}

// heard counts a notice that came.
func (m *meters) heard() { m.rang.Inc() }

// loop counts a turn of a loop.
func (m *meters) loop(name string, err error) {
	if err != nil {
		m.stumbled.WithLabelValues(name).Inc()
		return
	}
	m.looped.WithLabelValues(name).SetToCurrentTime()
}

// watch shows what the stores, the Desk and the open connections say when they
// are asked.
func (m *meters) watch(st *store.Store, clock *store.Clock, redis *store.Redis, desk *lead.Desk, conns *conns) {
	for name, db := range st.Pools() {
		m.registry.MustRegister(collectors.NewDBStatsCollector(db, name))
	}
	gauge := func(name, help string, f func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	gauge("hotleads_intake_waiting", "Messages that wait for a transaction of the intake, or are in one.", func() float64 { n, _ := desk.Queue(); return float64(n.Messages) })
	gauge("hotleads_intake_room", "Messages that may wait so; more are answered 429.", func() float64 { _, n := desk.Queue(); return float64(n.Messages) })
	gauge("hotleads_intake_waiting_bytes", "Bytes of the messages that wait so, as they were sent.", func() float64 { n, _ := desk.Queue(); return float64(n.Bytes) })
	gauge("hotleads_intake_room_bytes", "Bytes that may wait so; more are answered 429.", func() float64 { _, n := desk.Queue(); return float64(n.Bytes) })
	gauge("hotleads_connections", "Open connections to this server.", func() float64 { return float64(conns.open.Load()) })
	gauge("hotleads_connections_most", "Connections that may be open.", func() float64 { return float64(conns.most) })
	gauge("hotleads_redis_connections", "Open connections to Redis.", func() float64 { return float64(redis.PoolStats().TotalConns) })
	m.registry.MustRegister(lags(func(ctx context.Context) (lead.Lag, error) { return st.Lag(ctx, clock.Now()) }))
}

// lags shows how far behind the sweeps of all instances are: NaN where the
// database does not answer.
type lags func(context.Context) (lead.Lag, error)

var (
	dueLag     = prometheus.NewDesc("hotleads_due_lag_seconds", "Age of the oldest thing that was due and is not done, by any instance.", nil, nil)
	rankingLag = prometheus.NewDesc("hotleads_ranking_lag_seconds", "Age of the oldest change that rankings don't know of.", nil, nil)
)

// Describe implements prometheus.Collector.
func (lags) Describe(ch chan<- *prometheus.Desc) {
	ch <- dueLag
	ch <- rankingLag
}

// Collect implements prometheus.Collector.
func (l lags) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	due, ranking := math.NaN(), math.NaN()
	if lag, err := l(ctx); err == nil {
		due, ranking = lag.Due.Seconds(), lag.Announced.Seconds()
	}
	ch <- prometheus.MustNewConstMetric(dueLag, prometheus.GaugeValue, due)
	ch <- prometheus.MustNewConstMetric(rankingLag, prometheus.GaugeValue, ranking)
}
