package demo

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// prospect is a fictional person who may become a lead.
type prospect struct {
	user, name, email, phone    string
	company, title, industry    string
	country, city, zone, source string
	employees                   int
	americas                    bool
	anonymous                   string // the browser they came with
}

// someone is the n-th prospect of a region: the same n is the same person.
func someone(n int, americas bool) prospect {
	region := uint64(1)
	if americas {
		region = 2
	}
	rng := rand.New(rand.NewPCG(uint64(n), region))
	c := pickCountry(rng, americas)
	at := c.places[n%len(c.places)]
	s, t := rng.IntN(len(stems)), rng.IntN(len(trades))
	stem, trade := stems[s], trades[t]
	p := prospect{
		name: pick(rng, c.first) + " " + pick(rng, c.last), title: pickTitle(rng),
		company: stem + " " + trade.name + " " + c.legal, industry: trade.industry, employees: sizes[(7*s+3*t)%len(sizes)],
		country: c.name, city: at.city, zone: at.zone, phone: at.number(n / len(c.places)), source: pick(rng, sources), americas: americas,
	}
	return p.called(n, stem+"-"+trade.name)
}

// called gives a prospect the identities that follow from number and names.
func (p prospect) called(n int, domain string) prospect {
	id := "e"
	if p.americas {
		id = "a"
	}
	id += strconv.Itoa(n)
	p.user, p.anonymous = "u-"+id, "anon-"+id
	p.email = ascii(strings.ReplaceAll(p.name, " ", ".")) + "@" + ascii(domain) + ".example"
	return p
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func pickCountry(rng *rand.Rand, americas bool) country {
	total := 0
	for _, c := range countries {
		if c.americas == americas {
			total += c.share
		}
	}
	at := rng.IntN(total)
	for _, c := range countries {
		if c.americas != americas {
			continue
		}
		if at -= c.share; at < 0 {
			return c
		}
	}
	panic("demo: shares that do not add up")
}

func pickTitle(rng *rand.Rand) string {
	switch d := rng.IntN(100); {
	case d < 33:
		return pick(rng, topTitles)
	case d < 68:
		return pick(rng, midTitles)
	case d < 97:
		return pick(rng, lowTitles)
	default:
		return pick(rng, freeTitles)
	}
}

// traits are what a form tells of the prospect.
func (p prospect) traits() map[string]any {
	return map[string]any{
		"email": p.email, "phone": p.phone, "name": p.name, "company": p.company, "title": p.title, "industry": p.industry,
		"employees": p.employees, "country": p.country, "city": p.city, "timezone": p.zone,
	}
}

var folding = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "a", "é", "e", "è", "e", "ë", "e", "í", "i", "ç", "c", "ø", "o", "á", "a", "ô", "o")

// ascii is a name as it stands in an address.
func ascii(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, folding.Replace(strings.ToLower(name)))
}
