package demo

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"hotleads/scoring"
)

// deed is one thing a visitor does on the company's site, or with its mails.
type deed struct {
	event      string
	properties map[string]any
}

const pageViewed = "Page Viewed"

// scoring is the deed as the scoring model sees it.
func (d deed) scoring(id string, at time.Time) scoring.Activity {
	return scoring.Activity{ID: id, Event: d.event, Properties: d.properties, At: at}
}

// site is the address of the fictional company's site.
const site = "https://www." + domain

func page(path, title string) deed {
	return deed{pageViewed, map[string]any{"path": path, "title": title, "url": site + path}}
}

func did(event string, pairs ...any) deed {
	d := deed{event, map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.properties[pairs[i].(string)] = pairs[i+1]
	}
	return d
}

func compared(plans ...any) deed { return did("Products Compared", "products", plans) }

func pricing() deed { return page("/pricing", "Pricing") }

func demoRequested(topic string) deed { return did("Demo Requested", "topic", topic, "form", "demo") }

func contactSales(topic string) deed { return did("Contact Sales Requested", "topic", topic) }

func trial(plan string) deed { return did("Trial Started", "plan", plan) }

func chat(topic string) deed { return did("Chat Started", "topic", topic) }

func replied(subject string) deed { return did("Replied", "subject", subject) }

func webinar(title string) deed { return did("Webinar Viewed", "title", title, "minutes", 34) }

func caseStudy(customer string) deed { return did("Case Study Viewed", "customer", customer) }

var (
	pages = []deed{
		page("/", "Lumenfold: approvals without the waiting"), page("/product/approvals", "Approvals"), page("/product/forecasts", "Forecasts"),
		page("/integrations", "Integrations"), page("/security", "Security and compliance"), page("/customers", "Customers"),
		page("/blog/closing-in-three-days", "Closing the books in three days"), page("/blog/approval-maze", "The approval maze, and the way out"),
		page("/docs/api", "API reference"), page("/about", "About us"),
	}
	pairs = [][]any{{"Team", "Pro"}, {"Pro", "Enterprise"}, {"Pro", "Team"}, {"Free", "Team"}, {"Team", "Pro", "Enterprise"}}

	webinars  = []string{"Closing the books in three days", "Approvals without e-mail", "From spreadsheet to forecast", "What auditors ask first"}
	customers = []string{"Ostrava Tools", "Meridian Bakeries", "Halberd Shipping", "Castlereagh Clinics"}
	topics    = []string{"approval workflows", "month-end close", "ERP integration", "single sign-on", "roll-out for 200 people", "data residency"}
)

func read(rng *rand.Rand) deed {
	switch d := rng.IntN(100); {
	case d < 72:
		return pick(rng, pages)
	case d < 82:
		return caseStudy(pick(rng, customers))
	case d < 90:
		return did("Email Opened", "subject", pick(rng, webinars))
	case d < 96:
		return did("Email Link Clicked", "subject", pick(rng, webinars))
	default:
		return webinar(pick(rng, webinars))
	}
}

// intents are the deeds of a buyer, short of asking for sales.
func intents(rng *rand.Rand) []deed {
	return []deed{
		compared(pick(rng, pairs)...), compared(pick(rng, pairs)...), pricing(), chat(pick(rng, topics)),
		replied("Re: " + pick(rng, webinars)), trial(pick(rng, []string{"Team", "Pro"})),
	}
}

func raise(rng *rand.Rand) deed {
	if rng.IntN(4) == 0 {
		return contactSales(pick(rng, topics))
	}
	return demoRequested(pick(rng, topics))
}

// call is one call to the tracking API.
type call struct {
	id              string
	at              time.Time
	user, anonymous string
	deed            deed           // none: an identify
	traits          map[string]any // of an identify
	source, zone    string
}

// MarshalJSON writes the call as a Segment client sends it.
func (c call) MarshalJSON() ([]byte, error) {
	m := map[string]any{"messageId": c.id, "timestamp": c.at.UTC().Format(time.RFC3339Nano)}
	put := func(key, value string) {
		if value != "" {
			m[key] = value
		}
	}
	put("userId", c.user)
	put("anonymousId", c.anonymous)
	about := map[string]any{}
	if c.zone != "" {
		about["timezone"] = c.zone
	}
	if c.source != "" {
		about["campaign"] = map[string]any{"source": c.source}
	}
	if len(about) > 0 {
		m["context"] = about
	}
	switch c.deed.event {
	case "":
		m["type"], m["traits"] = "identify", c.traits
	case pageViewed:
		m["type"], m["name"], m["properties"] = "page", c.deed.properties["title"], c.deed.properties
	default:
		m["type"], m["event"], m["properties"] = "track", c.deed.event, c.deed.properties
	}
	return json.Marshal(m)
}

// batch is the body of a batch request.
func batch(calls []call, sent time.Time) ([]byte, error) {
	body, err := json.Marshal(map[string]any{"batch": calls, "sentAt": sent.UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return nil, fmt.Errorf("demo: a batch of %d calls: %w", len(calls), err)
	}
	return body, nil
}
