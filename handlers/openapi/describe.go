package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// The parts of the document that people read.
type (
	documentJSON struct {
		Info struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"info"`
		Tags       []Tag                                 `json:"tags"`
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Parameters map[string]parameterJSON `json:"parameters"`
			Responses  map[string]responseJSON  `json:"responses"`
			Schemas    map[string]schemaJSON    `json:"schemas"`
		} `json:"components"`
	}
	operationJSON struct {
		ID          string          `json:"operationId"`
		Tags        []string        `json:"tags"`
		Summary     string          `json:"summary"`
		Description string          `json:"description"`
		Security    *[]any          `json:"security"`
		Parameters  []parameterJSON `json:"parameters"`
		Body        struct {
			Required bool                   `json:"required"`
			Content  map[string]contentJSON `json:"content"`
		} `json:"requestBody"`
		Responses map[string]responseJSON `json:"responses"`
	}
	parameterJSON struct {
		Ref         string     `json:"$ref"`
		Name        string     `json:"name"`
		In          string     `json:"in"`
		Description string     `json:"description"`
		Required    bool       `json:"required"`
		Schema      schemaJSON `json:"schema"`
		Example     string     `json:"example"`
	}
	responseJSON struct {
		Ref         string                 `json:"$ref"`
		Description string                 `json:"description"`
		Content     map[string]contentJSON `json:"content"`
	}
	contentJSON struct {
		Schema  schemaJSON      `json:"schema"`
		Example json.RawMessage `json:"example"`
	}
	schemaJSON struct {
		Ref         string                `json:"$ref"`
		Type        any                   `json:"type"`
		Format      string                `json:"format"`
		Enum        []any                 `json:"enum"`
		Description string                `json:"description"`
		Properties  map[string]schemaJSON `json:"properties"`
		Required    []string              `json:"required"`
		Items       *schemaJSON           `json:"items"`
		OneOf       []schemaJSON          `json:"oneOf"`
		Example     json.RawMessage       `json:"example"`
	}
)

// describe makes of the document what a page shows of it. The order of its
// parts is the file's.
func describe(text []byte, root *yaml.Node) (*Document, error) {
	var in documentJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, err
	}
	d := &Document{JSON: text, Title: in.Info.Title, About: in.Info.Description, Tags: in.Tags}
	for _, path := range names(root, "paths") {
		for _, method := range names(root, "paths", path) {
			if method == "parameters" {
				continue
			}
			var o operationJSON
			if err := json.Unmarshal(in.Paths[path][method], &o); err != nil {
				return nil, err
			}
			var shared []parameterJSON
			if raw := in.Paths[path]["parameters"]; raw != nil {
				if err := json.Unmarshal(raw, &shared); err != nil {
					return nil, err
				}
			}
			op := in.operation(o, append(shared, o.Parameters...))
			op.Method, op.Path = strings.ToUpper(method), path
			for _, status := range names(root, "paths", path, method, "responses") {
				op.Answers = append(op.Answers, in.answer(status, o.Responses[status]))
			}
			d.Operations = append(d.Operations, op)
		}
	}
	for _, name := range names(root, "components", "schemas") {
		s := in.Components.Schemas[name]
		out := Schema{Name: name, Description: s.Description, Type: s.kind(), Example: indent(s.Example)}
		for _, field := range names(root, "components", "schemas", name, "properties") {
			f := s.Properties[field]
			out.Fields = append(out.Fields, Field{Name: field, Type: f.kind(), Ref: f.named(), Description: f.Description, Required: slices.Contains(s.Required, field)})
		}
		d.Schemas = append(d.Schemas, out)
	}
	for _, o := range d.Operations {
		d.sent(o.Body)
	}
	return d, nil
}

// sent marks a schema and what it refers to as what clients send.
func (d *Document) sent(name string) {
	for i := range d.Schemas {
		if s := &d.Schemas[i]; s.Name == name && !s.Sent {
			s.Sent = true
			for _, f := range s.Fields {
				d.sent(f.Ref)
			}
		}
	}
}

// names are the members of an object of the file, in its order.
func names(n *yaml.Node, path ...string) (out []string) {
	for _, p := range path {
		var next *yaml.Node
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == p {
				next = n.Content[i+1]
			}
		}
		if next == nil {
			return nil
		}
		n = next
	}
	for i := 0; i < len(n.Content); i += 2 {
		out = append(out, n.Content[i].Value)
	}
	return out
}

func (in *documentJSON) operation(o operationJSON, parameters []parameterJSON) Operation {
	op := Operation{ID: o.ID, Summary: o.Summary, Description: o.Description, Open: o.Security != nil && len(*o.Security) == 0}
	if len(o.Tags) > 0 {
		op.Tag = o.Tags[0]
	}
	for _, p := range parameters {
		if p.Ref != "" {
			p = in.Components.Parameters[last(p.Ref)]
		}
		op.Parameters = append(op.Parameters, Parameter{Name: p.Name, In: p.In, Description: p.Description, Type: p.Schema.kind(), Ref: p.Schema.named(), Example: p.Example, Required: p.Required})
	}
	if body, ok := o.Body.Content["application/json"]; ok {
		op.Body, op.BodyRequired, op.Example = body.Schema.named(), o.Body.Required, indent(body.Example)
	}
	return op
}

func (in *documentJSON) answer(status string, r responseJSON) Answer {
	if r.Ref != "" {
		r = in.Components.Responses[last(r.Ref)]
	}
	a := Answer{Status: status, Description: r.Description}
	for _, c := range r.Content {
		a.Schema = c.Schema.named()
	}
	return a
}

// kind is a schema's type in words: "text or null", "list of Signal".
func (s schemaJSON) kind() string {
	switch {
	case s.Ref != "":
		return last(s.Ref)
	case len(s.OneOf) > 0:
		var of []string
		for _, o := range s.OneOf {
			of = append(of, o.kind())
		}
		return strings.Join(of, " or ")
	case len(s.Enum) > 0:
		var of []string
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				of = append(of, text)
			} else {
				of = append(of, "null")
			}
		}
		return strings.Join(of, ", ")
	case s.Items != nil:
		return "list of " + s.Items.kind()
	}
	switch t := s.Type.(type) {
	case string:
		return typeWords(t, s.Format)
	case []any:
		var of []string
		for _, x := range t {
			name, _ := x.(string)
			of = append(of, typeWords(name, s.Format))
		}
		return strings.Join(of, " or ")
	}
	return "anything"
}

func typeWords(name, format string) string {
	switch {
	case name == "string" && format == "date-time":
		return "time"
	case name == "string" && format == "date":
		return "date"
	case name == "string":
		return "text"
	case name == "integer":
		return "whole number"
	case name == "boolean":
		return "true or false"
	case name == "array":
		return "list"
	}
	return name
}

// named is the schema that a value, its items or one of its kinds refers to.
func (s schemaJSON) named() string {
	if s.Ref != "" {
		return last(s.Ref)
	}
	if s.Items != nil {
		return s.Items.named()
	}
	for _, o := range s.OneOf {
		if o.Ref != "" {
			return last(o.Ref)
		}
	}
	return ""
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func indent(text json.RawMessage) string {
	var b bytes.Buffer
	if len(text) == 0 || json.Indent(&b, text, "", "  ") != nil {
		return ""
	}
	return b.String()
}
