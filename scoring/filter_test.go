package scoring

import (
	"encoding/json"
	"testing"
)

func TestFilter(t *testing.T) {
	var f Filter
	if !f.Empty() || !f.Match(Traits{"country": "FR"}) {
		t.Error("the zero filter does not match everything")
	}
	const text = `[{"field":"country","op":"one of","value":["DE","AT"]},{"field":"employees","op":"\u003e","value":10}]`
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	if f.Empty() || !f.Match(Traits{"country": "at", "employees": 11.0}) || f.Match(Traits{"country": "at"}) {
		t.Error("not all conditions, and only they, decide")
	}
	if data, err := json.Marshal(f); err != nil || string(data) != text {
		t.Errorf("came back as %s, %v", data, err)
	}
	if data, err := json.Marshal(Filter{}); err != nil || string(data) != "[]" {
		t.Errorf("the zero filter is %s, %v", data, err)
	}
}

func TestAFilterIsRefusedByPath(t *testing.T) {
	f := Filter{where: []Condition{{"a", OpIsSet, nil}}}
	err := json.Unmarshal([]byte(`[{"field":"a","op":"is set"},{"field":"b","op":"like"}]`), &f)
	const want = `where[1].op: "like" is not one of is, is not, contains, starts with, one of, >, >=, <, <=, between, is set, is not set, matches`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if len(f.where) != 1 {
		t.Error("a refused filter took the place of the one before")
	}
	if json.Unmarshal([]byte(`7`), &f) == nil {
		t.Error("7 is no filter")
	}
}
