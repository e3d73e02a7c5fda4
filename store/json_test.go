package store

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"hotleads/scoring"
)

// TestJSON: what is written by hand is what encoding/json writes.
func TestJSON(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 30, 0, 120_000, time.UTC)
	texts := []any{"", "plain text", `quo"te and \\`, "Größe 漢字", "<a&b>", "line\nbreak\u2028", "\xff", "\u007f"}
	for _, v := range append(texts,
		nil, true, false, 0.0, math.Copysign(0, -1), 1.0, -17.0, 0.5, 1e-7, 123456789012345.0, 1e15, 1e21, 1.5e300, 4.999999999999998,
		map[string]any{}, map[string]any(nil), map[string]any{"b": 1.0, "a": []any{"x", nil, map[string]any{"ü": true}}, "c<": "d"},
		scoring.Traits{"employees": 120.0}, scoring.Traits(nil), scoring.Ledger{}, scoring.Ledger(nil),
		scoring.Ledger{"page_viewed": {Value: 4.9999, Count: 6, LastAt: at, LastID: "3acb-1"}, "demo": {}, "compared": {Value: -15, Count: 1, LastAt: at.Add(time.Nanosecond), LastID: `"`, Detail: "Pro with <Team>"}},
		[]any{1.0, "a"}, at) {
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := appendJSON([]byte("before"), v); err != nil || string(got) != "before"+string(want) {
			t.Errorf("%v is written %s, %v, want %s", v, got[len("before"):], err, want)
		}
	}
	for _, v := range []any{math.NaN(), math.Inf(1), map[string]any{"a": math.Inf(-1)}} {
		if got, err := appendJSON(nil, v); err == nil {
			t.Errorf("%v is written %s", v, got)
		}
	}
}
