package store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"hotleads/lead"
)

// Redis holds rankings and notices: only what can be made again.
type Redis struct {
	redis.UniversalClient
	// Now is the clock that all instances share ([Clock]); nil: this process's.
	Now func() time.Time

	embedded *miniredis.Miniredis
}

func (r *Redis) now() time.Time {
	if r.Now == nil {
		return lead.Now()
	}
	return r.Now()
}

// What a Redis that is away may cost those who can do without it; an address
// may say otherwise (?dial_timeout=…).
const (
	dialPatience = time.Second
	readPatience = 500 * time.Millisecond
	poolPatience = time.Second // for a connection that others use
)

// clusterEvery is how old what is known of a cluster's servers may grow: nobody says
// when a replica takes a master's place.
const clusterEvery = time.Second

// mostRedis is how many connections a process has open to one server.
const mostRedis = 32

func newRedis(c redis.UniversalClient) *Redis {
	if cluster, is := c.(*redis.ClusterClient); is { // while one of its servers is away the others are asked
		cluster.OnNewNode(func(node *redis.Client) { node.AddHook(newBreaker()) })
	} else {
		c.AddHook(newBreaker())
	}
	return &Redis{UniversalClient: c}
}

// quiet: a client need not hear when its server will be maintained, and look up
// its name for that.
var quiet = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

// OpenRedis connects to "embedded:" (an in-process server), "redis://…",
// "rediss://…" (several comma-separated hosts are a cluster) or
// "redis+sentinel://host:port,…/master[/db]". A server that does not answer yet
// is no error: rankings are read from SQL meanwhile. Errors never show the
// address: it may hold a password.
func OpenRedis(redisURL string) (*Redis, error) {
	logging.Disable() // it prints on standard error what it returns as well
	scheme, rest, _ := strings.Cut(redisURL, "://")
	switch {
	case redisURL == "embedded:":
		return openEmbedded(), nil
	case scheme == "redis+sentinel":
		return openSentinel(redisURL)
	case scheme == "redis" || scheme == "rediss":
		first, others, cluster := strings.Cut(rest, ",")
		opts, err := redis.ParseURL(scheme + "://" + first)
		if err != nil {
			return nil, errors.New("store: the address of Redis is not a valid redis:// URL") // the parser's error would show it
		}
		quick(opts)
		if !cluster {
			return newRedis(redis.NewClient(opts)), nil
		}
		return openCluster(opts, strings.Split(others, ",")), nil
	}
	return nil, errors.New("store: the address of Redis wants to be embedded:, redis://…, rediss://… or redis+sentinel://…")
}

// openEmbedded needs no port, and goes by the process's clock.
func openEmbedded() *Redis {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	dial := func(context.Context, string, string) (net.Conn, error) { return m.Dial() }
	return &Redis{UniversalClient: redis.NewClient(&redis.Options{Dialer: dial, Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true, MaintNotificationsConfig: quiet}), embedded: m}
}

// quick has a client give up soon, and when the caller does.
func quick(o *redis.Options) {
	if o.DialTimeout == 0 {
		o.DialTimeout = dialPatience
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = readPatience
	}
	if o.MaxRetries == 0 {
		o.MaxRetries = 1
	}
	if o.PoolSize == 0 {
		o.PoolSize, o.MaxActiveConns = mostRedis, mostRedis
	}
	if o.PoolTimeout == 0 {
		o.PoolTimeout = poolPatience
	}
	o.DialerRetries, o.ContextTimeoutEnabled, o.MaintNotificationsConfig = 1, true, quiet
}

func openCluster(o *redis.Options, others []string) *Redis {
	addrs := []string{o.Addr}
	for _, host := range others {
		host, _, _ = strings.Cut(host, "/")
		host = host[strings.LastIndexByte(host, '@')+1:] // who signs in is said once, before the first
		if _, _, err := net.SplitHostPort(host); err != nil {
			host += ":6379"
		}
		addrs = append(addrs, host)
	}
	var conf *tls.Config
	if o.TLSConfig != nil {
		conf = o.TLSConfig.Clone()
		conf.ServerName = "" // each node's own
	}
	return newRedis(redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, Username: o.Username, Password: o.Password, TLSConfig: conf,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries, ContextTimeoutEnabled: true, MaintNotificationsConfig: quiet,
		ClusterStateReloadInterval: clusterEvery,
		PoolSize:                   o.PoolSize, MaxActiveConns: o.MaxActiveConns, PoolTimeout: o.PoolTimeout}))
}

func openSentinel(redisURL string) (*Redis, error) {
	wrong := errors.New("store: the address of Redis wants to be redis+sentinel://host:port,…/master[/db]")
	hosts, path, _ := strings.Cut(strings.TrimPrefix(redisURL, "redis+sentinel://"), "/")
	o := &redis.FailoverOptions{DialTimeout: dialPatience, ReadTimeout: readPatience, MaxRetries: 1, DialerRetries: 1, ContextTimeoutEnabled: true,
		PoolSize: mostRedis, MaxActiveConns: mostRedis, PoolTimeout: poolPatience}
	if i := strings.LastIndexByte(hosts, '@'); i >= 0 {
		user, pass, _ := strings.Cut(hosts[:i], ":")
		var errUser, errPass error
		o.Username, errUser = url.PathUnescape(user)
		o.Password, errPass = url.PathUnescape(pass)
		if errUser != nil || errPass != nil {
			return nil, wrong
		}
		hosts = hosts[i+1:]
	}
	master, db, numbered := strings.Cut(path, "/")
	if numbered {
		var err error
		if o.DB, err = strconv.Atoi(db); err != nil {
			return nil, wrong
		}
	}
	if master == "" || hosts == "" {
		return nil, wrong
	}
	o.MasterName, o.SentinelAddrs = master, strings.Split(hosts, ",")
	return newRedis(redis.NewFailoverClient(o)), nil
}

// Close ends the connections and the embedded server.
func (r *Redis) Close() error {
	err := r.UniversalClient.Close()
	if r.embedded != nil {
		r.embedded.Close()
	}
	return err
}
