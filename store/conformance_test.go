package store_test

import (
	"runtime"
	"testing"

	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

func TestSQLite(t *testing.T)   { storetest.Run(t, storetest.SQLite) }
func TestPostgres(t *testing.T) { storetest.Run(t, storetest.Postgres(t)) }

func TestEmbeddedRedis(t *testing.T) {
	storetest.RunRedis(t, func(testing.TB) string { return "embedded:" })
}
func TestRedis(t *testing.T)         { storetest.RunRedis(t, testenv.Redis) }
func TestRedisCluster(t *testing.T)  { storetest.RunRedis(t, emptied(testenv.RedisCluster(t))) }
func TestRedisSentinel(t *testing.T) { storetest.RunRedis(t, emptied(testenv.RedisSentinel(t))) }

// The certificate's authority is one that the system is told of, as operators do.
func TestRedisTLS(t *testing.T) {
	if runtime.GOOS == "darwin" {
		testenv.LeaveOut(t, "Redis by TLS", "Go asks the keychain there, which a test leaves alone")
	}
	address, authority := testenv.RedisTLS(t)
	t.Setenv("SSL_CERT_FILE", authority)
	storetest.RunRedis(t, emptied(address))
}

// emptied hands out one Redis, emptied before each use.
func emptied(address string) func(testing.TB) string {
	return func(t testing.TB) string {
		t.Helper()
		storetest.Empty(t, storetest.OpenRedis(t, address))
		return address
	}
}
