package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// traffic is what one run sends.
type traffic struct {
	options
	crowd  *crowd
	deeds  deeds
	ledger *ledger

	start  time.Time
	taken  atomic.Int64 // messages that clients have taken on
	mu     sync.Mutex
	counts *counts // of clients that have ended
}

// newTraffic begins now: what goes on beside it begins before its first message.
func newTraffic(o options, d deeds) *traffic {
	return &traffic{options: o, crowd: newCrowd(o), deeds: d, ledger: newLedger(o.run), start: time.Now(), counts: newCounts()}
}

// send runs all clients until the time, the messages or the context is over, and
// what they have begun is answered or given up.
func (t *traffic) send(ctx context.Context) {
	until, cancel := context.WithDeadline(ctx, t.start.Add(t.For))
	defer cancel()
	var all sync.WaitGroup
	for range t.Clients {
		all.Go(func() { t.client(until) })
	}
	all.Wait()
}

// client sends one request after the other over one connection.
func (t *traffic) client(ctx context.Context) {
	c := newCaller(t)
	defer c.wire.close()
	for ctx.Err() == nil {
		n := pick(c.writer.rng, t.Batches)
		intended, ok := t.turn(ctx, &n)
		if !ok {
			break
		}
		c.call(c.writer.next(n, time.Now()), intended)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.merge(c.counts)
}

// counting tells whether a moment counts: it is after the warm-up and before the end.
func (t *traffic) counting(at time.Time) bool {
	since := at.Sub(t.start)
	return since >= t.WarmUp && since < t.For
}

// turn waits until n more messages are to be sent and returns when that was to
// be: with a rate, a moment that does not move because somebody was slow, so
// that latencies count from it. It may lower n to what is left; false: no more.
func (t *traffic) turn(ctx context.Context, n *int) (time.Time, bool) {
	before := t.taken.Add(int64(*n)) - int64(*n)
	if t.Messages > 0 {
		if before >= t.Messages {
			return time.Time{}, false
		}
		*n = int(min(int64(*n), t.Messages-before))
	}
	if t.Rate == 0 {
		return time.Now(), true
	}
	intended := t.start.Add(time.Duration(float64(before) / t.Rate * float64(time.Second)))
	if wait := time.Until(intended); wait > 0 && !sleep(ctx, wait) {
		return time.Time{}, false
	}
	return intended, !intended.After(t.start.Add(t.For))
}

// sleep tells whether the time passed before the context ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// caller sends requests until each is settled.
type caller struct {
	t      *traffic
	wire   *wire
	writer *writer
	counts *counts
}

func newCaller(t *traffic) *caller {
	rng := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	return &caller{t, newWire(t.URL, t.WriteKey), &writer{crowd: t.crowd, deeds: t.deeds, ledger: t.ledger, rng: rng}, newCounts()}
}

// call sends one request, the same again after 429, 5xx and no answer, until the
// patience is over. It returns when it was acknowledged, false: it was not.
func (c *caller) call(r request, intended time.Time) (time.Time, bool) {
	giveUp := c.t.start.Add(c.t.For + c.t.Patience)
	for asked := intended; ; asked = time.Now() {
		res, err := c.wire.post(context.Background(), r.path, r.body)
		now := time.Now()
		var pause time.Duration
		switch {
		case err != nil:
			c.counts.errors[kindOf(err)]++
			pause = backoff
		case res.status == http.StatusOK:
			rejected := rejectedBy(res.body)
			c.t.ledger.settle(r.first, r.n, acknowledged, rejected)
			if c.t.counting(intended) {
				c.counts.replies.add(now.Sub(asked))
				c.counts.accepted.add(now.Sub(intended))
			}
			if c.t.counting(now) {
				c.counts.answered(r, len(rejected), now)
			}
			return now, true
		case res.status == http.StatusTooManyRequests || res.status >= 500:
			c.counts.errors["status "+strconv.Itoa(res.status)]++
			pause = waitFor(res.retryAfter, now)
		default:
			c.counts.errors["status "+strconv.Itoa(res.status)]++
			c.t.ledger.settle(r.first, r.n, refused, nil)
			return now, false
		}
		if now.Add(pause).After(giveUp) {
			return now, false
		}
		c.counts.retries++
		time.Sleep(pause)
	}
}

// backoff is the pause after no answer.
const backoff = 250 * time.Millisecond

// rejectedBy are the indices that a reply names.
func rejectedBy(body []byte) []int {
	if len(body) <= len(`{"success":true}`+"\n") {
		return nil
	}
	var reply struct {
		Rejected []struct {
			Index int `json:"index"`
		} `json:"rejected"`
	}
	if json.Unmarshal(body, &reply) != nil {
		return nil
	}
	indices := make([]int, len(reply.Rejected))
	for i, r := range reply.Rejected {
		indices[i] = r.Index
	}
	return indices
}
