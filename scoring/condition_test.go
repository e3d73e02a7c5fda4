package scoring

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func matches(t *testing.T, w Condition, fields map[string]any) bool {
	t.Helper()
	c, _, reason := compileCondition(w)
	if reason != "" {
		t.Fatalf("%+v: %s", w, reason)
	}
	return c.match(fields)
}

func TestConditions(t *testing.T) {
	tests := []struct {
		field any // JSON text of the field; nil = missing
		op    string
		value any
		want  bool
	}{
		// Text: trimmed, without regard to case.
		{`"Berlin"`, "is", " berlin ", true},
		{`" BERLIN "`, "is", "Berlin", true},
		{`"ΟΔΟΣ"`, "is", "οδος", true},
		{`"Bern"`, "is", "Berlin", false},
		{`"Bern"`, "is not", "Berlin", true},
		{`"berlin"`, "is not", "Berlin", false},
		{`"VP Sales EMEA"`, "contains", " sales", true},
		{`"VP Sales EMEA"`, "contains", "saless", false},
		{`"/Pricing/teams"`, "starts with", "/pricing", true},
		{`"/en/pricing"`, "starts with", "/pricing", false},
		{`"de"`, "one of", []any{"AT", "DE"}, true},
		{`"de"`, "one of", []string{"AT", "DE"}, true},
		{`"fr"`, "one of", []any{"AT", "DE"}, false},
		{`"fr"`, "one of", []any{}, false},
		// Numbers compare as numbers, however they are written.
		{`200`, "is", 200.0, true},
		{`"200"`, "is", 200.0, true},
		{`200`, "is", "200", true},
		{`" 200.0 "`, "is", "200", true},
		{`200`, "is", 200, true},
		{`"2.50"`, "is", 2.5, true},
		{`"-3"`, "<", "-2.5", true},
		{`"9"`, "<", 10.0, true},
		{`9`, ">", "10", false},
		{`"1e5"`, "is", 100000.0, true},
		{`"1e5"`, "is", "1e5x", false},
		{`"1e5x"`, "contains", "1E5", true},
		{`100`, "contains", "10", true},
		{`200`, "one of", []any{"100", "200.0"}, true},
		{`200`, "is not", "200.00", false},
		{`"many"`, ">", 5.0, false},
		{`"many"`, "<=", 5.0, false},
		{`"1,000"`, ">", 5.0, false},
		{`"inf"`, ">", 5.0, false},
		{`"0x10"`, ">", 5.0, false},
		{`"1_0"`, ">", 5.0, false},
		{`"9007199254740993"`, "is", "9007199254740992", false},
		{`"9007199254740993"`, "is", "9007199254740993", true},
		{`"1e999"`, ">", 5.0, false},
		{`5`, ">", 5.0, false},
		{`5`, ">=", 5.0, true},
		{`5`, "<", 5.0, false},
		{`5`, "<=", 5.0, true},
		{`50`, "between", []any{"50", 1000.0}, true},
		{`"1000"`, "between", []any{50.0, 1000.0}, true},
		{`49.999`, "between", []any{50.0, 1000.0}, false},
		{`1000.5`, "between", []any{50.0, 1000.0}, false},
		{`true`, ">", 0.0, false},
		// Booleans.
		{`true`, "is", true, true},
		{`"TRUE"`, "is", true, true},
		{`false`, "is", true, false},
		{`true`, "is", "true", true},
		{`1`, "is", true, false},
		// Set or not.
		{`false`, "is set", nil, true},
		{`0`, "is set", nil, true},
		{`" "`, "is set", nil, false},
		{`null`, "is set", nil, false},
		{`[]`, "is set", nil, false},
		{`["", null]`, "is set", nil, false},
		{`["", "x"]`, "is set", nil, true},
		{`{}`, "is set", nil, false},
		{`{"a":null}`, "is set", nil, true},
		{nil, "is set", nil, false},
		{nil, "is not set", nil, true},
		{`""`, "is not set", nil, true},
		{`"x"`, "is not set", nil, false},
		// A missing field matches only "is not" and "is not set".
		{nil, "is not", "x", true},
		{nil, "is", "x", false},
		{nil, "contains", "x", false},
		{nil, "starts with", "x", false},
		{nil, "one of", []any{"x"}, false},
		{nil, "<", 5.0, false},
		{nil, "between", []any{0.0, 5.0}, false},
		{nil, "matches", ".*", false},
		{`null`, "is not", "x", true},
		{`""`, "matches", "^$", false},
		// Lists: any element.
		{`["Pro", "Team"]`, "is", "team", true},
		{`["Pro", "Team"]`, "is not", "team", false},
		{`["Pro", "Team"]`, "is not", "Free", true},
		{`["Pro plan", "Team"]`, "contains", "pro", true},
		{`["Pro", "Team"]`, "one of", []any{"Free", "Team"}, true},
		{`[3, "40"]`, ">", 20.0, true},
		{`[3, [40]]`, ">", 20.0, true},
		{`[]`, "is not", "x", true},
		// Objects compare with nothing.
		{`{"a":"x"}`, "is", "x", false},
		{`{"a":"x"}`, "is not", "x", true},
		{`{"a":"x"}`, "contains", "x", false},
		// Regular expressions.
		{`"Senior VP, Sales"`, "matches", `\bvp\b`, true},
		{`"vp"`, "matches", `(?-i)VP`, false},
		{`"  vp  "`, "matches", `^vp$`, true},
		{`"b"`, "matches", `A|B`, true},
		{`42`, "matches", `^4`, true},
		{`["x", "42"]`, "matches", `^4`, true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%v %s %v", tt.field, tt.op, tt.value), func(t *testing.T) {
			fields := map[string]any{}
			if tt.field != nil {
				var v any
				if err := json.Unmarshal([]byte(tt.field.(string)), &v); err != nil {
					t.Fatal(err)
				}
				fields["f"] = v
			}
			if got := matches(t, Condition{"f", tt.op, tt.value}, fields); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestConditionsOnGoValues(t *testing.T) {
	fields := map[string]any{
		"tags": []string{"a", "Zed"}, "none": []string{}, "n": 7, "n64": int64(8), "num": json.Number("2.50"),
		"at": time.Date(2026, 1, 2, 0, 0, 0, 0, time.FixedZone("", 3600)),
	}
	for _, w := range []Condition{
		{"tags", "is", "zed"},
		{"none", "is not set", nil},
		{"n", ">", 6.0},
		{"n64", "is", "8.0"},
		{"num", "is", 2.5},
		{"at", "starts with", "2026-01-01t23"},
	} {
		if !matches(t, w, fields) {
			t.Errorf("%v does not match", w)
		}
	}
}

func TestFieldsByPath(t *testing.T) {
	var fields map[string]any
	const text = `{"address":{"country":"DE","geo":{"city":"Bonn"}},"address.country":"literal","a.b":{"c":"x"},
		"products":[{"name":"Pro"},{"name":"Team"},7],"a":{"b":null}}`
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"address.country": "literal", "address.geo.city": "Bonn", "a.b.c": "x", "products.name": "team",
	} {
		if !matches(t, Condition{path, "is", want}, fields) {
			t.Errorf("%s is not %s", path, want)
		}
	}
	for _, path := range []string{"address.city", "address.geo.city.x", "products.price", "", ".", "address."} {
		if v, ok := lookup(fields, path); ok {
			t.Errorf("%q leads to %v", path, v)
		}
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	tests := []struct {
		c      Condition
		field  string
		reason string
	}{
		{Condition{"", "is", "x"}, "field", "empty"},
		{Condition{"f", "equals", "x"}, "op", `"equals" is not one of is, is not`},
		{Condition{"f", "Is", "x"}, "op", "not one of"},
		{Condition{"f", "is", nil}, "value", "not empty"},
		{Condition{"f", "is", " "}, "value", "not empty"},
		{Condition{"f", "is", []any{"x"}}, "value", "needs text"},
		{Condition{"f", "contains", ""}, "value", "not empty"},
		{Condition{"f", "is set", true}, "value", "left out"},
		{Condition{"f", "one of", "a, b"}, "value", "needs a list"},
		{Condition{"f", "one of", nil}, "value", "needs a list"},
		{Condition{"f", "one of", []any{"a", nil}}, "value", "not empty"},
		{Condition{"f", ">", "many"}, "value", "needs a number"},
		{Condition{"f", ">", true}, "value", "needs a number"},
		{Condition{"f", "between", []any{1.0}}, "value", "two ends"},
		{Condition{"f", "between", []any{1.0, 2.0, 3.0}}, "value", "two ends"},
		{Condition{"f", "between", []any{2.0, 1.0}}, "value", "first end (2) is over"},
		{Condition{"f", "between", 5.0}, "value", "needs a list"},
		{Condition{"f", "matches", "("}, "value", "missing closing"},
		{Condition{"f", "matches", ""}, "value", "regular expression"},
		{Condition{"f", "matches", `(?=x)`}, "value", "invalid"},
		{Condition{"f", "matches", 5.0}, "value", "regular expression"},
	}
	for _, tt := range tests {
		_, field, reason := compileCondition(tt.c)
		if field != tt.field || !strings.Contains(reason, tt.reason) {
			t.Errorf("%+v: %s: %q, want %s: …%s…", tt.c, field, reason, tt.field, tt.reason)
		}
	}
}
