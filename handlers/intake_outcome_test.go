package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// What a deal is worth is not to be guessed: an amount that is no money refuses
// the message, and the rest of the batch is taken.
func TestAmountsOfOutcomes(t *testing.T) {
	x := newSite(t)
	for name, amount := range map[string]any{"text": "129900", "fraction": 12.5, "negative": -5, "huge": 1e30} {
		x.hot(name)
		out := x.send(x.srv,
			map[string]any{"type": "track", "userId": name, "event": "Deal Won", "properties": map[string]any{"amount": amount}},
			map[string]any{"type": "track", "userId": name, "event": "Page Viewed"})
		rejected, _ := out["rejected"].([]any)
		if len(rejected) != 1 || !strings.Contains(rejected[0].(map[string]any)["error"].(string), "minor units") {
			t.Errorf("%s: %v", name, out)
		}
		if _, l := x.call(http.MethodGet, "/api/v1/leads/user:"+name, nil); l["stage"] != "mql" {
			t.Errorf("%s: the lead is %v", name, l["stage"])
		}
	}
	x.hot("right")
	x.send(x.srv, map[string]any{"type": "track", "userId": "right", "event": "Deal Won", "properties": map[string]any{"amount": 129900}})
	if _, l := x.call(http.MethodGet, "/api/v1/leads/user:right", nil); l["stage"] != "won" || l["amount"] != 129900.0 {
		t.Errorf("a right amount: %v %v", l["stage"], l["amount"])
	}
}
