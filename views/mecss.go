package views

import (
	"fmt"
	"strings"

	"github.com/a-h/templ"
)

// MeCSS is the body of /me.css: the only bytes of a board that differ per
// viewer. It switches on, for rows of the viewer, what the style sheet keeps
// off for everybody. Serve it private and uncached.
//
// A manager of the teams (none: of all) may claim leads that were escalated to them.
func MeCSS(userID, role string, teams []string) []byte {
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
	if role == "manager" {
		open := []string{"[data-open]"}
		if len(teams) > 0 {
			open = open[:0]
			for _, id := range teams {
				open = append(open, `[data-open="`+cssString(id)+`"]`)
			}
		}
		mine := `[data-stage="mql"]:is(` + strings.Join(open, ",") + `)`
		fmt.Fprintf(&b, "body[data-role=manager] .row%s .m-claim>.btn{display:inline-flex}\nbody[data-role=manager] .lead%[1]s .moves .m-claim{display:block}\n", mine)
	}
	return []byte(b.String())
}

// openTo marks a lead that the manager of a team may claim.
func openTo(team string) templ.Attributes {
	if team == "" {
		return nil
	}
	return templ.Attributes{"data-open": team}
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
