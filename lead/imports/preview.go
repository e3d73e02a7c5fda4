package imports

import (
	"errors"
	"io"
	"slices"
	"time"

	"hotleads/lead"
)

// sampled is how many rows a proposal and a preview look at.
const sampled = 200

// Sample is the beginning of a file.
type Sample struct {
	Head      []string
	Rows      []Row
	Refused   []Refused // that can't be read, whatever the mapping
	Whole     bool      // there is no more
	Encoding  string
	Separator byte
}

// Look reads the beginning of a file.
func Look(r io.Reader) (*Sample, error) {
	x, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	s := &Sample{Head: x.Head()}
	for len(s.Rows)+len(s.Refused) < sampled && !s.Whole {
		row, refused, err := x.Next()
		row.Cells = slices.Clone(row.Cells)
		switch {
		case errors.Is(err, io.EOF):
			s.Whole = true
		case err != nil:
			return nil, err
		case refused != nil:
			s.Refused = append(s.Refused, Refused{Row: row, Why: refused})
		default:
			s.Rows = append(s.Rows, row)
		}
	}
	s.Encoding, s.Separator = x.Encoding(), x.Separator()
	return s, nil
}

// Cells are the sample's rows alone.
func (s *Sample) Cells() [][]string {
	out := make([][]string, len(s.Rows))
	for i, r := range s.Rows {
		out[i] = r.Cells
	}
	return out
}

// PreviewRow is a row as it would be taken.
type PreviewRow struct {
	Line    int
	Message lead.Message
}

// Preview is what would become of a sample's rows: those taken and those
// refused, in order.
func (s *Sample) Preview(p *Plan, now time.Time) (taken []PreviewRow, refused []Refused) {
	refused = slices.Clone(s.Refused)
	for _, r := range s.Rows {
		msg, err := p.Message(r.Cells, now)
		if err != nil {
			refused = append(refused, Refused{Row: r, Why: err})
			continue
		}
		taken = append(taken, PreviewRow{r.Line, msg})
	}
	slices.SortStableFunc(refused, func(a, b Refused) int { return a.Line - b.Line })
	return taken, refused
}
