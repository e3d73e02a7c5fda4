package views

import (
	"strconv"
	"strings"
	"time"
)

// TeamLine is a team in the list of teams.
type TeamLine struct {
	ID, Name, Slug string
	Zone           string // "the agreement's" or a name
	Leads          string // which leads go there, in words
	People         int
	Default        bool
	Disabled       bool
}

// TeamsModel is the page /settings/teams. Errors are by field: name, zone.
type TeamsModel struct {
	Teams      []TeamLine
	Name, Zone string
	Zones      []string
	Errors     map[string]string
}

// DayHours are the weekly hours of a day as a form has them: "09:00-17:30".
type DayHours struct{ Key, Day, Hours string }

// RouteRow is a row of a team's routing rules as a form has it.
type RouteRow struct{ Field, Op, Value, Error string }

// TeamModel is the page /settings/teams/{id}. Errors are by field: name,
// calendar, zone, mon … sun, holidays, country, year, json, routes, max_claimed,
// max_untouched.
type TeamModel struct {
	TeamLine
	Form                     string // what the name field says
	Calendar                 string // "agreement", "fields" or "json"
	AgreementHours           string // in words
	CalendarZone             string
	Days                     []DayHours
	Holidays, JSON           string
	Preset                   HolidayPreset
	Kept                     string // breaks and shifts that the fields leave as they are, in words
	Routes                   []RouteRow
	Ops                      []string
	MaxClaimed, MaxUntouched string
	Zones                    []string
	Errors                   map[string]string
	Error                    string // what was refused beside the form
}

// HolidayPreset is what fills a team's holidays by country and year.
type HolidayPreset struct {
	Countries []HolidayCountry
	Place     string     // the chosen one: "DE", "DE-BY"; "" for none
	Years     string     // as typed: "2027", "2027-2028"
	Added     string     // what was just added, in words
	Named     []NamedDay // the days of the form that are holidays of the place
}

// HolidayCountry is a country with the regions that have holidays of their own.
type HolidayCountry struct {
	Code, Name string
	Regions    []Pick
}

// NamedDay is a day with its name.
type NamedDay struct {
	Day  time.Time
	Name string
}

// KeyLine is a program's key in the list of keys.
type KeyLine struct {
	ID, Name, Kind, Hint   string
	Created, Used, Revoked time.Time
}

// KeysModel is the page /settings/keys. Errors are by field: kind, name.
type KeysModel struct {
	Keys       []KeyLine
	Kind, Name string
	Errors     map[string]string
	Made       *LinkModel
}

// ListValue is a value on one of the company's lists.
type ListValue struct{ Kind, List, Value string }

// ListsModel is the page /settings/lists. Errors are by field: kind, value.
type ListsModel struct {
	Values       []ListValue
	Total        int
	Query        string
	Kind, Typed  string
	Errors       map[string]string
	More         bool // there are more than are shown
	SearchedKind string
}

// CompanyModel is the page /settings/company. Errors are by field: name.
type CompanyModel struct {
	Name     string
	Zone     string
	Hours    string
	Version  int // of the agreement
	Currency string
	Errors   map[string]string
}

// ActLine is a line of the audit trail.
type ActLine struct {
	At                         time.Time
	Who, Via, What, To, Detail string
}

// AuditModel is the page /settings/audit.
type AuditModel struct {
	Acts            []ActLine
	Who             []Choice
	Kinds           []Choice
	NextURL, CSVURL string
	FirstURL        string
	Narrowed        bool
}

// keyKinds as a form offers them.
var keyKinds = []option{
	{"write", "Write: takes activities in; public by nature, it stands in web pages"},
	{"server", "Server: takes activities in, and is trusted for outcomes"},
	{"api", "API: reads and moves leads as a program"},
}

// listKinds as a form offers them.
var listKinds = []option{
	{"own", "Own domains"}, {"competitor", "Competitors’ domains"}, {"customer", "Customers’ domains"}, {"do_not_contact", "Do not contact"},
}

func listWord(kind string) string {
	for _, k := range listKinds {
		if k.value == kind {
			return k.word
		}
	}
	return kind
}

// wholeCountry is a country that has regions, in a list beside them.
func wholeCountry(c HolidayCountry) string {
	if _, part, found := strings.Cut(c.Name, ": "); found {
		return part
	}
	return "all of " + c.Name
}

func namedHolidays(n int) string {
	if n == 1 {
		return "1 public holiday there"
	}
	return strconv.Itoa(n) + " public holidays there"
}
