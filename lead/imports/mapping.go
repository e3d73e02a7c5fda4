package imports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Mapping says which columns of a CSV file mean what: the import's mapping of
// the public interface.
type Mapping struct {
	Identity struct {
		UserID Column `yaml:"user_id"`
		Email  Column `yaml:"email"`
		Phone  Column `yaml:"phone"`
	} `yaml:"identity"`
	Traits    TraitColumns    `yaml:"traits"`
	Empty     Values          `yaml:"empty"`
	Team      Column          `yaml:"team"`
	CreatedAt Column          `yaml:"created_at"`
	Outcome   *OutcomeColumns `yaml:"outcome"`
}

// OutcomeColumns say how a lead ended.
type OutcomeColumns struct {
	Column Column `yaml:"column"`
	Won    Values `yaml:"won"`
	Lost   Values `yaml:"lost"`
	Amount Column `yaml:"amount"`
	At     Column `yaml:"at"`
}

// Column names a column; the zero value names none. Line is where the mapping
// does, 0 where it is not from a file.
type Column struct {
	Name string
	Line int
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (c *Column) UnmarshalYAML(n *yaml.Node) error {
	if n = followed(n); n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return fmt.Errorf("line %d: want the name of a column", n.Line)
	}
	*c = Column{Name: strings.TrimSpace(n.Value), Line: n.Line}
	return nil
}

// wrong is an error about where the mapping names the column.
func (c Column) wrong(format string, a ...any) error {
	text := fmt.Sprintf(format, a...)
	if c.Line > 0 {
		text = fmt.Sprintf("line %d: %s", c.Line, text)
	}
	return errors.New(text)
}

// Values is one value or several.
type Values []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (l *Values) UnmarshalYAML(n *yaml.Node) error {
	values := []*yaml.Node{followed(n)}
	if values[0].Kind == yaml.SequenceNode {
		values = values[0].Content
	}
	*l = Values{}
	for _, v := range values {
		if v = followed(v); v.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: want a value or a list of values", v.Line)
		}
		*l = append(*l, strings.TrimSpace(v.Value))
	}
	return nil
}

// TraitColumns are traits with their columns in the order of the mapping, or
// every column by its own name.
type TraitColumns struct {
	All  bool
	Line int
	Each []TraitColumn
}

// TraitColumn is a trait and the column that it is read from.
type TraitColumn struct {
	Trait string
	Column
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *TraitColumns) UnmarshalYAML(n *yaml.Node) error {
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
		trait := TraitColumn{Trait: strings.TrimSpace(name.Value)}
		if name.Kind != yaml.ScalarNode || trait.Trait == "" {
			return fmt.Errorf("line %d: traits: want the name of a trait", name.Line)
		}
		if slices.ContainsFunc(t.Each, func(o TraitColumn) bool { return o.Trait == trait.Trait }) {
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

// ParseMapping reads and checks a mapping. Errors name the line.
func ParseMapping(text []byte) (*Mapping, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var m Mapping
	err := dec.Decode(&m)
	var wrong *yaml.TypeError
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the mapping is empty")
	case errors.As(err, &wrong):
		parts := make([]string, len(wrong.Errors))
		for i, e := range wrong.Errors {
			parts[i], _, _ = strings.Cut(e, " in type ") // the name of a Go type tells nobody anything
			parts[i], _, _ = strings.Cut(parts[i], " into ")
			parts[i] = strings.Replace(parts[i], "cannot unmarshal !!", "this place takes no ", 1)
		}
		return nil, errors.New(strings.Join(parts, "; "))
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return &m, m.Check()
}

// Check refuses a mapping that names nobody or says two things at once.
func (m *Mapping) Check() error {
	id := m.Identity
	if id.UserID.Name == "" && id.Email.Name == "" && id.Phone.Name == "" {
		return errors.New("identity: want a column for at least one of user_id, email, phone")
	}
	o := m.Outcome
	if o == nil {
		return nil
	}
	switch {
	case o.Column.Name == "":
		return errors.New("outcome: want the column that says how it ended")
	case len(o.Won) == 0 && len(o.Lost) == 0:
		return o.Column.wrong("outcome: want the values that mean won, lost or both")
	}
	for _, v := range o.Won {
		if slices.Contains(o.Lost, v) {
			return o.Column.wrong("outcome: %q means both won and lost", v)
		}
	}
	return nil
}
