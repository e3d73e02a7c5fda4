package views

import (
	"time"

	"github.com/a-h/templ"
)

// PartialAge tells when what a stream shows was true, by the server's clock in
// Unix milliseconds: proof of life for a quiet page, and what its clock is
// corrected by. The zero time is 0: something of it could never be shown.
func PartialAge(asOf time.Time) []byte {
	at := "0"
	if !asOf.IsZero() {
		at = Millis(asOf)
	}
	return Partial("#as-of", "textContent", []byte(at))
}

// PartialProblem tells what part of the installation is away; "": none is.
func PartialProblem(text string) []byte {
	return Partial("#problem", "textContent", []byte(templ.EscapeString(text)))
}
