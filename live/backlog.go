package live

import "net"

// backlog is what waits for one browser. Its pieces are shared with others who
// wait for the same: many who lag hold a frame once.
type backlog struct {
	pieces [][]byte
	size   int // bytes that were added and wait
	free   int // bytes at the front that don't count
}

// first puts a stream's beginning into an empty backlog; it does not count.
func (b *backlog) first(pieces [][]byte) {
	b.pieces = append(b.pieces, pieces...)
	for _, p := range pieces {
		b.free += len(p)
	}
}

// takes tells whether so many bytes more may wait, of at most max. One frame always
// may, however large: whoever has nothing else to read does keep up.
func (b *backlog) takes(n, max int) bool { return b.size == 0 || b.size+n <= max }

func (b *backlog) add(p []byte) {
	b.pieces = append(b.pieces, p)
	b.size += len(p)
}

// take takes at most so many bytes from the front.
func (b *backlog) take(most int) net.Buffers {
	var taken net.Buffers
	for len(b.pieces) > 0 && most > 0 {
		p := b.pieces[0]
		if len(p) > most {
			b.pieces[0] = p[most:]
			p = p[:most]
		} else {
			b.pieces[0] = nil
			b.pieces = b.pieces[1:]
		}
		most -= len(p)
		taken = append(taken, p)
		began := min(b.free, len(p))
		b.free -= began
		b.size -= len(p) - began
	}
	if len(b.pieces) == 0 {
		b.pieces = nil
	}
	return taken
}
