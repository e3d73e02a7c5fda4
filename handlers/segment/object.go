package segment

import (
	"encoding/json"
	"errors"
)

// Object decodes one JSON object as strictly as a message: what a store would
// choke on or the standard decoder would change silently is refused. Numbers are
// float64, but those that are members of the object itself are json.Number. The
// error says what is wrong, and path where: "traits.size", "" for the whole.
func Object(text []byte) (object map[string]any, path string, err error) {
	if !json.Valid(text) {
		return nil, "", notJSON(text)
	}
	r := reader{text: text}
	if got := r.kind(); got != "object" {
		return nil, "", errors.New("the body is " + article(got) + "; it wants an object")
	}
	object, err = r.object(0)
	if f, ok := errors.AsType[*fault](err); ok {
		if path = f.path; path == "" {
			return object, "", errors.New("the body " + f.text)
		}
	}
	return object, path, err
}

func article(kind string) string {
	switch kind {
	case "null":
		return kind
	case "array":
		return "an " + kind
	}
	return "a " + kind
}
