package handlers

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

const (
	noticesOnPage = 50
	newsMost      = 20 // of what a browser tells at once; the count goes on
	namesInDigest = 3
)

// owns are what people see of their own on whatever live page: what they were told
// and have not seen.
func (s *server) owns(ctx context.Context, users []string) (map[string]live.Own, error) {
	bells, leads, err := s.bells(ctx, users)
	if err != nil {
		return nil, err
	}
	out := make(map[string]live.Own, len(users))
	for _, id := range users {
		html, err := views.PartialBell(ctx, bells[id])
		if err != nil {
			return nil, err
		}
		out[id] = live.Own{Rev: revOf(bells[id]), HTML: html, Leads: leads[id]}
	}
	return out, nil
}

// bell is what one person was told and has not seen. Without it a page is still
// worth showing.
func (s *server) bell(ctx context.Context, user string) views.BellModel {
	bells, _, err := s.bells(ctx, []string{user})
	if err != nil {
		s.Log.WarnContext(ctx, "a page without its notices", slog.Any("error", err))
	}
	return bells[user]
}

// bells are what people were told and have not seen, and of which leads.
func (s *server) bells(ctx context.Context, users []string) (map[string]views.BellModel, map[string][]string, error) {
	sc, err := s.scene(ctx)
	if err != nil {
		return nil, nil, err
	}
	unread, err := s.Store.Unread(ctx, users, sc.now.Add(-lead.UnreadFor), lead.MostUnread)
	if err != nil {
		return nil, nil, err
	}
	tellings, about := map[string][][]lead.Alert{}, map[string][]string{}
	var named []lead.Alert
	for user, alerts := range unread {
		tellings[user] = tellingsOf(alerts)
		for _, t := range tellings[user] {
			named = append(named, t[:min(namesInDigest, len(t))]...)
		}
		for _, a := range alerts {
			about[user] = append(about[user], a.LeadID)
		}
	}
	cards, err := s.leadsOf(ctx, named)
	if err != nil {
		return nil, nil, err
	}
	bells := make(map[string]views.BellModel, len(users))
	for user, all := range tellings {
		m := views.BellModel{Unread: len(unread[user])}
		for _, t := range all {
			m.News = append(m.News, sc.news(sc.book.Users[user], t, cards))
		}
		bells[user] = m
	}
	return bells, about, nil
}

// tellingsOf are alerts, newest first, as they were told: each by itself, or those
// of a digest together. At most newsMost.
func tellingsOf(alerts []lead.Alert) (out [][]lead.Alert) {
	for len(alerts) > 0 && len(out) < newsMost {
		n := 1
		for alerts[0].How == lead.Digest && n < len(alerts) && alerts[n].How == lead.Digest && alerts[n].HeardAt.Equal(alerts[0].HeardAt) {
			n++
		}
		out, alerts = append(out, alerts[:n]), alerts[n:]
	}
	return out
}

func (s *server) leadsOf(ctx context.Context, alerts []lead.Alert) (map[string]lead.Card, error) {
	ids := map[string]bool{}
	for _, a := range alerts {
		ids[a.LeadID] = true
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Store.Cards(ctx, slices.Sorted(maps.Keys(ids)))
}

// news is one telling as a browser shows it: an alert, or several as a digest.
func (sc scene) news(u lead.User, alerts []lead.Alert, cards map[string]lead.Card) views.NewsModel {
	a := alerts[0]
	id, name, team := sc.nameFor(u, a, cards)
	if a.How == lead.Loud {
		m := views.NewsModel{Key: a.ID, LeadID: id, Title: name, Text: sc.happened(u, a, cards), URL: "/notices"}
		if id != "" {
			m.URL = "/leads/" + id
		}
		if t := sc.book.Team(team); t != nil {
			m.Text += " · " + t.Name
		}
		return m
	}
	var names []string
	for _, a := range alerts[:min(namesInDigest, len(alerts))] {
		_, name, _ := sc.nameFor(u, a, cards)
		names = append(names, name)
	}
	waited := slices.ContainsFunc(alerts, func(a lead.Alert) bool { return a.Waited(a.HeardAt) })
	m := views.NewsModel{Key: "digest " + strconv.FormatInt(a.HeardAt.UnixMilli(), 10), URL: "/notices"}
	m.Title, m.Text = views.DigestWords(len(alerts), len(alerts) >= lead.MostUnread, waited, names)
	return m
}

// nameFor is what somebody may know of the lead of a notice of theirs: its id and
// name, and its team. One that they see no longer has no name.
func (sc scene) nameFor(u lead.User, a lead.Alert, cards map[string]lead.Card) (id, name, team string) {
	card, there := cards[a.LeadID]
	if !there || !u.SeesLead(&card.Lead) {
		return "", views.ElsewhereLead, ""
	}
	return a.LeadID, card.Lead.DisplayName(), card.Lead.TeamID
}

// happened is what a notice says, in the words of who has to act or not.
func (sc scene) happened(u lead.User, a lead.Alert, cards map[string]lead.Card) string {
	text := views.Happened(string(a.What), cards[a.LeadID].Lead.OwnerID == u.ID)
	if text == "" { // of a newer version
		text = string(a.What)
	}
	return text
}

func (s *server) noticesPage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	after, err := readCursor[lead.AlertPoint](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m, err := s.noticesModel(ctx, sc, u, after)
	if err != nil {
		return err
	}
	m.When = sc.whenTold(u)
	p, err := s.livePage(c, "notices", "Notices")
	if err != nil {
		return err
	}
	p.Live = after == nil
	return s.render(c, http.StatusOK, views.NoticesPage(p, m))
}

// noticesModel is a page of somebody's notices after a point.
func (s *server) noticesModel(ctx context.Context, sc scene, u lead.User, after *lead.AlertPoint) (views.NoticesModel, error) {
	m := views.NoticesModel{}
	alerts, err := s.Store.Alerts(ctx, u.ID, after, noticesOnPage+1)
	if err != nil {
		return m, err
	}
	if after == nil {
		m.LiveURL = "/live/notices"
	} else {
		m.First, m.Cursor = "/notices", writeCursor(*after)
	}
	if len(alerts) > noticesOnPage {
		alerts = alerts[:noticesOnPage]
		last := alerts[noticesOnPage-1]
		m.Next = "/notices?cursor=" + writeCursor(lead.AlertPoint{At: last.NotedAt, ID: last.ID})
	}
	cards, err := s.leadsOf(ctx, alerts)
	if err != nil {
		return m, err
	}
	ids := make([]string, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ClockID
	}
	clocks, err := s.Store.Clocks(ctx, ids)
	if err != nil {
		return m, err
	}
	if err := s.asked(ctx, alerts, cards, clocks); err != nil {
		return m, err
	}
	for i, a := range alerts {
		if i == 0 {
			m.UpTo = writeCursor(lead.AlertPoint{At: a.NotedAt, ID: a.ID})
		}
		line := views.NoticeLine{ID: a.ID, At: a.At, Text: sc.happened(u, a, cards), Unread: !a.HeardAt.IsZero() && a.How != lead.Over && a.ReadAt.IsZero()}
		line.LeadID, line.Name, _ = sc.nameFor(u, a, cards)
		line.State, line.Done = sc.doneAbout(u, a, clocks)
		line.Unread = line.Unread && line.State == "open" && sc.now.Sub(a.HeardAt) < lead.UnreadFor
		switch {
		case a.HeardAt.IsZero() && line.State == "open":
			line.HearAt = a.HearAt
		case a.How == lead.Digest:
			line.How = views.ToldInDigest
		case a.How == lead.Over && line.State == "done":
			line.How = views.NeverTold
		}
		m.Unread = m.Unread || line.Unread
		m.Lines = append(m.Lines, line)
	}
	return m, nil
}

// asked adds to clocks what leads ask that alerts tell of, and who acted on it.
func (s *server) asked(ctx context.Context, alerts []lead.Alert, cards map[string]lead.Card, clocks map[string]lead.Clock) error {
	var leads []string
	var since time.Time
	for _, a := range alerts {
		if _, there := cards[a.LeadID]; there && a.Asks() {
			leads, since = append(leads, a.LeadID), a.At // the oldest comes last
		}
	}
	rows, err := s.Store.HistorySince(ctx, leads, since)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if card, there := cards[a.LeadID]; there && a.Asks() {
			clocks[a.ClockID] = a.Answered(&card.Lead, rows[a.LeadID])
		}
	}
	return nil
}

// doneAbout is what was done about a notice, as its clock's row tells, or the history of
// a lead that asked for something.
func (sc scene) doneAbout(u lead.User, a lead.Alert, clocks map[string]lead.Clock) (state, words string) {
	c, there := clocks[a.ClockID]
	switch {
	case !there:
		return "done", views.TakenBack
	case c.Running():
		return "open", views.StillOpen(string(c.Kind))
	case a.Asks() && c.Stopped == (lead.Stopped{}):
		return "done", views.AskedSince
	}
	words = c.DoneBy(sc.book)
	if c.Stopped.Kind == lead.ByPerson && c.Stopped.By == u.ID {
		words = strings.TrimSuffix(words, sc.book.Name(u.ID)) + views.You
	}
	return "done", words + " " + views.Later(c.StoppedAt.Sub(a.At))
}

// whenTold explains to somebody when they are told of what.
func (sc scene) whenTold(u lead.User) []string {
	w := views.WhenTold{Role: string(u.Role), AnHour: lead.LoudAnHour, Days: int(lead.AlertsFor.Hours() / 24)}
	if t := sc.book.FirstTeam(u); t != nil {
		w.Team = t.Name
	}
	domain := lead.Scene{Rules: sc.rules, Book: sc.book, Now: sc.now}
	cal := domain.HoursOf(u)
	if open, err := cal.NextOpening(sc.now); err == nil && open.After(sc.now) {
		w.Opens = open.In(cal.Zone())
	}
	return w.Sentences()
}

// readNotices notes that somebody has seen one of their notices, or all up to the newest
// that stood on their page.
func (s *server) readNotices(c echo.Context) error {
	ctx, u := c.Request().Context(), viewer(c).ID
	if id := c.FormValue("notice"); id != "" {
		back, err := readCursor[lead.AlertPoint](c.FormValue("cursor"))
		if err != nil {
			return err
		}
		if err := s.Desk.ReadAlert(ctx, u, id, s.Now()); err != nil {
			return err
		}
		page := "/notices"
		if back != nil {
			page += "?cursor=" + writeCursor(*back)
		}
		return c.Redirect(http.StatusSeeOther, page+"#notice-"+url.PathEscape(id)) // where one goes on by keyboard
	}
	upTo, err := readCursor[lead.AlertPoint](c.FormValue("upto"))
	switch {
	case err != nil:
		return err
	case upTo == nil:
		return lead.Invalid("upto", "say up to which notice, or which one")
	}
	if err := s.Desk.ReadAlerts(ctx, u, *upTo, s.Now()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/notices")
}

func (s *server) noticesStream(c echo.Context) error {
	u := *viewer(c)
	return s.stream(c, live.View{
		Topic: "notices|" + u.ID, Frames: partFrames{},
		Concerns: func(n live.Notice) bool { return n.All || slices.Contains(n.People, u.ID) },
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			now, known := sc.book.Users[u.ID] // their teams may have changed
			if !known {
				now = u
			}
			m, err := s.noticesModel(ctx, sc, now, nil)
			if err != nil {
				return live.Page{}, err
			}
			return live.Page{Parts: []live.Part{{Target: "#notice-list", Rev: revOf(m), HTML: func() ([]byte, error) { return views.PartialNotices(context.Background(), m) }}}}, nil
		},
	})
}
