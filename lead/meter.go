package lead

import "time"

// Meter is told by the Desk what it did, to be counted. Many goroutines call it,
// on the way of what they do: it must not wait for anything.
type Meter interface {
	// Grouped: requests with so many messages in all shared a transaction of the
	// intake, which took so long; failed: none of them was stored.
	Grouped(messages int, took time.Duration, failed bool)
	// Announced: so long after changes were committed, rankings and boards knew of
	// them; failed: the sweep will try again.
	Announced(took time.Duration, failed bool)
	// Moved: a move was committed.
	Moved(m Move)
	// Woken: what was due with a lead was done so long after it was due.
	Woken(late time.Duration)
}

// Measure has the Desk tell a meter what it does. It is called before anything
// else is asked of the Desk.
func (d *Desk) Measure(m Meter) { d.meter = m }

// Backed is what messages come to that wait for a transaction of the intake or
// are in one: how many, and their bytes as they were sent.
type Backed struct{ Messages, Bytes int64 }

// Queue tells what waits at the intake, and how much may.
func (d *Desk) Queue() (waiting, room Backed) {
	return Backed{d.queued.Load(), d.queuedBytes.Load()}, Backed{queueMost, queueBytes}
}

// Lag is how far behind the sweeps of all instances are.
type Lag struct {
	Due       time.Duration // of what was due and is not done, the age of the oldest
	Announced time.Duration // of the changes that rankings don't know of, the age of the oldest
}

// unmeasured is the meter of a Desk that nobody measures.
type unmeasured struct{}

// Grouped implements Meter.
func (unmeasured) Grouped(int, time.Duration, bool) {}

// Announced implements Meter.
func (unmeasured) Announced(time.Duration, bool) {}

// Moved implements Meter.
func (unmeasured) Moved(Move) {}

// Woken implements Meter.
func (unmeasured) Woken(time.Duration) {}
