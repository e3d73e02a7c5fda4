package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// absenceJSON is a time in which a rep is or will be away. One that began without
// having been planned has its person's id, and no beginning.
type absenceJSON struct {
	ID     string     `json:"id"`
	Person personJSON `json:"person"`
	From   *time.Time `json:"from"`
	Until  time.Time  `json:"until"`
	Now    bool       `json:"now"`
}

type personJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// absences are those of a person that are not over.
func absences(u lead.User, now time.Time) []absenceJSON {
	who := personJSON{u.ID, u.Name, u.Email}
	var out []absenceJSON
	if u.AwayUntil.After(now) {
		out = append(out, absenceJSON{ID: u.ID, Person: who, Until: u.AwayUntil.UTC(), Now: true})
	}
	for _, l := range u.Leaves {
		if l.Until.After(now) {
			out = append(out, absenceJSON{ID: l.ID, Person: who, From: optional(l.From.UTC()), Until: l.Until.UTC(), Now: !l.From.After(now)})
		}
	}
	return out
}

// apiAbsences lists who is away and who will be, the earliest first.
func (s *server) apiAbsences(c echo.Context) error {
	ctx, now := c.Request().Context(), s.Now()
	var users []lead.User
	var err error
	if ref := plain(c.QueryParam("person")); ref != "" {
		var u lead.User
		u, err = s.apiRep(c, ref)
		users = append(users, u)
	} else {
		users, err = s.Store.Users(ctx)
	}
	if err != nil {
		return err
	}
	var all []absenceJSON
	for _, u := range users {
		if u.Active() {
			all = append(all, absences(u, now)...)
		}
	}
	begins := func(a absenceJSON) time.Time {
		if a.From == nil {
			return time.Time{}
		}
		return *a.From
	}
	slices.SortFunc(all, func(a, b absenceJSON) int {
		return cmp.Or(begins(a).Compare(begins(b)), a.Until.Compare(b.Until), cmp.Compare(a.ID, b.ID))
	})
	return answerList(c, all, len(all), func(a absenceJSON) absenceJSON { return a }, nil)
}

// apiRep finds whom a request names, by id or email.
func (s *server) apiRep(c echo.Context, ref string) (lead.User, error) {
	u, err := s.Store.User(c.Request().Context(), ref)
	if errors.Is(err, lead.ErrNotFound) {
		return u, lead.Invalid("person", "%q is nobody here: it wants the email or id of a rep", clipped(ref, 80))
	}
	return u, err
}

// apiBy is on whose behalf a program acts: an active person's, or its own.
func (s *server) apiBy(c echo.Context, ref string) (lead.Actor, error) {
	if ref == "" {
		return keyActor(c), nil
	}
	return s.apiPerson(c, ref)
}

// apiAway notes that a rep is away, or will be.
func (s *server) apiAway(c echo.Context) error {
	var q struct {
		Person string `json:"person"`
		From   string `json:"from"`
		Back   string `json:"back"`
		Actor  string `json:"actor"`
	}
	if err := readJSON(c, &q, false); err != nil {
		return err
	}
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	by, err := s.apiBy(c, plain(q.Actor))
	if err != nil {
		return err
	}
	u, err := s.apiRep(c, plain(q.Person))
	if err != nil {
		return err
	}
	zone, made := sc.rules.HomeZone(sc.book, u), u.ID
	if from := plain(q.From); from != "" {
		l, err := s.Desk.PlanLeave(ctx, u.ID, from, plain(q.Back), zone, by, sc.now)
		if err != nil {
			return err
		}
		made = l.ID
	} else if _, _, err = s.Desk.GoAway(ctx, u.ID, plain(q.Back), zone, by, sc.now); err != nil {
		return err
	}
	if u, err = s.Store.User(ctx, u.ID); err != nil {
		return err
	}
	for _, a := range absences(u, sc.now) {
		if a.ID == made {
			return c.JSON(http.StatusCreated, a)
		}
	}
	return lead.NotFound("the absence, which somebody has taken back meanwhile,")
}

// apiBack takes an absence back: one that is planned, or being away without a plan.
func (s *server) apiBack(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		for _, a := range absences(u, s.Now()) {
			if a.ID != id {
				continue
			}
			by, err := s.apiBy(c, plain(c.QueryParam("actor")))
			if err != nil {
				return err
			}
			if id == u.ID {
				_, _, err = s.Desk.SetAway(ctx, id, time.Time{}, by, s.Now())
			} else {
				err = s.Desk.DropLeave(ctx, u.ID, id, by, s.Now())
			}
			if err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		}
	}
	return lead.NotFound("the absence " + clipped(id, 80))
}
