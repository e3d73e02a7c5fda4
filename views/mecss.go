package views

import (
	"fmt"
	"strings"
)

// MeCSS is the body of /me.css: the only bytes of a board that differ per
// viewer. It switches on, for rows of the viewer, what the style sheet keeps
// off for everybody. Serve it private and uncached.
func MeCSS(userID, role string) []byte {
	if userID == "" {
		return nil
	}
	own := `[data-owner="` + cssString(userID) + `"]`
	var b strings.Builder
	fmt.Fprintf(&b, "[data-lead]%s,[data-peek]%[1]s{--own:block;--own-inline:inline;--own-flex:flex;--own-row:var(--row);--other:none;--other-flex:none;--row-bg:var(--mine);--row-line:var(--mine-line);--ink-now:var(--ink);--heat-now:var(--heat);--edge:1}\n", own)
	fmt.Fprintf(&b, "#board.mine:not(:has(%s))~.empty-mine{display:block}\n", own)
	if role == "rep" {
		fmt.Fprintf(&b, `#board:not(.mine):not(:has([data-stage="mql"],[data-stage="claimed"],%s))~.empty-all{display:block}`+"\n", own)
	}
	return []byte(b.String())
}

// cssString escapes s for a double-quoted CSS string; only letters, digits,
// "-" and "_" stay as they are.
func cssString(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\%x `, r)
		}
	}
	return b.String()
}
