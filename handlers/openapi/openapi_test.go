package openapi

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func load(t *testing.T) *Document {
	t.Helper()
	d, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The document is what the OpenAPI Initiative's own schema says an OpenAPI 3.1
// document is, and each of its schemas is one of JSON Schema 2020-12.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	d := load(t)
	official, err := os.ReadFile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for url, text := range map[string][]byte{"official.json": official, "api.json": d.JSON} {
		if err := c.AddResource(url, decode(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := c.Compile("official.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(decode(t, d.JSON)); err != nil {
		t.Errorf("%v", err)
	}
	if err := schema.Validate(decode(t, bytes.Replace(d.JSON, []byte(`"openapi":"3.1.1"`), []byte(`"openapi":3`), 1))); err == nil {
		t.Error("the official schema takes anything")
	}
	for _, s := range d.Schemas {
		compiled, err := c.Compile("api.json#/components/schemas/" + s.Name)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
		} else if s.Example != "" {
			if err := compiled.Validate(decode(t, []byte(s.Example))); err != nil {
				t.Errorf("the example of %s: %v", s.Name, err)
			}
		}
	}
	for _, o := range d.Operations {
		if o.Example == "" {
			continue
		}
		compiled, err := c.Compile("api.json#/components/schemas/" + o.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(decode(t, []byte(o.Example))); err != nil {
			t.Errorf("the example of %s: %v", o.ID, err)
		}
	}
}

// Whoever reads the document finds words at everything, and everything that is
// there is used.
func TestTheDocumentIsWhole(t *testing.T) {
	d := load(t)
	var ids []string
	for _, o := range d.Operations {
		ids = append(ids, o.ID)
		if o.Summary == "" || o.Description == "" || o.Tag == "" || len(o.Answers) == 0 || (o.Body != "" && o.Body != "Agreement") != (o.Example != "") {
			t.Errorf("%s %s is not told whole: %+v", o.Method, o.Path, o)
		}
		for _, p := range o.Parameters {
			if p.Description == "" || p.Type == "" || p.In == "path" && !p.Required || p.Required && p.Example == "" {
				t.Errorf("%s: the parameter %+v", o.ID, p)
			}
		}
		for _, a := range o.Answers {
			if a.Description == "" || a.Status != "304" && (a.Schema != "Problem") != (a.Status < "400") {
				t.Errorf("%s: the answer %+v", o.ID, a)
			}
		}
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("operations share an id: %v", ids)
	}
	for _, s := range d.Schemas {
		if s.Description == "" || s.Type == "" {
			t.Errorf("%s is not told", s.Name)
		}
		for _, f := range s.Fields {
			if f.Ref == "" && f.Description == "" {
				t.Errorf("%s.%s is not told", s.Name, f.Name)
			}
		}
	}
	var doc struct {
		Components map[string]map[string]json.RawMessage `json:"components"`
	}
	if err := json.Unmarshal(d.JSON, &doc); err != nil {
		t.Fatal(err)
	}
	for kind, all := range doc.Components {
		for name := range all {
			if ref := `"#/components/` + kind + `/` + name + `"`; kind != "securitySchemes" && !strings.Contains(string(d.JSON), ref) {
				t.Errorf("nothing refers to %s", ref)
			}
		}
	}
}
