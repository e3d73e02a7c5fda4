package main

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// request is one call to the intake, as it stands on the wire but for its head.
type request struct {
	path       string
	body       []byte
	first      int64 // sequence number of its first message
	n          int   // messages
	activities int   // of them: what is not an identify
}

// writer makes one client's requests. It keeps nothing of them but their ledger's lines.
type writer struct {
	crowd  *crowd
	deeds  deeds
	ledger *ledger
	rng    *rand.Rand
	lines  []line
	body   []byte
}

// message is what one message is to say.
type message struct {
	lead  int
	as    stage // known: by user id; anonymous: by anonymous id; nameless: by both
	names bool  // an identify with who it is
	trait bool  // an identify with a changed trait
	deed  deed
}

// next makes a request of n messages that are sent at a moment.
func (w *writer) next(n int, now time.Time) request {
	msgs := make([]message, n)
	for i := range msgs {
		msgs[i] = w.choose()
	}
	return w.request(msgs, now)
}

// request writes messages down: in the ledger first, which numbers them, then as JSON.
func (w *writer) request(msgs []message, now time.Time) request {
	r := request{n: len(msgs)}
	w.lines = w.lines[:0]
	for _, m := range msgs {
		identify := m.names || m.trait
		if !identify {
			r.activities++
		}
		w.lines = append(w.lines, line{lead: uint32(m.lead), identify: identify})
	}
	r.first = w.ledger.open(w.lines)
	b := w.body[:0]
	if r.n == 1 {
		r.path = "/v1/" + msgs[0].kind()
		b = w.message(b, msgs[0], r.first, now)
	} else {
		r.path = "/v1/batch"
		b = append(b, `{"batch":[`...)
		for i, m := range msgs {
			if i > 0 {
				b = append(b, ',')
			}
			b = w.message(b, m, r.first+int64(i), now)
		}
		b = append(b, `],"sentAt":"`...)
		b = now.AppendFormat(b, stamp)
		b = append(b, `"}`...)
	}
	w.body, r.body = b, b
	return r
}

// choose is what the next message says, and of whom.
func (w *writer) choose() message {
	o, rng := w.crowd.o, w.rng
	if rng.Float64()*100 < o.New {
		lead := w.crowd.another()
		as, names := w.crowd.meet(lead, rng)
		return message{lead: lead, as: as, names: names, deed: pick(rng, w.deeds.reading)}
	}
	lead, from := w.crowd.anybody(rng), w.deeds.reading
	if o.Buyers > 0 && rng.Float64()*100 < o.Buying {
		lead, from = rng.IntN(o.Buyers), w.deeds.buying
	}
	as, names := w.crowd.meet(lead, rng)
	return message{lead: lead, as: as, names: names, trait: as == known && rng.Float64()*100 < o.Traits, deed: pick(rng, from)}
}

func pick[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

func (m message) kind() string {
	switch {
	case m.names || m.trait:
		return "identify"
	case m.deed.page:
		return "page"
	}
	return "track"
}

// stamp is a moment as Segment's clients write it.
const stamp = "2006-01-02T15:04:05.000Z"

func (w *writer) message(b []byte, m message, seq int64, now time.Time) []byte {
	kind := m.kind()
	b = append(b, `{"type":"`...)
	b = append(b, kind...)
	b = append(b, `","messageId":"`...)
	b = w.ledger.id(b, seq)
	if m.as != anonymous {
		b = append(b, `","userId":"`...)
		b = w.crowd.userID(b, m.lead)
	}
	if m.as != known {
		b = append(b, `","anonymousId":"`...)
		b = w.crowd.anonymousID(b, m.lead)
	}
	switch kind {
	case "identify":
		b = append(b, `","traits":`...)
		b = w.traits(b, m, seq)
	case "track":
		b = append(append(b, `","event":`...), m.deed.name...)
		b = append(append(b, `,"properties":`...), m.deed.properties...)
	default:
		b = append(append(b, `","properties":`...), m.deed.properties...)
	}
	b = append(b, `,"context":{"library":{"name":"analytics-node","version":"2.2.1"}},"timestamp":"`...)
	b = now.AppendFormat(b, stamp)
	return append(b, `"}`...)
}

var (
	titles    = []string{"VP Operations", "Director Finance", "Engineer", "Analyst", "Buyer", "Head of IT"}
	countries = []string{"Germany", "France", "Spain", "United Kingdom", "Poland"}
)

// traits are who a lead is, always the same, and what changes about it.
func (w *writer) traits(b []byte, m message, seq int64) []byte {
	n := int64(m.lead)
	if !m.names {
		b = append(b, `{"visits":`...)
		b = strconv.AppendInt(b, seq, 10)
		return append(b, '}')
	}
	b = append(b, `{"email":"`...)
	b = w.crowd.userID(b, m.lead)
	b = append(b, `@buyer`...)
	b = strconv.AppendInt(b, n/7, 10)
	b = append(b, `.example","name":"Lead `...)
	b = w.crowd.userID(b, m.lead)
	b = append(b, `","company":"Buyer `...)
	b = strconv.AppendInt(b, n/7, 10)
	b = append(b, `","title":"`...)
	b = append(b, titles[n%int64(len(titles))]...)
	b = append(b, `","country":"`...)
	b = append(b, countries[n%int64(len(countries))]...)
	b = append(b, `","employees":`...)
	b = strconv.AppendInt(b, 5+n*37%2000, 10)
	return append(b, '}')
}
