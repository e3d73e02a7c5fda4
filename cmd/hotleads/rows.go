package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxRow bounds a row, in bytes: a quote that is never closed would make one of
// the rest of the file.
const maxRow = 1 << 20

// rowReader reads a CSV file row by row, in bounded memory.
type rowReader struct {
	csv    *csv.Reader
	head   []string
	source *meter
}

// row is one row of the file. Its cells are the reader's until the next row.
type row struct {
	line  int
	cells []string
}

// newRowReader reads the head. A byte order mark is skipped; where the head has
// no comma, semicolons or tabs separate.
func newRowReader(r io.Reader) (*rowReader, error) {
	source := &meter{r: r, most: maxRow}
	b := bufio.NewReaderSize(source, 64<<10)
	start, err := b.Peek(64 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return nil, errors.New("the file is UTF-16: save it as CSV in UTF-8")
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		start = start[3:]
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	}
	x := &rowReader{csv: csv.NewReader(b), source: source}
	x.csv.FieldsPerRecord, x.csv.ReuseRecord = -1, true
	x.csv.Comma = separator(start)
	head, err := x.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: want a head with the names of the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("the head can't be read: %w", err)
	}
	for _, name := range head {
		x.head = append(x.head, strings.TrimSpace(name))
	}
	return x, nil
}

// separator is what separates the cells of the head: a comma, unless there is
// none.
func separator(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	for _, sep := range []rune{',', ';', '\t'} {
		if bytes.ContainsRune(line, sep) {
			return sep
		}
	}
	return ','
}

// next is the next row that is not blank. refused says why a row can't be taken;
// the reader goes on behind it. At the end err is io.EOF.
func (x *rowReader) next() (r row, refused, err error) {
	for {
		x.source.most = x.csv.InputOffset() + maxRow
		cells, err := x.csv.Read()
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong):
			return row{line: wrong.StartLine}, fmt.Errorf("the quotes are wrong: %w", wrong.Err), nil
		case errors.Is(err, errLongRow):
			return row{}, nil, fmt.Errorf("a row behind byte %d is over %d bytes: is a quote not closed?", x.csv.InputOffset(), maxRow)
		case err != nil:
			return row{}, nil, err
		}
		line, _ := x.csv.FieldPos(0)
		r := row{line: line, cells: cells}
		switch {
		case !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }):
			continue
		case len(cells) != len(x.head):
			return r, fmt.Errorf("it has %d cells, the head has %d", len(cells), len(x.head)), nil
		case slices.ContainsFunc(cells, func(c string) bool { return !utf8.ValidString(c) }):
			return r, errors.New("it is not UTF-8"), nil
		case slices.ContainsFunc(cells, func(c string) bool { return strings.ContainsRune(c, 0) }):
			return r, errors.New("it holds a NUL character"), nil
		}
		return r, nil, nil
	}
}

// offset is how many bytes of the file have been read as rows.
func (x *rowReader) offset() int64 { return x.csv.InputOffset() }

// meter stops a reader that goes too far.
type meter struct {
	r       io.Reader
	n, most int64
}

var errLongRow = errors.New("the row is too long")

// Read implements io.Reader. What is read ahead may be over the bound by a buffer.
func (m *meter) Read(p []byte) (int, error) {
	if m.n > m.most+int64(len(p)) {
		return 0, errLongRow
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	return n, err
}
