package demo

import (
	"cmp"
	"context"
	"strconv"
	"time"
)

// visit is somebody on the site, deed by deed.
type visit struct {
	user, anonymous string
	source, zone    string
	deeds           []deed
	form            int      // before which deed they fill in a form; -1: never
	who             prospect // whose form
	slow, fast      float64  // seconds between deeds
	to              *floor   // whose board they are on their way to
}

// name tells visitors apart.
func (v *visit) name() string { return cmp.Or(v.user, v.anonymous) }

// begin puts a visit on the agenda.
func (t *traffic) begin(v *visit, now time.Time) {
	t.visitors++
	if v.to != nil {
		v.to.coming++
	}
	t.visiting[v.name()] = true
	t.goOn(v, 0, now.Add(t.seconds(0.5, v.slow)))
}

// goOn does a visit's deed at a moment, then the next.
func (t *traffic) goOn(v *visit, i int, at time.Time) {
	t.add(at, func(context.Context) error {
		if i == len(v.deeds) {
			t.visitors--
			if v.to != nil {
				v.to.coming--
			}
			delete(t.visiting, v.name())
			return nil
		}
		if i == v.form {
			t.say(call{at: at, user: v.who.user, anonymous: v.anonymous, traits: v.who.traits(), source: v.source, zone: v.zone})
		}
		c := call{at: at, user: v.user, anonymous: v.anonymous, deed: v.deeds[i], source: v.source, zone: v.zone}
		if i < v.form {
			c.user = ""
		}
		t.say(c)
		t.goOn(v, i+1, at.Add(t.seconds(v.fast, v.slow)))
		return nil
	})
}

// say makes a call that is sent with this beat.
func (t *traffic) say(c call) {
	t.made++
	c.id = "r" + t.run + strconv.FormatInt(int64(t.made), 36)
	t.unsent = append(t.unsent, c)
}

// stroll is somebody who comes to read.
func (t *traffic) stroll(now time.Time) {
	v := &visit{form: -1, fast: 8, slow: 40}
	for range 2 + t.rng.IntN(5) {
		v.deeds = append(v.deeds, read(t.rng))
	}
	known, ok := t.memory[0].someone(t.rng, t.rng.IntN(2) == 1, t.visiting)
	switch {
	case ok && t.rng.IntN(3) > 0:
		v.user = known.user
	default: // a browser that nobody has given a name to
		v.anonymous = "anon-" + t.run + strconv.Itoa(t.rng.IntN(onSite))
		v.source = pick(t.rng, sources)
		if t.visiting[v.anonymous] {
			return
		}
		for i, d := range v.deeds { // mails reach only people who are known
			if d.event != pageViewed {
				v.deeds[i] = pick(t.rng, pages)
			}
		}
	}
	t.begin(v, now)
}

// shopper is somebody on the way to the floor's board: a new person, or one who
// is known and not on a board.
func (f *floor) shopper(now time.Time) {
	t := f.traffic
	v := &visit{form: -1, fast: 3, slow: 11, to: f}
	to := choose(t.rng, []share[aim]{{toWarm, 58}, {toHot, 28}, {toFire, 14}})
	d := t.rng.IntN(100)
	lost, lostOK := t.memory[1].someone(t.rng, f.americas, t.visiting)
	known, knownOK := t.memory[0].someone(t.rng, f.americas, t.visiting)
	switch {
	case d < 10 && lostOK:
		v.user, v.deeds = lost.user, []deed{pick(t.rng, pages), pricing(), raise(t.rng)}
	case d < 40 && knownOK && f.back < backAgains || !t.newcomers.take(now):
		if !knownOK {
			return
		}
		v.user = known.user
		for known.score > to.high && to != toFire {
			to = map[aim]aim{toWarm: toHot, toHot: toFire}[to]
		}
		if v.deeds = climb(t.scorer, t.rng, known.score, to); d%4 == 0 {
			v.deeds = append(v.deeds, raise(t.rng))
		}
	default:
		t.people++
		who := someone(firstPerson+t.people, f.americas)
		v.user, v.anonymous, v.source, v.zone, v.who = who.user, who.anonymous, who.source, who.zone, who
		v.form = t.rng.IntN(3)
		if t.rng.IntN(5) == 0 {
			v.deeds = []deed{pick(t.rng, pages), page("/customers", "Customers"), pricing(), raise(t.rng)}
		} else {
			v.deeds = climb(t.scorer, t.rng, who.fit(t.scorer), to)
		}
	}
	t.begin(v, now)
}

// warmer is somebody on the board who does more: mostly reading, now and then
// what raises the tier.
func (f *floor) warmer(r row, now time.Time) {
	t := f.traffic
	d := []deed{pick(t.rng, []deed{webinar(pick(t.rng, webinars)), caseStudy(pick(t.rng, customers)), pick(t.rng, pages), read(t.rng)})}
	if bold := t.rng.IntN(100); bold < 18 || r.Tier != "warm" && bold < 40 {
		d = []deed{pick(t.rng, intents(t.rng))}
	}
	t.begin(&visit{user: r.UserID, form: -1, deeds: d, fast: 3, slow: 12}, now)
}

// leaver is somebody who has waited for too long: late and lukewarm, they go
// cold, and off the board.
func (f *floor) leaver(r row, now time.Time) {
	f.begin(&visit{user: r.UserID, form: -1, deeds: []deed{page("/careers", "Work with us"), did("Unsubscribed")}, fast: 3, slow: 12}, now)
}
