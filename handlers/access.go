package handlers

import (
	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// Who may come to an address is one table (routes.go): each line of it names its
// access. A test walks every route of the router as everybody there is.

// door is how those who come to an address are known.
type door string

const (
	anyone   door = "anyone"   // nobody has to say who they are
	programs door = "programs" // an API key
	trackers door = "trackers" // a write or server key
	people   door = "people"   // a session of a person
	displays door = "displays" // the token of a display link
)

// reach is how far a role gets behind the door of people.
type reach byte

const (
	none reach = iota // refused: 403
	own               // one's own teams; what other teams have is not there: 404
	all               // every team
	self              // only what is one's own, whatever the team
)

// access says who may come to an address.
type access struct {
	door                           door
	rep, manager, marketing, admin reach // where the door is people
}

var (
	public    = access{door: anyone}
	api       = access{door: programs}
	tracking  = access{door: trackers}
	walls     = access{door: displays}
	everybody = access{door: people, rep: own, manager: own, marketing: all, admin: all}
	movers    = access{door: people, rep: own, manager: own, marketing: all}
	admins    = access{door: people, admin: all}
	managers  = access{door: people, manager: own}
	importers = access{door: people, manager: self, marketing: all, admin: all}
	watchers  = access{door: people, manager: own, marketing: all, admin: all}
	oneself   = access{door: people, rep: self, manager: self, marketing: self, admin: self}
)

// of is how far a role gets.
func (a access) of(r lead.Role) reach {
	switch r {
	case lead.Rep:
		return a.rep
	case lead.Manager:
		return a.manager
	case lead.Marketing:
		return a.marketing
	case lead.Admin:
		return a.admin
	}
	return none
}

// permit lets in whom the access names. Programs and trackers are known before
// there is a route (doors) or by their handlers; which leads and teams a person
// sees is asked where they are read.
func permit(a access, next echo.HandlerFunc) echo.HandlerFunc {
	if a.door != people {
		return next
	}
	return func(c echo.Context) error {
		switch u := viewer(c); {
		case u == nil:
			return errSignIn
		case a.of(u.Role) == none:
			return errRole
		}
		return next(c)
	}
}
