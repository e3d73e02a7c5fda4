package views

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextsInLines(t *testing.T) {
	long := strings.Repeat("名", 10_000)
	if got := oneLine(long); utf8.RuneCountInString(got) != maxShown || !strings.HasSuffix(got, "…") {
		t.Errorf("10,000 characters are shown as %d", utf8.RuneCountInString(got))
	}
	if got := lineOf(long, maxWhole); utf8.RuneCountInString(got) != maxWhole {
		t.Errorf("a trait of 10,000 characters is shown as %d", utf8.RuneCountInString(got))
	}
	if got := titleOf("a\nb\u202e" + long); strings.ContainsAny(got, "\n\u202e") || utf8.RuneCountInString(got) > maxShown+20 {
		t.Errorf("the title is %.40q…", got)
	}
	for name, want := range map[string]string{"": "?", "\u200b": "?", "Ada": "A", "ada byron": "AB", "\u200bada \u200bbyron": "AB", "שרה לוי": "של"} {
		if got := initials(name); got != want {
			t.Errorf("the initials of %q are %q, want %q", name, got, want)
		}
	}
}
