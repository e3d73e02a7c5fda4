package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latencies are counted in microseconds, from 1 to two minutes, to 1 %.
type latencies struct{ h *hdrhistogram.Histogram }

func newLatencies() latencies { return latencies{hdrhistogram.New(1, 120_000_000, 2)} }

func (l latencies) add(d time.Duration) {
	_ = l.h.RecordValue(min(max(d.Microseconds(), 1), 120_000_000)) // in its range
}

func (l latencies) merge(of latencies) { l.h.Merge(of.h) }

// Latency is what a report says of a histogram.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

func (l latencies) report() Latency {
	at := func(q float64) float64 { return float64(l.h.ValueAtQuantile(q)) / 1000 }
	return Latency{Count: l.h.TotalCount(), P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(l.h.Max()) / 1000}
}

// counts are what one client saw.
type counts struct {
	replies  latencies // of requests that were acknowledged: from when they were sent, or were to be sent
	accepted latencies // the same with all tries before it
	// What was acknowledged after the warm-up and before the end.
	requests  int64
	messages  int64
	acts      int64
	rejected  int64
	lastReply time.Time
	errors    map[string]int64
	retries   int64
}

func newCounts() *counts {
	return &counts{replies: newLatencies(), accepted: newLatencies(), errors: map[string]int64{}}
}

// answered counts a request that was acknowledged.
func (c *counts) answered(r request, rejected int, now time.Time) {
	c.requests++
	c.messages += int64(r.n - rejected)
	c.acts += int64(max(0, r.activities-rejected))
	c.rejected += int64(rejected)
	c.lastReply = now
}

func (c *counts) merge(of *counts) {
	c.replies.merge(of.replies)
	c.accepted.merge(of.accepted)
	c.requests += of.requests
	c.messages += of.messages
	c.acts += of.acts
	c.rejected += of.rejected
	c.retries += of.retries
	if of.lastReply.After(c.lastReply) {
		c.lastReply = of.lastReply
	}
	for kind, n := range of.errors {
		c.errors[kind] += n
	}
}

// report is what a run found. Rates are of what was acknowledged between the
// warm-up and the end, latencies of what was to be sent then.
type report struct {
	Seconds    float64          `json:"seconds"`    // between the two
	Requests   float64          `json:"requests"`   // a second
	Messages   float64          `json:"messages"`   // acknowledged, a second
	Activities float64          `json:"activities"` // of them: all but identify, a second
	Replies    Latency          `json:"replies"`    // from the intended moment of sending to the reply
	Accepted   Latency          `json:"accepted"`   // the same with the tries before it
	Stored     int64            `json:"stored"`     // activities that were acknowledged from the beginning to the end, the tail included
	Rejected   int64            `json:"rejected"`   // messages that were refused by index
	Errors     map[string]int64 `json:"errors"`     // replies other than 200, and none, by kind; 429 is "status 429"
	Retries    int64            `json:"retries"`
	Boards     *boardsReport    `json:"boards,omitempty"`
	Look       *Latency         `json:"look,omitempty"`  // the board as a page
	Claim      *Latency         `json:"claim,omitempty"` // claims that were won
	Beside     map[string]int64 `json:"beside,omitempty"`
	Check      *checkReport     `json:"check,omitempty"`
}

func (t *traffic) report() *report {
	c, r := t.counts, &report{}
	end := t.start.Add(t.For)
	if c.requests > 0 && t.Messages > 0 { // it may have ended sooner
		end = c.lastReply
	}
	if took := end.Sub(t.start.Add(t.WarmUp)).Seconds(); took > 0 {
		r.Seconds, r.Requests, r.Messages, r.Activities = took, float64(c.requests)/took, float64(c.messages)/took, float64(c.acts)/took
	}
	r.Stored = t.ledger.stored()
	r.Replies, r.Accepted = c.replies.report(), c.accepted.report()
	r.Rejected, r.Errors, r.Retries = c.rejected, c.errors, c.retries
	return r
}

// verdict is an error where the server did not keep what it had acknowledged.
func (r *report) verdict() error {
	if c := r.Check; c != nil && c.Lost+c.Doubled+c.Misplaced > 0 {
		return fmt.Errorf("%d messages lost, %d doubled, %d with another lead", c.Lost, c.Doubled, c.Misplaced)
	}
	if r.Replies.Count == 0 {
		return fmt.Errorf("nothing was acknowledged: %s", kinds(r.Errors))
	}
	return nil
}

func kinds(m map[string]int64) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%s: %d", kind, m[kind]))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func (r *report) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	var b strings.Builder
	line := func(name, format string, a ...any) {
		fmt.Fprintf(&b, "%-11s "+format+"\n", append([]any{name}, a...)...)
	}
	latency := func(name string, l Latency) {
		line(name, "p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms (%d)", l.P50, l.P99, l.P999, l.Max, l.Count)
	}
	line("rate", "%.0f activities/s, %.0f messages/s, %.0f requests/s over %.1f s", r.Activities, r.Messages, r.Requests, r.Seconds)
	latency("replies", r.Replies)
	if r.Retries > 0 {
		latency("accepted", r.Accepted)
	}
	line("errors", "%s; %d retries, %d messages rejected", kinds(r.Errors), r.Retries, r.Rejected)
	if p := r.Boards; p != nil {
		line("boards", "%d open, %d breaks, %.1f frames/s and %.1f kB/s each", p.Open, p.Breaks, p.Frames, p.Bytes/1000)
		latency("shown", p.Shown)
	}
	if r.Look != nil {
		latency("board page", *r.Look)
	}
	if r.Claim != nil {
		latency("claim", *r.Claim)
	}
	if len(r.Beside) > 0 {
		line("beside", "%s", kinds(r.Beside))
	}
	if c := r.Check; c != nil {
		line("counted", "%d messages of %d leads: %d lost, %d doubled, %d with another lead; %d there that nobody acknowledged", c.Messages, c.Leads, c.Lost, c.Doubled, c.Misplaced, c.Unacknowledged)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
