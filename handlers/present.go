package handlers

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/views"
)

// scene is what turning leads into what is shown needs.
type scene struct {
	rules *lead.Rules
	book  *lead.Book
	now   time.Time
	hours func(c lead.Clock) *sla.Calendar // of the past, by which a clock ran; nil where they are not known
}

func (s *server) scene(ctx context.Context) (scene, error) {
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return scene{}, err
	}
	book, err := s.Store.Book(ctx)
	return scene{rules, book, s.Now(), func(c lead.Clock) *sla.Calendar { return s.hoursOf(ctx, c) }}, err
}

// stepClock is the clock that a stage waits for.
var stepClock = map[lead.Stage]sla.Kind{lead.MQL: sla.Claim, lead.Claimed: sla.Decision, lead.SAL: sla.Touch}

func (sc scene) person(id string) views.Person {
	if id == "" {
		return views.Person{}
	}
	return views.Person{ID: id, Name: sc.book.Name(id)}
}

// sortPeople brings people into the order of their names, and always the same of those
// who are called alike.
func sortPeople(people []views.Person) {
	slices.SortFunc(people, func(a, b views.Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
}

func (sc scene) zone(team string) *time.Location { return zone(sc.rules, sc.book.Team(team)) }

func (sc scene) clock(c lead.Clock, team string) views.Clock {
	return views.Clock{Kind: string(c.Kind), State: string(c.State(sc.now)), Due: c.DueAt.In(sc.zone(team)), Target: c.Target}
}

// shown is a lead as boards and its own page show it, and what answers a click there:
// with its score at the boards' moment, however it was found.
func (sc scene) shown(l lead.Scored) lead.Scored {
	return sc.rules.Explain(l.Lead, l.Clocks, sc.rules.Moment(sc.now))
}

// shownSignals is how many reasons stand on a row.
const shownSignals = 3

// row is a lead as boards show it. It rounds what is shown, so that equal rows
// are equal bytes.
func (sc scene) row(l lead.Scored) views.RowModel {
	m := views.RowModel{
		ID: l.ID, Name: l.DisplayName(), Company: l.Company, Title: l.Title, Score: tenth(l.Score.Total), Tier: string(l.Tier), Stage: string(l.Stage),
		Version: l.Version, Owner: sc.person(l.OwnerID), Phone: l.Phone, Email: l.Email, Zone: leadZone(l.Lead), Place: place(l.Lead), Badges: sc.badges(l),
	}
	m.Delta, m.Burst = heat(l)
	if circle, _ := l.Claimable(); circle != lead.OfTeam {
		m.Open = l.TeamID
	}
	for _, g := range onRow(l.Signals) {
		m.Signals = append(m.Signals, views.Signal{Text: g.Text(), Points: math.Round(g.Points), Count: g.Count})
	}
	for _, c := range l.Clocks {
		if c.Kind == stepClock[l.Stage] && c.Running() {
			m.Clock = sc.clock(c, l.TeamID)
		}
	}
	return m
}

// onRow are the reasons that stand on a row. What the fit limit cuts off is a
// line of the receipt, and no reason.
func onRow(signals []scoring.Signal) []scoring.Signal {
	reasons := slices.DeleteFunc(slices.Clone(signals), func(g scoring.Signal) bool { return g.Rule == scoring.FitLimitRule })
	return reasons[:min(shownSignals, len(reasons))]
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 }

// revOf names everything that a drawing's bytes depend on: its model, written
// out, so that neither where a pointer points nor the order of a map counts.
func revOf(model any) string {
	b, err := json.Marshal(model)
	if err != nil { // never equal: it is drawn anew each time
		return "unnamed " + strconv.FormatInt(time.Now().UnixNano(), 36)
	}
	h := fnv.New128a()
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// heat is by how many points a lead rose within half an hour, as far as its
// signals tell, and how many signals fired within ten minutes.
func heat(l lead.Scored) (rose, burst int) {
	sum := 0.0
	for _, g := range l.Signals {
		if g.Fit || g.Count == 0 {
			continue
		}
		switch ago := l.At.Sub(g.LastAt); {
		case ago < 10*time.Minute:
			burst++
			fallthrough
		case ago < 30*time.Minute:
			sum += g.Points / float64(g.Count)
		}
	}
	return int(math.Round(sum)), burst
}

func (sc scene) badges(l lead.Scored) []views.Badge {
	var b []views.Badge
	if !l.HandRaisedAt.IsZero() && l.Stage != lead.Nurture && !tellsHand(l.Signals) {
		b = append(b, views.Badge{Kind: "hand", Text: "asked for sales"})
	}
	if l.BackAgain() {
		reason, ok := sc.rules.Reason(l.ReturnReason)
		if !ok {
			reason.Label = l.ReturnReason
		}
		b = append(b, views.Badge{Kind: "back", Text: fmt.Sprintf("back again · “%s”, %s", reason.Label, l.ReturnedAt.In(sc.zone(l.TeamID)).Format("2 Jan"))})
	}
	for _, c := range l.Clocks {
		if c.Kind == sla.Claim && c.Running() && !c.WaitingSince.IsZero() && l.Stage == lead.MQL {
			b = append(b, views.Badge{Kind: "since", Text: "waiting since", At: c.WaitingSince.In(sc.zone(l.TeamID))})
		}
	}
	if circle, since := l.Claimable(); circle != lead.OfTeam {
		b = append(b, views.Badge{Kind: "open", Text: sc.circleWords(l, circle), At: since.In(sc.zone(l.TeamID))})
	}
	if l.Stage == lead.MQL && l.OfferedUntil.After(sc.now) {
		b = append(b, views.Badge{Kind: "note", Text: "offered to " + sc.book.Name(l.OfferedTo) + " until", At: l.OfferedUntil.In(sc.zone(l.TeamID))})
	}
	return b
}

// circleWords say who may claim a lead beside its team's reps.
func (sc scene) circleWords(l lead.Scored, circle lead.Circle) string {
	team := ""
	if t := sc.book.Team(l.TeamID); t != nil {
		team = t.Name
	}
	return views.ClaimableWords(string(circle), team)
}

// tellsHand: the reasons on the row say already that they asked for sales.
func tellsHand(signals []scoring.Signal) bool {
	return slices.ContainsFunc(onRow(signals), func(g scoring.Signal) bool { return g.HandRaise })
}

// reasons are the return reasons with a proposed callback day.
func (sc scene) reasons(team string) []views.Reason {
	out := make([]views.Reason, 0, len(sc.rules.ReturnReasons))
	for _, r := range sc.rules.ReturnReasons {
		v := views.Reason{Key: r.Key, Label: r.Label, NeedsDate: r.NeedsDate}
		if r.NeedsDate {
			day := sc.now.In(sc.zone(team)).AddDate(0, 0, 30)
			if open, err := sc.rules.CalendarOf(sc.book.Team(team)).NextOpening(day); err == nil {
				day = open.In(sc.zone(team))
			}
			v.Date = day.Format(time.DateOnly)
		}
		out = append(out, v)
	}
	return out
}

func (sc scene) receipt(l lead.Scored) views.ReceiptModel {
	m := views.ReceiptModel{Score: l.Score.Total, Threshold: sc.rules.Scoring.Threshold}
	for _, g := range l.Signals {
		if g.Rule == scoring.FitLimitRule {
			m.Limit = g.Points
			continue
		}
		mark := ""
		switch {
		case g.HandRaise:
			mark = "hand-raise"
		case g.Intent:
			mark = "intent"
		case g.Fit:
			mark = "fit"
		}
		m.Lines = append(m.Lines, views.ReceiptLine{Label: g.Label, Detail: g.Detail, Count: g.Count, Last: g.LastAt, Points: g.Points, Mark: mark})
	}
	return m
}

func (sc scene) contact(l lead.Scored) views.ContactModel {
	m := views.ContactModel{Phone: l.Phone, Email: l.Email, Zone: leadZone(l.Lead), Place: place(l.Lead)}
	if m.Zone != "" {
		if loc, err := time.LoadLocation(m.Zone); err == nil {
			m.Local = sc.now.In(loc).Format("15:04")
		}
	}
	return m
}

func place(l lead.Lead) string {
	for _, name := range []string{"city", "City"} {
		if s, ok := l.Traits[name].(string); ok && !lead.Blank(s) {
			return s
		}
	}
	if a, ok := l.Traits["address"].(map[string]any); ok {
		if s, ok := a["city"].(string); ok && !lead.Blank(s) {
			return s
		}
	}
	return l.Country
}
