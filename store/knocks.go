package store

import (
	"context"
	"database/sql/driver"
	"math/rand/v2"
	"sync"
	"time"
)

// How long nobody connects after a failure: at most so long, and half of it at
// least, so that instances don't come back together; after each further failure
// twice as long.
const (
	firstKnock = 100 * time.Millisecond
	lastKnock  = 500 * time.Millisecond
)

// knocking makes connections, but not for each of its callers anew while Postgres is
// away or full: each costs it a process, also where it only says that it is starting
// up. After a failure nobody connects for a moment; then one does, and everybody else
// is told at once what the last one was told. (Redis, which can be done without, has
// a [breaker]: it is asked nothing at all.)
type knocking struct {
	driver.Connector

	mu     sync.Mutex
	failed int       // times in a row
	last   error     // what came of the last one
	next   time.Time // nobody connects before
	trying bool      // somebody does, after a failure
}

// Connect implements driver.Connector.
func (k *knocking) Connect(ctx context.Context) (driver.Conn, error) {
	alone, err := k.may(time.Now())
	if err != nil {
		return nil, err
	}
	c, err := k.Connector.Connect(ctx)
	k.came(alone, err, over(ctx), time.Now())
	return c, err
}

// over tells whether a caller waits no more. Where they wait until a moment, their
// connection may hear that it is over before their context does.
func over(ctx context.Context) bool {
	until, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && !time.Now().Before(until)
}

// may is an error where the caller is not to connect now. Alone: others wait for
// what comes of it.
func (k *knocking) may(now time.Time) (alone bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.failed == 0:
		return false, nil
	case k.trying || now.Before(k.next):
		return false, k.last
	}
	k.trying = true
	return true, nil
}

// came takes in what came of a try. left: its caller went away meanwhile, so that a
// failure says nothing of Postgres.
func (k *knocking) came(alone bool, err error, left bool, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil:
		k.failed, k.last, k.trying = 0, nil, false
		return
	case !alone && (left || k.failed > 0): // of several that began before the first failure one counts
		return
	case !left:
		k.failed++
		k.last = err
	}
	most := min(firstKnock<<min(k.failed-1, 8), lastKnock)
	k.trying, k.next = false, now.Add(most/2+rand.N(most/2)) //nolint:gosec // what spreads instances need not be unknown to anybody
}
