package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/sla"
	"hotleads/views"
)

// Bounds of what the manager's page shows and moves at once.
const (
	heldShown = 500
	movedMost = 500
	openShown = 50
)

func (s *server) holdingsPage(c echo.Context) error {
	return s.showHoldings(c, http.StatusOK, func(*views.HoldingsModel) {})
}

// showHoldings draws the page, with what differs by how it came to it.
func (s *server) showHoldings(c echo.Context, status int, change func(*views.HoldingsModel)) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m, err := s.holdingsModel(ctx, sc, viewer(c).TeamsSeen())
	if err != nil {
		return err
	}
	change(&m)
	p, err := s.livePage(c, "team", "Team")
	if err != nil {
		return err
	}
	return s.render(c, status, views.HoldingsPage(p, m))
}

// holdingsModel is who holds what in some teams (nil: in all).
func (s *server) holdingsModel(ctx context.Context, sc scene, teams []string) (views.HoldingsModel, error) {
	m := views.HoldingsModel{LiveURL: "/live/team"}
	ids := make([]string, 0, len(sc.book.Users))
	for id := range sc.book.Users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	held, err := s.Store.HeldCounts(ctx, ids, teams)
	if err != nil {
		return m, err
	}
	kinds, leave := map[string][]lead.HeldCount{}, []string(nil)
	for _, h := range held {
		kinds[h.OwnerID] = append(kinds[h.OwnerID], h)
		if sc.leftBehind(h.OwnerID, h.TeamID, h.Stage) && !slices.Contains(leave, h.OwnerID) {
			leave = append(leave, h.OwnerID)
		}
	}
	holds, err := s.Store.Holds(ctx, ids, leave, teams, heldShown)
	if err != nil {
		return m, err
	}
	var shown []string
	byOwner := map[string][]lead.Holds{}
	for _, h := range holds {
		shown = append(shown, h.LeadID)
		byOwner[h.OwnerID] = append(byOwner[h.OwnerID], h)
	}
	cards, err := s.Store.Cards(ctx, shown)
	if err != nil {
		return m, err
	}
	for _, id := range ids {
		u := sc.book.Users[id]
		theirs := u.Active() && (teams == nil || slices.ContainsFunc(u.Teams, func(t string) bool { return slices.Contains(teams, t) }))
		works := theirs && u.Role == lead.Rep
		if works || len(kinds[id]) > 0 || theirs && len(u.TimesAway(sc.now)) > 0 {
			m.People = append(m.People, sc.holdingPerson(u, kinds[id], byOwner[id], cards, theirs))
		}
		if left := sc.teamLeft(u, kinds[id], byOwner[id], cards); left.All > 0 {
			m.Left = append(m.Left, left)
		}
	}
	slices.SortFunc(m.People, func(a, b views.HoldingPerson) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	running, _, err := s.runningClocks(ctx, sc, lead.RunningSearch{Teams: teams})
	if err != nil {
		return m, err
	}
	m.Overdue = slices.DeleteFunc(running, func(r views.SLARow) bool { return r.Clock.State != string(sla.Breached) })
	if m.AllOverdue = len(m.Overdue); m.AllOverdue == clocksShown {
		if m.AllOverdue, err = s.Store.Overdue(ctx, teams, sc.now); err != nil {
			return m, err
		}
	}
	m.Open, err = s.openLeads(ctx, sc, lead.User{Role: lead.Manager, Teams: teams}, lead.Search{Circle: lead.OfManager, Seen: teams, Limit: openShown})
	m.Sentence, m.Aside = m.Holding()
	return m, err
}

// leftBehind tells whether an accepted lead is with somebody who is not there
// for it: away, disabled, or no longer a rep of its team.
func (sc scene) leftBehind(owner, team string, stage lead.Stage) bool {
	return stage != lead.Claimed && !sc.book.Users[owner].Tends(team, sc.now)
}

// absence says why somebody is not there; "" where they are.
func (sc scene) absence(u lead.User) string {
	switch {
	case !u.Active():
		return "disabled"
	case !u.There(sc.now):
		return "away until " + u.BackAt(sc.now).In(sc.homeZone(u.ID)).Format("Mon 2 Jan 2006")
	}
	return ""
}

func (sc scene) teamLead(card lead.Card) views.HeldLead {
	l := sc.rules.Explain(card.Lead, card.Clocks, sc.now)
	return views.HeldLead{ID: l.ID, Name: l.DisplayName(), Company: l.Company, Stage: string(l.Stage), Clock: sc.stepOf(l)}
}

// holdingPerson is a person with what they hold: what waits for them by its clock,
// the rest as numbers. Theirs says that they are of the viewer's teams.
func (sc scene) holdingPerson(u lead.User, kinds []lead.HeldCount, holds []lead.Holds, cards map[string]lead.Card, theirs bool) views.HoldingPerson {
	m := views.HoldingPerson{ID: u.ID, Name: u.Name, State: sc.absence(u)}
	if theirs {
		m.Away = sc.awayModel(u, "/team/away")
		m.Away.Person = u.ID
		m.MayGo, m.MayReturn = m.Away.MayGo, !m.Away.MayGo && !m.Away.None()
	}
	if len(sc.book.Teams) > 1 {
		var names []string
		for _, id := range u.Teams {
			if t := sc.book.Team(id); t != nil {
				names = append(names, t.Name)
			}
		}
		m.Teams = strings.Join(names, ", ")
	}
	for _, k := range kinds {
		switch {
		case k.Stage == lead.SQL:
			m.Opportunities += k.N
		case k.Stage == lead.Claimed:
			m.Claimed += k.N
		case k.Touched:
			m.InContact += k.N
		default:
			m.Accepted += k.N
		}
	}
	for _, h := range holds {
		waits := h.Stage == lead.Claimed || h.Stage == lead.SAL && !h.Touched
		if card, ok := cards[h.LeadID]; ok && waits {
			m.Leads = append(m.Leads, sc.teamLead(card))
		}
	}
	slices.SortStableFunc(m.Leads, func(a, b views.HeldLead) int { return a.Clock.Due.Compare(b.Clock.Due) })
	return m
}

// teamLeft is what somebody left behind, and who may take it.
func (sc scene) teamLeft(u lead.User, kinds []lead.HeldCount, holds []lead.Holds, cards map[string]lead.Card) views.LeftBehind {
	m := views.LeftBehind{ID: u.ID, Name: u.Name, Why: cmp.Or(sc.absence(u), "no longer a rep of their team")}
	var teams []string
	for _, k := range kinds {
		if sc.leftBehind(u.ID, k.TeamID, k.Stage) {
			m.All += k.N
			teams = append(teams, k.TeamID)
		}
	}
	for _, h := range holds {
		if card, ok := cards[h.LeadID]; ok && sc.leftBehind(h.OwnerID, h.TeamID, h.Stage) {
			m.Leads = append(m.Leads, sc.teamLead(card))
		}
	}
	for id, to := range sc.book.Users {
		if id != u.ID && to.There(sc.now) && slices.ContainsFunc(teams, to.MayHold) {
			m.To = append(m.To, views.Person{ID: id, Name: to.Name})
		}
	}
	sortPeople(m.To)
	return m
}

func (s *server) holdingsStream(c echo.Context) error {
	teams := viewer(c).TeamsSeen()
	return s.stream(c, live.View{
		Topic: "team|" + teamsTopic(teams), Frames: partFrames{},
		Concerns: newsOf(teams),
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			m, err := s.holdingsModel(ctx, sc, teams)
			if err != nil {
				return live.Page{}, err
			}
			part := func(target string, of any) live.Part {
				return live.Part{Target: target, Rev: revOf(of), HTML: func() ([]byte, error) { return views.HoldingsPart(context.Background(), m, target) }}
			}
			return live.Page{Parts: []live.Part{
				part("#team-sentence", m.Sentence+m.Aside), part("#team-left", m.Left), part("#team-open", m.Open), part("#team-overdue", fmt.Sprint(m.AllOverdue, m.Overdue)), part("#team-people", m.People),
			}}, nil
		},
	})
}

// teamAway begins or ends a rep's being away, on their manager's behalf.
func (s *server) teamAway(c echo.Context) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	f := readAway(c)
	if u, ok := sc.book.Users[f.Person]; !ok || !viewer(c).Manages(u) {
		return s.showHoldings(c, http.StatusUnprocessableEntity, func(m *views.HoldingsModel) {
			m.Report = &views.GivenReport{Error: "Choose a rep of your team."}
		})
	}
	err = s.setAway(c, sc, f.Person, f)
	var refused *lead.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, "/team")
	case errors.As(err, &refused):
		status, _ := statusOf(err)
		return s.showHoldings(c, status, func(m *views.HoldingsModel) {
			for i := range m.People {
				if p := &m.People[i]; p.ID == f.Person {
					p.Open = true
					f.typed(&p.Away, refused)
				}
			}
		})
	}
	return err
}

// teamMove gives leads to a rep, and tells what was refused and why.
func (s *server) teamMove(c echo.Context) error {
	ctx, me := c.Request().Context(), *viewer(c)
	refuse := func(status int, text string) error {
		return s.showHoldings(c, status, func(m *views.HoldingsModel) { m.Report = &views.GivenReport{Error: text} })
	}
	ids := c.Request().PostForm["lead"]
	if len(ids) == 0 {
		return refuse(http.StatusUnprocessableEntity, "Choose at least one lead.")
	}
	if len(ids) > movedMost {
		return refuse(http.StatusUnprocessableEntity, fmt.Sprintf("At most %d leads are given at once.", movedMost))
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return err
	}
	maps.DeleteFunc(cards, func(_ string, card lead.Card) bool { return !me.Sees(card.Lead.TeamID) })
	if len(cards) == 0 {
		return refuse(http.StatusNotFound, "None of these leads was found.")
	}
	to, err := s.Store.User(ctx, plain(c.FormValue("to")))
	if errors.Is(err, lead.ErrNotFound) || err == nil && !me.Manages(to) {
		return refuse(http.StatusUnprocessableEntity, "Choose a rep of your team to give them to.")
	}
	if err != nil {
		return err
	}
	given, err := s.Desk.GiveAll(ctx, ids, to, lead.Person(me, "page"), s.Now())
	report, status := &views.GivenReport{To: to.Name}, http.StatusOK
	for _, g := range given {
		if g.Err == nil {
			report.Given++
			continue
		}
		refused, text := statusOf(g.Err)
		if status == http.StatusOK || goesFirst(refused, status) {
			status = refused
		}
		report.Refused = append(report.Refused, views.GivenRefused{Name: g.Name, Why: sentence(text)})
	}
	if err != nil {
		if report.Given == 0 {
			return err
		}
		report.Refused = append(report.Refused, views.GivenRefused{Name: "The rest", Why: "was not tried: the database does not answer. Try again in a moment."})
	}
	if report.Given > 0 {
		status = http.StatusOK
	}
	return s.showHoldings(c, status, func(m *views.HoldingsModel) { m.Report = report })
}
