package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// After failures one connects at a time, ever later, until one has come through.
func TestKnocking(t *testing.T) {
	k, now := &knocking{}, time.Now()
	away, full := errors.New("away"), errors.New("full")
	may := func(what string, want bool, told error) {
		t.Helper()
		if alone, err := k.may(now); alone != want || !errors.Is(err, told) {
			t.Fatalf("%s: connects alone %t, %v; want %t, %v", what, alone, err, want, told)
		}
	}
	for range 3 {
		may("nothing has failed", false, nil)
	}
	k.came(false, context.Canceled, true, now)
	may("a caller left", false, nil)
	k.came(false, away, false, now)
	k.came(false, full, false, now) // began before that failure
	for most := firstKnock; most <= 4*lastKnock; most *= 2 {
		wait := min(most, lastKnock)
		now = now.Add(wait/2 - 1)
		may("too early", false, away)
		now = now.Add(wait/2 + 1)
		may("in time", true, nil)
		may("another one meanwhile", false, away)
		k.came(false, full, false, now) // began before the first failure
		may("another one meanwhile, still", false, away)
		k.came(true, away, false, now)
	}
	now = now.Add(lastKnock)
	may("in time", true, nil)
	k.came(true, context.Canceled, true, now)
	may("who tried left", false, away)
	now = now.Add(lastKnock)
	may("another one tries", true, nil)
	k.came(true, nil, false, now)
	for range 3 {
		may("it has come through", false, nil)
	}
	k.came(false, full, false, now)
	now = now.Add(firstKnock)
	may("it failed anew: as early as the first time", true, nil)
}

// However many ask while Postgres is away, few connect, and all are told at once
// that it is.
func TestPostgresIsAwayForMany(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var connects atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			connects.Add(1)
			c.Close()
		}
	}()
	pool, slow, ping, err := openPostgres("postgres://u@"+listener.Addr().String()+"/d?sslmode=disable", func(string) {}, &farewell{})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for name, db := range map[string]*sqlx.DB{"work": pool, "ping": ping} {
		defer db.Close()
		fails := func() {
			if err := wrap(db.PingContext(t.Context())); !errors.Is(err, lead.ErrUnavailable) {
				t.Errorf("%s: %v, want: not available", name, err)
			}
		}
		fails()
		connects.Store(0)
		began := time.Now()
		const callers, calls = 64, 50
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range calls {
					fails()
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		if n, most := connects.Load(), int64(took/(firstKnock/2))+1; n > most {
			t.Errorf("%s: %d calls within %s made %d connections, want at most %d", name, callers*calls, took.Round(time.Millisecond), n, most)
		}
	}
}

// A caller whose time is over tells nothing of Postgres, though their context may
// not say so yet: a connection's own clock may be earlier.
func TestOneWhoseTimeIsOverKeepsNobodyFromConnecting(t *testing.T) {
	tries := 0
	k := &knocking{Connector: connector(func() (driver.Conn, error) { tries++; return nil, os.ErrDeadlineExceeded })}
	for range 3 {
		if _, err := k.Connect(due{t.Context()}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	}
	if tries != 3 {
		t.Errorf("of 3 callers %d tried to connect", tries)
	}
}

// due is a context whose time is over just now.
type due struct{ context.Context }

func (due) Deadline() (time.Time, bool) { return time.Now(), true }

type connector func() (driver.Conn, error)

func (c connector) Connect(context.Context) (driver.Conn, error) { return c() }
func (connector) Driver() driver.Driver                          { return nil }
