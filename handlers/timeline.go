package handlers

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// timelineMost is how many entries a profile shows at once.
const timelineMost = 100

// timelinePoint is where a page of a timeline ended: the last activity and the
// last row of history on it. The zero value is the newest end.
type timelinePoint struct {
	Activity lead.ActivityPoint `json:"a"`
	Seq      int64              `json:"s"`
}

// pageOfTimeline is the point from which a lead's page, or its stream, is asked to show
// the timeline: its own address says so or, of a click's answer, that of the page.
func pageOfTimeline(c echo.Context) (timelinePoint, error) {
	asked := c.QueryParam("before")
	if page, err := url.Parse(c.Request().Header.Get("HX-Current-URL")); err == nil && fragment(c) && onProfile(c) {
		asked = page.Query().Get("before")
	}
	p, err := readCursor[timelinePoint](asked)
	if err != nil || p == nil {
		return timelinePoint{}, err
	}
	return *p, nil
}

// cursor is the point as an address carries it; "" the newest end.
func (p timelinePoint) cursor() string {
	if p == (timelinePoint{}) {
		return ""
	}
	return writeCursor(p)
}

// url is the address of a lead's page that shows the timeline from the point on.
func (p timelinePoint) url(id string) string {
	if p == (timelinePoint{}) {
		return "/leads/" + url.PathEscape(id)
	}
	return "/leads/" + url.PathEscape(id) + "?before=" + p.cursor()
}

// timeline merges what the lead did and what was done with it, newest first, and
// gives the address of what is older; "" where nothing is. Each of the two lists
// keeps its own order, so that a page ends at one point of both.
func (s *server) timeline(ctx context.Context, sc scene, l lead.Lead, at timelinePoint) ([]views.EventModel, string, error) {
	var after *lead.ActivityPoint
	if at.Activity != (lead.ActivityPoint{}) {
		after = &at.Activity
	}
	acts, err := s.Store.Activities(ctx, l.ID, after, timelineMost+1)
	if err != nil {
		return nil, "", err
	}
	moves, err := s.Store.History(ctx, l.ID, at.Seq, timelineMost+1)
	if err != nil {
		return nil, "", err
	}
	var events []views.EventModel
	for len(events) < timelineMost && len(acts)+len(moves) > 0 {
		if len(moves) > 0 && (len(acts) == 0 || !moves[0].OccurredAt.Before(acts[0].OccurredAt)) {
			events, at.Seq = append(events, sc.moveEvent(moves[0])), moves[0].Seq
			moves = moves[1:]
			continue
		}
		events, at.Activity = append(events, activityEvent(acts[0])), activityPoint(acts[0])
		acts = acts[1:]
	}
	if len(acts)+len(moves) == 0 {
		return events, "", nil
	}
	return events, at.url(l.ID), nil
}

func activityEvent(a lead.Activity) views.EventModel {
	return views.EventModel{At: a.OccurredAt, Kind: "activity", Text: a.Name, Detail: doing(a)}
}

func (sc scene) moveEvent(h lead.History) views.EventModel {
	return views.EventModel{At: h.OccurredAt, Kind: "move", Text: moveWords[h.Move], Detail: sc.moveDetail(h), Who: sc.who(h), Score: strconv.Itoa(int(h.Score + .5))}
}

var moveWords = map[lead.Move]string{
	lead.Qualify: "Qualified", lead.Cool: "Cooled", lead.Claim: "Claimed", lead.Release: "Released", lead.Expire: "Claim expired", lead.Accept: "Accepted",
	lead.Return: "Returned", lead.Touch: "Contacted", lead.Opportunity: "Opportunity", lead.Win: "Won", lead.Lose: "Lost", lead.Reopen: "Back in nurture",
	lead.Disqualify: "Disqualified", lead.Reassign: "Reassigned", lead.UndoMove: "Undone", lead.Merge: "Merged",
	lead.Add: "Added", lead.Correct: "Corrected",
}

func (sc scene) moveDetail(h lead.History) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if r, ok := sc.rules.Reason(h.Reason); ok {
		add(r.Label)
	} else {
		add(h.Reason)
	}
	if h.Move == lead.UndoMove {
		add(moveWords[lead.Move(h.Cause)])
	} else {
		add(h.Cause)
	}
	if h.Channel != "" {
		add(h.Channel + ", " + h.Outcome)
	}
	if h.Amount > 0 {
		add(money(h.Amount))
	}
	if t := sc.book.Team(h.TeamAfter); h.Move == lead.Reassign && h.TeamBefore != h.TeamAfter && t != nil {
		add("to " + t.Name)
	} else if h.Move == lead.Reassign {
		add("to " + sc.book.Name(h.OwnerAfter))
	}
	if h.Note != "" {
		add("“" + h.Note + "”")
	}
	return strings.Join(parts, " · ")
}

func (sc scene) who(h lead.History) string {
	switch h.ActorKind {
	case lead.ByPerson:
		return sc.book.Name(h.ActorID)
	case lead.ByKey:
		if h.Move == lead.Add || h.Move == lead.Correct {
			return "a program"
		}
		return "the CRM"
	}
	return "the system"
}

// doing is the telling part of an activity's properties.
func doing(a lead.Activity) string {
	for _, k := range []string{"products", "title", "name", "path", "url", "customer", "subject"} {
		switch v := a.Properties[k].(type) {
		case string:
			if v != "" {
				return v
			}
		case []any:
			var names []string
			for _, x := range v {
				names = append(names, valueText(x))
			}
			return strings.Join(names, ", ")
		}
	}
	return ""
}
