package imports

import (
	"bytes"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"hotleads/lead"
)

// Mapping is the proposal, as it was changed perhaps, as a mapping for a head.
// What can't be is refused, all of it at once.
func (p Proposal) Mapping(head []string) (*Mapping, error) {
	m := &Mapping{Empty: p.Empty}
	var o OutcomeColumns
	places := map[Meaning]*Column{UserID: &m.Identity.UserID, Email: &m.Identity.Email, Phone: &m.Identity.Phone, Team: &m.Team, Created: &m.CreatedAt,
		Outcome: &o.Column, Amount: &o.Amount, Closed: &o.At}
	seen := map[Meaning]string{}
	var wrong []error
	refuse := func(format string, a ...any) { wrong = append(wrong, lead.Invalid("columns", format, a...)) }
	for i, name := range head {
		means := Skipped
		if i < len(p.Columns) {
			means = p.Columns[i]
		}
		if means == Skipped {
			continue
		}
		if !slices.Contains(Meanings, means) {
			refuse("a column can't mean %s", quoted(string(means)))
			continue
		}
		if name == "" || slices.Index(head, name) != i || slices.Contains(head[i+1:], name) {
			refuse("two columns are called %s, or one has no name: rename it in the file, or leave it out", quoted(name))
			continue
		}
		if other, twice := seen[means]; twice && means != Kept {
			refuse("%s and %s can't both be the same (%s): leave one out, or keep it under its own name", quoted(other), quoted(name), means)
			continue
		}
		seen[means] = name
		switch to := places[means]; {
		case to != nil:
			to.Name = name
		case means == Kept:
			if !slices.ContainsFunc(m.Traits.Each, func(t TraitColumn) bool { return t.Trait == name }) {
				m.Traits.Each = append(m.Traits.Each, TraitColumn{name, Column{Name: name}})
			}
		default:
			m.Traits.Each = slices.DeleteFunc(m.Traits.Each, func(t TraitColumn) bool { return t.Trait == string(means) })
			m.Traits.Each = append(m.Traits.Each, TraitColumn{string(means), Column{Name: name}})
		}
	}
	if id := m.Identity; id == (Mapping{}).Identity {
		refuse("no column tells who a lead is: choose the one with the email, the phone number or the user id")
	}
	if o.Column.Name != "" {
		o.Won, o.Lost = p.Won, p.Lost
		m.Outcome = &o
	} else if o.Amount.Name != "" || o.At.Name != "" {
		refuse("an amount or a closing date says nothing without the column that says how it ended")
	}
	if err := lead.Together(wrong...); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, lead.Invalid("columns", "%s", err)
	}
	return m, nil
}

// YAML is the mapping as ParseMapping reads it.
func (m *Mapping) YAML() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	columns := func(pairs ...string) *yaml.Node {
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				n.Content = append(n.Content, word(pairs[i]), word(pairs[i+1]))
			}
		}
		return n
	}
	add := func(key string, n *yaml.Node) { root.Content = append(root.Content, word(key), n) }
	add("identity", columns("user_id", m.Identity.UserID.Name, "email", m.Identity.Email.Name, "phone", m.Identity.Phone.Name))
	if m.Traits.All {
		add("traits", word("all"))
	} else if len(m.Traits.Each) > 0 {
		traits := &yaml.Node{Kind: yaml.MappingNode}
		for _, t := range m.Traits.Each {
			traits.Content = append(traits.Content, word(t.Trait), word(t.Name))
		}
		add("traits", traits)
	}
	if len(m.Empty) > 0 {
		add("empty", list(m.Empty))
	}
	if m.Team.Name != "" {
		add("team", word(m.Team.Name))
	}
	if m.CreatedAt.Name != "" {
		add("created_at", word(m.CreatedAt.Name))
	}
	if o := m.Outcome; o != nil {
		n := columns("column", o.Column.Name)
		n.Content = append(n.Content, word("won"), list(o.Won), word("lost"), list(o.Lost))
		n.Content = append(n.Content, columns("amount", o.Amount.Name, "at", o.At.Name).Content...)
		add("outcome", n)
	}
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := enc.Encode(&yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}})
	return b.Bytes(), err
}

func word(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r\t:#{}[],&*?|<>=!%@`\"'-") || strings.TrimSpace(s) != s || s == "" {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func list(values []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, word(v))
	}
	return n
}
