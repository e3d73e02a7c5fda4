package lead

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reading a document strictly: encoding/json takes keys in any case, unknown
// and doubled ones, and leaves what is missing at zero, all in silence, and
// stops at the first value it can't take. Here everything that is wrong is told
// at once, by its path.

// Bounds of a document.
const (
	mostBytes  = 1 << 20
	mostDepth  = 32
	mostItems  = 500  // of a list or an object
	mostText   = 2000 // characters
	mostFaults = 100  // told of one document
)

// node is a JSON value with its place in the text. An object's keys stand
// beside its values; a list has values only.
type node struct {
	kind   byte // '{', '[', 's' text, 'n' number, 'b' boolean, '0' null
	text   string
	keys   []string
	values []*node
	raw    []byte
}

// parse reads text as one JSON value and nothing else. The fault says where the
// text is no JSON.
func parse(text []byte) (*node, *Fault) {
	if !utf8.Valid(text) {
		return nil, &Fault{"", "the text is not UTF-8"}
	}
	p := &parser{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	n, err := p.value("")
	if err == nil {
		p.path = ""
		switch _, err = p.dec.Token(); {
		case errors.Is(err, io.EOF):
			return n, nil
		case err == nil:
			err = errors.New("there is something behind the document")
		}
	}
	return nil, p.fault(err)
}

type parser struct {
	text []byte
	dec  *json.Decoder
	path string // of what is being read
	deep int
}

// value reads the next value, at a path.
func (p *parser) value(path string) (*node, error) {
	p.path = path
	from := p.dec.InputOffset()
	t, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{}
	switch t := t.(type) {
	case json.Delim:
		if p.deep++; p.deep > mostDepth {
			return nil, fmt.Errorf("lies more than %d levels deep", mostDepth)
		}
		n.kind = byte(t)
		if err := p.inside(n, path); err != nil {
			return nil, err
		}
		p.deep--
	case string:
		n.kind, n.text = 's', t
	case json.Number:
		n.kind, n.text = 'n', t.String()
	case bool:
		n.kind, n.text = 'b', strconv.FormatBool(t)
	case nil:
		n.kind, n.text = '0', "null"
	}
	n.raw = bytes.TrimLeft(p.text[from:p.dec.InputOffset()], " \t\r\n,:")
	return n, nil
}

// inside reads the members of an object or a list, to its end.
func (p *parser) inside(n *node, path string) error {
	for p.dec.More() {
		p.path = path
		at := fmt.Sprintf("%s[%d]", path, len(n.values))
		if n.kind == '{' {
			t, err := p.dec.Token()
			if err != nil {
				return err
			}
			key, ok := t.(string)
			if !ok {
				return fmt.Errorf("%v stands where a key in quotes is wanted", t)
			}
			n.keys = append(n.keys, key)
			at = join(path, key)
		}
		v, err := p.value(at)
		if err != nil {
			return err
		}
		n.values = append(n.values, v)
	}
	p.path = path
	_, err := p.dec.Token()
	return err
}

// fault says where reading ended, and why.
func (p *parser) fault(err error) *Fault {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	end := min(int(p.dec.InputOffset()), len(p.text))
	rest := bytes.TrimLeft(p.text[end:], " \t\r\n,:")
	end = len(p.text) - len(rest)
	line := 1 + bytes.Count(p.text[:end], []byte("\n"))
	column := 1 + utf8.RuneCount(p.text[bytes.LastIndexByte(p.text[:end], '\n')+1:end])
	reason := err.Error()
	switch word := string(rest[:len(rest)-len(bytes.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || r == '-' }))]); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		reason = "the text ends in the middle"
	case word == "NaN" || strings.TrimLeft(word, "-") == "Infinity":
		reason = word + " is not a number that JSON knows"
	}
	return &Fault{p.path, fmt.Sprintf("line %d, column %d: %s", line, column, strings.TrimPrefix(reason, "invalid JSON: "))}
}

// join is a key's path below another.
func join(path, key string) string {
	plain := key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	switch {
	case !plain:
		return path + "[" + strconv.Quote(clip(key, 40)) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}

// strict fills Go values from nodes.
type strict struct{ faults Faults }

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// fill sets v from n; what can't be taken is a fault and stays at zero.
func (s *strict) fill(v reflect.Value, n *node, path string) {
	if reflect.PointerTo(v.Type()).Implements(unmarshaler) { // a calendar, which is strict by itself
		s.faults.take(path, v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(n.raw))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if n.kind != '0' || v.Type().Implements(unmarshaler) {
			v.Set(reflect.New(v.Type().Elem()))
			s.fill(v.Elem(), n, path)
		}
		return
	case reflect.Interface:
		if x := s.any(n, path); x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return
	}
	if n.kind != jsonKind(v.Kind()) {
		s.faults.add(path, "%s is not %s", n, wanted(v.Type()))
		return
	}
	if len(n.values) > mostItems {
		s.faults.add(path, "has %d items; at most %d fit", len(n.values), mostItems)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		s.object(v, n, path)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i, key := range n.keys {
			item := reflect.New(v.Type().Elem()).Elem()
			if v.MapIndex(reflect.ValueOf(key).Convert(v.Type().Key())).IsValid() {
				s.faults.add(join(path, key), "stands there twice")
				continue
			}
			s.fill(item, n.values[i], join(path, key))
			v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), item)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(n.values), len(n.values)))
		for i, item := range n.values {
			s.fill(v.Index(i), item, fmt.Sprintf("%s[%d]", path, i))
		}
	case reflect.String:
		s.words(n.text, path)
		v.SetString(n.text)
	case reflect.Bool:
		v.SetBool(n.text == "true")
	case reflect.Int:
		whole, err := strconv.Atoi(n.text)
		if err != nil || whole > 1e9 || whole < -1e9 {
			s.faults.add(path, "%s is not a whole number (or too large for one)", n)
		}
		v.SetInt(int64(whole))
	case reflect.Float64:
		v.SetFloat(s.number(n, path))
	}
}

// object sets a struct's fields: each key it knows, once, and none that it does
// not know; what is not marked as one that may be left out is there.
func (s *strict) object(v reflect.Value, n *node, path string) {
	fields := fieldsOf(v.Type())
	var names, given []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	for i, key := range n.keys {
		at := join(path, key)
		j := slices.Index(names, key)
		switch {
		case slices.Contains(given, key):
			s.faults.add(at, "stands there twice")
			continue
		case j < 0:
			s.faults.add(at, "unknown key; %s", meant(key, names))
		default:
			s.fill(v.FieldByIndex(fields[j].index), n.values[i], at)
		}
		given = append(given, key)
	}
	for _, f := range fields {
		if !f.optional && !slices.Contains(given, f.name) {
			s.faults.add(join(path, f.name), "missing; wants %s", wanted(f.typ))
		}
	}
}

// field is a struct's field as its JSON knows it.
type field struct {
	name     string
	index    []int
	typ      reflect.Type
	optional bool
}

// fieldsOf are a struct's fields, those of embedded structs among them.
func fieldsOf(t reflect.Type) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
			continue
		}
		all = append(all, field{name, []int{i}, f.Type, strings.Contains(options, "omitempty")})
	}
	return all
}

// any is a value of whatever kind, as encoding/json gives it.
func (s *strict) any(n *node, path string) any {
	switch n.kind {
	case '{':
		m := make(map[string]any, len(n.keys))
		for i, key := range n.keys {
			m[key] = s.any(n.values[i], join(path, key))
		}
		return m
	case '[':
		list := make([]any, len(n.values))
		for i, item := range n.values {
			list[i] = s.any(item, fmt.Sprintf("%s[%d]", path, i))
		}
		return list
	case 's':
		s.words(n.text, path)
		return n.text
	case 'n':
		return s.number(n, path)
	case 'b':
		return n.text == "true"
	}
	return nil
}

// number refuses what would not stay what it is: too large, or so small that it
// would be 0.
func (s *strict) number(n *node, path string) float64 {
	f, err := strconv.ParseFloat(n.text, 64)
	digits, _, _ := strings.Cut(strings.ToLower(n.text), "e")
	if err != nil || f == 0 && strings.ContainsAny(digits, "123456789") {
		s.faults.add(path, "%s is beyond what a number can hold", n)
		return 0
	}
	return f
}

// words refuses text that can't be shown or stored.
func (s *strict) words(text, path string) {
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == utf8.RuneError }):
		s.faults.add(path, "%s has characters that can't be shown", strconv.Quote(clip(text, 40)))
	case utf8.RuneCountInString(text) > mostText:
		s.faults.add(path, "has %d characters; at most %d fit", utf8.RuneCountInString(text), mostText)
	}
}

// String is the value in a fault's words.
func (n *node) String() string {
	switch n.kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 's':
		return strconv.Quote(clip(n.text, 40))
	}
	return clip(n.text, 40)
}

func jsonKind(k reflect.Kind) byte {
	switch k {
	case reflect.Struct, reflect.Map:
		return '{'
	case reflect.Slice:
		return '['
	case reflect.String:
		return 's'
	case reflect.Bool:
		return 'b'
	}
	return 'n'
}

// wanted is a type in a fault's words.
func wanted(t reflect.Type) string {
	switch {
	case t.Implements(unmarshaler):
		return "an object"
	case t.Kind() == reflect.Pointer:
		return wanted(t.Elem()) + ", or null for none"
	case t.Kind() == reflect.Int:
		return "a whole number"
	}
	return map[byte]string{'{': "an object", '[': "a list", 's': "text", 'b': "true or false", 'n': "a number"}[jsonKind(t.Kind())]
}

// meant names the key that was meant, or those that there are.
func meant(key string, names []string) string {
	key = clip(key, 100)
	best, least := "", 1+len(key)/3
	for _, name := range names {
		if d := distance(strings.ToLower(key), name); d <= least {
			best, least = name, d-1
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "wants one of " + strings.Join(names, ", ")
}

// distance is how many letters have to be added, dropped or changed to make one
// word of another (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := last
			if a[i] != b[j] {
				change++
			}
			last = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
