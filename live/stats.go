package live

import "sync/atomic"

// Stats counts what a hub did since it was made.
type Stats struct {
	Watchers int // browsers that watch now
	Views    int // views held now: watched, or left less than [Options].Idle ago

	Looks       uint64 // times that a view read what it should show
	LookErrors  uint64 // of these, how many failed
	Renders     uint64 // rows drawn
	PartRenders uint64 // parts drawn
	DrawErrors  uint64 // rows and parts that could not be drawn
	Frames      uint64 // frames published, each counted once however many watch
	RowsSent    uint64 // rows in these frames, changed and new
	Snapshots   uint64 // snapshots sent, one to each watcher that came
	Bytes       uint64 // bytes taken by the watchers' connections
	Lagged      uint64 // watchers closed because they did not keep up
	Refused     uint64 // watchers refused by [ErrTooMany]
}

type counters struct {
	looks, lookErrors, renders, partRenders, drawErrors atomic.Uint64
	frames, rowsSent, snapshots, bytes, lagged, refused atomic.Uint64
}

// Stats returns the counts of this moment.
func (h *Hub) Stats() Stats {
	c := &h.count
	s := Stats{
		Looks: c.looks.Load(), LookErrors: c.lookErrors.Load(),
		Renders: c.renders.Load(), PartRenders: c.partRenders.Load(), DrawErrors: c.drawErrors.Load(),
		Frames: c.frames.Load(), RowsSent: c.rowsSent.Load(), Snapshots: c.snapshots.Load(),
		Bytes: c.bytes.Load(), Lagged: c.lagged.Load(), Refused: c.refused.Load(),
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	s.Views, s.Watchers = len(h.screens), int(h.present.Load())
	return s
}
