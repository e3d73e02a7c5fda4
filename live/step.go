package live

import "slices"

// step is how a frame leads from one state to the next.
type step struct {
	to    *state
	whole bool // by a snapshot, whatever was shown before
	moved bool // of the rows that everybody sees some came, went or changed places

	head, tail int // where in the frame the order of rows begins and ends
}

const field = "data: "

// asEvent is a frame as it stands on the wire.
func asEvent(data []byte) []byte { return slices.Concat([]byte(field), data, []byte("\n\n")) }

// ownPieces are what a visitor with the same rows of its own before and after has to
// be told besides, in place of the order that everybody is told.
func (s *step) ownPieces(f Frames, was *state, self string) []byte {
	var own []byte
	before, moved := was.own[self], s.moved
	for i, row := range s.to.own[self] {
		if row.rev != before[i].rev {
			own = append(own, f.Row(row.id, row.html)...)
		}
		moved = moved || row.before != before[i].before
	}
	if moved {
		own = append(own, f.Order(s.to.idsSeenBy(self))...)
	}
	return flat(own)
}

// with is the event with somebody's own pieces.
func (e *event) with(own []byte, f Frames) []byte {
	switch {
	case e.text == nil && len(own) == 0:
		return nil
	case e.text == nil:
		return asEvent(flat(append(own, f.Age(e.to.asOf)...)))
	case len(own) == 0 && e.head == e.tail:
		return e.text
	}
	data := e.text[len(field):]
	return slices.Concat([]byte(field), data[:e.head], own, data[e.tail:])
}
