package views_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"hotleads/test/testenv"
	"hotleads/views"
)

// With 200 leads a change should paint in one frame. How long the page's tasks
// took is the machine's affair, too, and stands in the log; that the page keeps
// up and ends in the right order is ours.
func TestTwoHundredLeadsKeepUp(t *testing.T) {
	s := newSite(t)
	models := manyRows(s.now, 200)
	b := open(t, s, "/board-200", testenv.Screen{})
	b.until("the board is live", isLive)
	b.do(`window.long = []; new PerformanceObserver(l => { for (const e of l.getEntries()) window.long.push(Math.round(e.duration)) }).observe({type: 'longtask'})`)
	const frames = 40
	order := make([]string, len(models))
	for i, m := range models {
		order[i] = m.ID
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range frames {
		var frame []byte
		for range 5 {
			i, j := random.IntN(len(models)), random.IntN(len(models))
			models[i].Version++
			models[i].Score = 50 + 100*random.Float64()
			frame = append(frame, views.PartialRow(models[i].ID, row(t, models[i]))...)
			order[i], order[j] = order[j], order[i]
		}
		s.push(join(frame, views.PartialOrder(order), views.Partial("#say", "textContent", []byte(strconv.Itoa(n)))))
		b.until("the frame came", fmt.Sprintf("document.querySelector('#say').textContent === '%d'", n))
	}
	b.until("the order is the last one", fmt.Sprintf("%s === %q", shown, strings.Join(order, " ")))
	t.Logf("tasks over 50 ms: %s", b.eval("window.long"))
}
