package lead

import "math"

// A lead's traits are bounded: the key that writes them is public, and every
// message that a lead is heard of reads and writes all of them.
const (
	maxTraits     = 500      // names, forgotten ones and core ones included
	maxTraitBytes = 64 << 10 // of the traits without a field of their own, as JSON
)

// traitRoom tells how much a profile can still take. What it has is measured
// when a trait is first asked for that would change it.
type traitRoom struct {
	p     *Profile
	known bool
	bytes int
}

// takes tells whether a trait may get a value (nil: be forgotten), and counts
// it as taken then. One that makes the profile no larger always may.
func (r *traitRoom) takes(name string, v any) bool {
	if !r.known {
		r.known = true
		core := r.p.coreFields()
		for name := range r.p.TraitTimes {
			if _, ok := core[name]; !ok {
				r.bytes += traitSize(name, r.p.Traits[name])
			}
		}
	}
	grows := traitSize(name, v)
	if _, heard := r.p.TraitTimes[name]; heard {
		grows -= traitSize(name, r.p.Traits[name])
	} else if len(r.p.TraitTimes) >= maxTraits {
		return false
	}
	if grows > 0 && r.bytes+grows > maxTraitBytes {
		return false
	}
	r.bytes += grows
	return true
}

// traitSize is about how many bytes of JSON a trait is, with its marks.
func traitSize(name string, v any) int { return jsonSize(name) + jsonSize(v) + 2 }

// jsonSize is about how many bytes of JSON a decoded value is.
func jsonSize(v any) int {
	switch v := v.(type) {
	case nil, bool:
		return len("false")
	case string:
		n := len(v) + 2
		for i := range len(v) {
			if c := v[i]; c < ' ' || c == '<' || c == '>' || c == '&' { // \u003c
				n += 5
			} else if c == '"' || c == '\\' {
				n++
			}
		}
		return n
	case float64:
		if math.Abs(v) < 1e9 && v == math.Trunc(v) {
			return 10
		}
	case []any:
		n := 2
		for _, x := range v {
			n += 1 + jsonSize(x)
		}
		return n
	case map[string]any:
		n := 2
		for k, x := range v {
			n += traitSize(k, x)
		}
		return n
	}
	return 25 // any number
}
