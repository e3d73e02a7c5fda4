package views

import "time"

// Viewer is the person a page is drawn for. The zero value is a stranger
// (log-in, set-up and error pages before a sign-in).
type Viewer struct {
	ID   string
	Name string
	Role string // rep, manager, marketing or admin
	Away bool   // they are, or will be
}

// Page is what the frame around every page needs.
type Page struct {
	Title   string // of the browser tab
	Nav     string // current link: "board", "mine", "leads", "sla" or ""
	Viewer  Viewer
	Waiting int       // leads waiting on the viewer's board, beside "Board"; 0 shows nothing
	Live    bool      // the page has a stream, so it shows #connection
	Now     time.Time // the server's clock; the browser corrects its own by it
	Flash   string    // one line about what the last form did
	Bell    BellModel // what the viewer was told and has not seen
	Problem string    // one line while a part of the installation is down ("degraded")
	Build   string    // names this version of server and assets; a page of another one loads itself anew

	// Asset tells where a file of package static is served: static.URL.
	Asset func(name string) string
}

func (p Page) asset(name string) string {
	if p.Asset == nil {
		return "/static/" + name
	}
	return p.Asset(name)
}

// Person is a colleague as screens name them. The zero value is nobody.
type Person struct {
	ID   string
	Name string
}

// Signal is one reason why a lead is hot, in words.
type Signal struct {
	Text   string  // "compared Pro with Team"
	Points float64 // now; shown rounded
	Count  int     // how often; 0 and 1 show nothing
}

// Badge is a short mark before the reasons.
type Badge struct {
	Kind string // "back", "since", "hand" or "note"; an unknown one looks like "note"
	Text string // "back again · “budget next quarter”, May"

	// At follows the text in the reader's own zone; zero shows nothing.
	At time.Time
}

// Clock is one running SLA clock. A zero Due is no clock.
type Clock struct {
	Kind   string        // claim, decision or touch
	State  string        // ontime, risk or breached
	Due    time.Time     // in the zone of the page: its wall clock is shown until the browser's script ticks
	Target time.Duration // the agreed business time; the bar is full when this much is used
}

// Reason is one return reason of the agreement in force.
type Reason struct {
	Key       string
	Label     string
	NeedsDate bool
	Date      string // proposed callback day, "2006-01-02"; only with NeedsDate
}

// RowModel is one lead on the board. Its bytes are the same for everybody of
// one audience and contain nothing that changes with time alone, so an
// unchanged lead renders to unchanged bytes.
type RowModel struct {
	ID      string
	Name    string // the best name there is: name, else email, else phone
	Company string
	Title   string
	Score   float64
	Tier    string // none, warm, hot or fire
	Stage   string // mql, claimed, sal or Gone
	Version int64
	Owner   Person
	Delta   int // change of the score since it was last quiet; 0 shows nothing
	Burst   int // signals within the last ten minutes; below 2 shows nothing
	Signals []Signal
	Badges  []Badge
	Clock   Clock
	Phone   string // E.164
	Email   string
	Zone    string // IANA zone of the lead, for the local time there; "" = unknown
	Place   string // "Arlington"
	Open    string // the team (an id) whose manager may claim it, too; "": none
}

// Gone is the stage of a row that has left the viewer's board and hides until
// the stream takes it away.
const Gone = "gone"

// RenderedRow is a row as bytes, with the lead it belongs to.
type RenderedRow struct {
	ID   string
	HTML []byte
}

// StatsModel is the line beside the team's name.
type StatsModel struct {
	Waiting    int
	Mine       int    // of the viewer; a shared stream sends ByViewer and the script counts
	FirstTouch string // today's median, "6 min"; "" hides it
	InTime     string // today's share, "94 %"; "" hides it
}

// ByViewer stands for a number that differs per viewer, in bytes that don't.
const ByViewer = -1

// TeamLink is a team in the switcher above the board.
type TeamLink struct {
	Slug    string
	Name    string
	Current bool
}

// BoardModel is the page /board/{team}.
type BoardModel struct {
	Team      string
	Slug      string
	Teams     []TeamLink // more than one shows the switcher
	LiveURL   string
	Mine      bool // only the viewer's own
	LooksOnly bool // marketing and displays: no moves
	FirstTime bool // the empty board shows how to send a first event (admins, marketing)
	MakesKeys bool // and where its key is made
	BaseURL   string
	Rows      []RenderedRow // in rank order
	Reasons   []Reason      // of the agreement in force; once a page, not once a row
	Stats     StatsModel
	Undo      *UndoModel
}

// UndoModel is the offer to take one's last move back.
type UndoModel struct {
	LeadID   string
	LeadName string
	Move     string // claim, accept, return or touch
	Until    time.Time
}

// ReceiptLine is one line of "why it is hot".
type ReceiptLine struct {
	Label  string
	Detail string
	Count  int       // 0 for fit rules
	Last   time.Time // zero for fit rules
	Points float64
	Mark   string // "hand-raise", "intent", "fit" or ""
}

// ReceiptModel is the whole receipt; the lines and Limit add up to Score.
type ReceiptModel struct {
	Lines     []ReceiptLine
	Limit     float64 // what the fit limit cuts off, zero or negative
	Score     float64
	Threshold float64
}

// ContactModel is how to reach a lead.
type ContactModel struct {
	Phone string
	Email string
	Zone  string
	Place string
	Local string // the wall clock there when the page was drawn, "09:14"
}

// EventModel is one line of a lead's timeline.
type EventModel struct {
	At     time.Time
	Kind   string // "activity" or "move"
	Text   string // "Compared products", "Claimed"
	Detail string // "Pro with Team", "“budget next quarter”"
	Who    string // for moves: the person, or "the system"
	Score  string // for moves: the score then; "" hides it
}

// Trait is one known fact of a lead.
type Trait struct {
	Name  string
	Value string
}

// ProfileHead is the top of a lead's page with its moves.
type ProfileHead struct {
	ID       string
	Name     string
	Company  string
	Title    string
	Score    float64
	Tier     string
	Stage    string // any stage
	Version  int64
	Owner    Person
	Team     string
	Delta    int
	Badges   []Badge
	Clocks   []Clock
	HeldBack string // why it is kept off the board, in words; "" = it isn't
	WayOut   string // how it comes there
	Open     string // the team (an id) whose manager may claim it, too; "": none
	Backlog  bool   // a manager may put it on the board
	Reasons  []Reason
	People   []Person // whom it may be reassigned to
	Currency string   // ISO 4217 of the amount field
}

// ProfileModel is the page /leads/{id}.
type ProfileModel struct {
	LiveURL   string
	Head      ProfileHead
	Receipt   ReceiptModel
	Clocks    []WhyModel // of the hand-off, those that run first
	Contact   ContactModel
	Timeline  []EventModel
	Older     string    // address of the older part of the timeline; "" = that is all
	Forgotten time.Time // before it, what the lead did is no longer kept; zero: all is
	Traits    []Trait
	Twins     []Twin // suspected duplicates
	Message   string // a refusal, in words
	Ask       string // the move the viewer must complete: "return" or "touch"
	Undo      *UndoModel
}

// SLARow is one running clock.
type SLARow struct {
	LeadID  string
	Name    string
	Company string
	Team    string // shown only when several teams are listed
	With    string // who holds it; "" = nobody
	Clock   Clock
}

// SLAModel is the page /sla.
type SLAModel struct {
	LiveURL  string
	Sentence string // the state of the hand-off in one sentence
	Aside    string // its second, quieter half
	Rows     []SLARow
	Filter   SLAFilter
	Figures  SLAFigures

	FiguresAt time.Time // when sentence and figures were true, in the report's zone
}

// LoginModel is the page /login.
type LoginModel struct {
	Email  string
	Next   string
	Notice string // a quiet line: why the viewer is here
	Error  string
}

// SetupModel is the first-run page /setup. Errors are by field name: company,
// zone, team, name, email, password; "" is about the whole form.
type SetupModel struct {
	Company string
	Zone    string
	Zones   []string // proposals; free text is allowed
	Team    string
	Name    string
	Email   string
	Errors  map[string]string
}

// ErrorModel is a page about a refusal or a failure. Empty Title and Text are
// filled with the words of the status.
type ErrorModel struct {
	Status int
	Title  string
	Text   string
	Back   string // where "Go back" leads; "" = the start page

	Reference string // by which the log knows the request; "" where nothing failed
}
