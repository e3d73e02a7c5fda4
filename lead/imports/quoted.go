package imports

import "strconv"

// mostQuoted is how many characters of a file's text a refusal repeats.
const mostQuoted = 60

// quoted is a cell or a column's name as a refusal tells it. A file that is read
// with the wrong separator, or is none, has names as long as a line may be.
func quoted(s string) string { return strconv.Quote(clipped(s)) }

func clipped(s string) string {
	if r := []rune(s); len(r) > mostQuoted {
		return string(r[:mostQuoted]) + "…"
	}
	return s
}
