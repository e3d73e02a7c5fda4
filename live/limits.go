package live

import "fmt"

// Visitor is who asks for a stream.
type Visitor struct {
	// Name is whom [Hub.Kick] and the guard ([Hub.Guard]) find. Several streams may
	// have it. Empty: nobody in particular.
	Name string
	// Self is whose rows the visitor sees besides everybody's: see [Row].For.
	Self   string
	Limits []Limit
}

// Limit bounds how many streams may be open of one person, one display, one
// address: of all whose limits name the same.
type Limit struct {
	Of   string
	Most int
}

// TooManyError is the [ErrTooMany] of the limit that is reached.
type TooManyError struct{ Limit }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("%s of %s: %d", ErrTooMany, e.Of, e.Most)
}

// Unwrap makes it an [ErrTooMany].
func (e *TooManyError) Unwrap() error { return ErrTooMany }

// tallies counts open streams by what limits them.
type tallies map[string]int

// take counts one more stream, or none if a limit is reached.
func (t tallies) take(limits []Limit) error {
	for _, l := range limits {
		if t[l.Of] >= l.Most {
			return &TooManyError{l}
		}
	}
	for _, l := range limits {
		t[l.Of]++
	}
	return nil
}

// give counts one less.
func (t tallies) give(limits []Limit) {
	for _, l := range limits {
		if t[l.Of]--; t[l.Of] == 0 {
			delete(t, l.Of)
		}
	}
}
