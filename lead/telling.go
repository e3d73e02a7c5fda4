package lead

import (
	"context"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// How much people are told.
const (
	// LoudAnHour is how often somebody is told of something within an hour. What is
	// more is kept, and told as one digest when the hour has passed.
	LoudAnHour = 10
	// oneByOne is how much that comes together is told one by one, and not as a digest.
	oneByOne = 3
	// NotedAnHour bounds the notices that somebody gets within an hour, told or not:
	// of a flood beyond it the board tells.
	NotedAnHour = 60
	// oldNews is told to nobody: an occasion that nobody took for so long.
	oldNews = 24 * time.Hour
	// waitedFor is how long something waits to be told, where that is worth a word.
	waitedFor = time.Minute
)

// UnreadFor is how long after it was told something counts as unread.
const UnreadFor = 24 * time.Hour

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
	// Note keeps alerts with ids made here; one that a person has stays as it is.
	Note(ctx context.Context, alerts []Alert) error
	// Due are all alerts that people are to hear by now, of at most n people.
	Due(ctx context.Context, now time.Time, n int) ([]Alert, error)
	// Tellings are the moments since then at which people were told something:
	// alerts that were loud each, a digest once.
	Tellings(ctx context.Context, users []string, since time.Time) (map[string][]time.Time, error)
	// Heard keeps of alerts when they are to be heard, and when and how they were.
	Heard(ctx context.Context, alerts []Alert) error
}

// Tell lets people hear of what happened, of at most n occasions and n people
// whose turn has come. Any number of instances may: each happening becomes one
// notice of a person, and nobody is told more than [LoudAnHour]. It returns
// whether there may be more.
func (d *Desk) Tell(ctx context.Context, now time.Time, n int) (more bool, err error) {
	if some, err := d.store.Untold(ctx, now); err != nil || !some {
		return false, err
	}
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return false, err
	}
	var told []string
	err = d.store.Tell(ctx, func(t Teller) error {
		took, err := sc.note(ctx, t, n)
		if err != nil {
			return err
		}
		heard, people, err := sc.hear(ctx, t, n)
		told, more = heard, took == n || people == n
		return err
	})
	if err == nil {
		d.ringFor(ctx, told)
	}
	return more, err
}

// ReadAlerts notes that a person has seen their notices, up to one.
func (d *Desk) ReadAlerts(ctx context.Context, user string, upTo AlertPoint, now time.Time) error {
	if err := d.store.ReadAlerts(ctx, user, upTo, now); err != nil {
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

// note makes occasions notices of those whom they concern. It returns how many
// occasions there were.
func (sc Scene) note(ctx context.Context, t Teller, n int) (int, error) {
	occasions, err := t.Occasions(ctx, n)
	if err != nil || len(occasions) == 0 {
		return 0, err
	}
	leads, ids := map[string]bool{}, map[string]bool{}
	for _, o := range occasions {
		leads[o.LeadID], ids[o.ClockID] = true, true
	}
	cards, err := t.Cards(ctx, slices.Sorted(maps.Keys(leads)))
	if err != nil {
		return 0, err
	}
	clocks, err := t.Clocks(ctx, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return 0, err
	}
	var alerts []Alert
	people := map[string]bool{}
	for _, o := range occasions {
		card, there := cards[o.LeadID]
		c, known := clocks[o.ClockID]
		if !there || !known || sc.Now.Sub(o.NotedAt) > oldNews {
			continue
		}
		for _, u := range sc.hearers(o, &card.Lead, &c) {
			people[u.ID] = true
			alerts = append(alerts, Alert{UserID: u.ID, Occasion: o, HearAt: sc.hearAt(u, sc.first(u, &card.Lead, o.What))})
		}
	}
	noted, err := t.Noted(ctx, slices.Sorted(maps.Keys(people)), sc.Now.Add(-time.Hour))
	if err != nil {
		return 0, err
	}
	alerts = slices.DeleteFunc(alerts, func(a Alert) bool {
		noted[a.UserID]++
		return noted[a.UserID] > NotedAnHour
	})
	return len(occasions), t.Note(ctx, alerts)
}

// hear tells people what they are to hear by now. It returns whom something was
// told, and how many people had their turn.
func (sc Scene) hear(ctx context.Context, t Teller, n int) (told []string, people int, err error) {
	due, err := t.Due(ctx, sc.Now, n)
	if err != nil || len(due) == 0 {
		return nil, 0, err
	}
	byUser, ids := map[string][]Alert{}, map[string]bool{}
	for _, a := range due {
		byUser[a.UserID] = append(byUser[a.UserID], a)
		ids[a.ClockID] = true
	}
	users := slices.Sorted(maps.Keys(byUser))
	clocks, err := t.Clocks(ctx, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return nil, 0, err
	}
	recent, err := t.Tellings(ctx, users, sc.Now.Add(-time.Hour))
	if err != nil {
		return nil, 0, err
	}
	var all []Alert
	for _, id := range users {
		mine := byUser[id]
		if sc.turn(sc.Book.Users[id], mine, clocks, recent[id]) {
			told = append(told, id)
		}
		all = append(all, mine...)
	}
	return told, len(users), t.Heard(ctx, all)
}

// turn decides how a person hears of what is due, and tells whether they hear of
// anything now. recent are the moments within the last hour at which they were
// told something.
func (sc Scene) turn(u User, due []Alert, clocks map[string]Clock, recent []time.Time) bool {
	var now []*Alert
	waited := false
	for i := range due {
		a := &due[i]
		c, known := clocks[a.ClockID]
		at := sc.hearAt(u, sc.Now)
		switch {
		case !known || !u.Active() || !c.Running() && !c.StoppedAt.Add(UndoFor).After(sc.Now):
			a.How, a.HeardAt = Over, sc.Now
		case !c.Running(): // what stopped it may be undone
			a.HearAt = c.StoppedAt.Add(UndoFor)
		case at.After(sc.Now):
			a.HearAt = at
		default:
			now = append(now, a)
			waited = waited || a.Waited(sc.Now)
		}
	}
	left := LoudAnHour - len(recent)
	if len(now) > 0 && left <= 0 {
		again := slices.MinFunc(recent, time.Time.Compare).Add(time.Hour)
		for _, a := range now {
			a.HearAt = again
		}
		return false
	}
	how := Loud
	if len(now) > min(oneByOne, left) || waited && len(now) > 1 {
		how = Digest
	}
	for _, a := range now {
		a.How, a.HeardAt = how, sc.Now
	}
	return len(now) > 0
}

// Waited tells whether the alert was kept for a while before it was told at a
// moment: the person was away or closed, or had been told enough.
func (a Alert) Waited(told time.Time) bool { return told.Sub(a.NotedAt) > waitedFor }

// inTurns is at most [mostHearers] of some people, always the same ones for one
// lead and others for the next.
func inTurns(people []User, lead string) []User {
	slices.SortFunc(people, func(a, b User) int { return strings.Compare(a.ID, b.ID) })
	if len(people) <= mostHearers {
		return people
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, lead) // a hash takes everything
	i := int(h.Sum32()>>1) % len(people)
	return slices.Concat(people[i:], people[:i])[:mostHearers]
}
