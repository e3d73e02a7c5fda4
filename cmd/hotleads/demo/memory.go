package demo

import (
	"context"
	"math/rand/v2"

	"hotleads/lead"
)

// known is a person who could come back.
type known struct {
	user  string
	score float64
}

// memory is who is in a stage, as far as it was read lately: at most maxKnown a
// region. It is read page by page, however many there are.
type memory struct {
	stage  lead.Stage
	cursor string
	people [2][]known // EMEA, Americas
	coming [2][]known // of the round of pages that is being read
}

const (
	maxKnown = 400 // people in mind, a region and stage
	pageSize = 100
)

// recall reads on in the lists of those who could come back.
func (t *traffic) recall(ctx context.Context) error {
	for i := range t.memory {
		m := &t.memory[i]
		rows, next, err := t.door.leads(ctx, m.stage, pageSize, m.cursor)
		if err != nil {
			return err
		}
		m.take(rows, next)
	}
	return nil
}

// take takes in a page. The first round is of use from its first page on, later
// ones replace the one before when they are whole.
func (m *memory) take(rows []row, next string) {
	full := false
	for _, r := range rows {
		region := 0
		if r.americas() {
			region = 1
		}
		if r.UserID != "" {
			m.coming[region] = append(m.coming[region], known{r.UserID, r.Score})
		}
		full = full || len(m.coming[region]) >= maxKnown
	}
	m.cursor = next
	for region, coming := range m.coming {
		if next == "" || full || len(coming) > len(m.people[region]) {
			m.people[region] = append([]known(nil), coming...)
		}
	}
	if next == "" || full {
		m.coming = [2][]known{}
	}
}

// someone is anybody of a region who is not on the site.
func (m *memory) someone(rng *rand.Rand, americas bool, but map[string]bool) (known, bool) {
	region := 0
	if americas {
		region = 1
	}
	for range 5 {
		if people := m.people[region]; len(people) > 0 {
			if p := pick(rng, people); !but[p.user] {
				return p, true
			}
		}
	}
	return known{}, false
}
