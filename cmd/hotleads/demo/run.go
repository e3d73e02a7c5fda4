package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// How lively the traffic is.
const (
	beat        = 400 * time.Millisecond // how often what is due is done
	lookEach    = 2 * time.Second        // at the boards
	recallEach  = 45 * time.Second       // of who could come back
	retryEach   = 2 * time.Second        // where the server is away
	onSite      = 40                     // visitors at a time
	newEach     = 45 * time.Second       // a new person at most, on average
	maxUnsent   = 500                    // calls kept for a server that is away
	firstPerson = 10_000                 // new people are numbered from here on
)

// Run sends real requests to the server at base until ctx ends: what visitors
// do to the intake, simulated reps' moves to the JSON API. It never moves a
// lead that somebody holds whom it does not play, and leaves the hottest lead
// of a board to others for a while. pace 1 is a human one, 2 twice as fast.
// It keeps about as many leads waiting whatever visitors of the demo do, holds
// a bounded number of people in mind, and writes about 90 MB a day. A server
// that is away is waited for; the error is one that cannot mend.
func Run(ctx context.Context, base string, c Cast, rng *rand.Rand, pace float64, log *slog.Logger) error {
	return run(ctx, &http.Client{Timeout: 10 * time.Second}, base, c, rng, pace, log)
}

func run(ctx context.Context, client *http.Client, base string, c Cast, rng *rand.Rand, pace float64, log *slog.Logger) error {
	if !(pace > 0 && pace <= 100) {
		return fmt.Errorf("demo: pace is %v; it wants a number over 0, up to 100", pace)
	}
	t, err := newTraffic(&door{base, client, c.WriteKey, c.APIKey}, c, rng, pace, log)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			if err := t.once(ctx, now); err != nil {
				return err
			}
		}
	}
}

// traffic is the demo's present.
type traffic struct {
	agenda
	door *door
	rng  *rand.Rand
	pace float64
	log  *slog.Logger

	scorer    *scoring.Scorer
	floors    []*floor // EMEA, Americas
	unsent    []call
	made      int
	run       string          // told apart from other runs against the same store
	visiting  map[string]bool // user ids on the site
	visitors  int
	people    int // new ones so far
	newcomers bucket
	memory    [2]memory // nurture, lost

	present          time.Time // of this beat
	lookAt, recallAt time.Time
	retryAt          time.Time // after a failure
	failing          bool
}

func newTraffic(d *door, c Cast, rng *rand.Rand, pace float64, log *slog.Logger) (*traffic, error) {
	a, err := agreement(aroundTheClock)
	if err != nil {
		return nil, err
	}
	scorer, err := scoring.Compile(a.Scoring)
	if err != nil {
		return nil, err
	}
	t := &traffic{
		scorer: scorer,
		door:   d, rng: rng, pace: pace, log: log, run: fmt.Sprintf("%08x", rng.Uint32()), visiting: map[string]bool{},
		newcomers: bucket{each: time.Duration(float64(newEach) / pace), most: 12, have: 12},
		memory:    [2]memory{{stage: lead.Nurture}, {stage: lead.Lost}},
	}
	for _, p := range c.People {
		if p.Role != lead.Rep {
			continue
		}
		f := t.floor(p.Team)
		if p.Played {
			f.reps = append(f.reps, p)
		}
	}
	return t, nil
}

// floor is that of a team. The first team is EMEA.
func (t *traffic) floor(team string) *floor {
	for _, f := range t.floors {
		if f.team == team {
			return f
		}
	}
	f := &floor{traffic: t, team: team, americas: len(t.floors) > 0, watched: map[string]*watched{}}
	t.floors = append(t.floors, f)
	return f
}

// once does what is due at a moment. The error is one that ends the traffic.
func (t *traffic) once(ctx context.Context, now time.Time) error {
	if now.Before(t.retryAt) {
		return nil
	}
	err := t.beat(ctx, now)
	switch {
	case ctx.Err() != nil:
		return nil
	case shut(err):
		return err
	case err != nil:
		if !t.failing {
			t.log.Warn("the demo's traffic waits for the server", slog.Any("error", err))
		}
		t.failing, t.retryAt = true, now.Add(retryEach)
	case t.failing:
		t.log.Info("the demo's traffic goes on")
		t.failing = false
	}
	return nil
}

func (t *traffic) beat(ctx context.Context, now time.Time) error {
	t.present = now
	for {
		next, ok := t.pop(now)
		if !ok {
			break
		}
		if err := next.do(ctx); err != nil && !refused(err) {
			return err
		}
	}
	if err := t.sendAll(ctx, now); err != nil {
		return err
	}
	if !now.Before(t.recallAt) {
		if err := t.recall(ctx); err != nil {
			return err
		}
		t.recallAt = now.Add(t.time(recallEach))
	}
	if !now.Before(t.lookAt) {
		for _, f := range t.floors {
			if err := f.look(ctx, now); err != nil {
				return err
			}
		}
		t.lookAt = now.Add(t.time(lookEach))
	}
	if t.visitors < onSite && t.rng.IntN(4) == 0 {
		t.stroll(now)
	}
	return nil
}

// sendAll sends what visitors have done. What a server that is away misses is
// sent again, under the same message ids, as far as it is kept.
func (t *traffic) sendAll(ctx context.Context, now time.Time) error {
	if len(t.unsent) == 0 {
		return nil
	}
	err := t.door.send(ctx, t.unsent, now)
	if err != nil && !refused(err) {
		t.unsent = t.unsent[max(0, len(t.unsent)-maxUnsent):]
		return err
	}
	t.unsent = t.unsent[:0]
	if err != nil {
		return errors.Join(errors.New("demo: calls were refused"), err)
	}
	return nil
}

// time is a duration at the demo's pace.
func (t *traffic) time(d time.Duration) time.Duration { return time.Duration(float64(d) / t.pace) }

// seconds is a duration from one to another number of seconds, at the pace.
func (t *traffic) seconds(from, to float64) time.Duration {
	return t.time(between(t.rng, from, to, time.Second))
}
