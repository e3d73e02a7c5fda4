package imports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// ShownRefusals is how many refused rows a report shows.
const ShownRefusals = 20

// Report is what an import tells when it is over.
type Report struct {
	Dry, Live bool
	Encoding  string // of the file
	Separator byte
	Tally
	Shown []string // the first refused rows, by line and reason
	All   string   // where all of them are, in words
}

// Note takes what a commit tells.
func (r *Report) Note(c Commit) {
	r.Add(c.Tally)
	for _, x := range c.Refused {
		if len(r.Shown) < ShownRefusals {
			r.Shown = append(r.Shown, fmt.Sprintf("line %d: %s", x.Line, line(x.Why.Error())))
		}
	}
}

// Write writes the report.
func (r *Report) Write(w io.Writer) error {
	var b strings.Builder
	if len(r.Shown) > 0 {
		fmt.Fprintf(&b, "Refused:\n")
		for _, line := range r.Shown {
			fmt.Fprintf(&b, "  %s\n", line)
		}
		if more := r.Refused - len(r.Shown); more > 0 {
			fmt.Fprintf(&b, "  and %s more (all of them: %s)\n", Thousands(more), r.All)
		}
	}
	fmt.Fprintf(&b, "The file is %s, with %s between its cells.\n", r.Encoding, SeparatorName(r.Separator))
	if r.Dry {
		b.WriteString("Nothing was changed. It would be:\n")
	}
	table := tabwriter.NewWriter(&b, 0, 0, 1, ' ', tabwriter.AlignRight)
	line := func(n int, noun, text string) {
		if n != 1 {
			noun += "s"
		}
		fmt.Fprintf(table, "  %s\t %s\n", Thousands(n), strings.TrimSpace(noun+" "+text))
	}
	line(r.Read, "row", "read")
	line(r.New, "new lead", "")
	line(r.Changed, "row", "with news of known leads")
	line(r.Unchanged, "row", "known before")
	line(r.Refused, "row", "refused")
	if r.Ended > 0 {
		line(r.Ended, "lead", "closed, won or lost")
	}
	if r.Held > 0 {
		line(r.Held, "lead", "ready but held back")
	}
	if r.Live {
		line(r.Ready, "lead", "on the board")
	} else {
		line(r.Backlog, "lead", "in the backlog, until a manager releases them")
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// SeparatorName is a separator in words.
func SeparatorName(sep byte) string {
	switch sep {
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	case '|':
		return "bars"
	}
	return "commas"
}

// RefusedHead are the columns before the file's own in a file of refused rows.
var RefusedHead = []string{"line", "reason"}

// Sheet writes refused rows as CSV that a spreadsheet opens without running
// anything: what would be a formula there is text.
type Sheet struct{ csv *csv.Writer }

// NewSheet begins a sheet. No head: it goes on behind another one.
func NewSheet(w io.Writer, head []string) (*Sheet, error) {
	s := &Sheet{csv.NewWriter(w)}
	if head == nil {
		return s, nil
	}
	return s, s.row(append(RefusedHead[:2:2], head...))
}

// Write writes refused rows.
func (s *Sheet) Write(rows []Refused) error {
	for _, x := range rows {
		if err := s.row(append([]string{strconv.Itoa(x.Line), line(x.Why.Error())}, x.Cells...)); err != nil {
			return err
		}
	}
	s.csv.Flush()
	return s.csv.Error()
}

// Close ends the sheet.
func (s *Sheet) Close() error {
	s.csv.Flush()
	return s.csv.Error()
}

func (s *Sheet) row(cells []string) error {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = again(c)
	}
	return s.csv.Write(out)
}

// Harmless is a cell that no spreadsheet takes for a formula: one that begins
// like it gets an apostrophe before it (OWASP, CSV injection).
func Harmless(cell string) string {
	first, _ := utf8.DecodeRuneInString(cell)
	if cell == "" || !strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", first) {
		return cell
	}
	return "'" + cell
}

// again is a cell of a file that is to be mended and imported once more:
// harmless, but numbers and telephone numbers stay as they are.
func again(cell string) string {
	if cell != "" && (cell[0] == '+' || cell[0] == '-') && strings.Trim(cell[1:], "0123456789 ./()-,") == "" {
		return cell
	}
	return Harmless(cell)
}

// ErrAllRefused: the file was read whole and nothing of it taken.
var ErrAllRefused = errors.New("every row was refused")

// Fault is ErrAllRefused where that is so.
func Fault(t Tally) error {
	if t.Read > 0 && t.Refused == t.Read {
		return ErrAllRefused
	}
	return nil
}
