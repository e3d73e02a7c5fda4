package storetest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// stories are random lives of leads with all that moves a clock: who does what, what
// leads do, and what is agreed meanwhile.
type stories struct {
	*world
	random     *rand.Rand
	desk       *lead.Desk
	emea, apac lead.Team
	reps       map[string][]lead.User // by team
	boss       lead.User
	regimes    []regime
	ids        map[int]string
	heats      map[int][]heat
	messages   int
	happened   map[string]int
}

func newStories(w *world) *stories {
	st := &stories{world: w, random: rand.New(rand.NewPCG(6, 4)), emea: w.team("EMEA"), apac: w.team("APAC"), ids: map[int]string{}, heats: map[int][]heat{}, happened: map[string]int{}}
	st.desk, _ = w.desk()
	a := must(lead.DefaultAgreement("Europe/Berlin"))(w)
	a.Criteria.RequiredTraits = nil // visitors qualify, too
	a.SLA.ReleaseOnBreach = true
	a.SLA.Escalation = &sla.Escalation{ManagerShare: .2, EveryShare: .4}
	must(w.s.Activate(w.ctx, lead.Operator, a, now))(w)
	st.regimes = []regime{{from: now, a: a, own: map[string]*sla.Calendar{}}}
	st.reps = map[string][]lead.User{st.emea.ID: {w.rep("rosa", st.emea), w.rep("sam", st.emea)}, st.apac.ID: {w.rep("aki", st.apac)}}
	st.boss = must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "boss@acme.example", Name: "Boss", Role: lead.Manager}, now))(w)
	st.works(now, st.apac, `{"time_zone":"Asia/Tokyo","hours":{"mon":[["09:00","18:00"]],"tue":[["09:00","18:00"]],"wed":[["09:00","18:00"]],"thu":[["09:00","18:00"]],"fri":[["09:00","18:00"]]}}`)
	return st
}

// from is another regime from a moment on, to which all clocks are brought.
func (st *stories) from(at time.Time, r regime) {
	st.Helper()
	must(st.desk.Sweep(st.ctx, at, 100))(st.world)
	r.from = at.Add(time.Second)
	if r.own == nil {
		must(st.s.Activate(st.ctx, lead.Operator, r.a, at))(st.world)
		r.own = st.regimes[len(st.regimes)-1].own
	}
	for must(st.desk.Recompute(st.ctx, r.from, 100))(st.world) > 0 {
		st.happened["clocks that follow another agreement or calendar"]++
	}
	st.regimes = append(st.regimes, r)
}

// works gives a team hours of its own.
func (st *stories) works(at time.Time, t lead.Team, hours string) {
	st.Helper()
	r := st.regimes[len(st.regimes)-1]
	r.own = maps.Clone(r.own)
	r.own[t.ID] = must(sla.ParseCalendar([]byte(hours)))(st.world)
	st.ok(st.s.ChangeTeam(st.ctx, lead.Operator, t.ID, lead.TeamPlan{Name: t.Name, Calendar: r.own[t.ID], MaxClaimed: t.MaxClaimed, MaxUntouched: t.MaxUntouched}, at))
	st.from(at, r)
}

// agrees on other promises.
func (st *stories) agrees(at time.Time, change func(*lead.Agreement)) {
	st.Helper()
	r := regime{a: st.regimes[len(st.regimes)-1].a}
	r.a.SLA.Targets = maps.Clone(r.a.SLA.Targets)
	for tier, minutes := range r.a.SLA.Targets {
		r.a.SLA.Targets[tier] = maps.Clone(minutes)
	}
	change(&r.a)
	st.from(at, r)
}

// tell lets everything happen, in order of time, and returns when that is over.
func (st *stories) tell() time.Time {
	st.Helper()
	const leads = 48
	type act struct {
		at time.Time
		f  func(time.Time)
	}
	var acts []act
	for i := range leads { // each comes at a random moment of three weeks and lives through some acts
		at := now.Add(time.Duration(st.random.IntN(21*24*3600)) * time.Second)
		for range 1 + st.random.IntN(8) {
			acts = append(acts, act{at, func(at time.Time) { st.next(i, at) }})
			pause := 3000.
			if st.random.IntN(6) == 0 {
				pause *= 30 // a clock runs out, a lead cools
			}
			at = at.Add(time.Duration(st.random.ExpFloat64()*pause) * time.Second)
		}
	}
	day := func(n, hour int) time.Time {
		return now.Truncate(24*time.Hour).AddDate(0, 0, n).Add(time.Duration(hour) * time.Hour)
	}
	acts = append(acts,
		act{day(4, 11), func(at time.Time) {
			st.agrees(at, func(a *lead.Agreement) { a.SLA.Targets["hot"][sla.Claim], a.SLA.Targets["fire"][sla.Decision] = 20, 30 })
		}},
		act{day(8, 13), func(at time.Time) {
			st.works(at, st.emea, `{"time_zone":"Europe/Berlin","hours":{"mon":[["08:00","12:00"],["13:00","20:00"]],"tue":[["08:00","20:00"]],"wed":[["08:00","20:00"]],"thu":[["08:00","20:00"]],"fri":[["08:00","14:00"]],"sat":[["10:00","12:00"]]}}`)
		}},
		act{day(11, 5), func(at time.Time) { st.works(at, st.apac, `{"time_zone":"Asia/Tokyo"}`) }},
		act{day(15, 14), func(at time.Time) {
			st.agrees(at, func(a *lead.Agreement) { a.SLA.AfterHoursClaim, a.SLA.Targets["warm"][sla.Claim] = 90, 100 })
		}})
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	for _, x := range acts {
		must(st.desk.Sweep(st.ctx, x.at, 100))(st.world)
		x.f(x.at)
	}
	end := acts[len(acts)-1].at.Add(7 * time.Minute)
	must(st.desk.Sweep(st.ctx, end, 100))(st.world)
	return end
}

// next is the next thing that a lead does, or that is done to it.
func (st *stories) next(i int, at time.Time) {
	st.Helper()
	id, here := st.ids[i]
	switch {
	case !here && i%2 == 0:
		st.does(i, at, "Products Compared", "Products Compared", "Pricing Viewed", "Email Opened")
	case !here:
		st.does(i, at, "Demo Requested")
	case st.card(id).Lead.MergedInto != "":
	case st.card(id).Lead.Stage == lead.Nurture && st.random.IntN(2) == 0:
		st.does(i, at, "Demo Requested")
	case st.visits(i) && st.random.IntN(3) == 0:
		st.meets(i, at)
	case st.random.IntN(4) == 0:
		st.does(i, at, []string{"Trial Started", "Demo Requested", "Products Compared", "Chat Started"}[st.random.IntN(4)])
	default:
		st.moved(id, at)
	}
	if !here && i%4 == 0 {
		st.move(st.ids[i], at, lead.Person(st.boss, "page"), lead.Request{Move: lead.Reassign, ToTeam: &st.apac})
	}
}

// visits tells whether a lead is somebody whom nobody knows at first.
func (st *stories) visits(i int) bool { return i%6 == 5 && st.ids[i-1] != "" }

// does lets a lead do something, and notes how hot it is then.
func (st *stories) does(i int, at time.Time, events ...string) {
	st.Helper()
	who := fmt.Sprint("visitor", i)
	var msgs []lead.Message
	for _, e := range events {
		m := st.message(at)
		m.Type, m.Event, m.Source = lead.Track, e, fmt.Sprint("fair ", i%2)
		if i%6 == 5 {
			m.AnonymousID = who
		} else if m.UserID = who; st.ids[i] == "" {
			m.Traits = map[string]any{"email": who + "@buyer.example"}
			if i%3 == 0 {
				m.Traits["title"] = "CEO"
			}
		}
		msgs = append(msgs, m)
	}
	st.takes(i, at, msgs...)
}

// meets has a visitor give the name of a lead that is known.
func (st *stories) meets(i int, at time.Time) {
	st.Helper()
	m := st.message(at)
	m.Type, m.AnonymousID, m.UserID = lead.Identify, fmt.Sprint("visitor", i), fmt.Sprint("visitor", i-1)
	st.takes(i-1, at, m)
}

func (st *stories) message(at time.Time) lead.Message {
	st.messages++
	return lead.Message{ID: fmt.Sprint("message ", st.messages), OccurredAt: at, ReceivedAt: at}
}

func (st *stories) takes(i int, at time.Time, msgs ...lead.Message) {
	st.Helper()
	st.same("taken", make([]error, len(msgs)), must(st.desk.TakeAt(st.ctx, msgs, at))(st.world))
	if st.ids[i] == "" {
		who := lead.Identity{Kind: lead.ByUser, Value: fmt.Sprint("visitor", i)}
		if i%6 == 5 {
			who.Kind = lead.ByAnonymous
		}
		st.ids[i] = must(st.s.LeadID(st.ctx, who))(st.world)
	}
	l := st.card(st.ids[i]).Lead
	_, tier := l.ScoreAt(must(st.s.Rules(st.ctx))(st.world), at)
	st.heats[i] = append(st.heats[i], heat{at, tier})
}

// moved lets somebody do something to a lead, who may.
func (st *stories) moved(id string, at time.Time) {
	st.Helper()
	l := st.card(id).Lead
	mates := st.reps[l.TeamID]
	if l.Stage == lead.MQL && l.Circle == lead.OfEvery { // whose it is have left it
		mates = st.reps[map[bool]string{true: st.apac.ID, false: st.emea.ID}[l.TeamID == st.emea.ID]]
	}
	rep := mates[st.random.IntN(len(mates))]
	actor := lead.Person(rep, []string{"page", "api"}[st.random.IntN(2)])
	if l.OwnerID != "" {
		actor = lead.Person(must(st.s.User(st.ctx, l.OwnerID))(st.world), actor.Via)
	}
	call := lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}
	r := []lead.Request{{Move: lead.Claim}, {Move: lead.Claim}, {Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Accept}, call, call,
		{Move: lead.Release}, {Move: lead.Release}, {Move: lead.Return, Reason: "wrong_person"}, {Move: lead.UndoMove}, {Move: lead.Opportunity}, {Move: lead.Disqualify}, {Move: lead.Reassign, To: &rep}}[st.random.IntN(14)]
	if l.Stage == lead.Claimed && st.random.IntN(3) == 0 {
		r = lead.Request{Move: lead.Release}
	}
	switch {
	case r.Move == lead.Disqualify || r.Move == lead.Reassign:
		actor = lead.Person(st.boss, "page")
	case r.Move == lead.Opportunity && st.random.IntN(2) == 0:
		actor = lead.Actor{Kind: lead.ByKey, ID: "crm", Via: "api"}
	}
	if st.move(id, at, actor, r) && st.random.IntN(8) == 0 {
		st.move(id, at.Add(3*time.Second), actor, lead.Request{Move: lead.UndoMove})
	}
}

// move makes a move, if it may be made.
func (st *stories) move(id string, at time.Time, by lead.Actor, r lead.Request) bool {
	st.Helper()
	_, err := st.desk.Move(st.ctx, id, r, by, at)
	var refused *lead.Refusal
	if err != nil && !errors.As(err, &refused) {
		st.Fatal(err)
	}
	return err == nil
}

// count notes what happened to a lead.
func (st *stories) count(rows []lead.History) {
	qualified := 0
	for _, h := range rows {
		st.happened[string(h.Move)]++
		if h.Move == lead.Qualify {
			qualified++
		}
		if h.Move == lead.Claim && h.TeamAfter != h.TeamBefore {
			st.happened["claimed by another team"]++
		}
	}
	if qualified > 1 {
		st.happened["qualified again"]++
	}
}

// enough says what the stories never told of.
func (st *stories) enough(told []promise) {
	st.Helper()
	for _, p := range told {
		for _, m := range p.moved {
			if m.tier != "" && p.target < p.base(st.world, &st.regimes[0], p.first, p.closed) {
				st.happened["hotter, and due sooner"]++
			}
		}
	}
	for _, what := range []string{string(lead.Claim), string(lead.Accept), string(lead.Touch), string(lead.Release), string(lead.Return), string(lead.Expire), string(lead.Cool), string(lead.Merge), string(lead.Reassign),
		"claimed by another team", "qualified again", "hotter, and due sooner", "clocks that follow another agreement or calendar"} {
		if st.happened[what] == 0 {
			st.Errorf("the stories never tell of this: %s", what)
		}
	}
}
