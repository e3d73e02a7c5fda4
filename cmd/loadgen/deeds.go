package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hotleads/scoring"
)

const pageViewed = "Page Viewed"

// deed is something that a lead does; name and properties are JSON.
type deed struct {
	page             bool
	name, properties string
}

func newDeed(event string, properties map[string]any) deed {
	event = strings.TrimSpace(event)
	return deed{strings.EqualFold(event, pageViewed), text(event), text(properties)}
}

// deeds are what the traffic consists of.
type deeds struct {
	reading []deed // of everybody: pages, and what the agreement scores without calling it intent
	buying  []deed // of buyers: what it marks as intent or hand-raise
	raise   *deed  // a hand-raise; nil where the agreement has none
}

// agreed reads the deeds off the agreement in force; without a key for the API
// off the default one.
func agreed(ctx context.Context, o options) (deeds, error) {
	model := scoring.DefaultModel()
	if o.APIKey != "" {
		var a struct {
			Scoring scoring.Model `json:"scoring"`
		}
		res, err := ask(ctx, http.DefaultClient, o, "/api/v1/agreement")
		if err != nil {
			return deeds{}, err
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
			return deeds{}, fmt.Errorf("read the agreement: %w", err)
		}
		model = a.Scoring
	}
	return deedsOf(model), nil
}

// plainPages are pages as a company has them; most that leads do is to read.
var plainPages = []string{"/", "/features", "/integrations", "/security", "/customers", "/blog/closing-in-three-days", "/docs/api", "/about"}

func deedsOf(m scoring.Model) deeds {
	var d deeds
	for range 3 { // pages are three quarters of what is read, roughly
		for _, path := range plainPages {
			d.reading = append(d.reading, newDeed(pageViewed, map[string]any{"path": path, "title": "Page " + path, "url": "https://www.example.com" + path}))
		}
	}
	for _, r := range m.Behaviour {
		for _, t := range r.When {
			did := newDeed(t.Event, fulfil(t.Where))
			switch {
			case r.HandRaise && d.raise == nil:
				d.raise = &did
				fallthrough
			case r.Intent || r.HandRaise:
				d.buying = append(d.buying, did)
			case r.Points > 0:
				d.reading = append(d.reading, did)
			}
		}
	}
	if len(d.buying) == 0 {
		d.buying = slices.Clone(d.reading)
	}
	return d
}

// fulfil makes properties that meet conditions, as far as one value can.
func fulfil(where []scoring.Condition) map[string]any {
	p := map[string]any{"source": "load", "campaign": "spring"}
	for _, c := range where {
		switch v := c.Value.(type) {
		case []any:
			if len(v) > 0 {
				p[c.Field] = v[0]
			}
		case nil:
			p[c.Field] = "yes"
		default:
			p[c.Field] = v
		}
	}
	return p
}

// text is a value of a JSON document as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null" // it came from such a document, and can be written again
	}
	return string(b)
}
