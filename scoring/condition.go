package scoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Condition is one row of field, operator and value.
//
// Field is a property or trait: "title", or a path into nested ones,
// "address.country"; a key that literally contains the dots wins. A path also
// leads into a list of objects ("products.name") and then means all of them.
//
// A field that is a list matches when any of its elements does; "is not" and
// "is not set" are the opposites of "is" and "is set". A field that is missing, null
// or blank is not set, and matches only "is not" and "is not set".
//
// Two numbers compare as numbers, also where either is written as text ("200",
// "2.5"). Text compares trimmed and without regard to case.
type Condition struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	// Value is text, a number or a boolean; a list for "one of" (an empty one
	// never matches); two numbers for "between"; nothing for "is set" and "is not set".
	Value any `json:"value,omitempty"`
}

// The operators of a condition.
const (
	OpIs         = "is"
	OpIsNot      = "is not"
	OpContains   = "contains"
	OpStartsWith = "starts with"
	OpOneOf      = "one of"
	OpOver       = ">"
	OpAtLeast    = ">="
	OpUnder      = "<"
	OpAtMost     = "<="
	OpBetween    = "between" // both ends included
	OpIsSet      = "is set"
	OpIsNotSet   = "is not set"
	OpMatches    = "matches" // RE2, without regard to case unless it says (?-i)
)

// Operators lists all operators in the order in which an editor shows them.
func Operators() []string {
	return []string{
		OpIs, OpIsNot, OpContains, OpStartsWith, OpOneOf, OpOver, OpAtLeast, OpUnder, OpAtMost,
		OpBetween, OpIsSet, OpIsNotSet, OpMatches,
	}
}

// condition is a Condition with its value made ready.
type condition struct {
	field string
	op    string
	want  []operand
	re    *regexp.Regexp
}

// operand is a value to compare with.
type operand struct {
	text   string // folded
	num    float64
	number bool
}

func newOperand(v any) (operand, bool) {
	t, ok := textOf(v)
	if !ok || strings.TrimSpace(t) == "" {
		return operand{}, false
	}
	o := operand{text: Fold(t)}
	o.num, o.number = numberOf(v)
	return o, true
}

// compileCondition makes a condition ready, or says which of its fields is wrong and why.
func compileCondition(w Condition) (c condition, field, reason string) {
	c = condition{field: w.Field, op: w.Op}
	if strings.TrimSpace(w.Field) == "" {
		return c, "field", "must not be empty"
	}
	if !slices.Contains(Operators(), w.Op) {
		return c, "op", fmt.Sprintf("%q is not one of %s", w.Op, strings.Join(Operators(), ", "))
	}
	return c, "value", c.setValue(w.Value)
}

func (c *condition) setValue(v any) (reason string) {
	switch c.op {
	case OpIsSet, OpIsNotSet:
		if v != nil {
			return "must be left out"
		}
		return ""
	case OpMatches:
		expr, ok := v.(string)
		if !ok || expr == "" {
			return "needs a regular expression"
		}
		var err error
		if c.re, err = regexp.Compile("(?i)" + expr); err != nil {
			return err.Error()
		}
		return ""
	case OpOneOf, OpBetween:
		list, ok := listOf(v)
		if !ok {
			return "needs a list"
		}
		return c.setOperands(list)
	default:
		return c.setOperands([]any{v})
	}
}

func (c *condition) setOperands(values []any) (reason string) {
	for _, v := range values {
		o, ok := newOperand(v)
		if !ok {
			return "needs text, a number or a boolean, not empty"
		}
		if c.numeric() && !o.number {
			return fmt.Sprintf("needs a number, got %v", v)
		}
		c.want = append(c.want, o)
	}
	if c.op != OpBetween {
		return ""
	}
	if len(c.want) != 2 {
		return fmt.Sprintf("needs two ends, got %d", len(c.want))
	}
	if c.want[0].num > c.want[1].num {
		return fmt.Sprintf("the first end (%v) is over the second (%v)", c.want[0].num, c.want[1].num)
	}
	return ""
}

// numeric tells whether the operator orders numbers.
func (c *condition) numeric() bool {
	switch c.op {
	case OpOver, OpAtLeast, OpUnder, OpAtMost, OpBetween:
		return true
	}
	return false
}

// matchAll tells whether all conditions match; no condition always does.
func matchAll(where []condition, fields map[string]any) bool {
	for i := range where {
		if !where[i].match(fields) {
			return false
		}
	}
	return true
}

func (c *condition) match(fields map[string]any) bool {
	v, _ := lookup(fields, c.field)
	switch c.op {
	case OpIsSet:
		return isSet(v)
	case OpIsNotSet:
		return !isSet(v)
	case OpIsNot:
		return !anyOf(v, c.matchOne)
	default:
		return anyOf(v, c.matchOne)
	}
}

// matchOne compares a value that is no list. For "is not" it answers "is".
func (c *condition) matchOne(v any) bool {
	if c.numeric() {
		n, ok := numberOf(v)
		return ok && c.matchNumber(n)
	}
	text, ok := textOf(v)
	if !ok {
		return false
	}
	if text = strings.TrimSpace(text); text == "" {
		return false
	}
	if c.op == OpMatches {
		return c.re.MatchString(text)
	}
	text = Fold(text)
	switch c.op {
	case OpContains:
		return strings.Contains(text, c.want[0].text)
	case OpStartsWith:
		return strings.HasPrefix(text, c.want[0].text)
	}
	n, number := numberOf(v)
	for _, w := range c.want {
		if text == w.text || number && w.number && n == w.num {
			return true
		}
	}
	return false
}

func (c *condition) matchNumber(n float64) bool {
	switch c.op {
	case OpOver:
		return n > c.want[0].num
	case OpAtLeast:
		return n >= c.want[0].num
	case OpUnder:
		return n < c.want[0].num
	case OpAtMost:
		return n <= c.want[0].num
	default:
		return n >= c.want[0].num && n <= c.want[1].num
	}
}
