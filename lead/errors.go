package lead

import (
	"errors"
	"fmt"
	"strings"
)

// What can be refused. Handlers have one table from these to an HTTP status.
var (
	ErrNotFound    = errors.New("not found")         // no such thing, or not visible to who asks
	ErrForbidden   = errors.New("not yours to do")   // the role or the owner forbids it
	ErrConflict    = errors.New("not possible now")  // the stage forbids it, or somebody was faster
	ErrInvalid     = errors.New("not valid")         // a field is missing or wrong
	ErrGone        = errors.New("no longer good")    // a link that was used, withdrawn or has expired
	ErrUnavailable = errors.New("not available now") // a store is away; try again
	ErrBusy        = errors.New("too much at once")  // more waits to be stored than may; try again a little later

	ErrFull = fmt.Errorf("%w: the database's disk is full", ErrUnavailable)
)

// Refusal is one of the errors above with its reason in words a person reads,
// the field that is wrong (ErrInvalid) and the lead as it is now (ErrConflict).
type Refusal struct {
	Kind  error
	Text  string
	Field string
	Lead  *Lead
}

func (r *Refusal) Error() string { return r.Text }
func (r *Refusal) Unwrap() error { return r.Kind }

func forbidden(format string, a ...any) error {
	return &Refusal{Kind: ErrForbidden, Text: fmt.Sprintf(format, a...)}
}

func conflict(format string, a ...any) error {
	return &Refusal{Kind: ErrConflict, Text: fmt.Sprintf(format, a...)}
}

func invalid(field, format string, a ...any) error {
	return &Refusal{Kind: ErrInvalid, Field: field, Text: fmt.Sprintf(format, a...)}
}

// Invalid is a refusal of one field, for those who check input outside this package.
func Invalid(field, format string, a ...any) error { return invalid(field, format, a...) }

// NotFound is a refusal that names what was looked for.
func NotFound(what string) error {
	return &Refusal{Kind: ErrNotFound, Text: what + " was not found"}
}

// Refusals is all that is refused of one form or document, each with its field.
// Where there is room for one only, the first speaks for all.
type Refusals []*Refusal

func (r Refusals) Error() string {
	texts := make([]string, len(r))
	for i, one := range r {
		texts[i] = one.Text
	}
	return strings.Join(texts, "; ")
}

// Unwrap makes each of them found by errors.Is and errors.As.
func (r Refusals) Unwrap() []error {
	all := make([]error, len(r))
	for i, one := range r {
		all[i] = one
	}
	return all
}

// Together is what several checks refuse: nil where none does, else Refusals, or
// the only one. An error that is no refusal goes before all of them.
func Together(checks ...error) error {
	var all Refusals
	for _, err := range checks {
		some := RefusalsOf(err)
		if err != nil && some == nil {
			return err
		}
		all = append(all, some...)
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

// RefusalsOf are the refusals in an error; nil where it is none.
func RefusalsOf(err error) Refusals {
	if many, ok := errors.AsType[Refusals](err); ok {
		return many
	}
	if one, ok := errors.AsType[*Refusal](err); ok {
		return Refusals{one}
	}
	return nil
}
