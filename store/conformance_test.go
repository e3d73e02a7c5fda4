package store_test

import (
	"testing"

	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

func TestSQLite(t *testing.T)   { storetest.Run(t, storetest.SQLite) }
func TestPostgres(t *testing.T) { storetest.Run(t, storetest.Postgres(t)) }

func TestEmbeddedRedis(t *testing.T) {
	storetest.RunRedis(t, func(testing.TB) string { return "embedded:" })
}
func TestRedis(t *testing.T) { storetest.RunRedis(t, testenv.Redis) }
