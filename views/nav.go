package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
)

type navLink struct {
	url, text       string
	current, counts bool
}

// navOf lists the pages that exist for the viewer's role.
func navOf(p Page) []navLink {
	may := func(roles ...string) bool { return slices.Contains(roles, p.Viewer.Role) }
	links := []navLink{{url: "/board", text: txtBoard, current: p.Nav == "board", counts: true}}
	if holds(p.Viewer.Role) {
		links = append(links, navLink{url: "/board?mine=1", text: txtMine, current: p.Nav == "mine"})
	}
	links = append(links, navLink{url: "/leads", text: txtLeads, current: p.Nav == "leads"})
	if may("manager") {
		links = append(links, navLink{url: "/team", text: txtTeamTitle, current: p.Nav == "team"})
	}
	if may("marketing", "manager", "admin") {
		links = append(links, navLink{url: "/sla", text: txtSLA, current: p.Nav == "sla"})
	}
	if may("admin") {
		links = append(links, navLink{url: "/settings/people", text: txtSettings, current: p.Nav == "settings"})
	}
	return links
}

// holds tells whether people of a role hold leads: a manager gives them to reps.
func holds(role string) bool { return role == "rep" }

func titleOf(title string) string {
	if title == "" {
		return txtProduct
	}
	return oneLine(title) + " · " + txtProduct
}

func errorTitle(m ErrorModel) string {
	if m.Title != "" {
		return m.Title
	}
	title, _ := statusWords(m.Status)
	return title
}

func errorText(m ErrorModel) string {
	if m.Text != "" {
		return m.Text
	}
	_, text := statusWords(m.Status)
	return text
}

// described points from a field to what hints says of it.
func described(name, tip, wrong string) templ.Attributes {
	var ids []string
	if wrong != "" {
		ids = append(ids, name+"-wrong")
	}
	if tip != "" {
		ids = append(ids, name+"-tip")
	}
	if ids == nil {
		return nil
	}
	return templ.Attributes{"aria-describedby": strings.Join(ids, " ")}
}
