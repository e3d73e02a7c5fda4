package imports

import (
	"bytes"
)

// separators in the order of preference.
const separators = ",;\t|"

// sampleRows is how many rows tell the separator.
const sampleRows = 50

// shape is how the file is laid out, guessed from its first bytes.
type shape struct {
	sep  byte
	end  byte // of a line: '\r' where no line ends in '\n'
	skip int  // bytes of a first line "sep=;", as Excel writes it
}

// shapeOf guesses: the separator is the one that cuts the most rows into as many
// cells as the head; of equals the one with more cells.
func shapeOf(sample []byte, whole bool) shape {
	s := shape{sep: ',', end: '\n'}
	if !bytes.ContainsRune(sample, '\n') && bytes.ContainsRune(sample, '\r') {
		s.end = '\r'
	}
	if first, _, ok := bytes.Cut(sample, []byte{s.end}); ok {
		line := bytes.ToLower(bytes.TrimRight(first, "\r"))
		if len(line) == 5 && bytes.HasPrefix(line, []byte("sep=")) && bytes.IndexByte([]byte(separators), line[4]) >= 0 {
			s.sep, s.skip = line[4], len(first)+1
			return s
		}
	}
	lines := bytes.Split(sample, []byte{s.end})
	if !whole && len(lines) > 1 {
		lines = lines[:len(lines)-1] // the last one is cut off
	}
	best := 0.0
	for i := range len(separators) {
		if fits := fitOf(lines, separators[i]); fits > best {
			best, s.sep = fits, separators[i]
		}
	}
	return s
}

// fitOf is how well a separator cuts lines into rows of one width: 0 where the
// head has one cell.
func fitOf(lines [][]byte, sep byte) float64 {
	var r record
	head, rows, alike := 0, 0, 0
	for _, line := range lines {
		if !r.quoted && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := r.add(bytes.TrimSuffix(line, []byte{'\r'}), sep); err != nil {
			r.reset()
			rows++
			continue
		}
		if r.quoted {
			continue
		}
		if head == 0 {
			if head = len(r.ends); head < 2 {
				return 0
			}
		}
		rows++
		if len(r.ends) == head {
			alike++
		}
		if r.reset(); rows >= sampleRows {
			break
		}
	}
	if rows == 0 {
		return 0
	}
	return float64(alike)/float64(rows) + float64(head)/1e6
}
