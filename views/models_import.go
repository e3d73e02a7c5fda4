package views

import "time"

// ImportsModel is the page /leads/import: a file to upload, and what was
// imported before.
type ImportsModel struct {
	Error  string // why the last upload was refused
	MiB    int    // that a file may have
	Rows   []ImportLine
	Theirs bool   // other people's imports are shown, too
	Older  string // address of the older ones; "" = that is all
}

// ImportLine is one import in a list.
type ImportLine struct {
	ID, Name, Who, State string
	At                   time.Time
	New, Changed         string // leads
	Refused              string // rows
}

// ImportColumn is one column of the file, with what it means.
type ImportColumn struct {
	Index   int
	Name    string
	Samples string // first values
	Means   string
	Fixed   bool // its name stands twice or is empty: it can't be used
}

// ImportChoice is a meaning that a form offers.
type ImportChoice struct{ Value, Text string }

// ImportPreviewRow is a row as it would be taken, or why it would not.
type ImportPreviewRow struct {
	Line   int
	Who    string // what it leads to
	Known  []Trait
	Then   string // team, outcome, date
	Reason string
}

// ImportPreview is what the beginning of the file would come to.
type ImportPreview struct {
	Error   string // the mapping as a whole
	Looked  int    // rows
	Whole   bool   // that is all of them
	Taken   []ImportPreviewRow
	Refused []ImportPreviewRow
	Good    int // rows
	Bad     int // rows
}

// ImportMappingModel is an import whose mapping is chosen.
type ImportMappingModel struct {
	ID, Name  string
	Size      string
	Encoding  string
	Separator string
	Problem   string // the file can't be used
	Columns   []ImportColumn
	Choices   []ImportChoice
	Empty     string // "not known" cells, one a line
	Won, Lost string // values, one a line
	Live      bool
	Preview   ImportPreview
}

// ImportModel is an import that waits, runs or is over.
type ImportModel struct {
	ID, Name, Who, State string
	LiveURL              string // "" where it is over
	Sentence, Aside      string
	Percent              int // 0 to 100
	Facts                []Trait
	Refused              int // rows, to be downloaded
	RefusedGone          bool
	MayCancel, MayUndo   bool
	MayDelete            bool
	FileGone             bool
	Backlog              bool // leads wait in the backlog
	Kept                 []ImportKeptLine
	Error                string
}

// ImportKeptLine is a lead that an undo left as it is.
type ImportKeptLine struct{ ID, Why string }

// ImportUndoModel asks whether an import is really to be undone.
type ImportUndoModel struct {
	ID, Name            string
	Made, Stay, Changed int
	Error               string
}
