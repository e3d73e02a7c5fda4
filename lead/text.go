package lead

import (
	"strings"
	"unicode"
)

// Blank tells whether nothing of a text can be seen: white space, control
// characters, and what has no width, such as U+200B or the fillers of Hangul.
func Blank(s string) bool { return strings.IndexFunc(s, seen) < 0 }

func seen(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && r != '\u2800' && // a Braille cell without dots
		!unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// withoutFormat drops characters that have no width and only guide how others
// are drawn: what differs by them alone looks the same.
func withoutFormat(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}
