package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"hotleads/live"
	"hotleads/test/bench/crowd"
)

// kidRows is how long the list is that the kid's watchers see; one row changes
// with each publication.
const kidRows = 20

// list is a list of which one row changes with each publication.
type list struct {
	hub *live.Hub

	mu          sync.Mutex
	n           int64 // publications
	shown, from int64 // n of the last look, and of the last one that saw another
	rows        [kidRows]item
}

// item is one row, with the number of the publication that made it.
type item struct {
	n    int64
	html []byte
}

// serveLive serves the product's live layer with a list that is published to.
func serveLive(ctx context.Context, out io.Writer) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	// Each publication is to be a frame, as it is with the peers; and how long it
	// takes is to be the time of its way, without the time of its wait.
	hub := live.NewHub(live.Options{Coalesce: time.Nanosecond, Log: log})
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	t := &list{hub: hub}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		if err := hub.Serve(w, r, t.view(), live.Visitor{}); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /publish", t.publish)
	mux.HandleFunc("GET /stats", t.stats)
	if err := serveKid(ctx, mux, out); err != nil {
		return err
	}
	return <-ran
}

func (t *list) publish(w http.ResponseWriter, r *http.Request) {
	html, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	t.n++
	t.rows[t.n%kidRows] = item{t.n, html}
	t.mu.Unlock()
	t.hub.Notice(live.Notice{All: true})
}

func (t *list) stats(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.mu.Lock()
	s := kidStats{t.hub.Stats(), runtime.NumGoroutine(), float64(m.HeapInuse + m.StackInuse), t.n}
	t.mu.Unlock()
	_ = json.NewEncoder(w).Encode(s) // who asks may have gone
}

func (t *list) view() live.View {
	return live.View{Topic: "list", Frames: bare{}, Concerns: func(live.Notice) bool { return true }, Look: t.look}
}

// look numbers what it sees: a frame follows from each look that sees something
// new, so its watchers can tell whether they got every one.
func (t *list) look(context.Context, time.Time) (live.Page, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	page := live.Page{Rows: make([]live.Row, kidRows)}
	for i, it := range t.rows {
		page.Rows[i] = live.Row{ID: strconv.Itoa(i), Rev: strconv.FormatInt(it.n, 10), HTML: func() ([]byte, error) { return it.html, nil }}
	}
	if t.n != t.shown {
		t.shown, t.from = t.n, t.shown
	}
	number := crowd.Number(t.shown, t.from)
	page.Parts = []live.Part{{Target: "n", Rev: number, HTML: func() ([]byte, error) { return []byte(number), nil }}}
	return page, nil
}

// bare frames have no markup.
type bare struct{}

func (bare) Row(_ string, html []byte) []byte  { return html }
func (bare) New(html []byte) []byte            { return html }
func (bare) Gone(string) []byte                { return nil }
func (bare) Order([]string) []byte             { return nil }
func (bare) Part(_ string, html []byte) []byte { return html }
func (bare) Age(time.Time) []byte              { return nil }
func (bare) Around([]string) ([]byte, []byte)  { return nil, nil }
