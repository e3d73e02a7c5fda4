package scoring

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", " Demo Requested\n", "ΣΑΣ ς", "İı", "ß", "ǅ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if once := Fold(s); Fold(once) != once {
			t.Errorf("%q folds to %q, and that to %q", s, once, Fold(once))
		}
	})
}

// FuzzCondition holds what must be true of any condition and any fields.
func FuzzCondition(f *testing.F) {
	for _, op := range Operators() {
		f.Add("f", op, `"10"`, `{"f":10}`)
		f.Add("a.b", op, `[1,"2"]`, `{"a":[{"b":"x"},{"b":[2]}],"a.b":null}`)
	}
	f.Add("f", OpMatches, `"^(a+)+$"`, `{"f":"aaaa"}`)
	f.Fuzz(func(t *testing.T, field, op, valueJSON, fieldsJSON string) {
		var value any
		var fields map[string]any
		if json.Unmarshal([]byte(valueJSON), &value) != nil || json.Unmarshal([]byte(fieldsJSON), &fields) != nil {
			return
		}
		c, _, reason := compileCondition(Condition{field, op, value})
		if reason != "" {
			return
		}
		got := c.match(fields)
		v, _ := lookup(fields, field)
		if got && !isSet(v) && op != OpIsNot && op != OpIsNotSet {
			t.Errorf("%q matches what is not set", op)
		}
		if opposite := map[string]string{OpIs: OpIsNot, OpIsSet: OpIsNotSet, OpIsNot: OpIs, OpIsNotSet: OpIsSet}[op]; opposite != "" {
			if c.op = opposite; c.match(fields) == got {
				t.Errorf("%q and %q agree", op, opposite)
			}
		}
	})
}

// FuzzModel: any JSON is a model that scores finitely, or is refused.
func FuzzModel(f *testing.F) {
	data, err := json.Marshal(DefaultModel())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(data), "Demo Requested", `{"path":"/pricing","products":["a"]}`)
	f.Add(`{"threshold":1e-300,"fit_limit":1e6,"half_life_days":1e-300,"tiers":{"warm":0,"hot":1,"fire":2},
		"behaviour":[{"id":"a","label":"b","when":[{"event":"c"}],"points":-1e6}]}`, "C", `{}`)
	f.Fuzz(func(t *testing.T, modelJSON, event, propertiesJSON string) {
		var m Model
		var properties map[string]any
		if json.Unmarshal([]byte(modelJSON), &m) != nil || json.Unmarshal([]byte(propertiesJSON), &properties) != nil {
			return
		}
		s, err := Compile(m)
		if err != nil {
			return
		}
		l := Ledger{}
		s.Add(l, Activity{ID: "1", Event: event, Properties: properties, At: monday})
		s.Add(l, Activity{ID: "2", Event: event, Properties: properties, At: monday.Add(time.Hour)})
		fit := s.Fit(properties)
		sc := s.Score(l, fit, monday.Add(2*time.Hour))
		if math.IsNaN(sc.Total) || math.IsInf(sc.Total, 0) {
			t.Errorf("the score is %v", sc.Total)
		}
		sum := 0.0
		for _, g := range s.Signals(l, fit, monday.Add(2*time.Hour)) {
			sum += g.Points
		}
		if math.Abs(sum-sc.Total) > 1e-6 {
			t.Errorf("signals make %v, the score is %v", sum, sc.Total)
		}
		if at, ok := s.ColdAt(l, fit, 0.9, monday.Add(time.Hour)); ok && s.Score(l, fit, at).Total >= 0.9*m.Threshold {
			t.Errorf("not cold at %v", at)
		}
		if _, err := json.Marshal(l); err != nil {
			t.Error(err)
		}
	})
}
