package store_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/store"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                      nil,
		" -- ":                  nil,
		"Ada ADA ada":           {"ada"},
		"Größe":                 {"grosse"},
		"İstanbul":              {"istanbul"},
		"ada.l@example.com":     {"ada", "l", "example", "com"},
		"O’Brien":               {"o", "brien"},
		"ﬁne №5":                {"fine", "no5"},
		"ΣΊΣΥΦΟΣ":               {"σισυφοσ"},
		"x\xffy":                {"x", "y"},
		strings.Repeat("a", 70): {strings.Repeat("a", 64)},
		strings.Repeat("漢", 22): {strings.Repeat("漢", 21)},
		strings.Repeat("b", 64): {strings.Repeat("b", 64)},
		"+49 (0)30 12-34 ٣٤":    {"49", "0", "30", "12", "34", "٣٤"},
	} {
		if diff := cmp.Diff(want, store.Words(text), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzWords: whatever is typed or sent becomes words that both engines store,
// and that find themselves again.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Ada Lovelace", "Größe\x00", "x\xff", strings.Repeat("é", 100), "ΒΑΣΊΛΗΣ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range store.Words(text) {
			if w == "" || len(w) > 64 || !utf8.ValidString(w) || strings.ContainsRune(w, 0) {
				t.Fatalf("%q has the word %q", text, w)
			}
			if again := store.Words(w); len(again) != 1 || again[0] != w {
				t.Fatalf("the word %q of %q is read as %q", w, text, again)
			}
		}
	})
}
