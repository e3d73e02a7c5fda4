package sla

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefaultPolicy(t *testing.T) {
	p := DefaultPolicy()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	want := map[string][4]float64{"fire": {10, 10, 10, 30}, "hot": {30, 60, 60, 150}, "warm": {240, 240, 480, 960}, "none": {240, 240, 480, 960}, "": {240, 240, 480, 960}}
	for tier, minutes := range want {
		for i, kind := range []Kind{Claim, Decision, Touch, Response} {
			if got, err := p.Minutes(kind, tier); err != nil || got != minutes[i] {
				t.Errorf("%s in tier %q: %v minutes (%v), want %v", kind, tier, got, err, minutes[i])
			}
		}
	}
	p.Targets["hot"][Response] = 90
	if got, err := p.Minutes(Response, "hot"); err != nil || got != 90 {
		t.Errorf("a response target of its own: %v (%v), want 90", got, err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var again Policy
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, again); diff != "" {
		t.Errorf("the policy changes on its way through JSON (-want +got):\n%s", diff)
	}
}

func TestPolicyValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Policy)
		says   string
	}{
		{"unknown tier", func(p *Policy) { p.Targets["lukewarm"] = map[Kind]float64{Claim: 1} }, "targets.lukewarm: unknown tier"},
		{"unknown clock", func(p *Policy) { p.Targets["hot"]["reply"] = 1 }, "targets.hot.reply: unknown clock"},
		{"missing tier", func(p *Policy) { delete(p.Targets, "warm") }, "targets.warm.claim: missing"},
		{"missing clock", func(p *Policy) { delete(p.Targets["fire"], Touch) }, "targets.fire.touch: missing"},
		{"no targets", func(p *Policy) { p.Targets = nil }, "missing"},
		{"zero", func(p *Policy) { p.Targets["hot"][Claim] = 0 }, "targets.hot.claim: 0"},
		{"negative", func(p *Policy) { p.Targets["hot"][Response] = -5 }, "targets.hot.response: -5"},
		{"not a number", func(p *Policy) { p.Targets["hot"][Claim] = math.NaN() }, "targets.hot.claim: NaN"},
		{"too long", func(p *Policy) { p.Targets["hot"][Claim] = 1e9 }, "targets.hot.claim"},
		{"share of nothing", func(p *Policy) { p.RiskShare = 0 }, "risk_share: 0"},
		{"share of all", func(p *Policy) { p.RiskShare = 1 }, "risk_share: 1"},
		{"share as per cent", func(p *Policy) { p.RiskShare = 75 }, "risk_share: 75"},
		{"negative after-hours claim", func(p *Policy) { p.AfterHoursClaim = -1 }, "after_hours_claim_minutes: -1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := DefaultPolicy()
			tt.change(&p)
			if err := p.Validate(); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want an error that says %q", err, tt.says)
			}
		})
	}
}
