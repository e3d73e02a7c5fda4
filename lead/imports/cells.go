package imports

import (
	"bytes"
	"errors"
	"fmt"
)

// record is a row while its lines are read: cells end at their separators, and
// what is quoted may go on over the end of a line.
type record struct {
	text   []byte // of all cells, without quotes
	ends   []int  // of each cell, in text
	quoted bool   // a quote is open
	where  int    // the cell in which it opened, from 1
}

func (r *record) reset() { r.text, r.ends, r.quoted = r.text[:0], r.ends[:0], false }

var errMidQuote = errors.New("a quote ends in the midst of a cell")

// add takes a line without its end. Where a quote is open then, the row goes on
// in the next line.
func (r *record) add(line []byte, sep byte) error {
	if r.quoted {
		r.text = append(r.text, '\n')
	}
	start, closed := len(r.text), false // of the cell; whether its quotes are over
	if n := len(r.ends); n > 0 && !r.quoted {
		start = r.ends[n-1]
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case r.quoted && c != '"':
			r.text = append(r.text, c)
		case r.quoted && i+1 < len(line) && line[i+1] == '"':
			r.text = append(r.text, '"')
			i++
		case r.quoted:
			r.quoted, closed = false, true
		case c == sep:
			r.ends = append(r.ends, len(r.text))
			start, closed = len(r.text), false
		case closed && c != ' ':
			return errMidQuote
		case closed:
		case c == '"' && len(bytes.TrimLeft(r.text[start:], " ")) == 0: // spaces before a quote are none of the cell's
			r.text = r.text[:start]
			r.quoted, r.where = true, len(r.ends)+1
		default:
			r.text = append(r.text, c)
		}
	}
	if !r.quoted {
		r.ends = append(r.ends, len(r.text))
	}
	return nil
}

// cells are the row's cells: parts of one text of their own, appended to into.
func (r *record) cells(into []string) []string {
	text, from := string(r.text), 0
	into = into[:0]
	for _, end := range r.ends {
		into = append(into, text[from:end])
		from = end
	}
	return into
}

// openQuote says where a quote opened that is not closed.
func (r *record) openQuote(line int, why string) error {
	return fmt.Errorf("a quote opens in line %d, cell %d, and %s", line, r.where, why)
}
