package imports

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

const (
	maxRow     = 1 << 20   // bytes of a row: a quote that is never closed would make one of the rest of the file
	maxColumns = 1000      // of a file
	maxAgain   = 1 << 30   // bytes that may be read again behind quotes that are not closed
	sampleSize = 256 << 10 // bytes that tell encoding, separator and line ends
)

// Reader reads a CSV file row by row, in bounded memory. A row that can't be
// taken is refused, and the reader goes on behind it.
type Reader struct {
	in     *bufio.Reader
	source *counter
	head   []string
	shape  shape
	name   string  // of the encoding
	chars  charset // of an encoding that is not decoded as a whole

	line   int      // number of the last line that was read, from 1
	ahead  [][]byte // lines behind a quote that was not closed, to be read again
	held   [][]byte // lines of the row that is being read, behind its first
	heldBy int      // bytes of them
	record record
	cells  []string
	again  int // bytes that were read again
}

// Row is one row of the file. Its cells are the reader's until the next row.
type Row struct {
	Line  int // where it begins, the head's being 1
	Cells []string
}

// NewReader reads the head. Encoding, separator (comma, semicolon, tab or bar)
// and line ends are guessed from the first bytes.
func NewReader(r io.Reader) (*Reader, error) {
	x := &Reader{source: &counter{Reader: r}}
	x.in = bufio.NewReaderSize(x.source, sampleSize)
	start, err := x.in.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	skip, name, decoder, err := byMark(start)
	if err != nil {
		return nil, err
	}
	x.name = name
	if _, err := x.in.Discard(skip); err != nil {
		return nil, err
	}
	if decoder != nil {
		x.in, x.chars = bufio.NewReaderSize(transform.NewReader(x.in, decoder), sampleSize), inUTF8
	}
	sample, err := x.in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if x.chars == undecided {
		x.decide(sample)
	}
	if name == nameBOM {
		x.chars = inUTF8
	}
	x.shape = shapeOf(sample, errors.Is(err, io.EOF))
	if x.shape.skip > 0 {
		if _, err := x.in.Discard(x.shape.skip); err != nil {
			return nil, err
		}
		x.line++
	}
	return x, x.readHead()
}

// decide settles the encoding by a part of the file, unless it is plain ASCII.
func (x *Reader) decide(sample []byte) {
	if x.chars = charsetOf(sample); x.chars == inWindows {
		x.name = nameWindows
	}
}

func (x *Reader) readHead() error {
	r, refused, err := x.row()
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty: want a head with the names of the columns")
	case err != nil:
		return err
	case refused != nil:
		return fmt.Errorf("the head can't be read: line %d: %w", r.Line, refused)
	case len(r.Cells) > maxColumns:
		return fmt.Errorf("the head has %d columns, at most %d fit", len(r.Cells), maxColumns)
	}
	for _, name := range r.Cells {
		x.head = append(x.head, strings.TrimSpace(name))
	}
	return nil
}

// Head are the names of the columns, trimmed.
func (x *Reader) Head() []string { return x.head }

// Offset is how many bytes of the file have been read.
func (x *Reader) Offset() int64 { return x.source.n - int64(x.in.Buffered()) }

// Encoding is the file's, as people call it; what was read so far decides.
func (x *Reader) Encoding() string { return x.name }

// Separator is what separates cells: ',', ';', '\t' or '|'.
func (x *Reader) Separator() byte { return x.shape.sep }

// Next is the next row that is not blank. refused says why a row can't be taken.
// At the end err is io.EOF.
func (x *Reader) Next() (r Row, refused error, err error) {
	r, refused, err = x.row()
	switch {
	case refused != nil || err != nil:
		return r, refused, err
	case len(r.Cells) != len(x.head):
		return r, fmt.Errorf("it has %s, the head has %d", number(len(r.Cells), "cell", "cells"), len(x.head)), nil
	}
	return r, nil, nil
}

// row is the next row that is not blank, of any width.
func (x *Reader) row() (r Row, refused error, err error) {
	for {
		r, refused, err = x.assemble()
		if err != nil || refused != nil {
			return r, refused, err
		}
		if !slices.ContainsFunc(r.Cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		return r, x.characters(&r), nil
	}
}

// assemble reads lines until a row is whole. Where a quote is not closed, only
// its first line is refused: the lines behind it are read again as rows.
func (x *Reader) assemble() (r Row, refused error, err error) {
	x.record.reset()
	x.held, x.heldBy = x.held[:0], 0
	var first []byte
	for n := 0; ; n++ {
		line, long, err := x.readLine()
		switch {
		case errors.Is(err, io.EOF) && n == 0:
			return Row{}, nil, io.EOF
		case errors.Is(err, io.EOF):
			return x.unclosed(r.Line, first, "is not closed before the end of the file")
		case err != nil:
			return Row{}, nil, err
		}
		if n == 0 {
			r.Line = x.line
		} else {
			x.held = append(x.held, bytes.Clone(line))
			x.heldBy += len(line) + 1
		}
		if long || x.heldBy > maxRow {
			if n == 0 {
				return Row{Line: r.Line}, fmt.Errorf("the line is over %d bytes", maxRow), nil
			}
			return x.unclosed(r.Line, first, fmt.Sprintf("is not closed within %d bytes", maxRow))
		}
		if n == 0 && bytes.IndexByte(line, '"') >= 0 {
			first = bytes.Clone(line)
		}
		if err := x.record.add(line, x.shape.sep); err != nil && n > 0 {
			return x.unclosed(r.Line, first, fmt.Sprintf("ends in the midst of a cell in line %d", x.line))
		} else if err != nil {
			return Row{Line: r.Line, Cells: []string{x.text(first)}}, fmt.Errorf("the quotes are wrong: %w", err), nil
		}
		if !x.record.quoted {
			x.cells = x.record.cells(x.cells)
			r.Cells = x.cells
			return r, nil, nil
		}
	}
}

// unclosed refuses the line in which a quote opened, and goes on behind it.
func (x *Reader) unclosed(line int, first []byte, why string) (Row, error, error) {
	if x.again += x.heldBy; x.again > maxAgain {
		return Row{}, nil, fmt.Errorf("too many quotes are not closed, the last one in line %d: are cells really quoted with \"?", line)
	}
	x.line -= len(x.held)
	x.ahead = append(slices.Clone(x.held), x.ahead...)
	x.held = nil
	return Row{Line: line, Cells: []string{x.text(first)}}, x.record.openQuote(line, why), nil
}

// readLine is the next line without its end; the bytes are the reader's until
// the next one. One that is too long is cut, and long is set.
func (x *Reader) readLine() (line []byte, long bool, err error) {
	if len(x.ahead) > 0 {
		line, x.ahead = x.ahead[0], x.ahead[1:]
		x.line++
		return line, len(line) > maxRow, nil
	}
	line, err = x.in.ReadSlice(x.shape.end)
	if errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			more, err = x.in.ReadSlice(x.shape.end)
			if len(line) <= maxRow {
				line = append(line, more...)
			}
		}
	}
	if errors.Is(err, io.EOF) && len(line) > 0 {
		err = nil
	}
	if err != nil {
		return nil, false, err
	}
	x.line++
	line = bytes.TrimSuffix(line, []byte{x.shape.end})
	if x.shape.end == '\n' {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line, len(line) > maxRow, nil
}

// characters decodes a row's cells and refuses what no store can keep. Control
// characters but tabs and line ends become spaces.
func (x *Reader) characters(r *Row) error {
	for i, c := range r.Cells {
		if plainASCII(c) {
			continue
		}
		if strings.IndexByte(c, 0) >= 0 {
			return errors.New("it holds a NUL character")
		}
		if x.chars == undecided {
			x.decide([]byte(c))
		}
		if x.chars == inWindows {
			c = fromWindows(c)
		}
		if !utf8.ValidString(c) {
			return errors.New("it is not UTF-8, as the file's other rows are")
		}
		r.Cells[i] = strings.Map(printable, c)
	}
	return nil
}

// plainASCII tells whether a cell needs no look at its characters.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c > '~' {
			return false
		}
	}
	return true
}

func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 {
		return ' '
	}
	return r
}

// text is raw bytes of the file as a report shows them.
func (x *Reader) text(b []byte) string {
	if x.chars == inWindows {
		return fromWindows(string(b))
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
