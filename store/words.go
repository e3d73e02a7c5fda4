package store

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"hotleads/lead"
)

// wordFields is how many fields of a lead a search looks into.
const wordFields = 6

// wordsOf are the texts that a search finds the lead by; none where it was merged.
func wordsOf(l *lead.Lead) [wordFields]string {
	if l.MergedInto != "" {
		return [wordFields]string{}
	}
	return [wordFields]string{l.Name, l.Company, l.Email, l.Phone, l.Title, l.UserID}
}

// maxWord bounds a stored word, in bytes.
const maxWord = 64

// words folds text into what a search compares: lower case by Unicode's rules,
// without accents, split at what is neither letter nor digit. An address is
// found by its parts.
func words(texts ...string) []string {
	fold := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	var out []string
	add := func(w string) {
		if len(w) > maxWord {
			w = strings.ToValidUTF8(w[:maxWord], "")
		}
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, text := range texts {
		folded, _, err := transform.String(fold, text)
		if err != nil {
			folded = text
		}
		folded = cases.Fold().String(folded)
		for _, w := range strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			add(w)
			if len(out) >= 100 {
				return out
			}
		}
	}
	return out
}
