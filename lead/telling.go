package lead

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"hotleads/sla"
)

// How much people are told.
const (
	// LoudAnHour is how often somebody is told of something within an hour. What is
	// more is kept, and told as one digest when the hour has passed.
	LoudAnHour = 10
	// keptForUrgent is how many of these are kept for what is one's own, or on fire:
	// other broadcasts to whole teams leave them free.
	keptForUrgent = 3
	// oneByOne is how much that comes together is told one by one, and not as a digest.
	oneByOne = 3
	// notedAnHour bounds the notices that somebody gets within an hour, told or not,
	// and so the rows of a flood: what is beyond it no notice tells of, but the board.
	// It is far above what a morning brings, for what is more than can be told by itself
	// is told as a digest. What is one's own, or on fire, goes on.
	notedAnHour  = 300
	urgentAnHour = 2 * notedAnHour
	// oldNews is told to nobody: an occasion that nobody took for so long.
	oldNews = 24 * time.Hour
	// waitedFor is how long something waits to be told, where that is worth a word.
	waitedFor = time.Minute
	// mostAtOnce is about how many notices one transaction makes, or tells.
	mostAtOnce = 1000
	// mostSteps bounds the transactions in which one look tells people, so that new
	// occasions do not wait for all of a morning.
	mostSteps = 10
)

// UnreadFor is how long after it was told something counts as unread, if its clock runs
// for so long: it goes over a weekend with a holiday. Of one person no more are counted
// than MostUnread: beyond that it is "99+".
const (
	UnreadFor  = 96 * time.Hour
	MostUnread = 100
)

// AlertsFor is how long notices are kept.
const AlertsFor = 90 * 24 * time.Hour

// Teller is the store while people are told, one instance at a time.
type Teller interface {
	// Occasions takes at most n that nobody was told of, the oldest first.
	Occasions(ctx context.Context, n int) ([]Occasion, error)
	// Cards and Clocks read by id, clocks of hand-offs that are over included.
	Cards(ctx context.Context, ids []string) (map[string]Card, error)
	Clocks(ctx context.Context, ids []string) (map[string]Clock, error)
	// Noted is how many notices people got since a moment.
	Noted(ctx context.Context, users []string, since time.Time) (map[string]int, error)
	// Note keeps alerts with ids made here. One that a person has stays as it is, but
	// where it was over: then they are told after all. No two may be of the same.
	Note(ctx context.Context, alerts []Alert) error
	// Waiting are the people who are to hear something by now, the longest due first,
	// but for some: those whom the n alerts that are longest due are for.
	Waiting(ctx context.Context, now time.Time, n int, but []string) ([]Waiting, error)
	// Due are the alerts that people are to hear by now, at most n, in no order.
	Due(ctx context.Context, users []string, now time.Time, n int) ([]Alert, error)
	// Tellings are what people were told since a moment: alerts that were loud each,
	// a digest once.
	Tellings(ctx context.Context, users []string, since time.Time) (map[string][]Telling, error)
	// Heard keeps of alerts when they are to be heard, and when and how they were.
	Heard(ctx context.Context, alerts []Alert) error
}

// Waiting is somebody who is to hear of so many alerts.
type Waiting struct {
	UserID string
	Alerts int
}

// Telling is something that somebody was told: an alert, or a digest.
type Telling struct {
	At  time.Time
	How How
}

// Tell lets people hear of what happened: makes notices of at most n occasions, and
// tells those whose turn has come. Any number of instances may: each happening
// becomes one notice of a person, and nobody is told more than [LoudAnHour]. A person
// who cannot be told keeps nobody else waiting. It returns whether there may be more.
func (d *Desk) Tell(ctx context.Context, now time.Time, n int) (more bool, err error) {
	if some, err := d.store.Untold(ctx, now); err != nil || !some {
		return false, err
	}
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return false, err
	}
	n = min(n, sc.occasionsAtOnce())
	took, err := d.note(ctx, sc, n)
	if err != nil {
		return false, err
	}
	for range mostSteps {
		if more, err = d.hear(ctx, sc); err != nil || !more {
			break
		}
	}
	return more || took == n, err
}

// ReadAlerts notes that a person has seen their notices, up to one.
func (d *Desk) ReadAlerts(ctx context.Context, user string, upTo AlertPoint, now time.Time) error {
	if err := d.store.ReadAlerts(ctx, user, upTo, now); err != nil {
		return err
	}
	d.ringFor(ctx, []string{user})
	return nil
}

// ReadAlert notes that a person has seen one of their notices; ErrNotFound for what is
// none of theirs.
func (d *Desk) ReadAlert(ctx context.Context, user, id string, now time.Time) error {
	if err := d.store.ReadAlert(ctx, user, id, now); err != nil {
		return err
	}
	d.ringFor(ctx, []string{user})
	return nil
}

// ringFor has the pages of people show what is theirs. If it is not heard they do
// so a little later.
func (d *Desk) ringFor(ctx context.Context, people []string) {
	if len(people) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := d.bell.Ring(ctx, Notice{People: people}); err != nil {
		d.log.WarnContext(ctx, "notice not rung", slog.Any("error", err))
	}
}

// turn decides how a person hears of what is due, by the hours and offers of now, and
// tells whether they hear of anything now. told is what they were told within the last
// hour.
func (sc Scene) turn(u User, due []Alert, of matter, told []Telling) bool {
	urgent, teams := sc.ripe(u, due, of)
	recent := make([]time.Time, len(told))
	for i, t := range told {
		recent[i] = t.At
	}
	// A digest of this moment goes on: it was more than one transaction takes.
	goesOn := slices.ContainsFunc(told, func(t Telling) bool { return t.How == Digest && t.At.Equal(sc.Now) })
	waited := slices.ContainsFunc(slices.Concat(urgent, teams), func(a *Alert) bool { return a.Waited(sc.Now) })
	if !goesOn {
		urgent = roomFor(urgent, recent, LoudAnHour)
		teams = roomFor(teams, recent, LoudAnHour-keptForUrgent)
	}
	// If what is urgent is more than there is room for, all is one digest.
	many := goesOn || waited && len(urgent)+len(teams) > 1 || len(urgent) > min(oneByOne, LoudAnHour-len(recent))
	sc.say(urgent, many, oneByOne)
	sc.say(teams, many, max(1, min(oneByOne-len(urgent), LoudAnHour-keptForUrgent-len(recent))))
	return len(urgent)+len(teams) > 0
}

// ripe are the alerts that a person may hear of now, those that go before what whole
// teams are told apart. The others are over, or put off.
func (sc Scene) ripe(u User, due []Alert, of matter) (urgent, teams []*Alert) {
	hearAt := sc.hearing()
	for i := range due {
		a := &due[i]
		c, known := of.clocks[a.ClockID]
		card, there := of.cards[a.LeadID]
		over := a.Over(c, known)
		open := hearAt(u, sc.first(u, &card.Lead, a.Occasion, c))
		switch {
		case !u.Active() || !there || !u.SeesLead(&card.Lead) || over && !c.StoppedAt.Add(UndoFor).After(sc.Now):
			a.How, a.HeardAt = Over, sc.Now
		case over: // what stopped it may be undone
			a.HearAt = c.StoppedAt.Add(UndoFor)
		case open.After(sc.Now):
			a.HearAt = open
		case a.urgent(c):
			urgent = append(urgent, a)
		default:
			teams = append(teams, a)
		}
	}
	return urgent, teams
}

// say has alerts be heard now: by themselves, or as a digest where they are many or
// more than there are places for.
func (sc Scene) say(alerts []*Alert, many bool, places int) {
	how := Loud
	if many || len(alerts) > places {
		how = Digest
	}
	for _, a := range alerts {
		a.How, a.HeardAt = how, sc.Now
	}
}

// roomFor puts alerts off, if somebody was told something as often as they may within
// the hour. It returns those that they are told now.
func roomFor(alerts []*Alert, recent []time.Time, most int) []*Alert {
	if len(recent) < most {
		return alerts
	}
	again := slices.SortedFunc(slices.Values(recent), time.Time.Compare)[len(recent)-most].Add(time.Hour)
	for _, a := range alerts {
		a.HearAt = again
	}
	return nil
}

// own tells whether the occasion concerns whoever holds a lead, or is offered it, and
// those who answer for them, and not a whole team. c is its clock.
func (o Occasion) own(c Clock) bool {
	return c.Kind != sla.Claim || o.What == OfferedTo || o.What == ForManager
}

// urgent tells whether the occasion goes before what whole teams are told: it is one's
// own, but for a buyer's doing that no clock waits for, or on fire.
func (o Occasion) urgent(c Clock) bool { return o.own(c) && o.What != Interested || o.What == OnFire }

// Over tells whether nothing is left of the alert to be told: its clock (or, of what its
// lead asks, [Occasion.Asking]) has stopped, or is gone. What breached and was ended by the system alone, nobody has acted on: whoever
// answers for it is to hear of that.
func (a Alert) Over(c Clock, known bool) bool {
	unheeded := c.Stopped.Kind == BySystem && c.Stopped.Move != Merge && a.What == clockHappening(c.Kind, sla.Breached)
	return !known || !c.Running() && !unheeded
}

// Waited tells whether the alert was kept for a while before it was told at a
// moment: the person was away or closed, or had been told enough.
func (a Alert) Waited(told time.Time) bool { return told.Sub(a.NotedAt) > waitedFor }
