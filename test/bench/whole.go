package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"hotleads/test/bench/crowd"
)

// The whole way: the product's server with Postgres and Redis, boards that are
// watched, leads who do something and reps who claim them.

const (
	activityRate = 200  // a second
	onBoard      = 0.1  // share of them that are of leads on the board; the others are readers
	readers      = 5000 // leads who only read; they are known
	claims       = 40
	stormCrowd   = 5000
	stormLimit   = 30 * time.Second
	mostCrowd    = 10_000
)

// wholeWay is what was measured of it.
type wholeWay struct {
	shown   []crowd.Latency // by round: from an activity's acknowledgement to its row in a real browser
	unshown int             // that the browser had not shown in the end
	accept  []crowd.Latency // by round: from the moment an activity was due to be sent to its acknowledgement
	claim   crowd.Latency   // from the click to each of all other boards
	unseen  int             // boards that had not shown a claim in time
	across  crowd.Latency   // from the click to each board of another instance
	missed  int             // of those, that had not shown a claim in time
	storm   storm
	most    most
}

// measureWhole measures the product.
func (b *bench) measureWhole(ctx context.Context) (err error) {
	h, err := b.openHouse(ctx, b.people)
	if err != nil {
		return err
	}
	b.say("the whole way: %d watchers of %d people", b.watchers, b.people)
	c, err := b.watch(ctx, h.boards(b.watchers))
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	if b.whole.claim, b.whole.unseen, err = h.claimAll(ctx, c, b.watchers); err != nil {
		return err
	}
	b.say("claim to all boards: p50 %.1f, p99 %.1f ms", b.whole.claim.P50, b.whole.claim.P99)
	if err := b.onScreen(ctx, h, c); err != nil {
		return err
	}
	if _, err := c.Close(everybody); err != nil {
		return err
	}
	if err := b.claimAcross(ctx, h, c); err != nil {
		return err
	}
	if err := b.stormy(ctx, h, c); err != nil {
		return err
	}
	return b.crowded(ctx, h, c)
}

// seen brings a change onto the board and measures when each board shows it.
func (h *house) seen(c *crowd.Crowd, first, then string, limit time.Duration, change func() error) (crowd.Answer, error) {
	if err := c.Seek(everybody, first, then); err != nil {
		return crowd.Answer{}, err
	}
	start := time.Now()
	if err := change(); err != nil {
		return crowd.Answer{}, err
	}
	return c.Seen(everybody, start, limit)
}

// claimAll measures from the click to each board that is watched, and counts those
// that had not shown a claim in time.
func (h *house) claimAll(ctx context.Context, c *crowd.Crowd, watchers int) (took crowd.Latency, unseen int, err error) {
	var times []float64
	for i := range claims {
		id, seat := h.leads[i%boardLeads], i%len(h.seats)
		a, err := h.seen(c, `data-lead="`+id+`"`, `data-stage="claimed"`, 5*time.Second, func() error {
			return wanted(http.StatusSeeOther)(h.move(ctx, seat, id, "claim"))
		})
		if err == nil {
			err = wanted(http.StatusSeeOther)(h.move(ctx, seat, id, "release"))
		}
		if err != nil {
			return took, unseen, fmt.Errorf("claim: %w", err)
		}
		times, unseen = append(times, a.Times...), unseen+watchers-a.Open
		time.Sleep(time.Duration(100+rand.IntN(100)) * time.Millisecond) // in no step with the board's looks
	}
	return quantiles(times), unseen, nil
}

// claimAcross measures from the click at one instance to the boards of another.
func (b *bench) claimAcross(ctx context.Context, h *house, c *crowd.Crowd) (err error) {
	other, there := *h.site, *h
	other.server, there.site = nil, &other
	if err := other.start(ctx, b.hotleads, "serve"); err != nil {
		return err
	}
	defer func() { err = firstOf(err, other.stop()) }()
	if _, err := c.Open(there.boards(b.boards), time.Minute); err != nil {
		return err
	}
	if b.whole.across, b.whole.missed, err = h.claimAll(ctx, c, b.boards); err != nil {
		return err
	}
	b.say("claim to the boards of another instance: p50 %.1f, p99 %.1f ms", b.whole.across.P50, b.whole.across.P99)
	_, err = c.Close(everybody)
	return err
}

// p50s and p99s are those of rounds.
func p50s(of []crowd.Latency) (out []float64) {
	for _, l := range of {
		out = append(out, l.P50)
	}
	return out
}

func p99s(of []crowd.Latency) (out []float64) {
	for _, l := range of {
		out = append(out, l.P99)
	}
	return out
}

func wanted(want int) func(int, error) error {
	return func(status int, err error) error {
		if err == nil && status != want {
			err = fmt.Errorf("it is answered with status %d", status)
		}
		return err
	}
}

// quantiles of milliseconds. It sorts them.
func quantiles(times []float64) crowd.Latency {
	if len(times) == 0 {
		return crowd.Latency{}
	}
	slices.Sort(times)
	at := func(share float64) float64 { return times[int(share*float64(len(times)-1))] }
	return crowd.Latency{Count: len(times), P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// say is an activity of a lead on the board.
func (h *house) say(ctx context.Context, i int, n int64) error {
	return wanted(http.StatusOK)(h.send(ctx, "/v1/track", compared(i, n)))
}

// read is a reader at a page.
func (h *house) read(ctx context.Context, i int) error {
	return wanted(http.StatusOK)(h.send(ctx, "/v1/page", reads(i)))
}

// reads is a page that a reader looks at.
func reads(i int) map[string]any {
	return map[string]any{"type": "page", "userId": fmt.Sprintf("reader-%d", i), "properties": map[string]any{"path": "/docs"}}
}

// sent is an activity of a lead on the board, acknowledged.
type sent struct {
	lead int
	n    int64 // its number, which grows with each of the lead's
	at   time.Time
}

// traffic is activities at a rate, each at a moment fixed before: an open loop.
type traffic struct {
	h      *house
	cancel context.CancelFunc
	done   sync.WaitGroup
	n      atomic.Int64

	mu   sync.Mutex
	took []float64 // milliseconds from that moment to the acknowledgement
	sent []sent
	err  error
}

// hands is how many senders traffic has.
const hands = 32

func (h *house) traffic(ctx context.Context, rate float64) *traffic {
	ctx, cancel := context.WithCancel(ctx)
	t := &traffic{h: h, cancel: cancel}
	start := time.Now()
	for hand := range hands {
		t.done.Go(func() {
			for {
				at := start.Add(time.Duration(float64(t.n.Add(1)) / rate * float64(time.Second)))
				select {
				case <-ctx.Done():
					return
				case <-time.After(time.Until(at)):
				}
				t.one(ctx, hand, at)
			}
		})
	}
	return t
}

// one sends one activity. A lead's are sent by one hand, one after the other.
func (t *traffic) one(ctx context.Context, hand int, due time.Time) {
	n, lead := int64(0), hand
	var err error
	if rand.Float64() < onBoard {
		if lead += hands * rand.IntN((boardLeads-hand+hands-1)/hands); lead < boardLeads {
			n = time.Now().UnixNano()
			err = t.h.say(ctx, lead, n)
		}
	} else {
		err = t.h.read(ctx, rand.IntN(readers))
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	t.err = firstOf(t.err, err)
	t.took = append(t.took, float64(now.Sub(due))/1e6)
	if n != 0 && err == nil {
		t.sent = append(t.sent, sent{lead, n, now})
	}
}

// taken returns the latencies since the last call.
func (t *traffic) taken() crowd.Latency {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := quantiles(t.took)
	t.took = nil
	return l
}

func (t *traffic) stop() error {
	t.cancel()
	t.done.Wait()
	return t.err
}
