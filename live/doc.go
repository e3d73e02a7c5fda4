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
// [View].Look, how a frame is written from [Frames]. Streams are registered and
// fanned out by r3labs/sse; only the writer behind each is ours.
//
//	hub := live.NewHub(live.Options{Log: log})
//	go hub.Run(ctx)
//	…
//	err := hub.Serve(w, r, live.View{Topic: "board:emea:reps", …}, person.ID)
package live
