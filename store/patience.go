package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// What a Postgres may keep those who ask waiting. Who waits longer than any
// statement may take waits for a server that hangs, or for one that is gone
// without a word: then the connection is given up, else whoever holds it would
// wait for as long as TCP has hope. The address may say otherwise
// (?connect_timeout=…, ?statement_timeout=…).
const (
	connectPatience   = 5 * time.Second
	statementPatience = 15 * time.Second // the server ends a statement, a wait for a lock included
	answerPatience    = 20 * time.Second // without a byte
	pingPatience      = 3 * time.Second  // the same, of who only asks whether it answers
	holdPatience      = 30 * time.Second // of a transaction in which nothing is asked: its process hangs, and holds locks

	farewellPatience = 200 * time.Millisecond // of a store that is closed, for all answers to its connections
	lastWord         = 10 * time.Millisecond  // that it goes a connection may always say
)

// Bounds of the pool of connections of one process.
const (
	mostOpen     = 32
	mostIdle     = 32 // none is closed between two bursts: to begin one costs Postgres a process
	connLifetime = 30 * time.Minute
	connNovice   = 2 * time.Minute // while Postgres knows nothing of the tables yet
	connIdle     = 5 * time.Minute
	mostPings    = 2
)

// openPostgres opens the pool that nearly all use; that of migrations, for what
// they do may take its time; and that of [Store.Ping]. met is told which server
// a connection of the first has come to; from bye's beginning on none waits for long.
func openPostgres(address string, met func(server string), bye *farewell) (pool, patient, ping *sqlx.DB, err error) {
	conf, err := pq.NewConfig(address)
	if err != nil {
		return nil, nil, nil, errors.New("the database's address is not a valid postgres:// URL") // the driver's error would show it
	}
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = connectPatience
	}
	slow, err := pq.NewConnectorConfig(conf.Clone())
	if err != nil {
		return nil, nil, nil, err
	}
	asking, err := pq.NewConnectorConfig(conf.Clone())
	if err != nil {
		return nil, nil, nil, err
	}
	asking.Dialer(dialer{patience: pingPatience, bye: bye})
	if conf.Runtime == nil {
		conf.Runtime = map[string]string{}
	}
	_, said := conf.Runtime["plan_cache_mode"]
	for name, most := range map[string]time.Duration{"statement_timeout": statementPatience, "idle_in_transaction_session_timeout": holdPatience} {
		if _, said := conf.Runtime[name]; !said {
			conf.Runtime[name] = strconv.FormatInt(most.Milliseconds(), 10)
		}
	}
	quick, err := pq.NewConnectorConfig(conf)
	if err != nil {
		return nil, nil, nil, err
	}
	quick.Dialer(dialer{patience: answerPatience, bye: bye})
	plans := &planning{Connector: &knocking{Connector: quick}, decides: !said, met: met, lives: func(most time.Duration) { pool.SetConnMaxLifetime(most) }}
	pool = sqlx.NewDb(sql.OpenDB(plans), postgres)
	pool.SetMaxOpenConns(mostOpen)
	pool.SetMaxIdleConns(mostIdle)
	pool.SetConnMaxLifetime(connLifetime)
	pool.SetConnMaxIdleTime(connIdle)
	patient = sqlx.NewDb(sql.OpenDB(slow), postgres)
	patient.SetMaxOpenConns(4)
	patient.SetMaxIdleConns(0)
	ping = sqlx.NewDb(sql.OpenDB(&knocking{Connector: asking}), postgres)
	ping.SetMaxOpenConns(mostPings)
	ping.SetMaxIdleConns(1)
	ping.SetConnMaxLifetime(connLifetime)
	return pool, patient, ping, nil
}

// planning makes connections that keep the plans of their statements where that
// is safe, and tells which server they have come to.
type planning struct {
	driver.Connector
	decides bool // nobody has said it in the address
	met     func(server string)
	lives   func(most time.Duration) // is told how long connections may

	mu     sync.Mutex
	novice time.Time // when a connection was made last that keeps no plans
}

// made takes in that a connection was made, and tells how long all may live: not for
// long while there are any that keep no plans, so that a server which was founded a
// minute ago keeps them soon after Postgres has analyzed its tables.
func (p *planning) made(keeps bool, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !keeps {
		p.novice = now
	}
	if p.novice.IsZero() || now.Sub(p.novice) > connNovice {
		return connLifetime
	}
	return connNovice
}

// planned says how statements are planned on a connection: a plan that is kept is made without a look at the arguments, and
// from what was known of the tables when it was made. As long as nothing is known
// of them it might be to read all of one, and it would still be that when they
// have grown. And where nobody has told Postgres what its disks are, it takes them
// for turning ones: it would rather read all leads than a thousand by their keys.
const planned = `SELECT set_config('plan_cache_mode', CASE WHEN EXISTS (
	SELECT 1 FROM pg_class WHERE oid = to_regclass('leads') AND reltuples >= 1000) THEN '` + keepsPlans + `' ELSE 'force_custom_plan' END, FALSE),
	(SELECT set_config(name, CASE source WHEN 'default' THEN '1.1' ELSE setting END, FALSE) FROM pg_settings WHERE name = 'random_page_cost')`

// keepsPlans is what it says where plans are kept.
const keepsPlans = "auto"

// whichServer tells servers apart: one that was started again, and one that took
// another's place, began at another microsecond.
const whichServer = `SELECT pg_postmaster_start_time()::text`

// Connect implements driver.Connector.
func (p *planning) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var server, mode string
	if p.decides {
		mode, err = firstOf(ctx, c, planned)
	}
	if err == nil {
		server, err = firstOf(ctx, c, whichServer)
	}
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	p.met(server)
	if p.decides {
		p.lives(p.made(mode == keepsPlans, time.Now()))
	}
	return c, nil
}

// firstOf is the first column of a statement's only row, a text.
func firstOf(ctx context.Context, c driver.Conn, text string) (string, error) {
	rows, err := c.(driver.QueryerContext).QueryContext(ctx, text, nil)
	if err != nil {
		return "", err
	}
	values := make([]driver.Value, len(rows.Columns()))
	err = rows.Next(values)
	if err = errors.Join(err, rows.Close()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s", values[0]), nil
}

// farewell is the end of a store's connections. The pool closes those that are idle
// one after the other, and each asks Postgres to forget its statements and waits for
// the answer: before one that hangs a stop would take minutes.
type farewell struct {
	until atomic.Pointer[time.Time] // what no connection waits longer than; nil until the store is closed
}

func (f *farewell) begin(now time.Time) {
	end := now.Add(farewellPatience)
	f.until.CompareAndSwap(nil, &end)
}

// dialer makes connections that don't wait for ever.
type dialer struct {
	net.Dialer
	patience time.Duration // without a byte
	bye      *farewell
}

// DialContext implements pq.DialerContext.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &impatient{Conn: c, patience: d.patience, bye: d.bye}, nil
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// Dial implements pq.Dialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// impatient is a connection on which each read and write ends in time.
type impatient struct {
	net.Conn
	patience time.Duration
	bye      *farewell

	mu    sync.Mutex
	until time.Time // what the driver wants: to have connected by then
}

// SetDeadline implements net.Conn.
func (c *impatient) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetDeadline(t)
}

func (c *impatient) deadline() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	soon := time.Now().Add(c.patience)
	if !c.until.IsZero() && c.until.Before(soon) {
		soon = c.until
	}
	if end := c.bye.until.Load(); end != nil && end.Before(soon) {
		return *end
	}
	return soon
}

// Read implements net.Conn.
func (c *impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(c.deadline()); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *impatient) Write(p []byte) (int, error) {
	until := c.deadline()
	if least := time.Now().Add(lastWord); until.Before(least) {
		until = least
	}
	if err := c.SetWriteDeadline(until); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Ping tells whether the database answers. It has connections of its own, so that
// who only has much to do is not taken for one without its database. It does not
// wait for longer than the caller.
func (s *Store) Ping(ctx context.Context) error {
	return within(ctx, s.ping.PingContext)
}

// within is how f ended, or that ctx has, which a driver that waits for a server that
// hangs does not hear. What f still does then nobody may look at.
func within(ctx context.Context, f func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	select {
	case err := <-ended:
		return wrap(err)
	case <-ctx.Done():
		return wrap(ctx.Err())
	}
}
