package handlers

import (
	"context"
	"errors"
	"slices"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// outcomeMoves may come without an actor: from the CRM.
var outcomeMoves = []lead.Move{lead.Opportunity, lead.Win, lead.Lose}

func (s *server) apiMove(c echo.Context) error {
	ctx := c.Request().Context()
	l, redirected, err := s.find(c)
	if err != nil || redirected {
		return err
	}
	move, err := moveOf(c.Param("move"))
	if err != nil {
		return err
	}
	var form moveForm
	if err := readJSON(c, &form, true); err != nil {
		return err
	}
	form = form.clean()
	actor, err := s.apiActor(c, move, form.Actor)
	if err != nil {
		return err
	}
	moved, err := s.make(ctx, l.ID, move, form, actor)
	if errors.Is(err, lead.ErrConflict) {
		return s.withLead(ctx, l.ID, err)
	}
	if err != nil {
		return err
	}
	return s.answerLead(c, moved)
}

// apiActor is whose move it is: an active person's, or for outcomes the key's.
func (s *server) apiActor(c echo.Context, move lead.Move, ref string) (lead.Actor, error) {
	if ref == "" {
		if !slices.Contains(outcomeMoves, move) {
			return lead.Actor{}, lead.Invalid("actor", "say whose move it is: the email of an active person")
		}
		return keyActor(c), nil
	}
	return s.apiPerson(c, ref)
}

// keyActor is the program that asks.
func keyActor(c echo.Context) lead.Actor {
	key, _ := c.Get("key").(lead.Key)
	return lead.Actor{Kind: lead.ByKey, ID: key.ID, Via: "api"}
}

// apiPerson is the active person in whose name a program asks.
func (s *server) apiPerson(c echo.Context, ref string) (lead.Actor, error) {
	u, err := s.Store.User(c.Request().Context(), ref)
	if errors.Is(err, lead.ErrNotFound) || (err == nil && !u.Active()) {
		return lead.Actor{}, lead.Invalid("actor", "%q is not an active person here", ref)
	}
	return lead.Person(u, "api"), err
}

// refusedLead carries the lead as it is now in a conflict's problem.
type refusedLead struct {
	error
	lead leadJSON
}

func (r *refusedLead) Unwrap() error { return r.error }

func (s *server) withLead(ctx context.Context, id string, conflict error) error {
	l, err := s.Desk.Find(ctx, id, nil, s.Now())
	if err != nil {
		return conflict
	}
	out, err := s.leadJSON(ctx, l)
	if err != nil {
		return conflict
	}
	return &refusedLead{conflict, out}
}
