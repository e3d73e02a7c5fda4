package lead

import (
	"errors"
	"fmt"
	"strings"

	"hotleads/scoring"
	"hotleads/sla"
)

// Fault is one thing wrong with a document: where, as a JSON path such as
// "scoring.behaviour[3].points" ("" for the whole), and what would be right.
type Fault struct {
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

func (f Fault) String() string {
	if f.Path == "" {
		return f.Detail
	}
	return f.Path + ": " + f.Detail
}

// Faults is everything wrong with a document; an ErrInvalid.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Brief is the first fault, and how many more there are.
func (f Faults) Brief() string {
	if len(f) < 2 {
		return f.Error()
	}
	return fmt.Sprintf("%s (and %d more)", f[0], len(f)-1)
}

func (f Faults) Unwrap() error { return ErrInvalid }

func (f *Faults) add(path, format string, args ...any) {
	*f = append(*f, Fault{path, fmt.Sprintf(format, args...)})
}

// number refuses what is not a number of [low, high].
func (f *Faults) number(path string, v, low, high float64) {
	if !(v >= low && v <= high) {
		f.add(path, "must be a number from %s to %s, got %s", scoring.Plain(low), scoring.Plain(high), scoring.Plain(v))
	}
}

// take adds the parts of an error of scoring or sla, under a path.
func (f *Faults) take(path string, err error) {
	var many interface{ Unwrap() []error }
	var problems sla.Problems
	var problem scoring.Problem
	switch {
	case err == nil:
	case errors.As(err, &problems):
		for _, p := range problems {
			if p.Path == path[strings.LastIndexByte(path, '.')+1:] { // the calendar as a whole
				f.add(path, "%s", p.Reason)
			} else {
				f.add(path+"."+p.Path, "%s", p.Reason)
			}
		}
	case errors.As(err, &many):
		for _, e := range many.Unwrap() {
			f.take(path, e)
		}
	case errors.As(err, &problem):
		f.add(path+"."+problem.Path, "%s", problem.Reason)
	default:
		f.add(path, "%v", err)
	}
}

// beside are the faults that stand neither at, above nor below one of others:
// what was read wrongly makes no sense to the rules either.
func (f Faults) beside(others Faults) Faults {
	var kept Faults
	for _, a := range f {
		apart := true
		for _, b := range others {
			apart = apart && !within(a.Path, b.Path) && !within(b.Path, a.Path)
		}
		if apart {
			kept = append(kept, a)
		}
	}
	return kept
}

// most are the first n faults, and how many more there are.
func (f Faults) most(n int) Faults {
	if len(f) <= n {
		return f
	}
	return append(f[:n:n], Fault{"", fmt.Sprintf("and %d more", len(f)-n)})
}

// within tells whether a path is another one or stands below it.
func within(path, above string) bool {
	rest, ok := strings.CutPrefix(path, above)
	return ok && (rest == "" || above == "" || rest[0] == '.' || rest[0] == '[')
}
