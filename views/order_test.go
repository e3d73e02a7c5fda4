package views_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/live"
	"hotleads/test/testenv"
	"hotleads/views"
)

// boardFrames writes the frames of a board, as the product does.
type boardFrames struct{}

func (boardFrames) Row(id string, html []byte) []byte           { return views.PartialRow(id, html) }
func (boardFrames) New(html []byte) []byte                      { return views.PartialNew(html) }
func (boardFrames) Gone(id string) []byte                       { return views.PartialGone(id) }
func (boardFrames) Order(ids []string) []byte                   { return views.PartialOrder(ids) }
func (boardFrames) Part(_ string, html []byte) []byte           { return html }
func (boardFrames) Age(asOf time.Time) []byte                   { return views.PartialAge(asOf) }
func (boardFrames) Around(ids []string) (before, behind []byte) { return views.SnapshotAround(ids) }

// Whatever leads come, leave, come back and overtake each other, a browser shows them
// in the order of the server, and says so where clients read it. Some are Rosa's alone.
func TestRandomComingsAndGoingsInABrowser(t *testing.T) {
	s := newSite(t)
	all := manyRows(s.now, 9)
	var mu sync.Mutex
	var rows []views.RowModel
	own := map[string]bool{}
	hub := live.NewHub(live.Options{Coalesce: time.Millisecond})
	ctx, end := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- hub.Run(ctx) }()
	t.Cleanup(func() {
		end()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	view := live.View{Topic: "board", Frames: boardFrames{}, Concerns: func(live.Notice) bool { return true },
		Look: func(context.Context, time.Time) (live.Page, error) {
			mu.Lock()
			defer mu.Unlock()
			var page live.Page
			for _, m := range rows {
				r := live.Row{ID: m.ID, Rev: fmt.Sprint(m.Version), HTML: func() ([]byte, error) { return views.RenderRow(context.Background(), m) }}
				if own[m.ID] {
					r.For = rosa.ID
				}
				page.Rows = append(page.Rows, r)
			}
			return page, nil
		}}
	s.set(func() {
		s.refuse = func(w http.ResponseWriter, r *http.Request) {
			if err := hub.Serve(w, r, view, live.Visitor{Self: rosa.ID}); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
			}
		}
	})
	b := open(t, s, "/board", testenv.Screen{Still: true})
	b.until("the board is live", isLive)

	// What went wrong once: A stays, X leaves, D comes behind, X comes back behind D.
	script := [][]int{{0, 8}, {0}, {0, 3}, {0, 3, 8}}
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 24 {
		mu.Lock()
		if round < len(script) {
			rows = nil
			for _, i := range script[round] {
				rows = append(rows, all[i])
			}
		} else {
			for range 1 + r.IntN(3) {
				m := all[r.IntN(len(all))]
				m.Version += int64(round)
				at := slices.IndexFunc(rows, func(x views.RowModel) bool { return x.ID == m.ID })
				if at >= 0 {
					rows = slices.Delete(slices.Clone(rows), at, at+1)
				}
				if at < 0 || r.IntN(3) == 0 {
					rows = slices.Insert(slices.Clone(rows), r.IntN(len(rows)+1), m)
				}
				own[m.ID] = r.IntN(3) == 0
			}
		}
		var ids []string
		for _, m := range rows {
			ids = append(ids, m.ID)
		}
		mu.Unlock()
		hub.Notice(live.Notice{All: true})
		want := strings.Join(ids, " ")
		b.until(fmt.Sprintf("round %d: %s", round, want), fmt.Sprintf(`%s === %q && document.querySelector('#board-order').textContent === %[2]q`, shown, want))
	}
}
