package imports

import (
	"strings"
	"testing"
	"time"
)

const crmMap = `
identity: {user_id: "No", email: "Email", phone: Phone}
traits:
  name: "Name"
  title: "Job Title"
  source: "Source"
  visits: Visits
  zip: ZIP
empty: ["", "Select", n/a]
team: "Region"
created_at: "Created"
outcome: {column: "Stage", won: ["Closed Won"], lost: [Closed Lost], amount: "Revenue", at: "Closed"}
`

func TestParseMapping(t *testing.T) {
	m, err := ParseMapping([]byte(crmMap))
	if err != nil {
		t.Fatal(err)
	}
	if m.Identity.UserID != (Column{"No", 2}) || m.Outcome.Won[0] != "Closed Won" || len(m.Traits.Each) != 5 || m.Traits.Each[4].Trait != "zip" || len(m.Empty) != 3 {
		t.Errorf("got %+v", m)
	}
	if m, err = ParseMapping([]byte("identity: {email: E}\nempty: ~\noutcome: {column: C, won: 1, lost: [0, no]}")); err != nil || m.Outcome.Won[0] != "1" || m.Outcome.Lost[1] != "no" {
		t.Errorf("numbers without quotes: %+v, %v", m, err)
	}
	for name, test := range map[string]struct{ text, want string }{
		"nothing":           {"", "empty"},
		"no identity":       {"traits: all", "at least one of user_id, email, phone"},
		"unknown key":       {"identity: {email: E}\ntrait: all", "line 2: field trait not found"},
		"no Go type":        {"identity: [E]", "line 1: this place takes no seq"},
		"unknown identity":  {"identity: {mail: E}", "line 1: field mail not found"},
		"traits as a word":  {"identity: {email: E}\ntraits: some", "line 2: traits: want trait: column, or all"},
		"traits as a list":  {"identity: {email: E}\ntraits: [a]", "line 2: traits"},
		"a trait twice":     {"identity: {email: E}\ntraits:\n  a: A\n  a: B", `line 4: traits: "a" stands twice`},
		"column of columns": {"identity:\n  email: [E]", "line 2: want the name of a column"},
		"outcome of what":   {"identity: {email: E}\noutcome: {won: [1]}", "want the column"},
		"neither":           {"identity: {email: E}\noutcome: {column: C}", "won, lost or both"},
		"both":              {"identity: {email: E}\noutcome: {column: C, won: [1], lost: [1]}", "means both"},
		"not yaml":          {"identity: [", "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseMapping([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestTraitValue(t *testing.T) {
	for cell, want := range map[string]any{
		"12": 12.0, "0": 0.0, "-3.50": -3.5, "0.5": 0.5, "007": "007", "+49": "+49", "1e9": "1e9", ".5": ".5", "5.": "5.", "1,000": "1,000", "12a": "12a",
		"123456789012345": 123456789012345.0, "1234567890123456": "1234567890123456", "yes": "yes",
	} {
		if got := traitValue("x", cell); got != want {
			t.Errorf("%s: got %v (%T), want %v", cell, got, got, want)
		}
	}
	if got := traitValue("title", "007"); got != "007" || traitValue("name", "42") != "42" {
		t.Errorf("names are text: %v", got)
	}
}

// Whatever is in a mapping and a file, reading ends without a crash.
func FuzzImport(f *testing.F) {
	f.Add(crmMap, "No,Email,Phone,Name,Job Title,Source,Visits,ZIP,Region,Created,Stage,Revenue,Closed\r\n1,a@x.io,,\"A, B\",CTO,Webinar,12,04109,emea,2026-01-31,Closed Won,12,2026-02-01\r\n")
	f.Add("identity: {email: Email}\ntraits: all", "Email;X\na@x.io;\"1\n\"\n")
	f.Add("identity: &a {email: E}\ntraits: *a", "E\n\"")
	f.Fuzz(func(t *testing.T, mapping, rows string) {
		m, err := ParseMapping([]byte(mapping))
		if err != nil {
			return
		}
		r, err := NewReader(strings.NewReader(rows))
		if err != nil {
			return
		}
		p, err := m.Bind(r.Head(), nil)
		if err != nil {
			return
		}
		for {
			row, refused, err := r.Next()
			if err != nil {
				return
			}
			if refused != nil {
				continue
			}
			msg, err := p.Message(row.Cells, time.Unix(1_800_000_000, 0))
			if err == nil && (msg.ID == "" || msg.Import == nil) {
				t.Errorf("a row without an id: %+v", msg)
			}
		}
	})
}
