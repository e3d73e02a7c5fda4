package handlers_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
)

// laden is a store whose figures take as long as it likes.
type laden struct {
	handlers.Store
	free   chan struct{} // closed: they take no time
	asking atomic.Int64
}

func (l *laden) Facts(ctx context.Context, q lead.FactsQuery) ([]lead.Facts, error) {
	l.asking.Add(1)
	defer l.asking.Add(-1)
	select {
	case <-l.free:
		return l.Store.Facts(ctx, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Figures that take long keep the running clocks from nothing, and say how old they are.
func TestFiguresThatTakeLongKeepNoClockWaiting(t *testing.T) {
	store := &laden{free: make(chan struct{})}
	x := newSite(t, func(c *handlers.Config) { store.Store, c.Store = c.Store, store })
	x.person("Mara", lead.Marketing)
	ada := x.hot("ada")
	mara := x.signIn("Mara")
	stream, end := x.open(mara, "/live/sla")
	defer end()
	if stream.status != http.StatusOK {
		t.Fatalf("the stream does not begin without figures: %d", stream.status)
	}
	if f := stream.until("clock-" + ada + "-claim"); strings.Contains(f, "#sla-tiles") || strings.Contains(f, "#sla-as-of") || strings.Contains(f, "#sla-sentence") {
		t.Errorf("figures that are not made come as %.300s", f)
	}
	bob := x.hot("bob")
	stream.until("clock-" + bob + "-claim")
	if n := store.asking.Load(); n != 1 {
		t.Errorf("the figures are made %d times at once", n)
	}
	made := lead.Now()
	close(store.free)
	f := stream.until("#sla-as-of")
	at := asOfFigures(t, f)
	if !strings.Contains(f, "#sla-tiles") || !strings.Contains(f, "#sla-figures") || !strings.Contains(f, "were handed over.") || at.After(made) {
		t.Errorf("figures that were asked for before %v come as of %v: %.300s", made, at, f)
	}
	if next := asOfFigures(t, stream.until("#sla-as-of")); !next.After(at) {
		t.Errorf("new figures are as of %v, those before of %v", next, at)
	}
	_, _, page := mara.get("/sla")
	if at := asOfFigures(t, page); at.Before(made.Truncate(1e9)) {
		t.Errorf("the page has figures as of %v", at)
	}
}

var figuresTime = regexp.MustCompile(`Figures as of <time data-local data-exact datetime="([^"]+)"`)

func asOfFigures(t *testing.T, text string) time.Time {
	t.Helper()
	m := figuresTime.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("it does not say how old its figures are: %.300s", text)
	}
	at, err := time.Parse(time.RFC3339, m[1])
	if err != nil {
		t.Fatal(err)
	}
	return at
}
