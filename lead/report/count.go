package report

import (
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// counting is a report while its facts are read.
type counting struct {
	q                           Query
	now                         place // of q.Now
	from, to                    int64
	places                      map[int64]place
	handOffs                    HandOffs
	unclaimed                   int
	clocks                      []tally
	today, week                 []Kept
	weeks                       []Week
	responses                   [][]int64
	hours                       []map[int]Hour
	teams, reps, tiers, sources map[string]*part
}

// place is where a moment lies in the zone.
type place struct {
	day, monday int64 // Unix seconds
	week        int   // index of the trend; -1: outside
	hour        int   // of the week, Monday 0:00 is 0
}

// part is what differs in one thing from the rest.
type part struct {
	handOffs, waiting int
	clocks            []tally
}

// tally counts one kind of clock.
type tally struct {
	kept                 Kept
	waits, met, missed   []int64 // business seconds of steps that were made; met and missed only for bins
	closed               []int64
	verified, selfReport Kept
}

func tallies() []tally {
	t := make([]tally, len(Kinds))
	for i, k := range Kinds {
		t[i].kept.Kind, t[i].verified.Kind, t[i].selfReport.Kind = k, k, k
	}
	return t
}

func keptByKind() []Kept {
	kept := make([]Kept, len(Kinds))
	for i, k := range Kinds {
		kept[i].Kind = k
	}
	return kept
}

func newCounting(q Query) *counting {
	c := &counting{q: q, from: q.From.Unix(), to: q.To.Unix(), places: map[int64]place{}, clocks: tallies(), today: keptByKind(), week: keptByKind(),
		teams: map[string]*part{}, reps: map[string]*part{}, tiers: map[string]*part{}, sources: map[string]*part{}}
	for range Kinds {
		c.hours = append(c.hours, map[int]Hour{})
	}
	for monday, last := q.Since(), Monday(q.end(), q.Zone); !monday.After(last); monday = monday.AddDate(0, 0, 7) {
		c.weeks, c.responses = append(c.weeks, Week{Monday: monday, Kept: keptByKind()}), append(c.responses, nil)
	}
	c.now = c.place(q.Now.Unix())
	return c
}

// quarter is the grain of time zones: no offset and no change of one is finer.
const quarter = 15 * 60

func (c *counting) place(asked int64) place {
	if p, known := c.places[asked/quarter]; known {
		return p
	}
	t := time.Unix(asked, 0).In(c.q.Zone)
	monday := Monday(t, c.q.Zone)
	p := place{day: Day(t, c.q.Zone).Unix(), monday: monday.Unix(), week: -1, hour: (int(t.Weekday())+6)%7*24 + t.Hour()}
	for i, w := range c.weeks {
		if w.Monday.Equal(monday) {
			p.week = i
		}
	}
	c.places[asked/quarter] = p
	return p
}

// take counts the clocks of one sort.
func (c *counting) take(f *lead.Facts) {
	k := kindIndex(f.Kind)
	if k < 0 {
		return
	}
	var parts [4]*part
	for _, s := range f.Each {
		at := c.place(s.Asked)
		if at.day == c.now.day {
			c.today[k].add(f)
		}
		if at.monday == c.now.monday {
			c.week[k].add(f)
		}
		if at.week >= 0 {
			c.trend(k, f, s, at)
		}
		if s.Asked < c.from || s.Asked >= c.to {
			continue
		}
		if parts[0] == nil {
			parts = [4]*part{c.of(c.teams, f.TeamID), c.of(c.reps, f.Rep), c.of(c.tiers, f.Tier), c.of(c.sources, f.Source)}
		}
		c.clocks[k].add(f, s)
		for _, p := range parts {
			p.clocks[k].add(f, s)
			if f.Kind == sla.Response {
				p.handOffs++
				if f.Running {
					p.waiting++
				}
			}
		}
		c.handOff(f)
	}
}

func (c *counting) of(parts map[string]*part, key string) *part {
	p := parts[key]
	if p == nil {
		p = &part{clocks: tallies()}
		parts[key] = p
	}
	return p
}

func kindIndex(kind sla.Kind) int {
	for i, k := range Kinds {
		if k == kind {
			return i
		}
	}
	return -1
}

// trend counts a clock in its week and in its hour of the week.
func (c *counting) trend(k int, f *lead.Facts, s lead.Stretch, at place) {
	w := &c.weeks[at.week]
	w.Kept[k].add(f)
	if f.Kind == sla.Response {
		w.HandOffs++
		if counts(f) && !f.Closed && f.Done {
			c.responses[at.week] = append(c.responses[at.week], s.Used)
		}
	}
	if !counts(f) {
		return
	}
	h := c.hours[k][at.hour]
	h.Day, h.Hour = at.hour/24, at.hour%24
	if f.Result == sla.Met {
		h.Met++
	} else {
		h.Missed++
	}
	c.hours[k][at.hour] = h
}

// handOff counts what the response clock of a hand-off tells of it, and a claim
// that nobody made.
func (c *counting) handOff(f *lead.Facts) {
	if f.Kind == sla.Claim && f.Result == sla.Missed && !f.Done {
		c.unclaimed++
	}
	if f.Kind != sla.Response {
		return
	}
	n := &c.handOffs
	n.All++
	if f.Counted {
		n.MQLs++
	}
	if f.Closed {
		n.Closed++
	}
	switch {
	case f.Running:
		n.Waiting++
	case f.Result == sla.Unrecorded:
		n.Unrecorded++
	case f.Done:
		n.Called++
	default:
		n.Ended++
	}
}

// add counts a clock of a sort.
func (k *Kept) add(f *lead.Facts) {
	switch f.Result {
	case sla.Unrecorded:
		k.Unrecorded++
	case sla.Cancelled:
		k.Cancelled++
	case sla.Met:
		if f.Closed {
			k.ClosedMet++
		} else {
			k.Met++
		}
	case sla.Missed:
		if f.Closed {
			k.ClosedMissed++
		} else {
			k.Missed++
		}
	default:
		if f.Closed {
			k.ClosedOpen++
		} else {
			k.Open++
		}
	}
}

func (t *tally) add(f *lead.Facts, s lead.Stretch) {
	t.kept.add(f)
	if !counts(f) || !f.Done {
		return
	}
	if f.Verified {
		t.verified.add(f)
	} else {
		t.selfReport.add(f)
	}
	if f.Closed {
		t.closed = append(t.closed, s.Used)
		return
	}
	t.waits = append(t.waits, s.Used)
	if f.Result == sla.Met {
		t.met = append(t.met, s.Used)
	} else {
		t.missed = append(t.missed, s.Used)
	}
}

// counts tells whether a sort of clocks was met or missed.
func counts(f *lead.Facts) bool { return f.Result == sla.Met || f.Result == sla.Missed }
