package views

import "time"

// BellModel is what somebody was told and has not seen.
type BellModel struct {
	Unread int
	News   []NewsModel // what a browser tells them, the newest first
}

// NewsModel is one thing that a browser tells: a notice, or a digest of several.
type NewsModel struct {
	Key    string // the same for the same telling
	LeadID string // "" for a digest
	Title  string
	Text   string
	URL    string
}

// NoticesModel is the page /notices.
type NoticesModel struct {
	LiveURL string       // "" for a page of older ones, which stays as it is
	Lines   []NoticeLine // newest first
	Unread  bool         // some were told and not seen
	UpTo    string       // names the newest line
	Cursor  string       // leads back to this page; "" for the newest ones
	When    []string     // when the viewer is told, in sentences
	Paging
}

// NoticeLine is one thing that somebody was told, or will be.
type NoticeLine struct {
	ID     string
	LeadID string // "": the lead is not theirs to see
	Name   string
	Text   string // what happened to the lead
	Done   string // what was done about it since
	State  string // open or done
	At     time.Time
	HearAt time.Time // when it will be told; zero: it was
	How    string    // how it was told, where that wants a word
	Unread bool
}
