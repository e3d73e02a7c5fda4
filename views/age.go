package views

import "time"

// PartialAge tells when what a stream shows was true, by the server's clock in
// Unix milliseconds: proof of life for a quiet page, and what its clock is
// corrected by.
func PartialAge(asOf time.Time) []byte {
	return Partial("#as-of", "textContent", []byte(Millis(asOf)))
}
