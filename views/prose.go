package views

import "strings"

// Block is a paragraph, or a list, of prose: each item is a line of spans.
type Block struct {
	List  bool
	Items [][]Span
}

// Span is a piece of a line.
type Span struct {
	Text         string
	Code, Strong bool
}

// Prose reads simple Markdown: paragraphs between empty lines, lists of lines
// that begin with "- ", `code`, **strong** and *stressed* words, which look
// like strong ones.
func Prose(text string) []Block {
	var blocks []Block
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		b := Block{List: strings.HasPrefix(part, "- ")}
		if !b.List {
			b.Items = append(b.Items, Line(part))
		} else {
			for item := range strings.SplitSeq("\n"+part, "\n- ") {
				if item != "" {
					b.Items = append(b.Items, Line(item))
				}
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// Line is one line of prose; line ends in it are spaces.
func Line(text string) []Span {
	var spans []Span
	add := func(s Span) {
		if s.Text != "" {
			spans = append(spans, s)
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	for text != "" {
		i := strings.IndexAny(text, "`*")
		if i < 0 {
			break
		}
		mark := text[i : i+1]
		if strings.HasPrefix(text[i:], "**") {
			mark = "**"
		}
		inner, rest, closed := strings.Cut(text[i+len(mark):], mark)
		if !closed {
			break
		}
		add(Span{Text: text[:i]})
		add(Span{Text: inner, Code: mark == "`", Strong: mark != "`"})
		text = rest
	}
	add(Span{Text: text})
	return spans
}
