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
	first                       int64 // quarter of places[0]
	places                      []place
	used                        []int64 // of all clocks in the period, sort by sort
	handOffs                    HandOffs
	unclaimed                   int
	clocks                      []tally
	today, week                 []Kept
	weeks                       []Week
	responses                   [][]int64
	hours                       [][weekHours]Hour
	teams, reps, tiers, sources map[string]*part
}

// place is where a moment lies in the zone.
type place struct {
	known       bool
	day, monday int // days since 1970: what is of one day is told by its date, whenever that begins
	week        int // index of the trend; -1: outside
	hour        int // of the week, Monday 0:00 is 0
}

const weekHours = 7 * 24

// part is what differs in one thing from the rest.
type part struct {
	handOffs, waiting int
	clocks            []tally
}

// tally counts one kind of clock.
type tally struct {
	kept                 Kept
	waits, met, missed   seconds // of steps that were made; met and missed only for bins
	closed               seconds
	verified, selfReport Kept
}

// seconds are business seconds, some for each sort: what all tallies count stands in
// one place, and they only say where.
type seconds [][]int64

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

func newCounting(q Query, facts []lead.Facts) *counting {
	all := 0
	for i := range facts {
		all += len(facts[i].Each)
	}
	c := &counting{q: q, from: q.From.Unix(), to: q.To.Unix(), clocks: tallies(), hours: make([][weekHours]Hour, len(Kinds)), today: keptByKind(), week: keptByKind(),
		teams: map[string]*part{}, reps: map[string]*part{}, tiers: map[string]*part{}, sources: map[string]*part{}, used: make([]int64, 0, all)}
	c.first = q.Since().Unix() / quarter
	c.places = make([]place, max(0, q.To.Unix()/quarter-c.first+1))
	for monday, last := q.Since(), Monday(q.end(), q.Zone); !monday.After(last); monday = lead.DaysOn(monday, 7, q.Zone) {
		c.weeks, c.responses = append(c.weeks, Week{Monday: monday, Kept: keptByKind()}), append(c.responses, nil)
	}
	c.now = c.place(q.Now.Unix())
	return c
}

// quarter is the grain of time zones: no offset and no change of one is finer.
const quarter = 15 * 60

func (c *counting) place(asked int64) place {
	at := asked/quarter - c.first
	if at < 0 || at >= int64(len(c.places)) {
		return c.placeOf(asked)
	}
	if !c.places[at].known {
		c.places[at] = c.placeOf(asked)
	}
	return c.places[at]
}

func (c *counting) placeOf(asked int64) place {
	t := time.Unix(asked, 0).In(c.q.Zone)
	weekday := (int(t.Weekday()) + 6) % 7
	p := place{known: true, day: dayOf(t), week: -1, hour: weekday*24 + t.Hour()}
	p.monday = p.day - weekday
	if at := (p.monday - dayOf(c.weeks[0].Monday)) / 7; p.monday >= dayOf(c.weeks[0].Monday) && at < len(c.weeks) {
		p.week = at
	}
	return p
}

// HourSpans is when an hour of the week is within a period's weeks; never nil. Where the
// clocks of the zone change it is as long as it is told by them: twice, half or not at all.
func (q Query) HourSpans(h Hour) [][2]time.Time {
	spans := [][2]time.Time{}
	for monday := Monday(q.From, q.Zone); monday.Before(q.To); monday = lead.DaysOn(monday, 7, q.Zone) {
		ends := lead.DaysOn(monday, h.Day+1, q.Zone)
		for at := lead.DaysOn(monday, h.Day, q.Zone); at.Before(ends); {
			next := at.Add(quarter * time.Second)
			last := len(spans) - 1
			switch {
			case at.Hour() != h.Hour:
			case last >= 0 && spans[last][1].Equal(at):
				spans[last][1] = next
			default:
				spans = append(spans, [2]time.Time{at, next})
			}
			at = next
		}
	}
	return spans
}

// dayOf counts days since 1970, as t's zone has them.
func dayOf(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600))
}

// take counts the clocks of one sort.
func (c *counting) take(f *lead.Facts) {
	k := kindIndex(f.Kind)
	if k < 0 {
		return
	}
	first := len(c.used)
	for _, s := range f.Each {
		at := c.place(s.Asked)
		if at.day == c.now.day {
			c.today[k].add(f, 1)
		}
		if at.monday == c.now.monday {
			c.week[k].add(f, 1)
		}
		if at.week >= 0 && s.Asked < c.to {
			c.trend(k, f, s, at)
		}
		if s.Asked >= c.from && s.Asked < c.to {
			c.used = append(c.used, s.Used)
		}
	}
	used := c.used[first:]
	n := len(used)
	if n == 0 {
		return
	}
	c.clocks[k].add(f, used)
	for _, p := range []*part{c.of(c.teams, f.TeamID), c.of(c.reps, f.Rep), c.of(c.tiers, f.Tier), c.of(c.sources, f.Source)} {
		p.clocks[k].add(f, used)
		if f.Kind == sla.Response {
			p.handOffs += n
			if f.Running {
				p.waiting += n
			}
		}
	}
	c.handOffsOf(f, n)
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
	w.Kept[k].add(f, 1)
	if f.Kind == sla.Response {
		w.HandOffs++
		if counts(f) && !f.Closed && f.Done {
			c.responses[at.week] = append(c.responses[at.week], s.Used)
		}
	}
	if !counts(f) {
		return
	}
	if h := &c.hours[k][at.hour]; f.Result == sla.Met {
		h.Met++
	} else {
		h.Missed++
	}
}

// handOffsOf counts what the response clocks of hand-offs tell of them, and claims
// that nobody made.
func (c *counting) handOffsOf(f *lead.Facts, count int) {
	if f.Kind == sla.Claim && f.Result == sla.Missed && !f.Done {
		c.unclaimed += count
	}
	if f.Kind != sla.Response {
		return
	}
	n := &c.handOffs
	n.All += count
	if f.Counted {
		n.MQLs += count
	}
	if f.Closed {
		n.Closed += count
	}
	switch {
	case f.Running:
		n.Waiting += count
	case f.Result == sla.Unrecorded:
		n.Unrecorded += count
	case f.Done:
		n.Called += count
	default:
		n.Ended += count
	}
}

// add counts n clocks of a sort.
func (k *Kept) add(f *lead.Facts, n int) {
	switch f.Result {
	case sla.Unrecorded:
		k.Unrecorded += n
	case sla.Cancelled:
		k.Cancelled += n
	case sla.Met:
		if f.Closed {
			k.ClosedMet += n
		} else {
			k.Met += n
		}
	case sla.Missed:
		if f.Closed {
			k.ClosedMissed += n
		} else {
			k.Missed += n
		}
	default:
		if f.Closed {
			k.ClosedOpen += n
		} else {
			k.Open += n
		}
	}
}

// add counts clocks of a sort by the seconds that they used.
func (t *tally) add(f *lead.Facts, used []int64) {
	t.kept.add(f, len(used))
	if !counts(f) || !f.Done {
		return
	}
	if f.Verified {
		t.verified.add(f, len(used))
	} else {
		t.selfReport.add(f, len(used))
	}
	if f.Closed {
		t.closed = append(t.closed, used)
		return
	}
	t.waits = append(t.waits, used)
	if f.Result == sla.Met {
		t.met = append(t.met, used)
	} else {
		t.missed = append(t.missed, used)
	}
}

// counts tells whether a sort of clocks was met or missed.
func counts(f *lead.Facts) bool { return f.Result == sla.Met || f.Result == sla.Missed }
