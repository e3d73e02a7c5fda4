package lead_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

const schemaFile = "../docs/agreement.schema.json"

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) { return jsonschema.NewCompiler().Compile(schemaFile) })

// agreementSchema tells what the published schema says of a document.
func agreementSchema(t testing.TB) func(text string) error {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			return err
		}
		return schema.Validate(doc)
	}
}

func TestTheSchemaAcceptsWhatTheCodeAccepts(t *testing.T) {
	schema := agreementSchema(t)
	whole := theDefault(t)
	for name, change := range map[string][2]string{
		"the default agreement":              {"", ""},
		"no fit limit":                       {`"fit_limit": 0.7`, `"fit_limit": null`},
		"a fit limit of 0":                   {`"fit_limit": 0.7`, `"fit_limit": 0`},
		"intent off":                         {`"intent_points": 15`, `"intent_points": 0`},
		"no decay":                           {`"half_life_days": 14`, `"half_life_days": 0`},
		"no behaviour":                       {whole[strings.Index(whole, `"behaviour": [`):strings.Index(whole, `"fit": [`)], `"behaviour": [],`},
		"no cap, said so":                    {`"cap": 40`, `"cap": null`},
		"a reason of key and label":          {`"return_reasons": [`, `"return_reasons": [{"key": "other", "label": "Other"},`},
		"a response target":                  {`"touch": 60`, `"touch": 60, "response": 90`},
		"escalation":                         {`"risk_share": 0.75,`, `"risk_share": 0.75, "escalate_claim": {"manager_share": 0.5, "every_team_share": 1},`},
		"no escalation, said so":             {`"risk_share": 0.75,`, `"risk_share": 0.75, "escalate_claim": null,`},
		"a team that differs":                {`"risk_share": 0.75,`, `"risk_share": 0.75, "teams": {"emea": {"targets": {"hot": {"claim": 15}}, "escalate_claim": {"manager_share": 0, "every_team_share": 2}}, "apac": {}},`},
		"round the clock":                    {`"time_zone": "Europe/Berlin",`, `"time_zone": "UTC", "holidays": ["2026-12-25"], "breaks": {"2026-01-02": [["10:00", "11:30"]]}, "shifts": {"2026-01-03": [["08:00", "24:00"]]},`},
		"no trait required":                  {"\"email\",\n      \"phone\"", ""},
		"a stage without words":              {`"nurture": "Not ready: marketing keeps in touch.",`, ``},
		"numbers as text in conditions":      {`"op": "is",`, `"op": "is set"}, {"field": "n", "op": ">=", "value": "2.5"}, {"field": "x", "op": "is",`},
		"text in every script, and newlines": {`"label": "Not now"`, `"label": "Не сейчас\n以后 ٣ 👩‍💻"`},
	} {
		text := strings.Replace(whole, change[0], change[1], 1)
		if text == whole && change[0] != "" {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := lead.ReadAgreement([]byte(text)); err != nil {
			t.Errorf("%s: the code says %v", name, err)
		}
		if err := schema(text); err != nil {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
}

// TestTheSchemaIsTheStructs walks the document's Go types beside the schema: a
// field that is added to one and not to the other is found.
func TestTheSchemaIsTheStructs(t *testing.T) {
	b, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	w := &schemaWalk{T: t, root: root}
	w.value(reflect.TypeFor[lead.Agreement](), root, "agreement")
	want := []string{"agreement.scoring.behaviour[].points", "agreement.scoring.fit[].points"}
	if diff := cmp.Diff(want, w.points); diff != "" {
		t.Errorf("where the key points stands:\n%s", diff)
	}
	if ops := w.look("condition", "properties", "op")["enum"]; !reflect.DeepEqual(ops, anys(scoring.Operators())) {
		t.Errorf("operators: %v", ops)
	}
}

type schemaWalk struct {
	*testing.T
	root   map[string]any
	points []string
}

func anys[S ~string](list []S) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func (w *schemaWalk) look(path ...string) map[string]any {
	at := w.root["$defs"].(map[string]any)
	for _, p := range path {
		at = at[p].(map[string]any)
	}
	return at
}

// resolve follows references; descriptions may stand beside them.
func (w *schemaWalk) resolve(s map[string]any) map[string]any {
	for {
		ref, ok := s["$ref"].(string)
		if all, of := s["allOf"].([]any); of && s["type"] == nil {
			s = all[0].(map[string]any)
			continue
		}
		if !ok {
			return s
		}
		s = w.look(strings.TrimPrefix(ref, "#/$defs/"))
	}
}

func (w *schemaWalk) value(t reflect.Type, s map[string]any, path string) {
	s = w.resolve(s)
	typ := map[reflect.Kind]any{reflect.String: "string", reflect.Float64: "number", reflect.Bool: "boolean", reflect.Int: "integer",
		reflect.Slice: "array", reflect.Struct: "object", reflect.Map: "object"}[t.Kind()]
	switch {
	case t == reflect.TypeFor[*sla.Calendar]():
		w.calendar(s, path)
		return
	case t == reflect.TypeFor[*sla.Escalation]():
		t, typ = t.Elem(), []any{"object", "null"}
	case t == reflect.TypeFor[map[string]sla.TeamPolicy]():
		w.value(t.Elem(), s["additionalProperties"].(map[string]any), path+".*")
		return
	case t.Kind() == reflect.Pointer:
		typ = []any{"number", "null"}
	case t.Kind() == reflect.Interface:
		return
	case s["const"] != nil || s["enum"] != nil:
		typ = nil
	}
	if diff := cmp.Diff(typ, s["type"]); diff != "" {
		w.Errorf("%s: type %s", path, diff)
		return
	}
	switch t.Kind() {
	case reflect.Slice:
		w.value(t.Elem(), s["items"].(map[string]any), path+"[]")
	case reflect.Map:
		w.names(t, s, path)
	case reflect.Struct:
		w.object(t, s, path)
	}
}

func (w *schemaWalk) object(t reflect.Type, s map[string]any, path string) {
	var names, required []string
	properties := s["properties"].(map[string]any)
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && name == "" {
				walk(f.Type)
				continue
			}
			names = append(names, name)
			if !strings.Contains(options, "omitempty") {
				required = append(required, name)
			}
			if name == "points" {
				w.points = append(w.points, path+".points")
			}
			if p, ok := properties[name].(map[string]any); ok {
				w.value(f.Type, p, path+"."+name)
			}
		}
	}
	walk(t)
	w.keys(s, names, required, path)
}

// keys compares an object's keys, those it must have, and that it has no other.
func (w *schemaWalk) keys(s map[string]any, names, required []string, path string) {
	slices.Sort(names)
	slices.Sort(required)
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(s["properties"].(map[string]any)))); diff != "" {
		w.Errorf("%s: properties (-code +schema):\n%s", path, diff)
	}
	var need []string
	list, _ := s["required"].([]any)
	for _, name := range list {
		need = append(need, name.(string))
	}
	slices.Sort(need)
	if diff := cmp.Diff(required, need); diff != "" {
		w.Errorf("%s: required (-code +schema):\n%s", path, diff)
	}
	if s["additionalProperties"] != false {
		w.Errorf("%s: other keys are let through", path)
	}
}

// names are the keys of maps, which no struct tells.
func (w *schemaWalk) names(t reflect.Type, s map[string]any, path string) {
	var names, required []string
	switch t.Key() {
	case reflect.TypeFor[lead.Stage]():
		for _, stage := range lead.Stages {
			names = append(names, string(stage))
		}
	case reflect.TypeFor[sla.Kind]():
		names, required = []string{string(sla.Claim), string(sla.Decision), string(sla.Touch), string(sla.Response)}, []string{string(sla.Claim), string(sla.Decision), string(sla.Touch)}
	default:
		for tier := range sla.DefaultPolicy().Targets {
			names, required = append(names, tier), append(required, tier)
		}
	}
	if strings.Contains(path, ".teams.") { // only what differs
		required = nil
	}
	for _, name := range names {
		if p, ok := s["properties"].(map[string]any)[name].(map[string]any); ok {
			w.value(t.Elem(), p, path+"."+name)
		}
	}
	w.keys(s, names, required, path)
}

func (w *schemaWalk) calendar(s map[string]any, path string) {
	w.keys(s, []string{"time_zone", "hours", "holidays", "breaks", "shifts"}, []string{"time_zone"}, path)
	w.keys(w.resolve(s["properties"].(map[string]any)["hours"].(map[string]any)), []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, nil, path+".hours")
}
