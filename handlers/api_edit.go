package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/handlers/segment"
	"hotleads/lead"
)

// The fields of a lead that POST and PATCH take beside its traits.
var (
	coreFields    = []string{"email", "phone", "name", "first_name", "last_name", "company", "title", "country"}
	addFields     = append([]string{"actor", "source", "team", "traits", "user_id"}, coreFields...)
	correctFields = append([]string{"actor", "traits", "user_id", "version"}, coreFields...)
)

// traitOf is under which name a field is a trait.
var traitOf = map[string]string{"first_name": "firstName", "last_name": "lastName"}

// apiAdd adds a lead by hand.
func (s *server) apiAdd(c echo.Context) error {
	ctx := c.Request().Context()
	f, err := readEntry(c, addFields)
	if err != nil {
		return err
	}
	actor, err := s.apiEditor(c, f)
	if err != nil {
		return err
	}
	entry := f.entry()
	if ref := f.text("team"); ref != "" {
		team, err := s.apiTeam(ctx, ref)
		switch {
		case errors.Is(err, lead.ErrNotFound):
			f.refuse("team", "is %q; there is no such team", ref)
			entry.Bad = f.bad
		case err != nil:
			return err
		default:
			entry.TeamID = team.ID
		}
	}
	l, err := s.Desk.Add(ctx, entry, actor, s.Now())
	if err != nil {
		return s.withRefused(ctx, err)
	}
	out, err := s.leadJSON(ctx, l)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/api/v1/leads/"+url.PathEscape(l.ID))
	return c.JSON(http.StatusCreated, out)
}

// apiCorrect corrects what is known of a lead.
func (s *server) apiCorrect(c echo.Context) error {
	ctx := c.Request().Context()
	l, redirected, err := s.find(c)
	if err != nil || redirected {
		return err
	}
	f, err := readEntry(c, correctFields)
	if err != nil {
		return err
	}
	actor, err := s.apiEditor(c, f)
	if err != nil {
		return err
	}
	corrected, err := s.Desk.Correct(ctx, l.ID, f.entry(), actor, s.Now())
	if err != nil {
		return s.withRefused(ctx, err)
	}
	return s.answerLead(c, corrected)
}

// withRefused gives a conflict the lead that it is about, as it is now.
func (s *server) withRefused(ctx context.Context, err error) error {
	var r *lead.Refusal
	if errors.As(err, &r) && errors.Is(err, lead.ErrConflict) && r.Lead != nil {
		return s.withLead(ctx, r.Lead.ID, err)
	}
	return err
}

// apiEditor is whose word it is: the active person's that the body names, else the key's.
func (s *server) apiEditor(c echo.Context, f entryForm) (lead.Actor, error) {
	if ref := f.text("actor"); ref != "" {
		return s.apiPerson(c, ref)
	}
	return keyActor(c), f.actorFault()
}

// entryForm is the body of a POST or PATCH of a lead: the fields that it may
// have, and what was wrong with it, which is told after refusals that go first.
type entryForm struct {
	fields map[string]any
	bad    *lead.Refusal
}

// readEntry reads a body that holds none but those fields. The error is that it
// is no JSON at all.
func readEntry(c echo.Context, allowed []string) (entryForm, error) {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return entryForm{}, err
	}
	if !json.Valid(body) {
		_, _, err := segment.Object(body)
		return entryForm{}, fmt.Errorf("%w: %w", errJSON, err)
	}
	var f entryForm
	var path string
	if f.fields, path, err = segment.Object(body); err != nil {
		f.refuse(path, "%s", strings.TrimPrefix(err.Error(), path+": "))
		return f, nil
	}
	for _, name := range slices.Sorted(maps.Keys(f.fields)) {
		if !slices.Contains(allowed, name) {
			f.refuse(name, "is no field here: it takes %s; any other trait stands under traits", strings.Join(slices.Sorted(slices.Values(allowed)), ", "))
			continue
		}
		f.check(name)
	}
	return f, nil
}

// refuse keeps the first thing that is wrong.
func (f *entryForm) refuse(field, format string, a ...any) {
	if f.bad != nil {
		return
	}
	text := fmt.Sprintf(format, a...)
	if field != "" {
		text = field + " " + text
	}
	f.bad = &lead.Refusal{Kind: lead.ErrInvalid, Field: field, Text: text}
}

// check holds that a field has the type it wants, and stands only once.
func (f *entryForm) check(name string) {
	v := f.fields[name]
	if v == nil {
		if name == "user_id" || name == "version" {
			f.refuse(name, "can't be null: leave it out")
		}
		return
	}
	switch name {
	case "traits":
		traits, ok := v.(map[string]any)
		if !ok {
			f.refuse(name, "is %s; it wants an object", kindOf(v))
		}
		for _, field := range coreFields {
			of := field
			if t, ok := traitOf[field]; ok {
				of = t
			}
			in, within := traits[of]
			if _, text := in.(string); within && in != nil && !text {
				f.refuse("traits."+of, "is %s; it wants text or null", kindOf(in))
			}
			if _, beside := f.fields[field]; within && beside {
				f.refuse("traits."+of, "stands beside the traits as well: say it once")
			}
		}
	case "version":
		if n, ok := v.(json.Number); !ok {
			f.refuse(name, "is %s; it wants a whole number", kindOf(v))
		} else if i, err := n.Int64(); err != nil || i < 1 {
			f.refuse(name, "is %s; it wants a whole number from 1", n)
		}
	default:
		if _, ok := v.(string); !ok {
			f.refuse(name, "is %s; it wants text", kindOf(v))
		}
	}
}

// kindOf names the JSON type of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

// text is a field's text, trimmed; "" where there is none.
func (f entryForm) text(name string) string {
	s, _ := f.fields[name].(string)
	return strings.TrimSpace(s)
}

// actorFault is what is wrong with the actor, for it is asked for before the rest.
func (f entryForm) actorFault() error {
	if f.bad != nil && f.bad.Field == "actor" {
		return f.bad
	}
	return nil
}

// entry is what the body says of the lead.
func (f entryForm) entry() lead.Entry {
	e := lead.Entry{UserID: f.text("user_id"), Source: f.text("source"), Traits: map[string]any{}}
	if f.bad != nil {
		e.Bad = f.bad
	}
	if n, ok := f.fields["version"].(json.Number); ok {
		e.Version, _ = n.Int64() // checked
	}
	if traits, ok := f.fields["traits"].(map[string]any); ok {
		maps.Copy(e.Traits, traits)
	}
	for _, field := range coreFields {
		if v, said := f.fields[field]; said {
			if of, ok := traitOf[field]; ok {
				field = of
			}
			e.Traits[field] = v
		}
	}
	return e
}
