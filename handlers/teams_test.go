package handlers_test

import (
	"encoding/csv"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// teamForm is a team's form as its page sends it, with some fields changed.
func teamForm(change url.Values) url.Values {
	f := url.Values{
		"name": {"EMEA"}, "calendar": {"fields"}, "zone": {"Europe/Berlin"}, "mon": {"09:00-12:00, 13:00-17:30"}, "tue": {"9-17"}, "fri": {"09:00–24:00"},
		"holidays": {"2026-12-25\r\n2027-01-01"}, "json": {""}, "field": {"country", "", ""}, "op": {"one of", "is", "is"}, "value": {"DE, AT", "", ""},
		"max_claimed": {"4"}, "max_untouched": {"6"},
	}
	maps.Copy(f, change)
	return f
}

func TestTeamsForm(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	b := x.signIn("Anna")
	path := "/settings/teams/" + x.team.ID
	status, _, page := b.post(path, teamForm(nil))
	x.says("a change", status, page, http.StatusSeeOther)
	teams, err := x.store.Teams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	team := teams[0]
	if team.Calendar.Zone().String() != "Europe/Berlin" || team.MaxClaimed != 4 || !team.Route.Match(scoring.Traits{"country": "at"}) {
		t.Errorf("the team is %+v", team)
	}
	berlin := team.Calendar.Zone()
	for at, open := range map[string]bool{"2026-11-23 12:30": false, "2026-11-23 13:00": true, "2026-11-24 16:59": true, "2026-11-25 10:00": false, "2026-11-27 23:59": true, "2026-12-25 10:00": false} {
		when, err := time.ParseInLocation("2006-01-02 15:04", at, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if team.Calendar.IsOpen(when) != open {
			t.Errorf("open at %s: %v", at, !open)
		}
	}
	_, _, page = b.get(path)
	x.says("its page", 200, page, 200, `value="09:00-12:00, 13:00-17:30"`, `value="09:00-17:00"`, "2027-01-01", `value="DE, AT"`, "are computed again", "default")

	for about, c := range map[string]struct {
		change url.Values
		says   string
		keeps  string
	}{
		"a zone that is none":       {url.Values{"zone": {"Europe/Atlantis"}}, "Unknown zone", "Europe/Atlantis"},
		"hours that are none":       {url.Values{"wed": {"nine to five"}}, "Wednesday: \"nine to five\" is no interval", "nine to five"},
		"reversed hours":            {url.Values{"wed": {"17:00-09:00"}}, "Wednesday: 17:00 to 09:00 is reversed", "17:00-09:00"},
		"hours over 24":             {url.Values{"thu": {"20:00-25:00"}}, "Thursday: \"25:00\" is no time", "20:00-25:00"},
		"a team that never opens":   {url.Values{"mon": {""}, "tue": {""}, "fri": {""}}, "The team is never open", "Europe/Berlin"},
		"a holiday that is none":    {url.Values{"holidays": {"2026-02-30"}}, "\"2026-02-30\" is no date", "2026-02-30"},
		"broken JSON":               {url.Values{"calendar": {"json"}, "json": {`{"time_zone":`}}, "calendar", `{"time_zone":`},
		"JSON with an unknown key":  {url.Values{"calendar": {"json"}, "json": {`{"time_zone":"UTC","houres":{}}`}}, "houres", "houres"},
		"no calendar":               {url.Values{"calendar": {"mine"}}, "whose hours", "Europe/Berlin"},
		"an operator that is none":  {url.Values{"op": {"like", "is"}}, "is not one of", "DE, AT"},
		"a rule without a value":    {url.Values{"value": {"", ""}}, "The value needs", "country"},
		"a number that is none":     {url.Values{"op": {">"}, "value": {"many"}}, "needs a number", "many"},
		"a rule without a field":    {url.Values{"field": {""}, "value": {"DE"}}, "must not be empty", "DE"},
		"an expression that is bad": {url.Values{"op": {"matches"}, "value": {"("}}, "missing closing", "country"},
		"no name":                   {url.Values{"name": {" "}}, "called", "Europe/Berlin"},
		"a limit of nothing":        {url.Values{"max_claimed": {"0"}}, "from 1 to 1,000", "Europe/Berlin"},
		"a limit that is none":      {url.Values{"max_untouched": {"many"}}, "from 1 to 1,000", "many"},
	} {
		status, _, page := b.post(path, teamForm(c.change))
		x.says(about, status, page, http.StatusUnprocessableEntity, c.says, c.keeps, `class="wrong"`)
	}
	status, _, page = b.post("/settings/teams", url.Values{"name": {"emea"}})
	x.says("a name that is taken", status, page, http.StatusConflict, "EMEA already", `value="emea"`)
	status, _, page = b.post("/settings/teams", url.Values{"name": {"APAC"}, "zone": {"Mars"}})
	x.says("a new team on Mars", status, page, http.StatusUnprocessableEntity, "Unknown zone", `value="Mars"`)
	status, h, page := b.post("/settings/teams", url.Values{"name": {"APAC"}, "zone": {"Asia/Tokyo"}})
	x.says("a new team", status, page, http.StatusSeeOther)
	apac, _, _ := strings.Cut(h.Get("Location"), "?")
	status, _, page = b.post(apac, teamForm(url.Values{"name": {"EMEA"}}))
	x.says("a name that is taken", status, page, http.StatusConflict, "EMEA already")

	// Breaks and shifts that the fields don't show stay as they are.
	b.post(apac, teamForm(url.Values{"name": {"APAC"}, "calendar": {"json"}, "json": {`{"time_zone":"Asia/Tokyo","hours":{"mon":[["09:00","17:00"]]},"shifts":{"2026-11-28":[["09:00","12:00"]]}}`}}))
	_, _, page = b.get(apac)
	x.says("a calendar with a shift", 200, page, 200, "of 1 date stay as they are")
	b.post(apac, teamForm(url.Values{"name": {"APAC"}, "zone": {"Asia/Seoul"}}))
	_, _, page = b.get(apac)
	x.says("another zone", 200, page, 200, "Asia/Seoul", "2026-11-28")

	// Nor does a team lose those of the agreement that takes its hours over to change them.
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a.SLA.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"thu":[["09:00","17:30"]]},"breaks":{"2026-12-24":[["12:00","17:30"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.store.Activate(t.Context(), lead.Operator, a, lead.Now()); err != nil {
		t.Fatal(err)
	}
	b.post(apac, teamForm(url.Values{"name": {"APAC"}, "calendar": {"agreement"}}))
	b.post(apac, teamForm(url.Values{"name": {"APAC"}, "zone": {"Asia/Seoul"}}))
	_, _, page = b.get(apac)
	x.says("the agreement's hours, changed", 200, page, 200, "Asia/Seoul", "2026-12-24", "of 1 date stay as they are")

	status, _, page = b.post(path+"/disable", nil)
	x.says("the default team", status, page, http.StatusConflict, "is the default team")
	id := x.hot("ada")
	if err := x.store.Change(t.Context(), func(tx lead.Tx) error {
		works, err := tx.Lock(t.Context(), []string{id})
		if err != nil {
			return err
		}
		works[id].Begin()
		works[id].Lead.TeamID = strings.TrimPrefix(apac, "/settings/teams/")
		return tx.Write(t.Context(), lead.Now(), []*lead.Work{works[id]})
	}); err != nil {
		t.Fatal(err)
	}
	status, _, page = b.post(apac+"/disable", nil)
	x.says("a team with a lead", status, page, http.StatusConflict, "has 1 lead on its board")
	if status, _, _ := b.get("/settings/teams/nowhere"); status != http.StatusNotFound {
		t.Errorf("no team: %d", status)
	}
}

func TestKeysListsAndTheCompany(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	b := x.signIn("Anna")
	for about, form := range map[string]url.Values{"no kind": {"name": {"crm"}}, "no name": {"kind": {"api"}}, "a kind that is none": {"kind": {"root"}, "name": {"crm"}}} {
		status, _, page := b.post("/settings/keys", form)
		x.says("a key with "+about, status, page, http.StatusUnprocessableEntity, `class="wrong"`, form.Get("name"))
	}
	status, _, page := b.post("/settings/keys", url.Values{"kind": {"api"}, "name": {"crm"}})
	x.says("a key", status, page, http.StatusOK, "Shown this once")
	secret := x.shownOnce(page)
	if status, _ := x.callWith(secret, http.MethodGet, "/api/v1/board", nil); status != http.StatusOK {
		t.Errorf("the new key opens: %d", status)
	}
	_, _, page = b.get("/settings/keys")
	if strings.Contains(page, secret) {
		t.Error("the key is shown a second time")
	}
	keys, err := x.store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key := keys[len(keys)-1]
	if status, _, _ := b.post("/settings/keys/crm/revoke", nil); status != http.StatusNotFound {
		t.Errorf("a key by its name: %d", status)
	}
	b.post("/settings/keys/"+key.ID+"/revoke", nil)
	if status, _ := x.callWith(secret, http.MethodGet, "/api/v1/board", nil); status != http.StatusUnauthorized {
		t.Errorf("the revoked key opens: %d", status)
	}

	status, _, page = b.post("/settings/lists", url.Values{"kind": {"do_not_contact"}, "value": {"ada@example.com\nnonsense, more of it"}})
	x.says("a value that is none", status, page, http.StatusUnprocessableEntity, `"nonsense" is no address`, `"more of it" is no address`, "ada@example.com\nnonsense, more of it")
	status, _, page = b.post("/settings/lists", url.Values{"kind": {"own"}, "value": {" \n"}})
	x.says("no value", status, page, http.StatusUnprocessableEntity, "Say what goes on the list")
	status, _, page = b.post("/settings/lists", url.Values{"kind": {"friends"}, "value": {"example.com"}})
	x.says("no such list", status, page, http.StatusUnprocessableEntity, "Choose a list")
	b.post("/settings/lists", url.Values{"kind": {"do_not_contact"}, "value": {"Ada@Example.com; +49 30 1234567\r\n@evil.example,"}})
	b.post("/settings/lists", url.Values{"kind": {"own"}, "value": {"acme.example"}})
	_, _, page = b.get("/settings/lists?q=EX&in=do_not_contact")
	x.says("a search", 200, page, 200, "ada@example.com", "evil.example")
	if strings.Contains(page, "acme.example") || strings.Contains(page, "+4930") {
		t.Error("the search shows what does not match")
	}
	b.post("/settings/lists/remove", url.Values{"kind": {"own"}, "value": {"acme.example"}})
	lists, err := x.store.Exclusions(t.Context())
	if err != nil || len(lists[lead.OwnDomains]) != 0 || len(lists[lead.DoNotContact]) != 3 || !lists[lead.DoNotContact]["+49301234567"] {
		t.Errorf("the lists are %v %v", lists, err)
	}

	status, _, page = b.post("/settings/company", url.Values{"name": {""}})
	x.says("no company", status, page, http.StatusUnprocessableEntity, "what the company is called")
	b.post("/settings/company", url.Values{"name": {"ACME"}})
	_, _, page = b.get("/settings/company")
	x.says("the company", 200, page, 200, `value="ACME"`, "agreement", "EUR")
}

func TestAuditTrailOfPages(t *testing.T) {
	x := newSite(t)
	anna := x.person("Anna", lead.Admin)
	if _, err := x.store.AddUser(t.Context(), lead.Operator, lead.User{Email: "evil@example.com", Name: `=HYPERLINK("evil")`, Role: lead.Rep}, lead.Now()); err != nil {
		t.Fatal(err)
	}
	b := x.signIn("Anna")
	_, _, page := b.post("/settings/keys", url.Values{"kind": {"api"}, "name": {"+crm"}})
	secret := x.shownOnce(page)
	_, _, page = b.post("/settings/people", guest("Gina"))
	invite := x.shownOnce(page)
	b.post("/settings/company", url.Values{"name": {"@ACME"}})
	for range 60 {
		b.post("/settings/lists", url.Values{"kind": {"own"}, "value": {"acme.example"}})
		b.post("/settings/lists/remove", url.Values{"kind": {"own"}, "value": {"acme.example"}})
	}
	_, _, page = b.get("/settings/audit?what=key.")
	x.says("acts on keys", 200, page, 200, "Made a key", "+crm")
	if strings.Contains(page, "Invited a person") {
		t.Error("acts on keys show others")
	}
	_, _, page = b.get("/settings/audit?who=operator")
	x.says("the command line's", 200, page, 200, "Added a team")
	if strings.Contains(page, "Renamed the company") {
		t.Error("the command line's show Anna's")
	}
	_, _, page = b.get("/settings/audit?who=" + anna.ID)
	_, next, ok := strings.Cut(page, `class="paging"`)
	if !ok || !strings.Contains(next, "cursor=") {
		t.Fatal("124 acts are on one page")
	}
	cursor := strings.NewReplacer("&amp;", "&").Replace(next[strings.Index(next, "/settings/audit?"):])
	_, _, page = b.get(cursor[:strings.Index(cursor, `"`)])
	x.says("the second page", 200, page, 200, "Took off a list", "Back to the first")

	many := make([]string, 600) // more than a step of the file
	for i := range many {
		many[i] = strconv.Itoa(i) + ".example"
	}
	if err := x.store.Exclude(t.Context(), lead.Operator, lead.CustomerDomains, many, lead.Now()); err != nil {
		t.Fatal(err)
	}
	status, h, text := b.get("/settings/audit.csv")
	x.says("the table", status, text, 200)
	if !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || !strings.Contains(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("the table is sent as %s, %s", h.Get("Content-Type"), h.Get("Content-Disposition"))
	}
	body, marked := strings.CutPrefix(text, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) < 725 || !marked || strings.Count(body, "\r\n") != len(rows) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	formulas := 0
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("the cell %q is a formula", cell)
			}
			if strings.HasPrefix(cell, "'") {
				formulas++
			}
		}
	}
	if formulas < 2 {
		t.Errorf("%d cells were made text", formulas)
	}
	for _, s := range []string{secret, strings.TrimPrefix(invite, "/invite/"), password} {
		if strings.Contains(text, s) {
			t.Error("the audit trail tells a secret")
		}
	}
}
