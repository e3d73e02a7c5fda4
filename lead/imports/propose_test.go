package imports

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPropose(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want []Meaning
	}{
		"english":          {"Contact ID,E-mail,Full Name,Job Title,Company,Lead Source,Created,Stage,Amount\n1,a@x.io,A,CTO,X,Web,2026-01-01,Closed Won,12\n", []Meaning{UserID, Email, Name, Title, Company, Source, Created, Outcome, Amount}},
		"german":           {"Kundennr.;E-Mail-Adresse;Vorname;Nachname;Firma;Telefon;Land\n1;a@x.io;A;B;X;+49 30 1234567;DE\n", []Meaning{UserID, Email, FirstName, LastName, Company, Phone, Country}},
		"by what is there": {"Wer,Erreichbar,Notiz\na@x.io,+49 30 1234567,hi\nb@x.io,,\n", []Meaning{Email, Phone, Kept}},
		"names that lie":   {"Email,Phone,Created,Status\nnot sent,twice,31.01.2026,open\n", []Meaning{Kept, Kept, Kept, Kept}},
		"doubled columns":  {"Email,Email,,Note\na@x.io,b@x.io,x,y\n", []Meaning{Email, Skipped, Skipped, Kept}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Look(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, Propose(s.Head, s.Cells()).Columns); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A proposal is a mapping, and its YAML is the same mapping.
func TestProposalAsYAML(t *testing.T) {
	s, err := Look(strings.NewReader("No,Email,\"Name: #1, {all}\",Stage,Betrag,Closed,Team\n1,a@x.io,n/a,Closed Won,12,2026-01-01,EMEA\n2,b@x.io,B,Lost,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := Propose(s.Head, s.Cells()).Mapping(s.Head)
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseMapping(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	other, err := again.YAML()
	if err != nil || string(other) != string(text) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, other, text)
	}
	for _, want := range []string{`identity: {user_id: No, email: Email}`, `"Name: #1, {all}": "Name: #1, {all}"`, `empty: [n/a]`, `won: ["Closed Won"]`, `amount: Betrag`} {
		if !strings.Contains(strings.ReplaceAll(string(text), "[Closed Won]", `["Closed Won"]`), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for want, columns := range map[string][]Meaning{
		"no column tells who": {Skipped, Skipped, Name},
		"\"nonsense\"; no column tells who a lead is: choose the one with the email, the phone number or the user id; an amount": {Skipped, "nonsense", Skipped, Skipped, Amount},
		"can't both be the same":      {UserID, Email, Email},
		"a column can't mean":         {UserID, "nonsense"},
		"says nothing without":        {UserID, Skipped, Skipped, Skipped, Amount},
		"values that mean won, lost ": {UserID, Skipped, Skipped, Outcome},
	} {
		if _, err := (Proposal{Columns: columns}).Mapping(s.Head); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Whatever a mapping says, its YAML says the same.
func FuzzMapping(f *testing.F) {
	f.Add(crmMap)
	f.Add("identity: {email: \"a\\nb\"}\ntraits: all\nempty: [yes, 1, ~, \"\"]")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMapping([]byte(text))
		if err != nil {
			return
		}
		once, err := m.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseMapping(once)
		if err != nil {
			t.Fatalf("%v in\n%s", err, once)
		}
		if twice, err := again.YAML(); err != nil || string(twice) != string(once) {
			t.Errorf("%v: got\n%s\nwant\n%s", err, twice, once)
		}
	})
}

// Whatever a file's first bytes are, they are guessed to be something.
func FuzzGuess(f *testing.F) {
	f.Add([]byte("a;b\n1;2\n"))
	f.Add([]byte("\xff\xfea\x00;\x00b\x00"))
	f.Add([]byte("sep=|\r\"a\"|b\r"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := Look(strings.NewReader(string(file)))
		if err != nil {
			return
		}
		if !strings.ContainsRune(separators, rune(s.Separator)) || s.Encoding == "" {
			t.Errorf("%q, %q", s.Separator, s.Encoding)
		}
		p := Propose(s.Head, s.Cells())
		if m, err := p.Mapping(s.Head); err == nil {
			if _, err := m.Bind(s.Head, nil); err != nil {
				t.Errorf("its own proposal does not fit: %v", err)
			}
		}
	})
}
