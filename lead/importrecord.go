package lead

import (
	"slices"
	"time"
)

// ImportState is how far an import in the browser is.
type ImportState string

// The states: a file comes in, its mapping is chosen, the rows wait, are taken,
// and what was taken is taken back.
const (
	ImportUploading ImportState = "uploading"
	ImportMapping   ImportState = "mapping"
	ImportQueued    ImportState = "queued"
	ImportRunning   ImportState = "running"
	ImportDone      ImportState = "done"
	ImportFailed    ImportState = "failed"
	ImportCancelled ImportState = "cancelled"
	ImportUndoing   ImportState = "undoing"
	ImportUndone    ImportState = "undone"
)

// Waits tells whether an instance has to go on with the import.
func (s ImportState) Waits() bool {
	return s == ImportQueued || s == ImportRunning || s == ImportUndoing
}

// Ended tells whether the rows are taken as far as they will be.
func (s ImportState) Ended() bool {
	return s == ImportDone || s == ImportFailed || s == ImportCancelled || s == ImportUndone
}

// MayUndo tells whether what the import did can be taken back.
func (s ImportState) MayUndo() bool {
	return s == ImportDone || s == ImportFailed || s == ImportCancelled
}

// ImportKept is how long an import's file, its refused rows and what an undo
// needs are kept after its end.
const ImportKept = 30 * 24 * time.Hour

// ImportTally counts what became of rows, and of the leads that they are about.
type ImportTally struct {
	Read, Refused               int // rows
	New, Changed, Unchanged     int // rows: made a lead, had news of a known one, known before
	Backlog, Ready, Held, Ended int // leads: in the backlog, on the board, held back, closed as won or lost
}

// Add adds another count to this one.
func (t *ImportTally) Add(o ImportTally) {
	t.Read, t.Refused = t.Read+o.Read, t.Refused+o.Refused
	t.New, t.Changed, t.Unchanged = t.New+o.New, t.Changed+o.Changed, t.Unchanged+o.Unchanged
	t.Backlog, t.Ready, t.Held, t.Ended = t.Backlog+o.Backlog, t.Ready+o.Ready, t.Held+o.Held, t.Ended+o.Ended
}

// UndoTally counts the leads of an undo by their fate.
type UndoTally struct{ Removed, Restored, Kept int }

// Add counts what became of traces.
func (t *UndoTally) Add(done []UndoneTrace) {
	for _, d := range done {
		switch d.Fate {
		case Removed:
			t.Removed++
		case Restored:
			t.Restored++
		case Kept:
			t.Kept++
		}
	}
}

// Import is one file that was uploaded, and how far it is.
type Import struct {
	ID        string   // sortable by time
	Name      string   // of the file
	By        Actor    // Kind, ID and Via
	Teams     []string // about whose leads it could be at the upload; nil: all
	State     ImportState
	Size      int64  // bytes of the file
	Offset    int64  // bytes that the rows dealt with so far take
	Rows      int    // dealt with so far
	Mapping   string // YAML
	Live      bool   // what qualifies goes on the board
	Encoding  string // as people call it; "" before it begins
	Tally     ImportTally
	Undo      UndoTally
	UndoneBy  string // user id
	Problem   string // why it failed
	Cancel    bool   // somebody asked to end it
	FileGone  bool   // the file and its refused rows are deleted
	CreatedAt time.Time
	StartedAt time.Time // zero: not yet
	EndedAt   time.Time
}

// Importable are the teams about whose leads a person's files may be; nil: all.
// Who is not active, or neither manages nor does marketing nor administers,
// imports nothing: ErrForbidden. It is asked afresh whenever a file is read: what
// somebody might do when they uploaded it they may not do for ever.
func (u User) Importable() ([]string, error) {
	if !u.Active() || !slices.Contains([]Role{Manager, Marketing, Admin}, u.Role) {
		return nil, forbidden("%s may no longer import", u.Name)
	}
	return u.TeamsSeen(), nil
}

// MayUndoImport tells whether the person sees all teams about whose leads the
// import could be.
func (u User) MayUndoImport(i Import) bool {
	teams := u.TeamsSeen()
	return teams == nil || i.Teams != nil && !slices.ContainsFunc(i.Teams, func(t string) bool { return !slices.Contains(teams, t) })
}

// ImportNote is what an import keeps with one transaction.
type ImportNote struct {
	Import            // State, Offset, Rows, Encoding, Tally, Undo, Problem and EndedAt are written
	Worker  string    // who holds the lease
	Until   time.Time // the lease; zero ends it
	Refused []byte    // rows refused since the note before, as compressed CSV; nil: none
	Traces  []ImportTrace
	Undone  []UndoneTrace
}

// The administrative acts of imports.
const (
	ImportStarted   Deed = "import.start"
	ImportStopped   Deed = "import.cancel"
	ImportUndoBegun Deed = "import.undo"
	ImportFileGone  Deed = "import.delete-file"
)
