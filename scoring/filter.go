package scoring

import (
	"encoding/json"
	"errors"
)

// Filter is a list of conditions, compiled: all of them must match. The zero
// Filter matches everything.
type Filter struct {
	where    []Condition
	compiled []condition
}

// CompileFilter checks conditions. The error joins everything that is wrong,
// each part a Problem with a path such as "where[0].op".
func CompileFilter(where []Condition) (Filter, error) {
	var c compiler
	f := Filter{where: cloneConditions(where), compiled: c.conditions("where", where)}
	if len(c.problems) > 0 {
		return Filter{}, errors.Join(c.problems...)
	}
	return f, nil
}

// Empty tells whether the filter has no condition.
func (f Filter) Empty() bool { return len(f.compiled) == 0 }

// Match tells whether every condition matches.
func (f Filter) Match(t Traits) bool { return matchAll(f.compiled, t) }

// MarshalJSON is the list of conditions.
func (f Filter) MarshalJSON() ([]byte, error) {
	if f.where == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(f.where)
}

// UnmarshalJSON reads and compiles a list of conditions.
func (f *Filter) UnmarshalJSON(b []byte) error {
	var where []Condition
	if err := json.Unmarshal(b, &where); err != nil {
		return err
	}
	compiled, err := CompileFilter(where)
	if err != nil {
		return err
	}
	*f = compiled
	return nil
}
