package views

const (
	txtImport            = "Import"
	txtImportTitle       = "Import leads from a CSV file"
	txtImportIntro       = "One lead a row, the names of the columns in the first. Nothing changes yet: next you see what each column means and what the first rows come to."
	txtImportFile        = "CSV file"
	txtImportUpload      = "Upload"
	txtImportPast        = "Imported before"
	txtImportNonePast    = "Nothing was imported yet."
	txtImportNonePastSub = "What you import stands here, with who did it and what came of it, and can be undone for 30 days."
	txtImportWhen        = "When"
	txtImportWho         = "Who"
	txtImportNew         = "New"
	txtImportChanged     = "Changed"
	txtImportRefused     = "Refused"
	txtImportState       = "State"
	txtImportOlder       = "Older"
	txtImportColumns     = "What the columns mean"
	txtImportColumn      = "Column"
	txtImportSamples     = "First values"
	txtImportMeans       = "Means"
	txtImportUnusable    = "can't be used: its name is empty or stands twice"
	txtImportEmpty       = "Cells that mean “not known”"
	txtImportEmptyTip    = "One a line. Empty cells always mean it."
	txtImportWon         = "Values that mean won"
	txtImportLost        = "Values that mean lost"
	txtImportOutcomeTip  = "One a line, for the column that says how it ended. Every other value means: open."
	txtImportReady       = "Those who would be ready for sales"
	txtImportBacklog     = "wait in the backlog until a manager releases them"
	txtImportLive        = "go on the board now, and their clocks start"
	txtImportPreview     = "What the first rows come to"
	txtImportLook        = "Look again"
	txtImportYAML        = "Download the mapping"
	txtImportStart       = "Import"
	txtImportDiscard     = "Discard the file"
	txtImportLine        = "Line"
	txtImportLeadsTo     = "Leads to"
	txtImportKnown       = "What is learnt"
	txtImportThen        = "And"
	txtImportWhy         = "Why not"
	txtImportNoTaken     = "No row could be taken."
	txtImportRefusedRows = "Rows that are refused"
	txtImportDownload    = "Download the refused rows"
	txtImportGone        = "The file and its refused rows are deleted."
	txtImportDelete      = "Delete the file now"
	txtImportCancel      = "Stop here"
	txtImportUndo        = "Undo this import…"
	txtImportUndoTitle   = "Undo this import?"
	txtImportUndoDo      = "Undo it"
	txtImportUndoNot     = "Leave it as it is"
	txtImportUndoRule    = "Leads that have moved, done something or were changed by somebody else since stay as they are, and you get a list of them with the reason."
	txtImportKept        = "What stays"
	txtImportAll         = "All imports"
	txtImportToLeads     = "To the leads"
	txtImportToBacklog   = "To the backlog"
	txtImportProgress    = "Progress"
)

// ImportStateWord names how far an import is.
func ImportStateWord(state string) string {
	switch state {
	case "mapping":
		return "Not begun"
	case "queued":
		return "Waits"
	case "running":
		return "Runs"
	case "done":
		return "Done"
	case "failed":
		return "Failed"
	case "cancelled":
		return "Stopped"
	case "undoing":
		return "Is undone"
	case "undone":
		return "Undone"
	}
	return state
}

// ImportMeaning says what a column may mean, as the form offers it.
func ImportMeaning(means string) string {
	switch means {
	case "":
		return "— leave it out —"
	case "trait":
		return "A trait of its own name"
	case "user_id":
		return "User id (identity)"
	case "email":
		return "Email (identity)"
	case "phone":
		return "Phone (identity)"
	case "name":
		return "Name"
	case "firstName":
		return "First name"
	case "lastName":
		return "Last name"
	case "company":
		return "Company"
	case "title":
		return "Job title"
	case "country":
		return "Country"
	case "source":
		return "Source"
	case "team":
		return "Team"
	case "created_at":
		return "Created on"
	case "outcome":
		return "How it ended"
	case "amount":
		return "Amount, in cents"
	case "at":
		return "Closed on"
	}
	return means
}

func importURL(id, act string) string {
	if act == "" {
		return "/leads/import/" + id
	}
	return "/leads/import/" + id + "/" + act
}
