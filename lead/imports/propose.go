package imports

import (
	"slices"
	"strings"
	"time"

	"hotleads/lead"
)

// Meaning is what a column may say of a lead.
type Meaning string

// The meanings of columns. Kept keeps the column as a trait of its own name;
// Skipped leaves it out.
const (
	Skipped   Meaning = ""
	Kept      Meaning = "trait"
	UserID    Meaning = "user_id"
	Email     Meaning = "email"
	Phone     Meaning = "phone"
	Name      Meaning = "name"
	FirstName Meaning = "firstName"
	LastName  Meaning = "lastName"
	Company   Meaning = "company"
	Title     Meaning = "title"
	Country   Meaning = "country"
	Source    Meaning = "source"
	Team      Meaning = "team"
	Created   Meaning = "created_at"
	Outcome   Meaning = "outcome"
	Amount    Meaning = "amount"
	Closed    Meaning = "at"
)

// Meanings are all of them, in the order in which a form offers them.
var Meanings = []Meaning{Skipped, Kept, UserID, Email, Phone, Name, FirstName, LastName, Company, Title, Country, Source, Team, Created, Outcome, Amount, Closed}

// synonyms are names of columns, folded, in English and German.
var synonyms = map[Meaning][]string{
	UserID: {"userid", "id", "contactid", "customerid", "leadid", "prospectid", "customernumber", "kundennummer", "kundennr", "kontaktid", "externalid", "crmid", "recordid", "nr", "no"},
	Email:  {"email", "mail", "emailaddress", "mailaddress", "emailadresse", "mailadresse", "workemail", "businessemail"},
	Phone: {"phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "cell", "telefon", "telefonnummer", "handy", "mobil", "mobilnummer", "mobiltelefon", "rufnummer",
		"businessphone", "workphone"},
	Name:      {"name", "fullname", "contactname", "leadname", "contact", "vollername", "ansprechpartner", "kontakt", "vorundnachname"},
	FirstName: {"firstname", "givenname", "forename", "vorname"},
	LastName:  {"lastname", "surname", "familyname", "nachname", "familienname"},
	Company:   {"company", "companyname", "account", "accountname", "organization", "organisation", "firma", "firmenname", "unternehmen"},
	Title:     {"title", "jobtitle", "position", "role", "jobposition", "berufsbezeichnung", "funktion", "stelle"},
	Country:   {"country", "countryname", "land", "staat"},
	Source:    {"source", "leadsource", "utmsource", "herkunft", "quelle", "leadquelle"},
	Team:      {"team", "salesteam", "vertriebsteam"},
	Created:   {"created", "createdat", "createdon", "createdate", "creationdate", "erstellt", "erstelltam", "angelegt", "angelegtam", "erstellungsdatum"},
	Outcome:   {"outcome", "result", "stage", "dealstage", "status", "leadstatus", "converted", "ergebnis", "phase", "abschluss"},
	Amount:    {"amount", "revenue", "dealamount", "dealvalue", "umsatz", "betrag", "auftragswert"},
	Closed:    {"closed", "closedate", "closedat", "closedon", "abgeschlossen", "abschlussdatum", "abgeschlossenam"},
}

// Values that say how a lead ended, folded, and those that mean "not known".
var (
	wonValues   = []string{"won", "closedwon", "customer", "converted", "gewonnen", "abgeschlossengewonnen", "kunde"}
	lostValues  = []string{"lost", "closedlost", "unqualified", "disqualified", "verloren", "abgeschlossenverloren"}
	emptyValues = []string{"-", "n/a", "N/A", "null", "NULL", "none", "None", "Select", "unknown", "unbekannt", "k.A.", "keine Angabe"}
)

// Proposal is what a file's columns seem to mean.
type Proposal struct {
	Columns   []Meaning // as the head
	Won, Lost []string  // values of the outcome's column
	Empty     []string  // cells that mean "not known"
}

// Propose guesses by the names of the columns and by what is in them. A column
// that nothing is guessed of is kept under its own name.
func Propose(head []string, rows [][]string) Proposal {
	p := Proposal{Columns: make([]Meaning, len(head)), Empty: []string{}}
	taken := map[Meaning]bool{}
	for i, name := range head {
		values := column(rows, i)
		m := byName(name)
		if m == Email && !mostly(values, isEmail) || m == Phone && !mostly(values, isPhone) || m == Created && !mostly(values, isMoment) || m == Closed && !mostly(values, isMoment) {
			m = Skipped
		}
		if m == Outcome {
			if p.Won, p.Lost = endings(values); len(p.Won)+len(p.Lost) == 0 {
				m = Skipped
			}
		}
		if m != Skipped && !taken[m] {
			p.Columns[i], taken[m] = m, true
		}
	}
	for i, name := range head {
		values := column(rows, i)
		switch {
		case p.Columns[i] != Skipped || name == "" || slices.Index(head, name) != i || slices.Contains(head[i+1:], name):
		case !taken[Email] && len(values) > 0 && mostly(values, isEmail):
			p.Columns[i], taken[Email] = Email, true
		case !taken[Phone] && len(values) > 0 && mostly(values, isPhone):
			p.Columns[i], taken[Phone] = Phone, true
		default:
			p.Columns[i] = Kept
		}
		for _, v := range values {
			if slices.Contains(emptyValues, v) && !slices.Contains(p.Empty, v) {
				p.Empty = append(p.Empty, v)
			}
		}
	}
	if !taken[Outcome] { // of nothing
		for i, m := range p.Columns {
			if m == Amount || m == Closed {
				p.Columns[i] = Kept
			}
		}
	}
	return p
}

func byName(name string) Meaning {
	f := folded(name)
	for _, m := range Meanings {
		if slices.Contains(synonyms[m], f) {
			return m
		}
	}
	return Skipped
}

// column are a column's values but for empty ones.
func column(rows [][]string, i int) []string {
	var values []string
	for _, r := range rows {
		if i < len(r) && strings.TrimSpace(r[i]) != "" {
			values = append(values, strings.TrimSpace(r[i]))
		}
	}
	return values
}

// mostly tells whether at least six in ten values are of a kind; no value is
// against nothing.
func mostly(values []string, is func(string) bool) bool {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return 10*n >= 6*len(values)
}

func isEmail(v string) bool { return lead.NormalEmail(v) != "" && strings.Contains(v, ".") }
func isPhone(v string) bool { return lead.NormalPhone(v) != "" }
func isMoment(v string) bool {
	_, err := moment("", v, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
	return err == nil
}

// endings are the values that say won and lost.
func endings(values []string) (won, lost []string) {
	for _, v := range values {
		f := folded(v)
		if slices.Contains(wonValues, f) && !slices.Contains(won, v) {
			won = append(won, v)
		}
		if slices.Contains(lostValues, f) && !slices.Contains(lost, v) {
			lost = append(lost, v)
		}
	}
	return won, lost
}
