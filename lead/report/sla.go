// Package report makes the figures of reports: rows in, figures out. It reads
// nothing, knows no screen and no database; every figure can be recomputed from
// the leads' history.
//
// A clock belongs to the period in which it was asked for: the 42 that were
// handed over this week, and what became of these. It is met or missed; one that
// runs beyond its due moment is missed already, one that runs and is not due is
// neither yet. Unrecorded clocks (the step was made outside the board) and
// cancelled ones (it was no longer asked for) are neither for good. What came
// while the team was closed is told apart.
//
//	figures, err := report.Read(q, func(from, to time.Time) ([]lead.Facts, error) {
//		return store.Facts(ctx, lead.FactsQuery{From: from, To: to, Now: q.Now})
//	})
package report

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// Kinds are the clocks in the order in which they are told.
var Kinds = []sla.Kind{sla.Claim, sla.Decision, sla.Touch, sla.Response}

// WeeksBack is how many ISO weeks the trend has, the one of the period's end
// included.
const WeeksBack = 8

// Query is a period and what the clocks are narrowed by; "" doesn't narrow.
type Query struct {
	From, To                time.Time // asked for from From to before To
	Now                     time.Time
	Zone                    *time.Location // of days, weeks and hours
	Team, Rep, Tier, Source string
}

// Since is the beginning of what the report looks at: the period, and the weeks
// of the trend.
func (q Query) Since() time.Time {
	since := lead.DaysOn(Monday(q.end(), q.Zone), -7*(WeeksBack-1), q.Zone)
	if q.From.Before(since) {
		return Monday(q.From, q.Zone)
	}
	return since
}

// spans are the stretches of time of whose clocks the report tells: the period with
// the weeks of the trend, and the week of Now, by itself where it lies apart.
func (q Query) spans() [][2]time.Time {
	period := [2]time.Time{q.Since(), q.To}
	monday := Monday(q.Now, q.Zone)
	week := [2]time.Time{monday, lead.DaysOn(monday, 7, q.Zone)}
	if period[1].Before(week[0]) || week[1].Before(period[0]) {
		return [][2]time.Time{period, week}
	}
	if week[0].Before(period[0]) {
		period[0] = week[0]
	}
	if week[1].After(period[1]) {
		period[1] = week[1]
	}
	return [][2]time.Time{period}
}

// end is the last moment of which the trend tells.
func (q Query) end() time.Time {
	if q.To.After(q.Now) && q.Now.After(q.From) {
		return q.Now
	}
	return q.To.Add(-time.Second)
}

// Monday is the beginning of the ISO week of a moment in a zone.
func Monday(t time.Time, zone *time.Location) time.Time {
	return lead.DaysOn(t, -(int(t.In(zone).Weekday())+6)%7, zone)
}

// SLA is how the promises of a period were kept.
type SLA struct {
	Query
	HandOffs HandOffs
	Clocks   []Clock // of the period, by Kinds
	Today    []Kept  // of the day of Now, by Kinds, whatever the period
	Week     []Kept  // of the ISO week of Now
	Weeks    []Week  // oldest first
	// The same clocks by what they differ in, the largest share first.
	Teams, Reps, Tiers, Sources []Share
	// Unclaimed are claims of the period that were missed and that nobody took:
	// seen by all, claimed by none.
	Unclaimed int
}

// HandOffs counts leads that were handed over, each time one was.
type HandOffs struct {
	All        int
	MQLs       int // those that count for the promise: a lead counts once in so many days
	Called     int // touched since
	Waiting    int // not touched, and the hand-off goes on
	Ended      int // without a touch: returned, gone cold, disqualified
	Unrecorded int // went on in the CRM
	Closed     int // came while the team was closed
}

// Kept is how a kind of promise was kept. After-hours arrivals are in none of it
// but in Closed.
type Kept struct {
	Kind         sla.Kind
	Met, Missed  int
	Open         int // run, and are not due
	Unrecorded   int
	Cancelled    int
	ClosedMet    int // asked for while the team was closed
	ClosedMissed int
	ClosedOpen   int
}

// Share is the part that was met of what was met or missed, 0 to 1; false where
// nothing was.
func (k Kept) Share() (float64, bool) {
	if k.Met+k.Missed == 0 {
		return 0, false
	}
	return float64(k.Met) / float64(k.Met+k.Missed), true
}

// Waits are how long steps took that were made, in business time. The median and
// the 90th percentile are the shortest waits that at least 50 and 90 % of them
// were not over.
type Waits struct {
	Done        int
	Median, P90 time.Duration
}

// Clock is how a kind of promise was kept in the period.
type Clock struct {
	Kept
	Waits
	Closed       Waits // of after-hours arrivals
	Bins         []Bin
	Verified     Kept // ended by another system or a program
	SelfReported Kept
	Hours        []Hour // over the weeks of the trend
}

// Bin counts the steps that took From to under To business time; the last one has
// no end, and To is 0.
type Bin struct {
	From, To    time.Duration
	Met, Missed int
}

// Hour counts clocks that were asked for in an hour of the week, after-hours
// arrivals included. Day 0 is Monday.
type Hour struct {
	Day, Hour   int
	Met, Missed int
}

// Week is an ISO week of the trend.
type Week struct {
	Monday   time.Time
	HandOffs int
	Kept     []Kept
	Response Waits
}

// Share is a part of the clocks.
type Share struct {
	Key      string // id or name of the part; "": nobody, or not known
	HandOffs int
	Waiting  int
	Clocks   []ShareClock
}

// ShareClock is how a kind of promise was kept in a part.
type ShareClock struct {
	Kept
	Waits
}

// Read makes the figures from the facts that read gives of the clocks which were
// asked for from a moment on, and before another.
func Read(q Query, read func(from, to time.Time) ([]lead.Facts, error)) (SLA, error) {
	var facts []lead.Facts
	for _, span := range q.spans() {
		some, err := read(span[0], span[1])
		if err != nil {
			return SLA{}, err
		}
		facts = append(facts, some...)
	}
	return SLAOf(q, facts), nil
}

// SLAOf makes the figures from the facts of clocks, as far as they are given.
func SLAOf(q Query, facts []lead.Facts) SLA {
	r := SLA{Query: q}
	c := newCounting(q, facts)
	for i := range facts {
		if f := &facts[i]; q.takes(f) {
			c.take(f)
		}
	}
	r.HandOffs, r.Unclaimed = c.handOffs, c.unclaimed
	var beside sync.WaitGroup // to find medians takes as long as to count
	for to, parts := range map[*[]Share]map[string]*part{&r.Teams: c.teams, &r.Reps: c.reps, &r.Tiers: c.tiers, &r.Sources: c.sources} {
		beside.Go(func() { *to = shares(parts) })
	}
	var room room
	for k := range Kinds {
		r.Clocks = append(r.Clocks, c.clocks[k].clock(&c.hours[k], &room))
		r.Today, r.Week = append(r.Today, c.today[k]), append(r.Week, c.week[k])
	}
	for i := range c.weeks {
		w := &c.weeks[i]
		w.Response = waits(c.responses[i])
		r.Weeks = append(r.Weeks, *w)
	}
	beside.Wait()
	return r
}

func (q Query) takes(f *lead.Facts) bool {
	narrows := func(want, is string) bool { return want == "" || want == is }
	return narrows(q.Team, f.TeamID) && (narrows(q.Rep, f.Rep) || q.Rep == lead.Nobody && f.Rep == "") && narrows(q.Tier, f.Tier) && narrows(q.Source, f.Source)
}

func shares(parts map[string]*part) []Share {
	var room room
	all := make([]Share, 0, len(parts))
	for key, p := range parts {
		s := Share{Key: key, HandOffs: p.handOffs, Waiting: p.waiting}
		for k := range p.clocks {
			s.Clocks = append(s.Clocks, ShareClock{p.clocks[k].kept, room.waits(p.clocks[k].waits)})
		}
		all = append(all, s)
	}
	weight := func(s Share) int {
		n := 0
		for _, c := range s.Clocks {
			n += c.Met + c.Missed + c.Open
		}
		return n
	}
	slices.SortFunc(all, func(a, b Share) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// hoursOf are the hours of a week in which anything was asked for, in order.
func hoursOf(counts *[weekHours]Hour) []Hour {
	out := []Hour{}
	for at, h := range counts {
		if h.Met+h.Missed > 0 {
			out = append(out, Hour{Day: at / 24, Hour: at % 24, Met: h.Met, Missed: h.Missed})
		}
	}
	return out
}
