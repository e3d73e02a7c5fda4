package store

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"hotleads/scoring"
)

// JSON as encoding/json writes it, of what every activity has: without
// reflection it takes a third of the time.

// appendJSON adds what was decoded from JSON, or a ledger.
func appendJSON(buf []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(buf, "null"...), nil
	case string:
		return appendText(buf, v)
	case bool:
		return strconv.AppendBool(buf, v), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			if v == 0 && math.Signbit(v) {
				return append(buf, "-0"...), nil
			}
			return strconv.AppendInt(buf, int64(v), 10), nil
		}
	case map[string]any:
		return appendObject(buf, v, appendJSON)
	case scoring.Traits:
		return appendObject(buf, v, appendJSON)
	case scoring.Ledger:
		return appendObject(buf, v, appendAccumulator)
	}
	text, err := json.Marshal(v)
	return append(buf, text...), err
}

func appendObject[T any](buf []byte, object map[string]T, value func([]byte, T) ([]byte, error)) (_ []byte, err error) {
	if object == nil {
		return append(buf, "null"...), nil
	}
	buf = append(buf, '{')
	var few [16]string
	keys := slices.AppendSeq(few[:0], maps.Keys(object))
	slices.Sort(keys)
	for i, key := range keys {
		if i > 0 {
			buf = append(buf, ',')
		}
		if buf, err = appendText(buf, key); err != nil {
			return buf, err
		}
		if buf, err = value(append(buf, ':'), object[key]); err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

func appendAccumulator(buf []byte, a scoring.Accumulator) (_ []byte, err error) {
	buf = append(buf, '{')
	field := func(name string) {
		if buf[len(buf)-1] != '{' {
			buf = append(buf, ',')
		}
		buf = append(append(append(buf, '"'), name...), `":`...)
	}
	if a.Value != 0 {
		field("v")
		if buf, err = appendJSON(buf, a.Value); err != nil {
			return buf, err
		}
	}
	if a.Count != 0 {
		field("n")
		buf = strconv.AppendInt(buf, int64(a.Count), 10)
	}
	if !a.LastAt.IsZero() {
		field("t")
		buf = append(a.LastAt.AppendFormat(append(buf, '"'), time.RFC3339Nano), '"')
	}
	if a.LastID != "" {
		field("i")
		if buf, err = appendText(buf, a.LastID); err != nil {
			return buf, err
		}
	}
	if a.Detail != "" {
		field("d")
		if buf, err = appendText(buf, a.Detail); err != nil {
			return buf, err
		}
	}
	return append(buf, '}'), nil
}

// appendText adds a string; one that holds what has to be escaped as
// encoding/json does it.
func appendText(buf []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(s)
			return append(buf, text...), err
		}
	}
	return append(append(append(buf, '"'), s...), '"'), nil
}
