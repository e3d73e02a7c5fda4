package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"

	"github.com/chromedp/chromedp"
)

// sameAsFresh compares, until they agree, the board that a browser has kept by
// frames with the page as the server draws it now: the rows, their order, and
// what stands in them but for what the script adds.
const sameAsFresh = `(() => {
  window.same = false;
  const told = doc => [...doc.querySelectorAll('#board .row[data-lead]')].map(row => {
    const {lead, score, tier, stage, version, owner} = row.dataset;
    const moves = [...row.querySelectorAll('[data-move]')].map(b => b.dataset.move);
    const clocks = [...row.querySelectorAll('[data-clock]')].map(c => [c.dataset.clock, c.dataset.due, c.dataset.state]);
    return JSON.stringify([row.id, lead, score, tier, stage, version, owner, moves, clocks]);
  }).join('\n');
  (async () => {
    while (!window.same) {
      const html = await (await fetch(location.href)).text();
      const fresh = told(new DOMParser().parseFromString(html, 'text/html')), kept = told(document);
      window.same = fresh === kept && fresh !== '';
      if (!window.same) await new Promise(r => setTimeout(r, 300));
    }
  })();
})()`

// storm has random people do random things and reps move them about, while
// boards are open and one comes new; each board comes to be the page drawn from
// scratch. What a test of package live holds for any sequence and every loss,
// this holds for a sample in real browsers.
func (w *world) storm(write, api string, stays, comes person) {
	w.Helper()
	const seed = 5
	r := rand.New(rand.NewPCG(seed, seed))
	events := []string{"Demo Requested", "Contact Sales Requested", "Products Compared", "Pricing Viewed", "Unsubscribed"}
	moves := []string{"claim", "release", "accept", "undo"}
	reps := []string{"rosa@vendor.example", "sam@vendor.example"}
	for i := range 12 {
		var batch []map[string]any
		for range 15 {
			user := fmt.Sprint("storm-", r.IntN(25))
			batch = append(batch, map[string]any{"type": "identify", "userId": user, "traits": map[string]any{"email": user + "@storm.example", "name": fmt.Sprint("Storm ", r.IntN(100))}},
				map[string]any{"type": "track", "userId": user, "event": events[r.IntN(len(events))]})
		}
		w.post("/v1/batch", write, true, map[string]any{"batch": batch})
		for range 5 { // what the stage doesn't allow is refused
			id := fmt.Sprint("user:storm-", r.IntN(25))
			w.post("/api/v1/leads/"+id+"/"+moves[r.IntN(len(moves))], api, false, map[string]any{"actor": reps[r.IntN(len(reps))]})
		}
		if i == 6 {
			comes.do(chromedp.Navigate(w.url + "/board/emea"))
		}
	}
	for _, p := range []person{stays, comes} {
		p.script(sameAsFresh)
		p.until("the board is as a fresh page has it", `window.same`)
	}
}

// post sends JSON with a key: as its user name, or as a bearer's token.
func (w *world) post(path, key string, basic bool, body any) {
	w.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.url+path, bytes.NewReader(b))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if r.Header.Set("Authorization", "Bearer "+key); basic {
		r.SetBasicAuth(key, "")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= http.StatusInternalServerError {
		w.Errorf("%s: %d", path, res.StatusCode)
	}
}
