package main

import (
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
)

// stage is how well the server knows a lead.
type stage uint8

const (
	unheard   stage = iota
	anonymous       // looks at pages; has not said who it is
	nameless        // the next one after a few pages: it is about to say so
	known
)

// crowd is the leads that the traffic is about, by number. Safe for concurrent use.
type crowd struct {
	o  options
	mu sync.Mutex
	// stages of all leads, those who came during the run at the end.
	stages []stage
	views  []uint8 // pages that an anonymous one still looks at
}

func newCrowd(o options) *crowd {
	c := &crowd{o: o, stages: make([]stage, o.Leads), views: make([]uint8, o.Leads)}
	for i := range o.Known {
		c.stages[i] = known
	}
	return c
}

// another adds a lead that nobody has heard of.
func (c *crowd) another() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stages, c.views = append(c.stages, unheard), append(c.views, 0)
	return len(c.stages) - 1
}

// anybody is a lead by Zipf's law: the share of the n first of N is (n/N)^(1-skew).
func (c *crowd) anybody(rng *rand.Rand) int {
	u := rng.Float64()
	if c.o.Skew > 0 {
		u = math.Pow(u, 1/(1-c.o.Skew))
	}
	return min(int(u*float64(c.o.Leads)), c.o.Leads-1)
}

// meet tells how a message of a lead is to be: from nobody known yet, or with
// the words that make it known (names), or from one that is.
func (c *crowd) meet(lead int, rng *rand.Rand) (as stage, names bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.stages[lead] {
	case unheard:
		if rng.Float64()*100 < c.o.Anonymous {
			c.stages[lead], c.views[lead] = anonymous, uint8(1+rng.IntN(4))
			return anonymous, false
		}
		c.stages[lead] = known
		return known, true
	case anonymous:
		if c.views[lead]--; c.views[lead] == 0 {
			c.stages[lead] = nameless
		}
		return anonymous, false
	case nameless:
		c.stages[lead] = known
		return nameless, true
	default:
		return known, false
	}
}

// introduce takes note that a lead says who it is, whatever it was.
func (c *crowd) introduce(lead int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stages[lead] = known
}

// ref is how the API finds a lead.
func (c *crowd) ref(lead int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.stages[lead]; s == anonymous || s == nameless {
		return "anonymous:" + string(c.anonymousID(nil, lead))
	}
	return "user:" + string(c.userID(nil, lead))
}

// userID appends a lead's user id. Those who came during the run are of this run.
func (c *crowd) userID(b []byte, lead int) []byte {
	b = append(b, c.o.Prefix...)
	b = append(b, '-')
	if lead >= c.o.Leads {
		b = append(append(b, c.o.run...), '-')
	}
	return strconv.AppendInt(b, int64(lead), 10)
}

func (c *crowd) anonymousID(b []byte, lead int) []byte {
	return c.userID(append(b, "anon-"...), lead)
}
