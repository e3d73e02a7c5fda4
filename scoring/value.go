package scoring

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Fold is the form in which event names and texts are compared: trimmed and
// without regard to case. Folding twice changes nothing.
func Fold(s string) string {
	s = strings.TrimSpace(s)
	for i := range len(s) {
		if s[i] >= 0x80 {
			// By way of upper case, so that letters with two lower-case forms (σ, ς) are one.
			return strings.TrimSpace(strings.ToLower(strings.ToUpper(s)))
		}
	}
	return strings.ToLower(s)
}

// lookup finds a field: the literal key first, then a path through nested
// objects and lists of them.
func lookup(fields map[string]any, path string) (any, bool) {
	if v, ok := fields[path]; ok {
		return v, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		inner, ok := fields[path[:i]]
		if !ok {
			continue
		}
		if v, ok := lookupIn(inner, path[i+1:]); ok {
			return v, true
		}
	}
	return nil, false
}

func lookupIn(v any, path string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return lookup(v, path)
	case []any:
		var found []any
		for _, e := range v {
			if f, ok := lookupIn(e, path); ok {
				found = append(found, f)
			}
		}
		return found, len(found) > 0
	}
	return nil, false
}

// anyOf tells whether is holds for a value, or for any element of a list.
func anyOf(v any, is func(any) bool) bool {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if anyOf(e, is) {
				return true
			}
		}
		return false
	case []string:
		for _, e := range v {
			if is(e) {
				return true
			}
		}
		return false
	}
	return is(v)
}

// isSet tells whether there is anything: not null, not blank, not an empty list or object.
func isSet(v any) bool {
	return anyOf(v, func(v any) bool {
		if m, ok := v.(map[string]any); ok {
			return len(m) > 0
		}
		text, ok := textOf(v)
		return ok && strings.TrimSpace(text) != ""
	})
}

// listOf is a list as elements.
func listOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []string:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = e
		}
		return list, true
	}
	return nil, false
}

// textOf is the text form of a scalar; objects, lists and null have none.
func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case nil, map[string]any, []any, []string:
		return "", false
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case bool:
		return strconv.FormatBool(v), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	}
	return fmt.Sprint(v), true
}

// numberOf is the number that a scalar is, or that a text writes in decimal.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case json.Number:
		return parseNumber(string(v))
	case string:
		return parseNumber(strings.TrimSpace(v))
	}
	return 0, false
}

// Plain is a number as people write it: without an exponent.
func Plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// maxIntegerDigits is how many digits a number written as text may have before
// its point: beyond, float64 cannot tell neighbours apart, and it is an
// identifier anyway.
const maxIntegerDigits = 15

// parseNumber reads [+-]digits[.digits][e[+-]digits], and not what else
// strconv takes for a number ("inf", "0x1f", "1_000").
func parseNumber(s string) (float64, bool) {
	digits := strings.TrimLeft(s, "+-")
	whole := len(digits) - len(strings.TrimLeft(digits, "0123456789"))
	if whole == 0 || whole > maxIntegerDigits || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}
