// Package openapi is the description of the JSON API: an OpenAPI 3.1 document,
// written by hand in YAML and held against the routes and every answer by the
// tests of package handlers.
//
//	doc, err := openapi.Load()
//	c.Blob(http.StatusOK, "application/json", doc.JSON)
package openapi

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:embed *.yaml
var files embed.FS

// Document is the description, as bytes for programs and as operations for people.
type Document struct {
	JSON       []byte
	Title      string
	About      string // paragraphs of simple Markdown, as all descriptions are
	Tags       []Tag
	Operations []Operation // in the order of the document
	Schemas    []Schema
}

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Operation is what one method does at one path.
type Operation struct {
	ID, Method, Path, Tag, Summary, Description string
	Open                                        bool // without a key
	Parameters                                  []Parameter
	Body                                        string // the schema of what is sent; "": nothing is
	BodyRequired                                bool
	Example                                     string // of the body, as JSON; "": none
	Answers                                     []Answer
}

// Parameter is a part of the path or of the query.
type Parameter struct {
	Name, In, Description, Type, Ref, Example string
	Required                                  bool
}

// Answer is one status that an operation answers with.
type Answer struct {
	Status, Description string
	Schema              string // of its body; "": none, or one without a name
}

// Schema is an object that is sent or answered, or a value with a name.
type Schema struct {
	Name, Description, Type string
	Sent                    bool // by clients
	Fields                  []Field
	Example                 string
}

// Field is a member of an object. Ref is the schema of its value, or of its
// items, where that has a name.
type Field struct {
	Name, Type, Ref, Description string
	Required                     bool
}

// Load reads the document. It is read once.
var Load = sync.OnceValues(func() (*Document, error) {
	root, err := parse("openapi.yaml")
	if err != nil {
		return nil, err
	}
	components, err := parse("components.yaml")
	if err != nil {
		return nil, err
	}
	schemas, err := parse("schemas.yaml")
	if err != nil {
		return nil, err
	}
	add(components, "schemas", schemas)
	add(root, "components", components)
	var b bytes.Buffer
	if err := write(&b, root); err != nil {
		return nil, err
	}
	return describe(b.Bytes(), root)
})

func parse(name string) (*yaml.Node, error) {
	text, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		return nil, fmt.Errorf("openapi: %s: %w", name, err)
	}
	return n.Content[0], nil
}

func add(object *yaml.Node, name string, value *yaml.Node) {
	object.Content = append(object.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}, value)
}

// write writes a node as JSON in the order of its file.
func write(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(n.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			name, _ := json.Marshal(n.Content[i].Value)
			b.Write(name)
			b.WriteByte(':')
			if err := write(b, n.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := write(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		var v any
		if err := n.Decode(&v); err != nil {
			return fmt.Errorf("openapi: line %d: %w", n.Line, err)
		}
		if n.Tag == "!!timestamp" {
			v = n.Value
		}
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("openapi: line %d: %w", n.Line, err)
		}
		b.Write(text)
	}
	return nil
}
