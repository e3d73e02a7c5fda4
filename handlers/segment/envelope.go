package segment

import (
	"fmt"
	"time"
)

// raw is the JSON text of one value, known to be valid syntax; nil where absent.
type raw []byte

// envelope splits the body's outermost object into the raw values of its
// fields. Only those that a batch is read by have to be there once: a second
// "batch" would silently drop the first.
func envelope(body []byte) (map[string]raw, error) {
	r := reader{text: body}
	if got := r.kind(); got != "object" {
		return nil, fmt.Errorf("the body wants to be an object, got %s", got)
	}
	fields := map[string]raw{}
	var twice error
	_ = r.each('}', func() error { // it fails as its function does: never
		key, err := r.key()
		value := r.skip()
		if err != nil {
			return nil // a field without a readable name is none of the four
		}
		switch key {
		case "batch", "sentAt", "writeKey", "context":
			if _, again := fields[key]; again && twice == nil {
				twice = &fault{path: key, text: "stands twice"}
			}
			fields[key] = value
		}
		return nil
	})
	return fields, twice
}

// value decodes the raw value as a message's field would be.
func (v raw) value(name string) (any, error) {
	if v == nil {
		return nil, nil
	}
	r := reader{text: v}
	got, err := r.value(1)
	return got, within(name, err)
}

// text is the raw value where it is text.
func (v raw) text() (string, bool) {
	got, err := v.value("")
	s, ok := got.(string)
	return s, ok && err == nil
}

// items are the raw elements of the batch.
func (v raw) items() ([]raw, error) {
	if v == nil {
		return nil, &fault{path: "batch", text: "missing"}
	}
	r := reader{text: v}
	if got := r.kind(); got != "array" {
		return nil, wants("batch", "an array of messages", got)
	}
	var items []raw
	err := r.each(']', func() error {
		if len(items) == MaxMessages {
			return &fault{path: "batch", text: fmt.Sprintf("holds more than %d messages", MaxMessages)}
		}
		items = append(items, r.skip())
		return nil
	})
	if err == nil && len(items) == 0 {
		err = &fault{path: "batch", text: "is empty"}
	}
	return items, err
}

// instant is the raw value as a time; zero where absent.
func (v raw) instant(name string) (time.Time, error) {
	got, err := v.value(name)
	if err != nil {
		return time.Time{}, err
	}
	return fields{name: got}.instant(name)
}

// object is the raw value as an object; nil where absent.
func (v raw) object(name string) (map[string]any, error) {
	got, err := v.value(name)
	if err != nil {
		return nil, err
	}
	return fields{name: got}.object(name)
}
