package live

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Notice says that something may have changed. It carries ids only: who hears
// one reads the truth.
type Notice struct {
	Teams, Leads []string
	Moved        []string // of Leads, those of which more changed than what they do; see [Own].Leads
	People       []string // what they see of their own may have changed; see [Hub.Owns]
	All          bool     // everything may have changed
}

// Team reports whether n concerns the team.
func (n Notice) Team(id string) bool { return n.All || slices.Contains(n.Teams, id) }

// Lead reports whether n concerns the lead.
func (n Notice) Lead(id string) bool { return n.All || slices.Contains(n.Leads, id) }

// Row is one element of a view's ordered list.
//
// Rev names everything that the row's bytes depend on, the audience included:
// rows of equal ID and Rev are drawn once for all views that show them.
//
// A row that is For somebody is sent to nobody else: who else watches is not told
// that it is there, nor where. So those who see nearly the same share a view.
type Row struct {
	ID, Rev string // ID is unique in its page and not empty
	For     string // who sees it: a [Visitor].Self; empty: everybody
	HTML    func() ([]byte, error)
}

// Part is one fragment outside the list: counts, the head of a profile. Within
// its view, equal Target and Rev mean equal bytes.
type Part struct {
	Target, Rev string
	HTML        func() ([]byte, error)
}

// Page is what a view should show: rows from first to last, and parts.
type Page struct {
	Rows  []Row
	Parts []Part
}

// Frames writes the hypertext of frames. A frame is a concatenation of these
// pieces, in this order: Gone, Row, New, Order, Part, Age; a snapshot is all rows
// with what stands Around them, Part, Age. Line breaks in them become spaces, because a frame is one
// line on the wire. Methods must not keep or change their arguments.
type Frames interface {
	Row(id string, html []byte) []byte // a row that is there changes in place
	New(html []byte) []byte            // a row is added; Order says where
	Gone(id string) []byte             // a row leaves
	Order(ids []string) []byte         // all rows in their order; in each frame in which rows come, go or move
	Part(target string, html []byte) []byte
	// Around is what stands before and behind all rows, which are in this order, so that
	// they take the place of whatever is there; their order is told, too.
	Around(ids []string) (before, behind []byte)
	// Age says when what is shown was true. It goes with every frame and, on a
	// quiet screen, alone every few seconds ([Options].Age); the zero time: something of it
	// could never be drawn. Empty: not said.
	Age(asOf time.Time) []byte
}

// View is what everybody of one audience watches. While a topic is watched, the
// View of its first watcher looks for all of them, so its functions must not
// hold on to one person or request.
type View struct {
	Topic  string // unique for each audience
	Frames Frames
	Slow   bool // to look takes long: it waits for others that do, and nobody else for it
	// Concerns is quick, pure and may be called from several goroutines.
	Concerns func(Notice) bool
	// Look reads what should be shown at now. It honours ctx, and is never
	// called twice at the same time for one topic. After an error browsers keep what
	// they show; after [ErrGone] their streams end.
	Look func(ctx context.Context, now time.Time) (Page, error)
}

func (v View) check() error {
	if v.Topic == "" || v.Frames == nil || v.Concerns == nil || v.Look == nil {
		return errors.New("live: a view needs a topic, frames, concerns and a look")
	}
	return nil
}
