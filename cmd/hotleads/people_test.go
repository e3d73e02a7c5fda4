package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/lead/holidays"
	"hotleads/scoring"
)

// decode reads what a list printed as JSON.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestPeople(t *testing.T) {
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA")
	done(t, env, "", "team", "add", "--name", "Nordics")
	done(t, env, "correct horse\r\nbattery staple\n", "user", "add", "--email", "Rosa@Example.com", "--name", " Rosa ", "--role", "rep", "--team", "nordics", "--team", "EMEA", "--password-stdin")
	done(t, env, "correct horse", "user", "add", "--email", "mia@example.com", "--name", "Mia", "--role", "marketing", "--password-stdin")

	people := decode[[]personView](t, done(t, env, "", "user", "list", "--json"))
	if len(people) != 2 || people[0].Email != "rosa@example.com" || people[0].Name != "Rosa" || people[0].Role != lead.Rep {
		t.Errorf("got %+v", people)
	}
	if diff := cmp.Diff([]string{"Nordics", "EMEA"}, people[0].Teams); diff != "" {
		t.Error(diff)
	}
	if got := done(t, env, "", "user", "list"); !strings.HasPrefix(got, "EMAIL             NAME  ROLE       TEAMS          STATE\n") {
		t.Errorf("not in columns:\n%s", got)
	}

	s := openDatabase(t, env)
	if _, err := s.SignIn(t.Context(), "rosa@example.com", "correct horse"); err != nil {
		t.Errorf("the first line is the password: %v", err)
	}
	done(t, env, "another horse", "user", "password", "rosa@example.com", "--password-stdin")
	if _, err := s.SignIn(t.Context(), "rosa@example.com", "another horse"); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "rosa@example.com", "correct horse"); !errors.Is(err, lead.ErrForbidden) {
		t.Errorf("the old password still works: %v", err)
	}
	done(t, env, "", "user", "disable", "mia@example.com")
	if got := done(t, env, "", "user", "list"); !strings.Contains(got, "disabled since ") {
		t.Errorf("got\n%s", got)
	}
}

func TestTeams(t *testing.T) {
	env := database(t)
	calendar := filepath.Join(t.TempDir(), "calendar.json")
	if err := os.WriteFile(calendar, []byte(`{"time_zone":"America/New_York","hours":{"mon":[["09:00","17:00"]]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := done(t, env, "", "team", "add", "--name", "Rest of World"); !strings.Contains(got, "/board/rest-of-world") {
		t.Errorf("got %q", got)
	}
	done(t, env, "", "team", "add", "--name", "US", "--calendar", calendar, "--route", "country is US")
	done(t, env, "", "team", "add", "--name", "Enterprise", "--time-zone", "Europe/Berlin", "--route", "employees between 1000, 1000000", "--route", `"What is it" one of a, b`)
	teams := decode[[]teamView](t, done(t, env, "", "team", "list", "--json"))
	if len(teams) != 3 || !teams[0].Default || teams[1].Default || teams[1].Calendar.Zone().String() != "America/New_York" || teams[2].Calendar.Zone().String() != "Europe/Berlin" {
		t.Errorf("got %+v", teams)
	}
	if !teams[2].Route.Match(scoring.Traits{"employees": 1000.0, "What is it": "B"}) || teams[2].Route.Match(scoring.Traits{"employees": 999.0, "What is it": "B"}) {
		t.Error("the routes don't match what they say")
	}
	got := done(t, env, "", "team", "list")
	for _, want := range []string{"all that no team matches", "country is US", "employees between 1000, 1000000 and What is it one of a, b"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if err := os.WriteFile(calendar, []byte(`{"time_zone":"Mars/Olympus"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := hotleads(t, env, "", "team", "add", "--name", "Mars", "--calendar", calendar); r.status != statusFailed || !strings.Contains(r.err, "calendar.json") {
		t.Errorf("a broken calendar: %+v", r)
	}
}

func TestParseRoute(t *testing.T) {
	for text, want := range map[string]scoring.Condition{
		"country is DE":               {Field: "country", Op: "is", Value: "DE"},
		"Lead Source is not Google":   {Field: "Lead Source", Op: "is not", Value: "Google"},
		"email is not set":            {Field: "email", Op: "is not set"},
		"email is set":                {Field: "email", Op: "is set"},
		"employees >= 50":             {Field: "employees", Op: ">=", Value: 50.0},
		"zip is 04109":                {Field: "zip", Op: "is", Value: "04109"},
		"title starts with head of":   {Field: "title", Op: "starts with", Value: "head of"},
		"employees between 50,1000":   {Field: "employees", Op: "between", Value: []any{50.0, 1000.0}},
		"country one of DE, AT":       {Field: "country", Op: "one of", Value: []any{"DE", "AT"}},
		`"who is it" is him`:          {Field: "who is it", Op: "is", Value: "him"},
		"note contains is set":        {Field: "note", Op: "contains", Value: "is set"},
		`title matches ^(cto|ceo)\b`:  {Field: "title", Op: "matches", Value: `^(cto|ceo)\b`},
		"email_domain is example.com": {Field: "email_domain", Op: "is", Value: "example.com"},
	} {
		if got, err := parseRoute(text); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "is", "is DE", "country", "country=DE", `"country is DE`, `"country" x is DE`} {
		if got, err := parseRoute(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

func TestKeys(t *testing.T) {
	env := database(t)
	secret := done(t, env, "", "key", "add", "--kind", "write", "--name", "website")
	if strings.Count(secret, "\n") != 1 || strings.ContainsAny(strings.TrimSpace(secret), " \t") || len(secret) < 30 {
		t.Fatalf("want the key alone, got %q", secret)
	}
	secret = strings.TrimSpace(secret)
	s := openDatabase(t, env)
	if k, err := s.Key(t.Context(), secret); err != nil || k.Kind != lead.WriteKey {
		t.Errorf("the key opens nothing: %+v, %v", k, err)
	}
	if list := done(t, env, "", "key", "list") + done(t, env, "", "key", "list", "--json"); strings.Contains(list, secret) || !strings.Contains(list, "website") {
		t.Errorf("want the key's name, not its secret:\n%s", list)
	}
	done(t, env, "", "key", "add", "--kind", "api", "--name", "website")
	if r := hotleads(t, env, "", "key", "revoke", "website"); r.status != statusFailed {
		t.Errorf("a name of two keys: %+v", r)
	}
	keys := decode[[]keyView](t, done(t, env, "", "key", "list", "--json"))
	done(t, env, "", "key", "revoke", keys[0].ID)
	eventually(t, "the key is refused", func() bool {
		_, err := s.Key(t.Context(), secret)
		return errors.Is(err, lead.ErrNotFound)
	})
	done(t, env, "", "key", "revoke", "website") // by now one has that name
}

func TestExclusions(t *testing.T) {
	env := database(t)
	done(t, env, "", "exclude", "add", "@Example.COM", "--kind", "own", "sub.example.org")
	done(t, env, "", "exclude", "add", "--kind", "own", "example.com") // again
	done(t, env, "", "exclude", "add", "--kind", "do_not_contact", " Ada@Example.com", "+49 (0)30 1234567", "example.net")
	want := []exclusionView{
		{lead.OwnDomains, "example.com"}, {lead.OwnDomains, "sub.example.org"},
		{lead.DoNotContact, "+49301234567"}, {lead.DoNotContact, "ada@example.com"}, {lead.DoNotContact, "example.net"},
	}
	if diff := cmp.Diff(want, decode[[]exclusionView](t, done(t, env, "", "exclude", "list", "--json"))); diff != "" {
		t.Error(diff)
	}
	if r := hotleads(t, env, "", "exclude", "remove", "--kind", "own", "example.com", "example.net"); r.status != statusFailed {
		t.Errorf("one of the two is not on the list: %+v", r)
	}
	done(t, env, "", "exclude", "remove", "--kind", "own", "EXAMPLE.com")
	if diff := cmp.Diff([]exclusionView{{lead.OwnDomains, "sub.example.org"}}, decode[[]exclusionView](t, done(t, env, "", "exclude", "list", "--kind", "own", "--json"))); diff != "" {
		t.Error(diff)
	}
	if got := done(t, env, "", "exclude", "list", "--kind", "customer", "--json"); got != "[]\n" {
		t.Errorf("an empty list is %q", got)
	}
}

func TestHolidays(t *testing.T) {
	env := database(t)
	if got := done(t, env, "", "holidays", "DE-BY", "2027"); !strings.Contains(got, "2027-03-26  Karfreitag\n") || !strings.Contains(got, "Fronleichnam") {
		t.Errorf("got\n%s", got)
	}
	days := decode[[]holidays.Day](t, done(t, env, "", "holidays", "gb-sct", "2027-2028", "--json"))
	if len(days) < 18 || days[1].Name != "2nd January" {
		t.Errorf("got %v", days)
	}
	if got := done(t, env, "", "holidays"); !strings.Contains(got, "GB-SCT  United Kingdom") {
		t.Errorf("got\n%s", got)
	}
	done(t, env, "", "team", "add", "--name", "Munich", "--time-zone", "Europe/Berlin", "--holidays", "DE-BY:2027", "--holidays", "at:2028")
	teams := decode[[]teamView](t, done(t, env, "", "team", "list", "--json"))
	cal := teams[0].Calendar
	for at, open := range map[string]bool{"2027-05-27T10:00:00Z": false, "2027-05-28T10:00:00Z": true, "2027-10-26T10:00:00Z": true, "2028-10-26T10:00:00Z": false} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil || cal.IsOpen(when) != open {
			t.Errorf("open at %s: %v, %v", at, !open, err)
		}
	}
	for wrong, args := range map[string][]string{
		"there are AT, AU, BE":          {"holidays", "XX", "2027"},
		"neither a year":                {"holidays", "DE", "soon"},
		"say where and when":            {"holidays", "DE"},
		"wants to be COUNTRY:YEAR":      {"team", "add", "--name", "A", "--time-zone", "UTC", "--holidays", "DE"},
		"give --time-zone or":           {"team", "add", "--name", "A", "--holidays", "DE:2027"},
		"--holidays: there are no holi": {"team", "add", "--name", "A", "--time-zone", "UTC", "--holidays", "XX:2027"},
	} {
		if got := hotleads(t, env, "", args...); got.status != statusUsage || !strings.Contains(got.err, wrong) {
			t.Errorf("%v: %d %s", args, got.status, got.err)
		}
	}
}

func TestAbsences(t *testing.T) {
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA", "--time-zone", "Europe/Berlin")
	done(t, env, "correct horse", "user", "add", "--email", "rosa@example.com", "--name", "Rosa", "--role", "rep", "--team", "EMEA", "--password-stdin")
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	if got := done(t, env, "", "user", "away", "rosa@example.com", "--from", day(5), "--back", day(9)); !strings.HasPrefix(got, "Rosa is away from ") {
		t.Errorf("got %s", got)
	}
	if got := done(t, env, "", "user", "away", "rosa@example.com", "--back", day(3)); !strings.Contains(got, "0 claimed leads went back") {
		t.Errorf("got %s", got)
	}
	planned := decode[[]handlers.AbsenceJSON](t, done(t, env, "", "user", "away", "rosa@example.com", "--json"))
	if len(planned) != 2 || planned[0].ID != planned[0].Person.ID || planned[0].From != nil || !planned[0].Now || planned[1].Now || planned[1].Until.Sub(*planned[1].From) < 95*time.Hour {
		t.Fatalf("got %+v", planned)
	}
	if got := done(t, env, "", "user", "away", "rosa@example.com"); !strings.Contains(got, planned[1].ID) || !strings.Contains(got, "AWAY FROM") {
		t.Errorf("got %s", got)
	}
	done(t, env, "", "user", "away", "rosa@example.com", "--drop", planned[1].ID)
	if got := done(t, env, "", "user", "back", "rosa@example.com"); got != "Rosa is there.\n" {
		t.Errorf("got %s", got)
	}
	if left := decode[[]handlers.AbsenceJSON](t, done(t, env, "", "user", "away", "rosa@example.com", "--json")); len(left) != 0 {
		t.Errorf("left %+v", left)
	}
	for wrong, args := range map[string][]string{
		"say who": {"user", "away"}, "say who, by": {"user", "back"}, "give --back": {"user", "away", "rosa@example.com", "--from", day(5)},
		"or --drop": {"user", "away", "rosa@example.com", "--drop", "x", "--back", day(5)},
	} {
		if got := hotleads(t, env, "", args...); got.status != statusUsage || !strings.Contains(got.err, wrong) {
			t.Errorf("%v: %d %s", args, got.status, got.err)
		}
	}
	if got := hotleads(t, env, "", "user", "away", "rosa@example.com", "--back", "2020-01-01"); got.status != statusFailed || !strings.Contains(got.err, "has begun already") {
		t.Errorf("%d %s", got.status, got.err)
	}
}
