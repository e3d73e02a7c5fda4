package lead

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"
)

// Group commit: messages that arrive together share a transaction. The busier
// the database is, the more of them do.
const (
	groupWait = 2 * time.Millisecond
	groupMost = 500    // messages from which on a group waits for no more
	queueMost = 20_000 // messages that may wait; more are refused, not kept waiting
	// queueBytes is how many bytes they may have, as they were sent: 3 KiB each, three
	// times what most are. In memory they take some four times as much.
	queueBytes = 64 << 20
)

// intakeGroup is what one caller has for one committer.
type intakeGroup struct {
	msgs  []Message
	index []int // of each in the caller's
	errs  []error
	size  int64 // bytes of the messages
	err   error
	done  chan struct{}
}

// Take stores messages and does what follows from them. The errors stand by
// index: nil for a message that is stored or was known before. The last error
// is for all: then it is not known to be stored (ErrUnavailable, or ErrBusy where
// too many wait already: try again). A caller who goes away takes nobody's
// messages with it.
func (d *Desk) Take(ctx context.Context, msgs []Message) ([]error, error) {
	if len(msgs) == 0 {
		return nil, nil
	}
	size := int64(0)
	for i := range msgs {
		size += int64(msgs[i].Size)
	}
	if !d.admit(int64(len(msgs)), size) {
		return nil, fmt.Errorf("%w: as many messages wait as may", ErrBusy)
	}
	parts := d.part(msgs)
	for i, g := range parts {
		if g != nil {
			d.intake[i] <- g // there is room: each group has a message at least
		}
	}
	errs := make([]error, len(msgs))
	for _, g := range parts {
		if g == nil {
			continue
		}
		select {
		case <-g.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: the database did not answer in time", ErrUnavailable)
		}
		if g.err != nil {
			return nil, g.err // what another part has stored is known when it is sent again
		}
		for i, at := range g.index {
			errs[at] = g.errs[i]
		}
	}
	return errs, nil
}

// admit counts messages that are to wait, if there is room for them. A request
// alone always finds room.
func (d *Desk) admit(messages, bytes int64) bool {
	waiting, size := d.queued.Add(messages), d.queuedBytes.Add(bytes)
	if waiting <= max(queueMost, messages) && size <= max(queueBytes, bytes) {
		return true
	}
	d.leave(messages, bytes)
	return false
}

// leave is the end of waiting.
func (d *Desk) leave(messages, bytes int64) {
	d.queued.Add(-messages)
	d.queuedBytes.Add(-bytes)
}

// Committers is how many transactions take messages in at the same time (1
// without it). It is called before anything else is asked of the Desk.
func (d *Desk) Committers(n int) {
	d.intake = make([]chan *intakeGroup, n)
	for i := range d.intake {
		d.intake[i] = make(chan *intakeGroup, queueMost)
	}
}

// part divides messages among the committers, by whom they are about: two
// transactions rarely want the same lead. Those of one caller that share an
// identity stay together, in their order.
func (d *Desk) part(msgs []Message) []*intakeGroup {
	parts := make([]*intakeGroup, len(d.intake))
	first := make([]int, len(msgs))
	if len(parts) > 1 {
		first = firsts(msgs)
	}
	for i, m := range msgs {
		of := msgs[first[i]]
		n := int(maphash.String(d.seed, cmp.Or(of.UserID, of.AnonymousID)) % uint64(len(parts))) //nolint:gosec // less than there are parts
		if parts[n] == nil {
			parts[n] = &intakeGroup{done: make(chan struct{})}
		}
		parts[n].msgs, parts[n].index = append(parts[n].msgs, m), append(parts[n].index, i)
		parts[n].size += int64(m.Size)
	}
	return parts
}

// firsts are, for each message, the index of the first one that it hangs together
// with: by an identity that both name, or by others in between.
func firsts(msgs []Message) []int {
	first := make([]int, len(msgs))
	root := func(i int) int {
		for first[i] != i {
			first[i] = first[first[i]]
			i = first[i]
		}
		return i
	}
	by := map[string]int{} // whatever kind of identity it is: an alias names either
	for i, m := range msgs {
		first[i] = i
		for _, id := range m.identities() {
			if other, known := by[id.Value]; known {
				a, b := root(i), root(other)
				first[max(a, b)] = min(a, b)
			} else {
				by[id.Value] = i
			}
		}
	}
	for i := range first {
		first[i] = root(i)
	}
	return first
}

// TakeAt is Take with the moment of receipt as an argument and a transaction of
// its own: to play back what happened earlier.
func (d *Desk) TakeAt(ctx context.Context, msgs []Message, now time.Time) ([]error, error) {
	return d.bisect(ctx, msgs, coming{why: ByActivity, now: now})
}

// Import stores rows of an import (identify messages), with errors as Take's.
// What would qualify becomes backlog; live starts clocks as an activity would.
func (d *Desk) Import(ctx context.Context, rows []Message, live bool, now time.Time) ([]error, error) {
	return d.bisect(ctx, rows, coming{why: whyImport(live), now: now})
}

// ImportNoted is Import by somebody who takes note of it within each
// transaction. What is refused is told to n alone.
func (d *Desk) ImportNoted(ctx context.Context, rows []Message, live bool, n Noter, now time.Time) error {
	_, err := d.bisect(ctx, rows, coming{why: whyImport(live), noter: n, now: now})
	return err
}

func whyImport(live bool) Why {
	if live {
		return ByTrait
	}
	return ByImport
}

// Run takes in messages until the context ends; what is on its way then is
// finished first. One Run per Desk.
func (d *Desk) Run(ctx context.Context) error {
	var committers sync.WaitGroup
	for _, in := range d.intake {
		committers.Go(func() { d.committer(ctx, in) })
	}
	var slow sync.WaitGroup
	slow.Go(func() {
		for g := range d.apart {
			if ctx.Err() != nil { // there is no time for them any more
				d.done(g, nil, fmt.Errorf("%w: the server is stopping", ErrUnavailable))
				continue
			}
			d.commitWithin([]*intakeGroup{g}, halfPatience)
		}
	})
	done, announced := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(announced)
		d.told.run(d, done)
	}()
	committers.Wait()
	close(d.apart)
	slow.Wait()
	close(done)
	<-announced
	return nil
}

func (d *Desk) committer(ctx context.Context, in <-chan *intakeGroup) {
	for {
		select {
		case <-ctx.Done():
			for {
				select {
				case g := <-in:
					d.commit([]*intakeGroup{g})
				default:
					return
				}
			}
		case g := <-in:
			d.commit(gather(g, in))
		}
	}
}

// gather waits a moment for others who want to share the transaction.
func gather(first *intakeGroup, in <-chan *intakeGroup) []*intakeGroup {
	groups, n := []*intakeGroup{first}, len(first.msgs)
	timer := time.NewTimer(groupWait)
	defer timer.Stop()
	for n < groupMost {
		select {
		case g := <-in:
			groups, n = append(groups, g), n+len(g.msgs)
		case <-timer.C:
			return groups
		}
	}
	return groups
}
