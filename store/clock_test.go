package store_test

import (
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// The clock is the database's, wherever that goes; SQLite's is the process's.
func TestClock(t *testing.T) {
	address := testenv.Postgres(t)
	s, shadowed := storetest.Open(t, address), storetest.Open(t, address+"&search_path=public,skewed,pg_catalog")
	behind := func(seconds string) {
		t.Helper()
		for _, text := range []string{
			`CREATE SCHEMA IF NOT EXISTS skewed`,
			`CREATE OR REPLACE FUNCTION skewed.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() - INTERVAL '` + seconds + ` seconds' $$`,
		} {
			if err := s.Exec(t, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	off := func(c *store.Clock, want time.Duration) {
		t.Helper()
		if err := c.Set(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := lead.Now().Sub(c.Now()); (got - want).Abs() > 10*time.Second {
			t.Errorf("the clock is %s behind this process's, want %s", got, want)
		}
	}
	clock := shadowed.Clock()
	behind("3600")
	off(clock, time.Hour)
	behind("3660") // set back
	off(clock, 61*time.Minute)
	behind("0")
	off(clock, 0)
	off(s.Clock(), 0)
	off(storetest.Open(t, storetest.SQLite(t)).Clock(), 0)
	var none *store.Clock
	if got := time.Since(none.Now()).Abs(); got > 10*time.Second {
		t.Errorf("no clock is %s off this process's", got)
	}
}
