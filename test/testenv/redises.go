package testenv

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// RedisCluster starts a Redis Cluster of three masters and returns its address.
func RedisCluster(t testing.TB) string {
	t.Helper()
	return addressOf(t, redisCluster(t, 3, 0))
}

// addressOf is the address of a cluster.
func addressOf(t testing.TB, servers []*Server) string {
	t.Helper()
	var hosts []string
	for _, s := range servers {
		hosts = append(hosts, hostOf(t, s.URL))
	}
	return "redis://" + strings.Join(hosts, ",")
}

// redisCluster starts a Redis Cluster, with so many replicas of each master, and
// waits until each server has heard of all.
func redisCluster(t testing.TB, masters, replicas int, args ...string) []*Server {
	t.Helper()
	var servers []*Server
	var hosts []string
	for range masters * (1 + replicas) {
		// The usual port of the nodes' own talk is 10000 higher: among those that outgoing connections take.
		s := RedisServer(t, append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(freePort(t))}, args...)...)
		servers, hosts = append(servers, s), append(hosts, hostOf(t, s.URL))
	}
	create := append(append([]string{"--cluster", "create"}, hosts...), "--cluster-replicas", strconv.Itoa(replicas), "--cluster-yes")
	if out, err := exec.Command("redis-cli", create...).CombinedOutput(); err != nil {
		t.Fatalf("make a cluster: %v\n%s", err, out)
	}
	for _, s := range servers {
		s.says("cluster_state:ok", "cluster", "info")
		s.says("cluster_known_nodes:"+strconv.Itoa(len(servers)), "cluster", "info")
	}
	return servers
}

// RedisSentinel starts a Redis with a sentinel that watches it and returns the
// address by which clients find it.
func RedisSentinel(t testing.TB) string {
	t.Helper()
	s := sentinel(t, RedisServer(t), 1)
	return "redis+sentinel://" + hostOf(t, s.URL) + "/" + watched
}

// watched is what sentinels call whom they watch.
const watched = "main"

// sentinel starts one that watches a master. So many have to agree that it is gone.
func sentinel(t testing.TB, master *Server, quorum int) *Server {
	t.Helper()
	host, port, _ := strings.Cut(hostOf(t, master.URL), ":")
	s := redisServer(t)
	conf := filepath.Join(s.dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor %[1]s %s %s %d\nsentinel down-after-milliseconds %[1]s 2000\nsentinel failover-timeout %[1]s 4000\n", watched, host, port, quorum)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = append([]string{conf, "--sentinel"}, s.args[:6]...)
	s.begin()
	return s
}

// RedisTLS starts a Redis that speaks nothing but TLS, with a certificate of its
// own authority, whose file it returns beside the address.
func RedisTLS(t testing.TB) (address, authority string) {
	t.Helper()
	s := redisServer(t)
	cert, key := certificate(t, s.dir)
	port := s.args[1]
	s.args = append([]string{"--port", "0", "--tls-port", port}, append(s.args[2:],
		"--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")...)
	s.URL = "rediss://localhost:" + port
	s.ready = func(ctx context.Context) error { return pingRedis(ctx, s.URL+"?skip_verify=true") }
	s.begin()
	return s.URL, cert
}

func hostOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
