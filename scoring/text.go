package scoring

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ValueOf reads a condition's value as people write it for an operator: a list
// with commas for those that want one, a number for those that order, nothing
// where nothing is written.
func ValueOf(op, text string) any {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil
	case op != OpOneOf && op != OpBetween:
		return numberOr(op, text)
	}
	list := []any{}
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, numberOr(op, strings.TrimSpace(part)))
	}
	return list
}

func numberOr(op, text string) any {
	switch op {
	case OpOver, OpAtLeast, OpUnder, OpAtMost, OpBetween:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	}
	return text
}

// ValueText is the value as ValueOf reads it.
func (c Condition) ValueText() string {
	switch v := c.Value.(type) {
	case nil:
		return ""
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = plain(e)
		}
		return strings.Join(parts, ", ")
	default:
		return plain(v)
	}
}

// String is the condition in words: "employees >= 1000".
func (c Condition) String() string {
	return strings.TrimSpace(c.Field + " " + c.Op + " " + c.ValueText())
}

// plain is a value without an exponent: 1000000, not 1e+06.
func plain(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// Conditions are the filter's.
func (f Filter) Conditions() []Condition { return slices.Clone(f.where) }
