package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// noon is when a synctest bubble begins (a Saturday's midnight, when nobody
// works), so that a demo seeded for it goes on in one.
var noon = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// seededOnce is a seeded store, which takes seconds to make: tests copy it.
var seededOnce struct {
	sync.Once
	dir  string
	cast Cast
	err  error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if seededOnce.dir != "" {
		os.RemoveAll(seededOnce.dir)
	}
	os.Exit(status)
}

// seed makes a demo as it was at noon, in a file.
func seed(ctx context.Context, path string, days int) (Cast, error) {
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return Cast{}, err
	}
	defer s.Close()
	if _, err := s.Migrate(ctx, noon); err != nil {
		return Cast{}, err
	}
	r, err := store.OpenRedis("embedded:")
	if err != nil {
		return Cast{}, err
	}
	defer r.Close()
	log := slog.New(slog.DiscardHandler)
	told := 0
	cast, err := Seed(ctx, World{s, lead.NewDesk(s, r, r, log), log}, noon, days, 1, func(done, total int) {
		if done < told || done > total {
			err = fmt.Errorf("progress went from %d to %d of %d", told, done, total)
		}
		told = done
	})
	return cast, err
}

// copied is the path of a fresh copy of a seeded store.
func copied(t *testing.T) (string, Cast) {
	t.Helper()
	o := &seededOnce
	o.Do(func() {
		if o.dir, o.err = os.MkdirTemp("", "demo-test-"); o.err == nil {
			o.cast, o.err = seed(context.Background(), filepath.Join(o.dir, "demo.db"), PastDays)
		}
	})
	if o.err != nil {
		t.Fatal(o.err)
	}
	from, err := os.Open(filepath.Join(o.dir, "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "demo.db")
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	return path, o.cast
}

// opened is a world over a store, with a ranking of its own.
func opened(t *testing.T, path string) (World, *store.Redis) {
	t.Helper()
	s, err := store.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r, err := store.OpenRedis("embedded:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	log := slog.New(slog.DiscardHandler)
	return World{s, lead.NewDesk(s, r, r, log), log}, r
}

// team finds a team by its slug.
func (w World) team(t *testing.T, slug string) lead.Team {
	t.Helper()
	teams, err := w.Store.Teams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, team := range teams {
		if team.Slug == slug {
			return team
		}
	}
	t.Fatalf("there is no team %s", slug)
	return lead.Team{}
}
