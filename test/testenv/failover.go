package testenv

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisSet is several Redis servers of a test's own, of which one takes another's
// place when that is gone; but not before the test says so ([RedisSet.TakeOver]).
type RedisSet struct {
	URL string

	t         testing.TB
	servers   []*Server
	sentinels []*Server // none in a cluster
}

// atOnce: a replica gets its copy as soon as it asks, not with others five seconds later.
var atOnce = []string{"--repl-diskless-sync-delay", "0"}

// RedisSentinels starts a Redis with two replicas, and three sentinels who watch
// them.
func RedisSentinels(t testing.TB) *RedisSet {
	t.Helper()
	master := RedisServer(t, atOnce...)
	host, port, _ := strings.Cut(hostOf(t, master.URL), ":")
	set := &RedisSet{t: t, servers: []*Server{master}}
	for range 2 {
		replica := RedisServer(t, append([]string{"--replicaof", host, port}, atOnce...)...)
		replica.says("master_link_status:up", "info", "replication")
		set.servers = append(set.servers, replica)
	}
	var hosts []string
	for range 3 {
		s := sentinel(t, master, never)
		set.sentinels, hosts = append(set.sentinels, s), append(hosts, hostOf(t, s.URL))
	}
	for _, s := range set.sentinels {
		s.says("slaves=2,sentinels=3", "info", "sentinel")
	}
	set.URL = "redis+sentinel://" + strings.Join(hosts, ",") + "/" + watched
	return set
}

// never is more sentinels than there are, enough are those that decide.
const (
	never  = 4
	enough = 2
)

// RedisClusterSet starts a Redis Cluster of three masters with a replica each.
func RedisClusterSet(t testing.TB) *RedisSet {
	t.Helper()
	servers := redisCluster(t, 3, 1, append([]string{"--cluster-replica-no-failover", "yes", "--cluster-replica-validity-factor", "0"}, atOnce...)...)
	return &RedisSet{t: t, servers: servers, URL: addressOf(t, servers)}
}

// Master is the server that a key is kept by.
func (s *RedisSet) Master(key string) *Server {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for {
		m, err := s.master(ctx, key)
		if err == nil {
			return m
		}
		if pause(ctx, 5*poll) != nil {
			s.t.Fatalf("nobody says who is the master of %s: %v", key, err)
		}
	}
}

func (s *RedisSet) master(ctx context.Context, key string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var addr string
	if len(s.sentinels) > 0 {
		c := redis.NewSentinelClient(&redis.Options{Addr: hostOf(s.t, s.sentinels[0].URL)})
		defer c.Close()
		at, err := c.GetMasterAddrByName(ctx, watched).Result()
		if err != nil {
			return nil, err
		}
		addr = strings.Join(at, ":")
	} else {
		var hosts []string
		for _, one := range s.servers {
			hosts = append(hosts, hostOf(s.t, one.URL))
		}
		c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: hosts, DialTimeout: time.Second, ReadTimeout: time.Second})
		defer c.Close()
		node, err := c.MasterForKey(ctx, key)
		if err != nil {
			return nil, err
		}
		addr = node.Options().Addr
	}
	for _, one := range s.servers {
		if hostOf(s.t, one.URL) == addr {
			return one, nil
		}
	}
	return nil, fmt.Errorf("a stranger, %s", addr)
}

// TakeOver lets a replica take the place of a master that is gone or hangs, and
// waits until it has. Afterwards nobody takes anybody's place again.
func (s *RedisSet) TakeOver(key string, gone *Server) {
	s.t.Helper()
	s.let(true, gone)
	defer s.let(false, gone)
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for {
		m, err := s.master(ctx, key)
		if err == nil && m != gone {
			m.says("role:master", "info", "replication")
			if len(s.sentinels) == 0 {
				m.says("cluster_state:ok", "cluster", "info")
			}
			return
		}
		if pause(ctx, 5*poll) != nil {
			s.t.Fatalf("nobody takes the place of %s: %v", gone.URL, err)
		}
	}
}

// let says whether replicas may take their masters' places.
func (s *RedisSet) let(may bool, gone *Server) {
	s.t.Helper()
	if len(s.sentinels) > 0 {
		quorum := never
		if may {
			quorum = enough
		}
		for _, one := range s.sentinels {
			one.says("OK", "sentinel", "set", watched, "quorum", strconv.Itoa(quorum))
		}
		return
	}
	no := map[bool]string{true: "no", false: "yes"}[may]
	for _, one := range s.servers {
		if one != gone {
			one.says("OK", "config", "set", "cluster-replica-no-failover", no)
		}
	}
}

// Follows waits until a server that was away is a replica.
func (s *RedisSet) Follows(one *Server) {
	s.t.Helper()
	one.says("role:slave", "info", "replication")
	one.says("master_link_status:up", "info", "replication")
}

// says waits until the Redis server answers a command with a text that holds the
// word.
func (s *Server) says(word string, command ...string) {
	s.t.Helper()
	host, port, _ := strings.Cut(hostOf(s.t, s.URL), ":")
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, "redis-cli", append([]string{"-h", host, "-p", port}, command...)...).CombinedOutput()
		if err == nil && strings.Contains(string(out), word) {
			return
		}
		if pause(ctx, 5*poll) != nil {
			s.t.Fatalf("Redis does not say %s: %v\n%s", word, err, out)
		}
	}
}
