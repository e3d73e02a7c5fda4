package main

import (
	"bytes"
	"strconv"
	"sync"
)

// fate is what is known of a message.
type fate uint8

const (
	open         fate = iota // sent, or about to be, and not answered
	acknowledged             // 200: it has to be there
	refused                  // the server said that it does not want it
)

// line is one message in the ledger.
type line struct {
	lead     uint32
	identify bool // leaves no activity behind
	fate     fate
}

// ledger is every message of a run by its sequence number: of whom it is and
// what became of it. Safe for concurrent use.
type ledger struct {
	run   string
	mu    sync.Mutex
	lines []line
}

func newLedger(run string) *ledger { return &ledger{run: run} }

// open writes lines down and returns the number of the first one.
func (l *ledger) open(lines []line) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, lines...)
	return int64(len(l.lines) - len(lines))
}

// settle notes what became of n messages from the first one on; those at the
// indices were refused by themselves.
func (l *ledger) settle(first int64, n int, became fate, rejected []int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		l.lines[first+int64(i)].fate = became
	}
	for _, i := range rejected {
		if i >= 0 && i < n {
			l.lines[first+int64(i)].fate = refused
		}
	}
}

// stored counts the activities that were acknowledged.
func (l *ledger) stored() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int64(0)
	for _, line := range l.lines {
		if line.fate == acknowledged && !line.identify {
			n++
		}
	}
	return n
}

// id appends the message id of a sequence number. As real ones it stands in no
// order: what it begins with is a hash, so that indices over it are as busy as
// with anybody's; its end is what it is read back by.
func (l *ledger) id(b []byte, seq int64) []byte {
	x := uint64(seq) + 0x9e3779b97f4a7c15 // splitmix64, Steele et al., OOPSLA 2014
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	const hex = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hex[x>>shift&15])
	}
	b = append(append(append(b, '-'), l.run...), '-')
	return strconv.AppendInt(b, seq, 36)
}

// seq reads a message id back; false where it is not of this run.
func (l *ledger) seq(id string) (int64, bool) {
	b := []byte(id)
	tail := 16 + 1 + len(l.run) + 1
	if len(b) <= tail {
		return 0, false
	}
	n, err := strconv.ParseInt(id[tail:], 36, 64)
	if err != nil || n < 0 || n >= int64(len(l.lines)) || !bytes.Equal(l.id(nil, n), b) {
		return 0, false
	}
	return n, true
}
