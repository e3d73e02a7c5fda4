package scoring

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// template is a rule's detail, made ready: text and placeholders in turn.
type template []part

type part struct {
	text   string
	fields []string // of a placeholder: the first one that is there stands for it
}

// maxDetailValue is how many characters one property gives to a detail.
const maxDetailValue = 80

func parseTemplate(s string) (template, error) {
	var t template
	for s != "" {
		text, rest, found := strings.Cut(s, "{")
		if text != "" {
			t = append(t, part{text: text})
		}
		if !found {
			break
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, errors.New("a { is not closed")
		}
		var p part
		for name := range strings.SplitSeq(inner, "|") {
			if name = strings.TrimSpace(name); name == "" {
				return nil, errors.New("{" + inner + "} does not name a property")
			}
			p.fields = append(p.fields, name)
		}
		t = append(t, p)
		s = after
	}
	return t, nil
}

// render fills in the properties; "" where one is not there.
func (t template) render(properties map[string]any) string {
	if len(t) == 0 {
		return ""
	}
	var b strings.Builder
	for _, p := range t {
		text := p.text
		if p.fields != nil {
			if text = firstInWords(properties, p.fields); text == "" {
				return ""
			}
		}
		b.WriteString(text)
	}
	return b.String()
}

func firstInWords(properties map[string]any, fields []string) string {
	for _, f := range fields {
		v, _ := lookup(properties, f)
		if text := shorten(inWords(v)); text != "" {
			return text
		}
	}
	return ""
}

// inWords is a value as a person would say it: a list "Pro with Team and
// Free", an object by its name.
func inWords(v any) string {
	if m, ok := v.(map[string]any); ok {
		return firstInWords(m, []string{"name", "title"})
	}
	list, ok := listOf(v)
	if !ok {
		text, _ := textOf(v)
		return strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	}
	var names []string
	for _, e := range list {
		if name := inWords(e); name != "" {
			names = append(names, name)
		}
	}
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	case 2:
		return names[0] + " with " + names[1]
	default:
		return names[0] + " with " + strings.Join(names[1:n-1], ", ") + " and " + names[n-1]
	}
}

// shorten keeps a detail on a line and a ledger small.
func shorten(s string) string {
	if utf8.RuneCountInString(s) <= maxDetailValue {
		return s
	}
	return string([]rune(s)[:maxDetailValue-1]) + "…"
}
