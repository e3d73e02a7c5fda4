package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// mapping says which columns of a CSV file mean what: the import's mapping of
// the public interface.
type mapping struct {
	Identity struct {
		UserID column `yaml:"user_id"`
		Email  column `yaml:"email"`
		Phone  column `yaml:"phone"`
	} `yaml:"identity"`
	Traits    traitColumns    `yaml:"traits"`
	Empty     valueList       `yaml:"empty"`
	Team      column          `yaml:"team"`
	CreatedAt column          `yaml:"created_at"`
	Outcome   *outcomeColumns `yaml:"outcome"`
}

// outcomeColumns say how a lead ended.
type outcomeColumns struct {
	Column column    `yaml:"column"`
	Won    valueList `yaml:"won"`
	Lost   valueList `yaml:"lost"`
	Amount column    `yaml:"amount"`
	At     column    `yaml:"at"`
}

// column names a column; Line is where the mapping does, 0 where it doesn't.
type column struct {
	Name string
	Line int
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *column) UnmarshalYAML(n *yaml.Node) error {
	if n = followed(n); n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return fmt.Errorf("line %d: want the name of a column", n.Line)
	}
	*c = column{Name: strings.TrimSpace(n.Value), Line: n.Line}
	return nil
}

// valueList is one value or several.
type valueList []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (l *valueList) UnmarshalYAML(n *yaml.Node) error {
	values := []*yaml.Node{followed(n)}
	if values[0].Kind == yaml.SequenceNode {
		values = values[0].Content
	}
	*l = valueList{}
	for _, v := range values {
		if v = followed(v); v.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: want a value or a list of values", v.Line)
		}
		*l = append(*l, strings.TrimSpace(v.Value))
	}
	return nil
}

// traitColumns are traits with their columns in the order of the mapping, or
// every column by its own name.
type traitColumns struct {
	All  bool
	Line int
	Each []traitColumn
}

type traitColumn struct {
	Trait string
	column
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *traitColumns) UnmarshalYAML(n *yaml.Node) error {
	n = followed(n)
	t.Line = n.Line
	if n.Kind == yaml.ScalarNode && n.Value == "all" {
		t.All = true
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: traits: want trait: column, or all", n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := followed(n.Content[i])
		trait := traitColumn{Trait: strings.TrimSpace(name.Value)}
		if name.Kind != yaml.ScalarNode || trait.Trait == "" {
			return fmt.Errorf("line %d: traits: want the name of a trait", name.Line)
		}
		if slices.ContainsFunc(t.Each, func(o traitColumn) bool { return o.Trait == trait.Trait }) {
			return fmt.Errorf("line %d: traits: %q stands twice", name.Line, trait.Trait)
		}
		if err := trait.UnmarshalYAML(n.Content[i+1]); err != nil {
			return err
		}
		t.Each = append(t.Each, trait)
	}
	return nil
}

// followed is the node that an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// parseMapping reads and checks a mapping. Errors name the line.
func parseMapping(text []byte) (*mapping, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var m mapping
	err := dec.Decode(&m)
	var wrong *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the mapping is empty")
	case errors.As(err, &wrong):
		parts := make([]string, len(wrong.Errors))
		for i, e := range wrong.Errors {
			parts[i], _, _ = strings.Cut(e, " in type ") // the name of a Go type tells nobody anything
		}
		return nil, errors.New(strings.Join(parts, "; "))
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return &m, m.check()
}

func (m *mapping) check() error {
	id := m.Identity
	if id.UserID.Line == 0 && id.Email.Line == 0 && id.Phone.Line == 0 {
		return errors.New("identity: want a column for at least one of user_id, email, phone")
	}
	o := m.Outcome
	if o == nil {
		return nil
	}
	switch {
	case o.Column.Line == 0:
		return errors.New("outcome: want the column that says how it ended")
	case len(o.Won) == 0 && len(o.Lost) == 0:
		return fmt.Errorf("line %d: outcome: want the values that mean won, lost or both", o.Column.Line)
	}
	for _, v := range o.Won {
		if slices.Contains(o.Lost, v) {
			return fmt.Errorf("line %d: outcome: %q means both won and lost", o.Column.Line, v)
		}
	}
	return nil
}
