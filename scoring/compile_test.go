package scoring

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompileRefusesByPathAndReason(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Model)
		path   string
		reason string
	}{
		{"no threshold", func(m *Model) { m.Threshold = 0 }, "threshold", "over 0"},
		{"a threshold that is no number", func(m *Model) { m.Threshold = math.NaN() }, "threshold", "NaN"},
		{"an endless threshold", func(m *Model) { m.Threshold = math.Inf(1) }, "threshold", "+Inf"},
		{"negative half-life", func(m *Model) { m.HalfLifeDays = -1 }, "half_life_days", "-1"},
		{"negative fit limit", func(m *Model) { m.FitLimit = ptr(-0.1) }, "fit_limit", "-0.1"},
		{"negative intent points", func(m *Model) { m.IntentPoints = -1 }, "intent_points", "-1"},
		{"requalify points that are no number", func(m *Model) { m.RequalifyPoints = math.NaN() }, "requalify_points", "NaN"},
		{"tiers that don't ascend", func(m *Model) { m.Tiers.Hot = m.Tiers.Fire }, "tiers", "ascend"},
		{"a tier that is no number", func(m *Model) { m.Tiers.Warm = math.NaN() }, "tiers.warm", "NaN"},
		{"an id twice", func(m *Model) { m.Behaviour[1].ID = m.Behaviour[0].ID }, "behaviour[1].id", "taken by behaviour[0]"},
		{"an id in both halves", func(m *Model) { m.Fit[2].ID = m.Behaviour[0].ID }, "fit[2].id", "taken by behaviour[0]"},
		{"the fit limit's id", func(m *Model) { m.Fit[2].ID = "fit_limit" }, "fit[2].id", "taken by the fit limit"},
		{"no id", func(m *Model) { m.Behaviour[3].ID = " " }, "behaviour[3].id", "empty"},
		{"no label", func(m *Model) { m.Fit[0].Label = "\t" }, "fit[0].label", "empty"},
		{"endless points", func(m *Model) { m.Behaviour[0].Points = math.Inf(-1) }, "behaviour[0].points", "-Inf"},
		{"fit points that are no number", func(m *Model) { m.Fit[0].Points = math.NaN() }, "fit[0].points", "NaN"},
		{"a cap that is no number", func(m *Model) { m.Behaviour[0].Cap = ptr(math.NaN()) }, "behaviour[0].cap", "NaN"},
		{"a negative window", func(m *Model) { m.Behaviour[0].OncePer = -5 }, "behaviour[0].once_per", "-5"},
		{"no event", func(m *Model) { m.Behaviour[0].When = nil }, "behaviour[0].when", "at least one"},
		{"an empty event", func(m *Model) { m.Behaviour[6].When[1].Event = " " }, "behaviour[6].when[1].event", "empty"},
		{"an unknown operator", func(m *Model) { m.Behaviour[6].When[1].Where[0].Op = "like" }, "behaviour[6].when[1].where[0].op", "like"},
		{"a broken expression", func(m *Model) { m.Fit[0].Where[0].Value = "(" }, "fit[0].where[0].value", "missing closing"},
		{"a fit rule without conditions", func(m *Model) { m.Fit[0].Where = nil }, "fit[0].where", "at least one"},
		{"a placeholder left open", func(m *Model) { m.Behaviour[3].Detail = "compared {products" }, "behaviour[3].detail", "not closed"},
		{"a placeholder without a name", func(m *Model) { m.Behaviour[3].Detail = "compared {a|}" }, "behaviour[3].detail", "does not name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := DefaultModel()
			tt.change(&m)
			s, err := Compile(m)
			if err == nil || s != nil {
				t.Fatal("was not refused")
			}
			var p Problem
			if !errors.As(err, &p) || p.Path != tt.path || !strings.Contains(p.Reason, tt.reason) {
				t.Errorf("got %v; want %s: …%s…", err, tt.path, tt.reason)
			}
		})
	}
}

func TestCompileTellsAllThatIsWrong(t *testing.T) {
	m := DefaultModel()
	m.Threshold, m.Behaviour[0].Label, m.Fit[1].Where[0].Field = -1, "", ""
	_, err := Compile(m)
	want := "threshold: must be a number from 0 to 1000000, got -1\nbehaviour[0].label: must not be empty\nfit[1].where[0].field: must not be empty"
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestACompiledModelCannotBeChangedFromOutside(t *testing.T) {
	m := DefaultModel()
	s := mustCompile(t, m)
	*m.FitLimit, *m.Behaviour[0].Cap = 9, 9
	m.Behaviour[0].When[0].Event, m.Fit[0].Where[0].Field, m.Fit[2].Where[0].Value.([]any)[0] = "x", "x", 9.0
	if diff := cmp.Diff(DefaultModel(), s.Model()); diff != "" {
		t.Error(diff)
	}
}

func TestModelJSON(t *testing.T) {
	data, err := json.Marshal(DefaultModel())
	if err != nil {
		t.Fatal(err)
	}
	var back Model
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(DefaultModel(), back); diff != "" {
		t.Errorf("came back different:\n%s", diff)
	}
	var top map[string]any
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"threshold", "half_life_days", "fit_limit", "intent_points", "requalify_points", "tiers", "behaviour", "fit"} {
		if _, ok := top[key]; !ok {
			t.Errorf("no %q in the model's JSON", key)
		}
	}
	m := DefaultModel()
	if points, rules := strings.Count(string(data), `"points":`), len(m.Behaviour)+len(m.Fit); points != rules {
		t.Errorf("the key points stands %d times for %d rules", points, rules)
	}
	m.FitLimit = nil
	if data, _ := json.Marshal(m); !strings.Contains(string(data), `"fit_limit":null`) {
		t.Error("no fit limit is null")
	}
}

func TestWhichRulesAnActivityTouches(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	page := func(path string) Activity {
		return Activity{Event: "Page Viewed", Properties: map[string]any{"path": path}}
	}
	tests := []struct {
		a         Activity
		rules     []string
		handRaise bool
	}{
		{Activity{Event: " demo REQUESTED\n"}, []string{"demo_requested"}, true},
		{Activity{Event: "Contact Sales Requested"}, []string{"contact_sales_requested"}, true},
		{Activity{Event: "Pricing Viewed"}, []string{"pricing_viewed"}, false},
		{page("/pricing?x=1"), []string{"pricing_viewed", "page_viewed"}, false},
		{page("/careers/berlin"), []string{"page_viewed", "careers_viewed"}, false},
		{page("/blog/pricing"), []string{"page_viewed"}, false},
		{Activity{Event: "Page Viewed"}, []string{"page_viewed"}, false},
		{Activity{Event: "Screen Viewed"}, nil, false},
		{Activity{}, nil, false},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.rules, s.Touches(tt.a)); diff != "" {
			t.Errorf("%v:\n%s", tt.a, diff)
		}
		if s.IsHandRaise(tt.a) != tt.handRaise {
			t.Errorf("%v is a hand-raise: %v", tt.a, !tt.handRaise)
		}
	}
}

func TestTwoTriggersFireARuleOnce(t *testing.T) {
	m := oneRule(14, Rule{Points: 10})
	m.Behaviour[0].When = []Trigger{{Event: "E"}, {Event: "e "}}
	if l := mustCompile(t, m).Derive(did(0)); l["r"].Count != 1 {
		t.Errorf("counted %d times", l["r"].Count)
	}
}

func TestEventsAreWhatARederivationLoads(t *testing.T) {
	want := []string{
		"careers viewed", "case study viewed", "chat started", "contact sales requested", "demo requested",
		"email link clicked", "email opened", "page viewed", "pricing viewed", "products compared",
		"replied", "trial started", "unsubscribed", "webinar viewed",
	}
	if diff := cmp.Diff(want, mustCompile(t, DefaultModel()).Events()); diff != "" {
		t.Error(diff)
	}
}

func TestDetails(t *testing.T) {
	tests := []struct{ template, properties, want string }{
		{"", `{}`, ""},
		{"plain words", `{}`, "plain words"},
		{"compared {products}", `{"products":["Pro","Team"]}`, "compared Pro with Team"},
		{"compared {products}", `{"products":["Pro","Team","Free"]}`, "compared Pro with Team and Free"},
		{"compared {products}", `{"products":["A","B","C","D"]}`, "compared A with B, C and D"},
		{"compared {products}", `{"products":["Pro"]}`, "compared Pro"},
		{"compared {products}", `{"products":"Pro, Team"}`, "compared Pro, Team"},
		{"compared {products}", `{"products":[{"name":"Pro"},{"title":"Team"},{"id":7}]}`, "compared Pro with Team"},
		{"compared {products}", `{"products":[]}`, ""},
		{"compared {products}", `{"products":[null,""]}`, ""},
		{"compared {products}", `{"products":{}}`, ""},
		{"compared {products}", `{}`, ""},
		{"webinar “{title|name}”", `{"title":" ","name":"Spread\n spectrum"}`, "webinar “Spread spectrum”"},
		{"{n} of { total.all }", `{"n":2,"total":{"all":3.5}}`, "2 of 3.5"},
		{"{n}} }", `{"n":2}`, "2} }"},
		{"{n}", `{"n":"` + strings.Repeat("ä", 81) + `"}`, strings.Repeat("ä", 79) + "…"},
	}
	for _, tt := range tests {
		tmpl, err := parseTemplate(tt.template)
		if err != nil {
			t.Fatal(err)
		}
		var properties map[string]any
		if err := json.Unmarshal([]byte(tt.properties), &properties); err != nil {
			t.Fatal(err)
		}
		if got := tmpl.render(properties); got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.template, tt.properties, got, tt.want)
		}
	}
}
