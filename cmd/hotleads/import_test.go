package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/lead/imports"
)

// importing is a fresh database with a mapping and a file.
type importing struct {
	env       map[string]string
	csv, yaml string
}

func newImport(t *testing.T, mapping, rows string) importing {
	t.Helper()
	dir := t.TempDir()
	i := importing{database(t), filepath.Join(dir, "leads.csv"), filepath.Join(dir, "map.yaml")}
	i.write(t, i.yaml, mapping)
	i.write(t, i.csv, rows)
	return i
}

func (i importing) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (i importing) run(t *testing.T, flags ...string) result {
	t.Helper()
	return hotleads(t, i.env, "", append([]string{"import", i.csv, "--map", i.yaml}, flags...)...)
}

// want runs the import and holds its report against lines such as "2 new leads".
func (i importing) want(t *testing.T, flags []string, lines ...string) string {
	t.Helper()
	r := i.run(t, flags...)
	if r.status != statusDone {
		t.Fatalf("status %d: %s\n%s", r.status, r.err, r.out)
	}
	folded := strings.Join(strings.Fields(r.out), " ")
	for _, line := range lines {
		if !strings.Contains(folded, line) {
			t.Errorf("no %q in\n%s", line, r.out)
		}
	}
	return r.out
}

// find reads a lead of the database, nil where there is none.
func (i importing) find(t *testing.T, ref string) *lead.Scored {
	t.Helper()
	s := openDatabase(t, i.env)
	l, err := lead.NewDesk(s, elsewhere{}, elsewhere{}, (&cli{stderr: io.Discard}).logger(settings{})).Find(t.Context(), ref, nil, lead.Now())
	if err != nil {
		return nil
	}
	return &l
}

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

const crmRows = "\xef\xbb\xbfNo,Email,Phone,Name,Job Title,Source,Visits,ZIP,Region,Created,Stage,Revenue,Closed\r\n" +
	"1, Ada@Example.com ,,\"Lovelace, Ada\",CTO,Webinar,12,04109,emea,2026-01-31,Open,,\r\n" +
	"\r\n" +
	"2,,+49 30 1234567,Ben,Select,n/a,2.5,,,2026-02-01T10:00:00+01:00,Closed Won,129900,2026-03-01\r\n" +
	",,,,,,,,,,,,\r\n" +
	",cleo@example.com,,Cleo,VP,,,,,,Closed Lost,,\r\n"

func TestImport(t *testing.T) {
	i := newImport(t, crmMap, crmRows)
	done(t, i.env, "", "team", "add", "--name", "EMEA")
	i.want(t, nil, "3 rows read", "3 new leads", "0 rows refused", "2 leads closed", "0 leads in the backlog")

	ada := i.find(t, "email:ada@example.com")
	if ada == nil {
		t.Fatal("Ada is not there")
	}
	if ada.UserID != "1" || ada.Name != "Lovelace, Ada" || ada.Title != "CTO" || ada.Stage != lead.Nurture || ada.TeamID == "" || ada.Source != "Webinar" {
		t.Errorf("got %+v", ada.Lead)
	}
	if ada.Traits["visits"] != 12.0 || ada.Traits["zip"] != "04109" {
		t.Errorf("want numbers as numbers, leading zeros as text: %v", ada.Traits)
	}
	if !ada.CreatedAt.Equal(time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("created at %s", ada.CreatedAt)
	}
	ben := i.find(t, "phone:+49301234567")
	if ben == nil || ben.Stage != lead.Won || ben.Amount != 129900 || !ben.ClosedAt.Equal(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) || ben.Title != "" || ben.Source != "import" {
		t.Errorf("got %+v", ben)
	}
	if _, set := ben.Traits["zip"]; set || ben.Traits["visits"] != 2.5 {
		t.Errorf("an empty cell is not set: %v", ben.Traits)
	}
	if cleo := i.find(t, "email:cleo@example.com"); cleo == nil || cleo.Stage != lead.Lost {
		t.Errorf("got %+v", cleo)
	}
}

// The same row is taken once, in one file and in several imports.
func TestImportIsIdempotent(t *testing.T) {
	i := newImport(t, "identity: {email: Email}\ntraits: all", "Email,Name,\na@x.io,A,\nb@x.io,B,\na@x.io,A,\n")
	i.want(t, nil, "3 rows read", "2 new leads", "1 row known before")
	before := i.find(t, "email:a@x.io")
	i.want(t, nil, "0 new leads", "3 rows known before")
	if after := i.find(t, "email:a@x.io"); after.Version != before.Version {
		t.Errorf("importing again changed the lead from version %d to %d", before.Version, after.Version)
	}
	i.write(t, i.csv, "Email,Name,Name \nA@X.io,Anna,\n")
	if r := i.run(t); r.status != statusFailed || !strings.Contains(r.err, `line 2: traits: the file has more than one column "Name"`) {
		t.Errorf("two columns of one name: %+v", r)
	}
	i.write(t, i.csv, "Name,Email\nAnna,A@X.io\n")
	i.want(t, nil, "0 new leads", "1 row with news")
	if a := i.find(t, "email:a@x.io"); a.Traits["Name"] != "Anna" || a.ID != before.ID {
		t.Errorf("got %+v", a.Profile)
	}
}

func TestImportRefusesRows(t *testing.T) {
	rows := strings.SplitAfter(crmRows, "\r\n")[0] +
		"1,a@x.io,,A,,,,,Atlantis,,,,\n" + // line 2
		",nobody,,B,,,,,,,,,\n" +
		",,030 123,C,,,,,,,,,\n" +
		",,,D,,,,,,,,,\n" +
		"5,e@x.io\n" + // 6
		"6,\"f\"@x.io,,F,,,,,,,,,\n" +
		"7,g@x.io,,G,,,,,,31.01.2026,,,\n" +
		"8,h@x.io,,H,,,,,,2999-01-01,,,\n" +
		"9,i@x.io,,I,,,,,,,Closed Won,\"1,299.00\",\n" + // 10
		"10,j@x.io,,\"J\n\nJ\",,,,,,,Closed Won,-5,\n" +
		"11,k@x.io,,K\xff,,,,,,,,,\n" + // 14
		"12,l@x.io,,L\x00,,,,,,,,,\n" +
		strings.Repeat("x", 256) + ",m@x.io,,M,,,,,,,,,\n" +
		"14,n@x.io,," + strings.Repeat("N", 40_000) + ",,,,,,,,,\n" +
		"15,bad address,,O,,,,,,,,,\n" // taken: it has a user id
	i := newImport(t, crmMap, rows)
	done(t, i.env, "", "team", "add", "--name", "EMEA")
	rejected := filepath.Join(t.TempDir(), "rejected.csv")
	i.want(t, []string{"--rejected", rejected}, "15 rows read", "1 new lead", "14 rows refused",
		`line 2: there is no team "Atlantis"; there are EMEA`, `line 3: "nobody" is not an email address`, `line 4: "030 123" is not an international phone number`,
		"line 5: it has no identity", "line 6: it has 2 cells, the head has 13", "line 7: the quotes are wrong",
		`line 8: created_at: "31.01.2026" is no time`, `line 9: created_at: "2999-01-01" is in the future`,
		`line 10: amount: "1,299.00" is not money in minor units`, `line 11: amount: "-5"`,
		"line 14: it is not UTF-8", "line 15: it holds a NUL", "line 16: the user id is over 255", "line 17: it holds")
	f, err := os.Open(rejected)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil || len(all) != 15 {
		t.Fatalf("%d lines, %v", len(all), err)
	}
	if diff := cmp.Diff([]string{"line", "reason", "No", "Email"}, all[0][:4]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"5", "it has no identity: no user id, email or phone", "", "", "", "D"}, all[4][:6]); diff != "" {
		t.Error(diff)
	}
	if o := i.find(t, "user:15"); o == nil || o.Email != "" || o.Traits["email_as_given"] != "bad address" {
		t.Errorf("got %+v", o)
	}
	if r := i.run(t, "--rejected", i.csv); r.status != statusUsage {
		t.Errorf("the file itself would be overwritten: %+v", r)
	}
	i.write(t, i.csv, "No,Email,Phone,Name,Job Title,Source,Visits,ZIP,Region,Created,Stage,Revenue,Closed\n,,,D,,,,,,,,,\n")
	if r := i.run(t); r.status != statusFailed || !strings.Contains(r.err, "every row was refused") {
		t.Errorf("got %+v", r)
	}
}

func TestImportRefusesFiles(t *testing.T) {
	for name, test := range map[string]struct{ rows, want string }{
		"empty":           {"", "the file is empty"},
		"utf-16, no mark": {"E\x00m\x00a\x00i\x00l\x00\n\x00", "save it as CSV in UTF-8"},
		"missing column":  {"Name,E-mail\nA,a@x.io\n", `line 1: the file has no column "Email"; did you mean "E-mail"?`},
		"doubled column":  {"Email,Email\na@x.io,b@x.io\n", `line 1: the file has more than one column "Email"`},
	} {
		t.Run(name, func(t *testing.T) {
			i := newImport(t, "identity: {email: Email}", test.rows)
			if r := i.run(t); r.status != statusFailed || !strings.Contains(r.err, test.want) {
				t.Errorf("status %d: %s", r.status, r.err)
			}
		})
	}
	for name, rows := range map[string]string{"semicolons": "Email;Name\na@x.io;A, the first\n", "tabs": "Email\tName\na@x.io\tA\n", "one column": "Email\na@x.io\n"} {
		t.Run(name, func(t *testing.T) { newImport(t, "identity: {email: Email}", rows).want(t, nil, "1 new lead") })
	}
}

// A dry run tells what an import does and does nothing.
func TestImportDryRun(t *testing.T) {
	var b strings.Builder
	b.WriteString("Email,Name\nold@x.io,Old\nold@x.io,Older\nnobody,X\n")
	for n := range 2 * imports.BatchRows {
		fmt.Fprintf(&b, "lead%d@x.io,Lead\n", n)
	}
	b.WriteString("lead1@x.io,Lead\nlead2@x.io,Another name\n") // a batch later
	i := newImport(t, "identity: {email: Email}\ntraits: {name: Name}", "Email,Name\nold@x.io,Old\n")
	i.want(t, nil, "1 new lead")
	i.write(t, i.csv, b.String())
	lines := []string{imports.Thousands(2*imports.BatchRows+5) + " rows read", imports.Thousands(2*imports.BatchRows) + " new leads", "2 rows with news", "2 rows known before", "1 row refused"}
	if out := i.want(t, []string{"--dry-run"}, append(lines, "Nothing was changed")...); !strings.Contains(out, "line 4: ") {
		t.Errorf("no refusal in\n%s", out)
	}
	if l := i.find(t, "email:lead1@x.io"); l != nil {
		t.Fatalf("a dry run stored %s", l.ID)
	}
	i.want(t, nil, lines...)
	if l := i.find(t, "email:lead2@x.io"); l == nil || l.Name != "Another name" {
		t.Errorf("got %+v", l)
	}
}

// What would qualify waits in the backlog; --live puts it on the board with its
// clocks running.
func TestImportBacklogAndLive(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		stage lead.Stage
		line  string
	}{
		"backlog": {nil, lead.Nurture, "1 lead in the backlog"},
		"live":    {[]string{"--live"}, lead.MQL, "1 lead on the board"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newImport(t, "identity: {user_id: No, email: Email}", "No,Email\nu1,ada@example.com\n")
			done(t, i.env, "", "team", "add", "--name", "EMEA")
			s := openDatabase(t, i.env)
			now := lead.Now()
			var visits []lead.Message // ready, but there is no way to reach her yet
			for n, event := range []string{"Products Compared", "Products Compared", "Pricing Viewed"} {
				visits = append(visits, lead.Message{ID: fmt.Sprint(n), Type: lead.Track, UserID: "u1", Event: event, OccurredAt: now, ReceivedAt: now})
			}
			if _, err := lead.NewDesk(s, elsewhere{}, elsewhere{}, (&cli{stderr: io.Discard}).logger(settings{})).TakeAt(t.Context(), visits, now); err != nil {
				t.Fatal(err)
			}
			i.want(t, test.flags, "0 new leads", "1 row with news", test.line)
			l := i.find(t, "user:u1")
			if l.Stage != test.stage || l.Backlog != (test.stage == lead.Nurture) || (len(l.Clocks) > 0) != (test.stage == lead.MQL) {
				t.Errorf("stage %s, backlog %v, %d clocks", l.Stage, l.Backlog, len(l.Clocks))
			}
		})
	}
}

func TestImportStops(t *testing.T) {
	i := newImport(t, "identity: {email: Email}", "Email\na@x.io\n")
	done(t, i.env, "", "migrate")
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs strings.Builder
	im := &cli{getenv: getenv(i.env), stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
	cancel()
	err := im.importFile(ctx, openDatabase(t, i.env), importOptions{file: i.csv, mapping: i.yaml})
	if err == nil {
		t.Errorf("an import that was stopped says it is done:\n%s", out.String())
	}
}
