// Package live keeps browsers' screens true.
//
// A screen is a reconciled view: the package keeps what everybody of one
// audience sees (an ordered list of rows, and parts beside it), looks again at
// what they should see whenever a [Notice] says that something may have changed
// and every few seconds besides, and sends the difference, rendered once, as one
// frame of the same bytes to every watcher. A watcher begins with a snapshot of
// all of it. So nothing is replayed, no event id is trusted, a lost notice is
// repaired by the next tick, and a watcher that doesn't keep up is closed and
// comes back for a fresh snapshot: nobody ever waits for it.
//
// The package knows nothing of leads, SQL or markup: what to show comes from
// [View].Look, how a frame is written from [Frames]. Frames go through r3labs/sse,
// which keeps a stream for each screen; who hands them to the browsers is ours.
//
//	hub := live.NewHub(live.Options{Log: log})
//	hub.Guard(mayStillWatch)
//	go hub.Run(ctx)
//	…
//	err := hub.Serve(w, r, live.View{Topic: "board:emea:reps", …}, live.Visitor{Name: person.ID, …})
//
// # The way of a change
//
//	Notice ─▶ screen.go: after quiet there and then, else once in 50 ms ─▶ View.Look: what should be shown
//	       ─▶ paint.go: new revs are drawn (drawings.go: once for all views), the
//	          difference (diff.go) becomes one frame, the state is stored
//	       ─▶ r3labs: in order, and nobody's look waits ─▶ fan.go: to each
//	          watcher (watcher.go) ─▶ its outlet: the bytes
//
// The state is stored before its frame is published, and a watcher's snapshot is
// taken when the fan has it already: so no frame is missing between the two, and
// one that is in the snapshot already is dropped by its number.
//
// r3labs has one subscriber a screen, the fan, which hands a frame to all who watch
// in a loop or, where they are many, in one for each processor. With a subscriber
// for each watcher, to wake its goroutine cost as much as the write itself, and its
// queue and goroutines half of what an idle watcher weighed.
//
// Rows that one visitor alone sees are put into the frame that all get, in place of
// its order where need be (step.go): only where a row becomes somebody's own, or
// ceases to be, is the difference found for that watcher.
//
// Each watcher's outlet bounds what may wait for its browser, in bytes and in
// time; what waits is shared with all others who wait for it (backlog.go). Over
// HTTP/1 it owns the connection (socket.go): who puts a frame writes it there and
// then with a system call that doesn't wait (nonblocking_unix.go), and a goroutine
// is there only while the browser lags; over TLS that goroutine makes all writes.
// HTTP/2 has one connection for many streams, which the server keeps: there each
// stream has a queue and a goroutine (mailbox.go). Where such a connection takes in nothing at
// all, a stream's goroutine waits until the server gives the connection up; the hub has let go of
// the stream long before.
//
// What r3labs/sse does as it is shipped, and must not here, stands in
// pitfalls_test.go, each with a check that it fails and a hub passes.
//
// # Who may watch
//
// It is decided before [Hub.Serve] is called, and the topic names the audience:
// whoever watches the same topic sees the same bytes, but for rows that are for
// one visitor (Row.For). What was decided is put into [Visitor].Name; the guard
// ([Hub.Guard]) tells, once a second, which names are good no longer, whatever
// view they watch. [Limit] bounds how many streams somebody may have open.
//
// What somebody sees of their own on every page, their notices say, goes to them in
// frames of its own ([Hub.Owns]), so that a view stays the same for all.
//
// # A new live page
//
// In package handlers, beside the page's own handler:
//
//  1. A function that reads what the page shows, as its view model, for an
//     audience: for the page and for Look, so that both show the same.
//  2. The page is drawn in the frame of livePage, and has one element with
//     data-live, whose address is that of the stream.
//  3. A handler of /live/…, in the table of routes with the access of the page. It
//     asks what the page asks, and returns s.stream(c, live.View{…}): a Topic that
//     names the page and everything that its audience depends on; Concerns, cheap,
//     for the notices that may change it; Frames: partFrames for a page of parts;
//     Look: the parts, each with a Rev that names everything in its bytes
//     (revOf of its model) and drawn by a function of package views that returns
//     a Partial of the part's element.
//
// The rest is there: who may watch and how many, the state of the connection, the
// banner of trouble and the count in the navigation, coalescing, the tick that
// repairs, and the goodbye at a shutdown. A look that costs much is read less
// often by its view, which may keep what it read: it looks one at a time. If it takes
// long, too, the view is Slow, and others do not wait for it.
package live
