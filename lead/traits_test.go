package lead_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// What a public key can write into one lead is bounded, whatever it sends.
func TestTraitsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 30<<10)
	for name, say := range map[string]func(n int) map[string]any{
		"many names":           func(n int) map[string]any { return map[string]any{fmt.Sprint("trait", n): n} },
		"many at once":         func(n int) map[string]any { return many(n, "v") },
		"many to be forgotten": func(n int) map[string]any { return many(n, nil) },
		"long names":           func(n int) map[string]any { return map[string]any{fmt.Sprint(long, n): true} },
		"long forgotten names": func(n int) map[string]any { return map[string]any{fmt.Sprint(long, n): nil} },
		"long texts":           func(n int) map[string]any { return map[string]any{fmt.Sprint("trait", n): long} },
		"texts that escape": func(n int) map[string]any {
			return map[string]any{fmt.Sprint("trait", n): strings.Repeat("<\x01\"", 2<<10)}
		},
		"growing values": func(n int) map[string]any { return map[string]any{"trait": strings.Repeat("x", min(n*1000, 31_000))} },
		"deep values": func(n int) map[string]any {
			return map[string]any{fmt.Sprint("trait", n): []any{map[string]any{long: []any{1.5, nil, true}}}}
		},
		"a company's": func(n int) map[string]any { return map[string]any{"company": many(n, "v")} },
	} {
		t.Run(name, func(t *testing.T) {
			p := lead.Profile{Traits: scoring.Traits{}, TraitTimes: map[string]time.Time{}}
			at := monday
			for n := range 520 {
				at = at.Add(time.Second)
				p.Learn(say(n), at)
			}
			wantBounded(t, p.Traits, p.TraitTimes)
			// The core ones are always taken, and what is there can shrink.
			if _, contact := p.Learn(map[string]any{"email": "ada@engines.example", "title": "CTO"}, at); !contact || p.Title != "CTO" {
				t.Errorf("the core traits are not taken: %q, %q", p.Email, p.Title)
			}
			for known := range p.Traits {
				if changed, _ := p.Learn(map[string]any{known: ""}, at.Add(time.Hour)); !changed || p.Traits[known] != "" {
					t.Errorf("a known trait can't change")
				}
				break
			}
		})
	}
}

func many(n int, v any) map[string]any {
	m := map[string]any{}
	for i := range 100 {
		m[fmt.Sprintf("trait%d-%d", n, i)] = v
	}
	return m
}

func wantBounded(t *testing.T, traits scoring.Traits, times map[string]time.Time) {
	t.Helper()
	b, err := json.Marshal(traits)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	for name := range times {
		names += len(name)
	}
	if len(b) > 64<<10 || names > 64<<10 || len(times) > 506 {
		t.Errorf("%d names of %d bytes, %d bytes of JSON", len(times), names, len(b))
	}
	if len(times) == 0 {
		t.Error("nothing was taken")
	}
}

// Merging many visitors into one lead is bounded, too.
func TestTraitsOfMergedVisitorsAreBounded(t *testing.T) {
	o := open(t)
	for n := range 8 {
		visitor := fmt.Sprint("anon-", n)
		o.take(by("", visitor, o.identify(many(n, strings.Repeat("x", 200))))...)
		o.take(by("ada", visitor, o.identify(map[string]any{"email": "ada@engines.example"}))...)
	}
	l := o.find("user:ada")
	wantBounded(t, l.Traits, l.TraitTimes)
	if len(l.Traits) < 100 || l.Email == "" {
		t.Errorf("%d traits, %q", len(l.Traits), l.Email)
	}
}
