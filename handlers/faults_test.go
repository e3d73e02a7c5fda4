package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hotleads/lead"
)

// wrongs are what a page says is wrong, in its order.
func wrongs(page string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?s)<p class="wrong"[^>]*>(.*?)</p>`).FindAllStringSubmatch(page, -1) {
		all = append(all, strings.TrimSpace(html.UnescapeString(m[1])))
	}
	return all
}

// TestFormsSayAllThatIsWrong: nobody mends one field to learn of the next.
func TestFormsSayAllThatIsWrong(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	x.person("Max", lead.Manager)
	anna, max := x.signIn("Anna"), x.signIn("Max")
	_, _, page := anna.post("/settings/people", guest("Gina"))
	invite := x.shownOnce(page)
	_, u := x.call(http.MethodGet, "/api/v1/leads/"+x.hot("ada"), nil)
	long := strings.Repeat("x", 300)

	for _, c := range []struct {
		by   browser
		path string
		form url.Values
		says []string // the beginnings, in the page's order
	}{
		{anna, "/settings/people", url.Values{"email": {"hans"}, "role": {"boss"}, "team": {"nowhere"}},
			[]string{"Say what the person is called.", `"hans" is not a mail address.`, "Choose what they do", "There is no team"}},
		{anna, "/settings/keys", url.Values{"kind": {"master"}}, []string{"Say what the key is called.", "Choose what the key opens"}},
		{anna, "/settings/displays", url.Values{"team": {"nowhere"}, "privacy": {"all"}},
			[]string{"Say where the display hangs.", "Choose the team", "Choose how much it shows"}},
		{anna, "/settings/teams", url.Values{"zone": {"Mars"}}, []string{"Say what the team is called.", "Unknown zone"}},
		{anna, "/settings/teams/" + x.team.ID, teamForm(url.Values{
			"name": {" "}, "max_claimed": {"0"}, "max_untouched": {"many"}, "zone": {"Mars"}, "mon": {"nine to five"}, "tue": {"17-9"}, "thu": {"9-12, 11-13"},
			"holidays": {"Christmas"}, "field": {"country", ""}, "op": {"like", "is"}, "value": {"DE", "DE"}}),
			[]string{"Say what the team is called.", "Unknown zone", `Monday: "nine to five" is no interval`, "Tuesday: 17:00 to 09:00 is reversed", "Thursday: 09:00 to 12:00 overlaps",
				`"Christmas" is no date`, "The operator", "The field", "How many leads a rep may claim", "How many leads may wait"}},
		{max, "/leads/new", url.Values{"email": {"ada"}, "phone": {"12"}, "user_id": {long}, "team": {"nowhere"}, "trait": {"", "plan", "plan", "email_kind"}, "value": {"lost", "a", "b", "free"}},
			[]string{`"ada" is not an email address`, `"12" is not an international telephone number`, "User_id has 300 characters", "That is no team", `The value "lost" has no trait.`, "Plan is said twice.", "Email_kind follows from the email"}},
		{max, "/leads/" + u["id"].(string) + "/correct", url.Values{"email": {"ada"}, "phone": {"12"}}, []string{`"ada" is not an email address`, `"12" is not an international telephone number`, "A user id can be replaced"}},
		{x.stranger(), invite, url.Values{"password": {"short"}, "again": {"shorn"}}, []string{"The password is too short", "The two passwords differ."}},
		{max, "/account/password", url.Values{"old": {"guess"}, "password": {"short"}, "again": {"shorn"}}, []string{"That is not your present password.", "The password is too short", "The two passwords differ."}},
	} {
		status, _, page := c.by.post(c.path, c.form)
		said := wrongs(page)
		matches := len(said) == len(c.says)
		for i := 0; matches && i < len(said); i++ {
			matches = strings.HasPrefix(said[i], c.says[i])
		}
		if status != http.StatusUnprocessableEntity || !matches {
			t.Errorf("%s: %d\n%s\nwant\n%s", c.path, status, strings.Join(said, "\n"), strings.Join(c.says, "\n"))
		}
		if strings.Contains(c.path, "invite") || strings.Contains(c.path, "password") {
			if !strings.Contains(page, "Eight characters or more") || !strings.Contains(page, `aria-describedby="password-wrong password-tip"`) {
				t.Errorf("%s: the hint about passwords is gone when it is needed", c.path)
			}
		}
	}
}

func TestSetUpSaysAllThatIsWrong(t *testing.T) {
	x := newBareSite(t)
	status, _, page := x.stranger().post("/setup", url.Values{"company": {" "}, "zone": {"Mars"}, "email": {"anna"}, "password": {"short"}})
	if said := wrongs(page); status != http.StatusUnprocessableEntity || len(said) != 6 {
		t.Errorf("%d, wrong are %q", status, said)
	}
	if !strings.Contains(page, "Eight characters or more") {
		t.Error("the hint about passwords is gone when it is needed")
	}
}
