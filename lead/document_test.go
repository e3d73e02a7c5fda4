package lead_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// theDefault is the default agreement as `agreement show` prints it.
func theDefault(t testing.TB) string {
	t.Helper()
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestADocumentIsReadAsItStands(t *testing.T) {
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	got, err := lead.ReadAgreement([]byte(" \n" + theDefault(t) + "\r\n\t"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, got); diff != "" {
		t.Error(diff)
	}
	stored, err := lead.ParseAgreement([]byte(theDefault(t)))
	if diff := cmp.Diff(a, stored); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// broken is the default agreement with one thing wrong: a text in it replaced.
// What the schema can't say, only the code refuses.
var broken = []struct {
	name, old, new string
	path, reason   string
	codeOnly       bool
}{
	{"a number in words", `"points": 40`, `"points": "ten"`, "scoring.behaviour[0].points", `"ten" is not a number`, false},
	{"null for a number", `"threshold": 48`, `"threshold": null`, "scoring.threshold", "null is not a number", false},
	{"a list for a number", `"threshold": 48`, `"threshold": [48]`, "scoring.threshold", "a list is not a number", false},
	{"a number that no float holds", `"threshold": 48`, `"threshold": 1e999`, "scoring.threshold", "1e999 is beyond", false},
	{"huge points", `"points": 40`, `"points": 1e9`, "scoring.behaviour[0].points", "from -1000000 to 1000000, got 1000000000", false},
	{"no threshold", `"threshold": 48,`, ``, "scoring.threshold", "missing; wants a number", false},
	{"a threshold of 0", `"threshold": 48`, `"threshold": 0`, "scoring.threshold", "over 0", false},
	{"no fit limit, not even null", `"fit_limit": 0.7,`, ``, "scoring.fit_limit", "missing; wants a number, or null", false},
	{"a negative fit limit", `"fit_limit": 0.7`, `"fit_limit": -1`, "scoring.fit_limit", "from 0 to", false},
	{"no intent points", `"intent_points": 15,`, ``, "scoring.intent_points", "missing", false},
	{"an unknown key", `"threshold": 48`, `"treshold": 48`, "scoring.treshold", `did you mean "threshold"?`, false},
	{"a key in capitals", `"cap": 40`, `"Cap": 40`, "scoring.behaviour[0].Cap", `did you mean "cap"?`, false},
	{"a key of another program", `"cap": 40`, `"weight_of_it": 40`, "scoring.behaviour[0].weight_of_it", "wants one of id, label, when", false},
	{"an unknown key at the top", `"criteria": {`, `"remarks": "none", "criteria": {`, "remarks", "unknown key", false},
	{"no schema version", `"schema_version": 1,`, ``, "schema_version", "missing; wants a whole number", false},
	{"a schema version to come", `"schema_version": 1`, `"schema_version": 2`, "schema_version", "is 2; this program reads 1", false},
	{"half a schema version", `"schema_version": 1`, `"schema_version": 1.5`, "schema_version", "not a whole number", false},
	{"a whole number with a fraction", `"needs_attempts": 1`, `"needs_attempts": 1.5`, "return_reasons[1].needs_attempts", "not a whole number", false},
	{"a mark in words", `"intent": true`, `"intent": "yes"`, "scoring.behaviour[0].intent", `"yes" is not true or false`, false},
	{"a rule without an id", `"id": "replied",`, ``, "scoring.behaviour[4].id", "missing; wants text", false},
	{"a rule with an empty id", `"id": "replied"`, `"id": ""`, "scoring.behaviour[4].id", "must not be empty", false},
	{"a rule without events", `"event": "Replied"`, `"event": " "`, "scoring.behaviour[4].when[0].event", "must not be empty", false},
	{"an unknown operator", `"op": "between"`, `"op": "among"`, "scoring.fit[2].where[0].op", "is not one of", false},
	{"a condition without its value", `"value": "business"`, `"field2": 1`, "scoring.fit[4].where[0].field2", "unknown key", false},
	{"text where two ends are wanted", `"value": "business"`, `"op": "between", "value": "business"`, "scoring.fit[4].where[0].op", "stands there twice", false},
	{"a calendar that is not there", `"calendar": {`, `"calender": {`, "sla.calendar", "missing; wants an object", false},
	{"an unknown day", `"mon": [`, `"monday": [`, "sla.calendar.hours.monday", "unknown day", false},
	{"a time over 24:00", `"17:30"`, `"25:30"`, "sla.calendar.hours.mon[0]", `"25:30" is no time`, false},
	{"no target", `"decision": 60,`, ``, "sla.targets.hot.decision", "missing", false},
	{"a target of 0", `"decision": 60`, `"decision": 0`, "sla.targets.hot.decision", "over 0", false},
	{"an unknown clock", `"decision": 60`, `"decide": 60`, "sla.targets.hot.decide", "unknown clock", false},
	{"a share over 1", `"accepted_share": 0.65`, `"accepted_share": 65`, "commitments.accepted_share", "from 0 to 1, got 65", false},
	{"a reason's key in words", `"key": "not_now"`, `"key": "Not now"`, "return_reasons[0].key", "is not a key", false},
	{"an unknown block", `"blocks": "fit"`, `"blocks": "for good"`, "return_reasons[4].blocks", "is not one of", false},
	{"an unknown stage", `"nurture": "`, `"nurtured": "`, "criteria.stages.nurtured", `did you mean "nurture"?`, false},
	{"a character that can't be shown", `"not_now"`, `"not\u0000now"`, "return_reasons[0].key", "can't be shown", false},
	{"text over 2,000 characters", `"label": "Not now"`, `"label": "` + strings.Repeat("ä", 2001) + `"`, "return_reasons[0].label", "2001 characters; at most 2000", false},

	{"half of a surrogate pair", `"label": "Not now"`, `"label": "Not \ud83d now"`, "return_reasons[0].label", "can't be shown", false},
	{"a key twice", `"points": 40`, `"points": 40, "points": 45`, "scoring.behaviour[0].points", "stands there twice", true},
	{"a key twice in a map", `"sal": "`, `"sql": "x", "sal": "`, "criteria.stages.sql", "stands there twice", true},
	{"an id twice", `"id": "replied"`, `"id": "demo_requested"`, "scoring.behaviour[4].id", "is taken by behaviour[0]", true},
	{"a reason twice", `"key": "no_answer"`, `"key": "not_now"`, "return_reasons[1].key", "is taken by return_reasons[0]", true},
	{"tiers that don't ascend", `"hot": 75`, `"hot": 40`, "scoring.tiers", "must ascend", true},
	{"a broken expression", `"\\b(director|`, `"\\b((director|`, "scoring.fit[1].where[0].value", "missing closing", true},
	{"a placeholder left open", `{products}`, `{products`, "scoring.behaviour[3].detail", "not closed", true},
	{"ends the wrong way round", "50,\n", "5000,\n", "scoring.fit[2].where[0].value", "is over the second", true},
	{"an unknown zone", `"Europe/Berlin"`, `"Mars/Olympus"`, "sla.calendar.time_zone", "unknown zone", true},
	{"hours the wrong way round", `"17:30"`, `"08:30"`, "sla.calendar.hours.mon[0]", "reversed", true},
}

func TestABrokenDocumentIsRefusedByPathAndReason(t *testing.T) {
	whole := theDefault(t)
	schema := agreementSchema(t)
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(whole, tt.old, tt.new, 1)
			if text == whole {
				t.Fatal("nothing was broken")
			}
			_, err := lead.ReadAgreement([]byte(text))
			var faults lead.Faults
			if !errors.As(err, &faults) || !errors.Is(err, lead.ErrInvalid) {
				t.Fatalf("got %v", err)
			}
			if !slices.ContainsFunc(faults, func(f lead.Fault) bool { return f.Path == tt.path && strings.Contains(f.Detail, tt.reason) }) {
				t.Errorf("got\n%v\nwant %s: …%s…", err, tt.path, tt.reason)
			}
			if err := schema(text); (err == nil) != tt.codeOnly {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	text := theDefault(t)
	for _, change := range [][2]string{
		{`"points": 40`, `"points": "ten"`}, {`"threshold": 48`, `"treshold": 48`}, {`"cool_share": 0.9`, `"cool_share": 2`},
		{`"time_zone"`, `"timezone"`}, {`"09:00"`, `"9"`}, {`"warm": 48`, `"warm": {}`}, {`"op": "matches"`, `"op": "like"`},
		{`"risk_share": 0.75`, `"risk_share": 75`}, {`"key": "not_now"`, `"key": "Not now"`}, {`"become_sql": 0.4`, `"become_sql": -1`},
	} {
		text = strings.Replace(text, change[0], change[1], 1)
	}
	_, err := lead.ReadAgreement([]byte(text))
	var faults lead.Faults
	if !errors.As(err, &faults) {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	want := []string{
		"scoring.treshold", "scoring.tiers.warm", "scoring.behaviour[0].points", "scoring.threshold",
		"sla.calendar.timezone", "sla.calendar.hours.mon[0]", "sla.calendar.time_zone",
		"criteria.cool_share", "scoring.fit[0].where[0].op", "sla.risk_share", "return_reasons[0].key", "commitments.become_sql",
	}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhatIsNoJSONIsToldByItsPlace(t *testing.T) {
	whole := theDefault(t)
	for _, tt := range []struct{ text, want string }{
		{"", "line 1, column 1: the text ends in the middle"},
		{"null", "null is not an agreement; wants an object"},
		{`"agreement"`, `"agreement" is not an agreement; wants an object`},
		{`{"scoring": {"behaviour": [{"points": NaN}]}}`, "scoring.behaviour[0].points: line 1, column 39: NaN is not a number that JSON knows"},
		{"{\n \"scoring\":\n  -Infinity}", "scoring: line 3, column 3: -Infinity is not a number that JSON knows"},
		{whole[:len(whole)/2], "the text ends in the middle"},
		{whole + "{}", "there is something behind the document"},
		{whole + "}", "invalid character '}'"},
		{`{"a" 1}`, "invalid character '1' after object key"},
		{`{"a": 1,}`, "invalid character '}'"},
		{`{a: 1}`, "invalid character 'a'"},
		{`{"a": "` + "\x01" + `"}`, "invalid character"},
		{"{\"a\": \"\xff\"}", "not UTF-8"},
		{strings.Repeat(`{"a":`, 100), "more than 32 levels deep"},
		{strings.Repeat(`[`, 100_000), "more than 32 levels deep"},
	} {
		_, err := lead.ReadAgreement([]byte(tt.text))
		if err == nil || !errors.Is(err, lead.ErrInvalid) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60s: got %v, want …%s…", tt.text, err, tt.want)
		}
	}
}

func TestMuchIsRefusedBriefly(t *testing.T) {
	rule := `{"id":"r","label":"l","points":1,"when":[{"event":"E"}]},`
	for _, tt := range []struct{ text, want string }{
		{strings.Replace(theDefault(t), `"behaviour": [`, `"behaviour": [`+strings.Repeat(rule, 500), 1), "scoring.behaviour: has 514 items; at most 500 fit"},
		{`{` + strings.Repeat(`"x":1,`, 100_000) + `"y":1}`, "has 100001 items"},
		{strings.Replace(theDefault(t), `"behaviour": [`, `"behaviour": [`+strings.Repeat(`{},`, 400), 1), "and "},
	} {
		_, err := lead.ReadAgreement([]byte(tt.text))
		var faults lead.Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), tt.want) || len(faults) > 101 {
			t.Errorf("got %d faults, %.300v, want …%s…", len(faults), err, tt.want)
		}
	}
}

func FuzzReadAgreement(f *testing.F) {
	whole := theDefault(f)
	f.Add([]byte(whole))
	f.Add([]byte(`{"schema_version":1,"scoring":{"behaviour":[{"points":NaN}],"fit":[{"where":[{"value":{"a":[1e999]}}]}]}}`))
	for _, tt := range broken {
		f.Add([]byte(strings.Replace(whole, tt.old, tt.new, 1)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		a, err := lead.ReadAgreement(text)
		var faults lead.Faults
		if err != nil {
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Fatalf("refused without a fault: %v", err)
			}
			return
		}
		// What is accepted is stored as it stands, read back the same, and in force.
		stored, err := lead.ParseAgreement(text)
		if diff := cmp.Diff(a, stored); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
		if _, err := stored.Compile(1); err != nil {
			t.Fatal(err)
		}
		// What the code accepts the schema accepts, too.
		if err := agreementSchema(t)(string(text)); err != nil {
			t.Fatal(err)
		}
	})
}
