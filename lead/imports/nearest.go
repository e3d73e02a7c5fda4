package imports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// shownColumns is how many columns a refusal lists.
const shownColumns = 20

// instead tells which column of the file may have been meant.
func instead(name string, head []string) string {
	if near := nearest(name, head); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	shown := slices.Clone(head[:min(len(head), shownColumns)])
	for i, h := range shown {
		shown[i] = clipped(h)
	}
	text := "it has " + strings.Join(shown, ", ")
	if more := len(head) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// nearest are the columns, at most three and quoted, whose names are like one
// that is not there: but for case and signs, or for a few letters.
func nearest(name string, head []string) []string {
	type near struct {
		name string
		away int
	}
	want := folded(name)
	var all []near
	for _, h := range head {
		has := folded(h)
		away := distance(want, has)
		if len(want) >= 3 && len(has) >= 3 && (strings.Contains(has, want) || strings.Contains(want, has)) {
			away = min(away, 1)
		}
		if h != "" && away <= max(1, len(want)/4) {
			all = append(all, near{h, away})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.away, b.away) })
	var names []string
	for _, n := range all {
		if text := quoted(n.name); !slices.Contains(names, text) && len(names) < 3 {
			names = append(names, text)
		}
	}
	return names
}

// folded is a column's name without case, signs and blanks.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// distance is Levenshtein's: how many letters to add, drop or change. Names are
// compared by their first 64 letters.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	x, y = x[:min(len(x), 64)], y[:min(len(y), 64)]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(y)]
}
