package scoring

// Traits are what is known of a lead, as decoded from JSON, derived ones
// (email_kind) included.
type Traits map[string]any

// Fit is what a lead's traits are worth under one model.
type Fit struct {
	// Points is the sum before the fit limit, Counted what of it counts.
	Points, Counted float64
	// Rules are the ids of the fit rules that count, in the model's order.
	Rules []string
}

// Fit weighs traits.
func (s *Scorer) Fit(t Traits) Fit {
	best := make(map[string]int) // by group: index of its best matching rule
	matched := make([]bool, len(s.fit))
	for i := range s.fit {
		r := &s.fit[i]
		if !matchAll(r.where, t) {
			continue
		}
		matched[i] = true
		if r.Group == "" {
			continue
		}
		if j, ok := best[r.Group]; ok && s.fit[j].Points >= r.Points {
			matched[i] = false
		} else if best[r.Group] = i; ok {
			matched[j] = false
		}
	}
	var f Fit
	for i, ok := range matched {
		if ok {
			f.Points += s.fit[i].Points
			f.Rules = append(f.Rules, s.fit[i].ID)
		}
	}
	f.Counted = min(f.Points, s.fitLimit)
	return f
}
