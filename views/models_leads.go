package views

import "time"

// LeadsFrame is what the pages of the list share: tabs and ways to more leads.
type LeadsFrame struct {
	Tabs   []LeadsTab
	MayAdd bool
	Import bool // the viewer may import
}

// LeadsTab is a part of the list.
type LeadsTab struct {
	URL, Text string
	Count     string // "12", "999+" or "" where it is not counted
	Current   bool
}

// Pick is what a form can be narrowed to: the value it sends and the words it shows.
type Pick struct{ Value, Text string }

// Filter narrows a list. Value is one of the options', or "" for any.
type Filter struct {
	Name, Label, Any, Value string
	Options                 []Pick
}

// Finder is the form above a list.
type Finder struct {
	Action  string
	Query   string
	Filters []Filter
	Kept    []Pick // hidden fields that searching keeps
	Reset   string // address of the list without filters; "" where nothing is asked for
	Sought  string // in words what was asked for; "" for everything
}

// Paging is where a list goes on.
type Paging struct {
	Next  string // the following page; "": this is the last
	First string // back to the start; "": this is the first
	CSV   string // all of it as a file; "": not offered
}

// LeadLine is one line of the list.
type LeadLine struct {
	ID      string
	Name    string
	Company string
	Title   string
	Score   float64
	Tier    string
	Stage   string
	Owner   string
	Team    string
	Seen    time.Time // last activity; zero shows nothing
	Why     string    // what keeps it off the board
	Way     string    // how it comes there
	WayURL  string    // where the viewer can do that; "": nowhere
}

// LeadsModel is the page /leads, and with Held the page /leads/held.
type LeadsModel struct {
	LeadsFrame
	Finder
	Paging
	Held bool
	Rows []LeadLine
}

// OpenLead is a waiting lead that more than its team's reps may claim.
type OpenLead struct {
	LeadLine
	Who   string    // may claim it besides, in words
	Since time.Time // when that began
	Claim bool      // the viewer may
}

// OpenLeadsModel is the page /leads/open.
type OpenLeadsModel struct {
	LeadsFrame
	Paging
	Rows []OpenLead
}

// BacklogModel is the page /leads/backlog of one team.
type BacklogModel struct {
	LeadsFrame
	Paging
	LiveURL    string
	Team, Slug string
	Teams      []TeamLink // more than one shows the switcher
	Rows       []LeadLine
	At         time.Time // when the rows were read: they stay while what is above them goes on
	Count      int
	MayRelease bool
	Confirm    bool   // asks whether all are to be released
	Pending    int    // still on their way to the board
	Drip       string // "5 a rep each business day"; "": none
	Next       string // "Mon 7 Jan, 09:00: 15 leads"
	SetBy      string // "Mia, 3 Jan"
	PerRep     string // as typed
	Error      string // of PerRep
	Notice     string // what was done, or why not
	NoReps     bool
}

// DuplicateLine is two leads that may be one person.
type DuplicateLine struct {
	A, B   LeadLine
	Cause  string
	SeenAt time.Time
}

// DuplicatesModel is the page /leads/duplicates.
type DuplicatesModel struct {
	LeadsFrame
	Paging
	Rows []DuplicateLine
}

// Twin is a lead that may be the same person as the one whose page it is on.
type Twin struct {
	ID, Name, Cause string
}

// LeadField is a field of the form of a lead.
type LeadField struct {
	Name, Label, Kind, Value, Tip string // Kind is the input's type
	Auto                          string // the autocomplete token; "off"
	Error                         string
	Now                           string // what it is by now, where somebody changed it meanwhile
	Changed                       bool
}

// TraitField is a row of a trait's name and value.
type TraitField struct {
	Name, Value, Error string
	Fixed              bool // the name is known and stays
	Now                string
	Changed            bool
}

// LeadFormModel is the page /leads/new, and of a lead /leads/{id}/correct.
type LeadFormModel struct {
	Action    string
	Back      string // where "Cancel" leads
	Name      string // of the lead that is corrected; "": a new one
	Version   string // that is looked at
	Fields    []LeadField
	Traits    []TraitField
	Others    []Trait // traits that a form can't hold
	Team      *Filter // nil: no choice
	TeamError string  // of the team
	Error     string  // of the whole form
	Error2    string  // of the traits as a whole
	Twin      *Twin   // whose identity it is
}
