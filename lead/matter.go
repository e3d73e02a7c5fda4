package lead

import (
	"context"
	"maps"
	"slices"
)

// matter is what occasions are about: their leads and what they hang on, by id.
type matter struct {
	cards  map[string]Card
	clocks map[string]Clock
}

// matterOf reads what occasions are about. What a lead asks is among the clocks.
func matterOf(ctx context.Context, t Teller, occasions []Occasion) (m matter, err error) {
	leads, ids := map[string]bool{}, map[string]bool{}
	for _, o := range occasions {
		leads[o.LeadID] = true
		if !o.Asks() {
			ids[o.ClockID] = true
		}
	}
	if m.cards, err = t.Cards(ctx, slices.Sorted(maps.Keys(leads))); err != nil {
		return m, err
	}
	if m.clocks, err = t.Clocks(ctx, slices.Sorted(maps.Keys(ids))); err != nil {
		return m, err
	}
	for _, o := range occasions {
		if card, there := m.cards[o.LeadID]; there && o.Asks() {
			m.clocks[o.ClockID] = o.Asking(&card.Lead)
		}
	}
	return m, nil
}

// occasionsOf are what alerts tell of.
func occasionsOf(alerts []Alert) []Occasion {
	out := make([]Occasion, len(alerts))
	for i, a := range alerts {
		out[i] = a.Occasion
	}
	return out
}
