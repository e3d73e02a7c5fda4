package store_test

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
)

// The embedded Redis goes by the process's clock, tests' clocks included.
func TestEmbeddedRedisInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := storetest.Embedded(t)
		count := func() int64 {
			t.Helper()
			n, err := r.Attempts(t.Context(), "rosa", 15*time.Minute, false)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if _, err := r.Attempts(t.Context(), "rosa", 15*time.Minute, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(14 * time.Minute)
		if _, err := r.Attempts(t.Context(), "rosa", 15*time.Minute, true); err != nil || count() != 2 {
			t.Errorf("%d attempts within the window, %v, want 2", count(), err)
		}
		time.Sleep(time.Minute + time.Second)
		if n := count(); n != 0 {
			t.Errorf("%d attempts after the window, want none: it begins with the first", n)
		}

		on := lead.Rank{Team: "emea", LeadID: "a", Version: 2, On: true, Score: 50}
		off, older := lead.Rank{Team: "emea", LeadID: "a", Version: 3}, on
		for _, ranks := range [][]lead.Rank{{on}, {off}} {
			if err := r.Rank(t.Context(), ranks); err != nil {
				t.Fatal(err)
			}
		}
		left := func() int64 { return r.HLen(t.Context(), "hl:{emea}:versions").Val() }
		time.Sleep(50 * time.Minute)
		if err := r.Rank(t.Context(), []lead.Rank{older}); err != nil || left() != 1 || r.ZCard(t.Context(), "hl:{emea}:rank").Val() != 0 {
			t.Errorf("who left is back by an older rank, or forgotten too early: %v", err)
		}
		time.Sleep(11 * time.Minute)
		other := on
		other.LeadID = "b"
		if err := r.Rank(t.Context(), []lead.Rank{other}); err != nil || left() != 1 {
			t.Errorf("%d versions, %v, want that of who is there alone", left(), err)
		}
	})
}

func TestUsesOfAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins at a full hour
		r := storetest.Embedded(t)
		use := func() (int64, time.Duration) {
			t.Helper()
			n, ends, err := r.Use(t.Context(), "a", 10*time.Second, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return n, ends
		}
		for i, want := range []time.Duration{10 * time.Second, 7 * time.Second, 4 * time.Second, time.Second} {
			if n, ends := use(); n != int64(i+1) || ends != want {
				t.Errorf("use %d: %d in a window that ends in %v, want %v", i+1, n, ends, want)
			}
			time.Sleep(3 * time.Second)
		}
		if n, ends := use(); n != 1 || ends != 8*time.Second {
			t.Errorf("in the next window: %d, ends in %v", n, ends)
		}
		time.Sleep(time.Minute)
		if n, err := r.DBSize(t.Context()).Result(); err != nil || n != 0 {
			t.Errorf("%d windows are kept, %v", n, err)
		}
	})
}

// A Redis that is away costs its callers little: they can do without it.
func TestRedisThatIsAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := listener.Addr().String() // it accepts, and never answers
	defer listener.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := gone.Addr().String()
	gone.Close()
	for address, most := range map[string]time.Duration{refused: time.Second, silent: 4 * time.Second} {
		r := storetest.OpenRedis(t, "redis://:s3cr3t@"+address)
		begin := time.Now()
		_, err := r.Top(t.Context(), "emea", 10)
		if took := time.Since(begin); err == nil || took > most || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%v after %v, want an error within %v", err, took, most)
		}
	}
}

func TestOpenRedisAddresses(t *testing.T) {
	for _, address := range []string{
		"embedded:", "redis://h", "redis://u:p@h:6380/2", "rediss://h", "redis://a:1,b:2,c", "rediss://u:p@a,b:7000",
		"redis+sentinel://a:26379,b:26379/main", "redis+sentinel://u:p%40ss@a/main/3",
	} {
		r, err := store.OpenRedis(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: close: %v", address, err)
		}
	}
	for _, address := range []string{
		"", "embedded", "http://u:s3cr3t@h", "redis:s3cr3t", "redis://u:s3cr3t@h:port", "redis://u:s3cr3t@h/db", "redis://u:s3cr3t%zz@h", "redis+sentinel://u:s3cr3t@a",
		"redis+sentinel:///main", "redis+sentinel://u:s3cr3t@a/main/x", "redis+sentinel://u:s3cr3t%zz@a/main",
	} {
		if r, err := store.OpenRedis(address); err == nil {
			r.Close()
			t.Errorf("%q is taken", address)
		} else if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
