package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of one message, far over what clients send.
const (
	maxDepth = 32   // objects and arrays in each other, inside the message
	maxKeys  = 1000 // of one object
)

// reader walks JSON whose syntax json.Valid has found good. The standard
// decoder would do but for four things that must be refused here, because a
// store would choke on them or they would be changed silently: NUL, invalid
// UTF-8, half a surrogate pair, a key that stands twice.
type reader struct {
	text []byte
	at   int
}

// fault is why a value is refused, and where in the message it stands.
type fault struct{ path, text string }

func (f *fault) Error() string {
	if f.path == "" {
		return f.text
	}
	return f.path + ": " + f.text
}

// within puts a fault under the key it was found in.
func within(key string, err error) error {
	if err == nil {
		return nil
	}
	f, ok := errors.AsType[*fault](err)
	if !ok || key == "" {
		return err
	}
	key = clip(key)
	if f.path != "" && f.path[0] != '[' {
		key += "."
	}
	return &fault{path: key + f.path, text: f.text}
}

// wants is the fault of a value of another kind than it should be.
func wants(path, want, got string) error {
	return &fault{path: path, text: "wants " + want + ", got " + got}
}

// clip keeps what a client sent short enough to stand in an error.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// peek is the next byte that is no white space. The text has one.
func (r *reader) peek() byte {
	for {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
}

// kind names the next value's kind in words.
func (r *reader) kind() string {
	switch r.peek() {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "text"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

// each calls one for every member of the object or array that comes next, which
// ends with the byte end. one consumes the member; its error ends the walk.
func (r *reader) each(end byte, one func() error) error {
	r.peek()
	r.at++
	for r.peek() != end {
		if err := one(); err != nil {
			return err
		}
		if r.peek() == ',' {
			r.at++
		}
	}
	r.at++
	return nil
}

// key reads an object's next key and its colon.
func (r *reader) key() (string, error) {
	r.peek()
	key, err := r.str()
	r.peek()
	r.at++
	return key, err
}

// skip passes over the next value, whatever is in it, and returns its text.
func (r *reader) skip() []byte {
	r.peek()
	start, depth := r.at, 0
	for {
		switch r.peek() {
		case '{', '[':
			depth++
			r.at++
		case '}', ']':
			depth--
			r.at++
		case ',', ':':
			r.at++
			continue
		case '"':
			r.quoted()
		default:
			r.word()
		}
		if depth == 0 {
			return r.text[start:r.at]
		}
	}
}

// quoted passes over a string and returns it with its quotes.
func (r *reader) quoted() []byte {
	start := r.at
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	return r.text[start:r.at]
}

// word passes over a number, true, false or null, and returns it.
func (r *reader) word() string {
	start := r.at
	for r.at < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:]}"), r.text[r.at]) < 0 {
		r.at++
	}
	return string(r.text[start:r.at])
}

// value decodes the next value, which stands at a depth. Numbers are float64,
// except that at depth 1 they keep their digits: there they may be ids.
func (r *reader) value(depth int) (any, error) {
	switch r.peek() {
	case '{', '[':
		if depth > maxDepth {
			return nil, &fault{text: fmt.Sprintf("is nested more than %d deep", maxDepth)}
		}
		if r.text[r.at] == '{' {
			return r.object(depth)
		}
		return r.array(depth)
	case '"':
		return r.str()
	}
	switch w := r.word(); w {
	case "true", "false":
		return w == "true", nil
	case "null":
		return nil, nil
	default:
		if depth == 1 {
			return json.Number(w), nil
		}
		return number(w)
	}
}

// object decodes an object at a depth.
func (r *reader) object(depth int) (map[string]any, error) {
	object := map[string]any{}
	err := r.each('}', func() error {
		key, err := r.key()
		if err != nil {
			return &fault{text: "a key " + err.Error()}
		}
		if _, again := object[key]; again {
			return &fault{path: clip(key), text: "stands twice"}
		}
		if len(object) == maxKeys {
			return &fault{text: fmt.Sprintf("holds more than %d keys", maxKeys)}
		}
		object[key], err = r.value(depth + 1)
		return within(key, err)
	})
	return object, err
}

// array decodes an array at a depth.
func (r *reader) array(depth int) ([]any, error) {
	array := []any{}
	err := r.each(']', func() error {
		v, err := r.value(depth + 1)
		if err != nil {
			return within("["+strconv.Itoa(len(array))+"]", err)
		}
		array = append(array, v)
		return nil
	})
	return array, err
}

// number is a number as JSON can carry it on.
func number(digits string) (float64, error) {
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, &fault{text: "the number " + clip(digits) + " is too large"}
	}
	return f, nil
}

// str decodes the next string.
func (r *reader) str() (string, error) {
	quoted := r.quoted()
	if !utf8.Valid(quoted) {
		return "", &fault{text: "holds bytes that are not UTF-8"}
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	if halfPair(quoted) {
		return "", &fault{text: "holds half of a surrogate pair"}
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return "", &fault{text: "is not JSON text"}
	}
	if strings.IndexByte(s, 0) >= 0 {
		return "", &fault{text: "holds a NUL character"}
	}
	return s, nil
}

// halfPair tells whether a valid JSON string escapes a high surrogate without
// a low one right after it, or a low one without a high one before it.
func halfPair(quoted []byte) bool {
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		unit, isUnit := escapedUnit(quoted[i:])
		if !isUnit {
			i++ // the escaped byte does not begin another escape
			continue
		}
		i += 5
		switch unit & 0xFC00 {
		case 0xDC00:
			return true
		case 0xD800:
			if low, ok := escapedUnit(quoted[i+1:]); !ok || low&0xFC00 != 0xDC00 {
				return true
			}
			i += 6
		}
	}
	return false
}

// escapedUnit is the UTF-16 code unit of the \uXXXX that the text begins with.
func escapedUnit(text []byte) (uint64, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}
