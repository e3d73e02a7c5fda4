package live

import (
	"bytes"
	"fmt"
)

// whole is a state as the event by which those begin who see what everybody does, and
// where in it what makes another one of it for whoever sees rows of their own.
type whole struct {
	of    *state
	event []byte
	rows  []byte // of the event: those of its rows
	ends  []int  // in rows: where each of them ends
	tail  []byte // of the event: what stands behind the rows and what belongs to them
}

func newWhole(f Frames, of *state) *whole {
	w := &whole{of: of, ends: make([]int, len(of.shared))}
	before, behind := f.Around(idsOf(of.shared))
	size := len(field) + len(before) + len(behind) + 2
	for i := range of.shared {
		size += len(of.shared[i].html)
	}
	data := append(make([]byte, 0, size+4<<10), field...)
	data = append(data, before...)
	start := len(data)
	for i := range of.shared {
		data = append(data, of.shared[i].html...)
		w.ends[i] = len(data) - start
	}
	end := len(data)
	data = append(data, behind...)
	tail := len(data)
	for _, part := range of.parts {
		data = append(data, f.Part(part.id, part.html)...)
	}
	data = flat(append(data, f.Age(of.asOf)...))
	w.event = append(data, "\n\n"...)
	w.rows, w.tail = w.event[start:end], w.event[tail:]
	return w
}

// data is what the event says.
func (w *whole) data() []byte { return w.event[len(field) : len(w.event)-2] }

// eventFor is the event by which somebody begins. It copies what is the same for all:
// nothing is drawn but where their rows go.
func (w *whole) eventFor(f Frames, self string) []byte {
	if !w.of.owns(self) {
		return w.event
	}
	before, behind := f.Around(w.of.idsSeenBy(self))
	pieces := [][]byte{[]byte(field), flat(bytes.Clone(before))}
	at := 0
	for _, row := range w.of.own[self] {
		to := 0
		if row.before > 0 {
			to = w.ends[row.before-1]
		}
		pieces = append(pieces, w.rows[at:to], row.html)
		at = to
	}
	pieces = append(pieces, w.rows[at:], flat(bytes.Clone(behind)), w.tail)
	return bytes.Join(pieces, nil)
}

// wholeOf is what snapshots of a state have in common. The first one who asks draws
// it for all who come with it.
func (s *screen) wholeOf(of *state) *whole {
	s.snapping.Lock()
	defer s.snapping.Unlock()
	if s.whole == nil || s.whole.of != of {
		s.whole = newWhole(s.view.Frames, of)
	}
	return s.whole
}

// snapshotEvent returns the event that a watcher begins with, and the state that
// it is of.
func (s *screen) snapshotEvent(self string) (event []byte, of *state, err error) {
	of = s.now.Load()
	event, err = contained(func() ([]byte, error) { return s.wholeOf(of).eventFor(s.view.Frames, self), nil })
	if err != nil {
		return nil, nil, fmt.Errorf("live: snapshot of %s: %w", s.view.Topic, err)
	}
	return event, of, nil
}
