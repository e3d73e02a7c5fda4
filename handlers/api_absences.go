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

// AbsenceJSON is a time in which a person is or will be away, as the API and the
// command line write it. One that was not planned has its person's id, and no
// beginning.
type AbsenceJSON struct {
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

// AbsencesOf are those of a person that are not over.
func AbsencesOf(u lead.User, now time.Time) []AbsenceJSON {
	out := []AbsenceJSON{}
	for _, a := range u.TimesAway(now) {
		out = append(out, AbsenceJSON{ID: a.ID, Person: personJSON{u.ID, u.Name, u.Email}, From: optional(a.From.UTC()), Until: a.Until.UTC(), Now: a.Begun(now)})
	}
	return out
}

// absencePoint is where an absence stands in the list of them: by when it begins, then
// by when it ends.
type absencePoint struct {
	From  time.Time `json:"f"`
	Until time.Time `json:"u"`
	ID    string    `json:"i"`
}

func (a AbsenceJSON) point() absencePoint {
	p := absencePoint{Until: a.Until, ID: a.ID}
	if a.From != nil {
		p.From = *a.From
	}
	return p
}

func (p absencePoint) compare(q absencePoint) int {
	return cmp.Or(p.From.Compare(q.From), p.Until.Compare(q.Until), cmp.Compare(p.ID, q.ID))
}

// apiAbsences lists who is away and who will be, the earliest first.
func (s *server) apiAbsences(c echo.Context) error {
	n, err := limit(c)
	if err != nil {
		return err
	}
	after, err := readCursor[absencePoint](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	ctx, now := c.Request().Context(), s.Now()
	var users []lead.User
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
	var all []AbsenceJSON
	for _, u := range users {
		if !u.Active() {
			continue
		}
		for _, a := range AbsencesOf(u, now) {
			if after == nil || a.point().compare(*after) > 0 {
				all = append(all, a)
			}
		}
	}
	slices.SortFunc(all, func(a, b AbsenceJSON) int { return a.point().compare(b.point()) })
	return answerList(c, all, n, func(a AbsenceJSON) AbsenceJSON { return a }, func(a AbsenceJSON) any { return a.point() })
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
	for _, a := range AbsencesOf(u, sc.now) {
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
		for _, a := range u.TimesAway(s.Now()) {
			if a.ID != id {
				continue
			}
			by, err := s.apiBy(c, plain(c.QueryParam("actor")))
			if err != nil {
				return err
			}
			if err := s.Desk.EndAbsence(ctx, u.ID, id, by, s.Now()); err != nil {
				return err
			}
			return c.NoContent(http.StatusNoContent)
		}
	}
	return lead.NotFound("the absence " + clipped(id, 80))
}
