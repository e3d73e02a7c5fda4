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
	var hosts []string
	for range 3 {
		// The usual port of the nodes' own talk is 10000 higher: among those that outgoing connections take.
		s := RedisServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", strconv.Itoa(freePort(t)))
		hosts = append(hosts, hostOf(t, s.URL))
	}
	create := append(append([]string{"--cluster", "create"}, hosts...), "--cluster-yes")
	if out, err := exec.Command("redis-cli", create...).CombinedOutput(); err != nil {
		t.Fatalf("make a cluster: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for _, host := range hosts { // each has to hear of all
		at, port, _ := strings.Cut(host, ":")
		for {
			out, err := exec.Command("redis-cli", "-h", at, "-p", port, "cluster", "info").CombinedOutput()
			if err == nil && strings.Contains(string(out), "cluster_state:ok") && strings.Contains(string(out), "cluster_known_nodes:3") {
				break
			}
			if pause(ctx, 5*poll) != nil {
				t.Fatalf("the cluster does not come together: %v\n%s", err, out)
			}
		}
	}
	return "redis://" + strings.Join(hosts, ",")
}

// RedisSentinel starts a Redis with a sentinel that watches it and returns the
// address by which clients find it.
func RedisSentinel(t testing.TB) string {
	t.Helper()
	master := RedisServer(t)
	host, port, _ := strings.Cut(hostOf(t, master.URL), ":")
	s := redisServer(t)
	conf := filepath.Join(s.dir, "sentinel.conf")
	text := fmt.Sprintf("sentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 5000\n", host, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.args = append([]string{conf, "--sentinel"}, s.args[:6]...)
	s.begin()
	return "redis+sentinel://" + hostOf(t, s.URL) + "/main"
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
