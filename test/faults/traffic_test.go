package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// traffic is customers' sites that send messages to all instances, as Segment's
// clients do: what was not acknowledged is sent again, with the same message id,
// to whichever instance is next.
type traffic struct {
	w       *world
	clients int
	before  int // frames of the open board when the fault began
	halt    context.CancelFunc
	running sync.WaitGroup

	made atomic.Int64
	mu   sync.Mutex
	sure map[string]bool // message ids that were acknowledged
	odd  []string        // answers that should not have come
	not  int             // tries that were not acknowledged
	why  string          // what the last of them was told
}

// pace is how long a client rests after each message.
const pace = 10 * time.Millisecond

// sendTo begins to send to the instances; targets is asked before each try.
func (w *world) send(clients int, targets func() []*instance) *traffic {
	ctx, halt := context.WithCancel(context.Background())
	t := &traffic{w: w, clients: clients, halt: halt, sure: map[string]bool{}}
	for n := range clients {
		t.running.Go(func() { t.client(ctx, n, targets) })
	}
	w.Cleanup(func() { t.halt(); t.running.Wait() })
	return t
}

func (t *traffic) client(ctx context.Context, n int, targets func() []*instance) {
	for turn := n; ctx.Err() == nil; turn++ {
		id := fmt.Sprintf("m-%d-%d", n, t.made.Add(1))
		body := message(id, turn)
		for tried := 0; ; tried++ {
			at := targets()
			if t.try(at[(turn+tried)%len(at)], body) {
				break
			}
			if ctx.Err() != nil {
				return
			}
			rest(100 * time.Millisecond)
		}
		t.mu.Lock()
		t.sure[id] = true
		t.mu.Unlock()
		rest(pace)
	}
}

// message is one of a site's: of forty people who do this and that.
func message(id string, turn int) []byte {
	who := fmt.Sprintf("user-%d", turn%40)
	events := []string{"Page Viewed", "Products Compared", "Pricing Viewed", "Webinar Viewed", "Email Opened", "Demo Requested"}
	b, err := json.Marshal(map[string]any{
		"messageId": id, "userId": who, "event": events[turn/7%len(events)], "properties": map[string]any{"turn": turn},
		"context": map[string]any{"traits": map[string]any{"email": who + "@buyer.example"}},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// try sends once and tells whether it was acknowledged.
func (t *traffic) try(i *instance, body []byte) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience/2)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+"/v1/track", bytes.NewReader(body))
	if err != nil {
		t.note(err.Error())
		return false
	}
	req.SetBasicAuth(t.w.write, "")
	status, text, err := answer(http.DefaultClient.Do(req))
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case status == http.StatusOK && err == nil:
		return true
	case status == http.StatusServiceUnavailable && err == nil, status == http.StatusTooManyRequests, status == 0: // as things are
	default:
		t.odd = append(t.odd, fmt.Sprintf("%d %s %v", status, text, err))
	}
	t.not++
	t.why = text
	return false
}

func (t *traffic) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.odd = append(t.odd, what)
}

// acknowledged is how many messages were so far.
func (t *traffic) acknowledged() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sure)
}

// flows waits until more messages are acknowledged than now.
func (t *traffic) flows(what string) time.Duration {
	t.w.Helper()
	before := t.acknowledged()
	return t.w.eventually(what, func() error {
		if n := t.acknowledged(); n < before+t.clients {
			return fmt.Errorf("%d messages acknowledged since", n-before)
		}
		return nil
	})
}

// stop ends the traffic, and holds that each message that was acknowledged is
// stored once, and no other one twice.
func (t *traffic) stop() {
	t.w.Helper()
	t.halt()
	t.running.Wait()
	var stored []string
	if err := t.w.db.SelectContext(t.w.Context(), &stored, `SELECT message_id FROM activities ORDER BY message_id`); err != nil {
		t.w.Fatal(err)
	}
	if n := len(slices.Compact(slices.Clone(stored))); n != len(stored) {
		t.w.Errorf("%d messages are stored more than once", len(stored)-n)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	lost := 0
	for id := range t.sure {
		if _, found := slices.BinarySearch(stored, id); !found {
			lost++
		}
	}
	if lost > 0 {
		t.w.Errorf("%d of %d acknowledged messages are lost", lost, len(t.sure))
	}
	if len(t.odd) > 0 {
		t.w.Errorf("%d answers that should not have come, such as %s", len(t.odd), t.odd[0])
	}
	t.w.Logf("%d messages acknowledged, after %d tries that were not", len(t.sure), t.not)
	if len(t.sure) == 0 {
		t.w.Error("nothing was acknowledged: the test tests nothing")
	}
}
