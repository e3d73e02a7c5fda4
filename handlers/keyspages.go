package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// Secrets makes and ends programs' keys.
type Secrets interface {
	Keys(ctx context.Context) ([]lead.Key, error)
	NewKey(ctx context.Context, by lead.Actor, kind lead.KeyKind, name string, now time.Time) (string, lead.Key, error)
	RevokeKey(ctx context.Context, by lead.Actor, ref string, now time.Time) (lead.Key, error)
}

// Lists are the company's of who never goes on the board.
type Lists interface {
	Exclusions(ctx context.Context) (lead.Exclusions, error)
	Exclude(ctx context.Context, by lead.Actor, kind lead.ExclusionKind, values []string, now time.Time) error
	Include(ctx context.Context, by lead.Actor, kind lead.ExclusionKind, value string, now time.Time) error
}

func (s *server) keysPage(c echo.Context) error {
	return s.keys(c, http.StatusOK, views.KeysModel{})
}

// keys draws /settings/keys: living ones first, the newest first.
func (s *server) keys(c echo.Context, status int, m views.KeysModel) error {
	list, err := s.Store.Keys(c.Request().Context())
	if err != nil {
		return err
	}
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b lead.Key) int { return boolFirst(a.RevokedAt.IsZero(), b.RevokedAt.IsZero()) })
	for _, k := range list {
		m.Keys = append(m.Keys, views.KeyLine{ID: k.ID, Name: k.Name, Kind: string(k.Kind), Hint: k.Hint, Created: k.CreatedAt, Used: k.UsedAt, Revoked: k.RevokedAt})
	}
	return s.render(c, status, views.KeysPage(s.settings(c, "Keys"), m))
}

// boolFirst orders what is so before what isn't.
func boolFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (s *server) addKey(c echo.Context) error {
	kind, name := lead.KeyKind(plain(c.FormValue("kind"))), plain(c.FormValue("name"))
	secret, key, err := s.newKey(c, kind, name)
	if status, wrong, ok := refusal(err); ok {
		return s.keys(c, status, views.KeysModel{Kind: string(kind), Name: name, Errors: wrong})
	}
	if err != nil {
		return err
	}
	return s.keys(c, http.StatusOK, views.KeysModel{Made: &views.LinkModel{
		Title: "The key " + key.Name, Label: "Key", Value: secret, Text: "Only a hash of it is stored: who loses it makes another one.",
	}})
}

func (s *server) newKey(c echo.Context, kind lead.KeyKind, name string) (string, lead.Key, error) {
	return s.Store.NewKey(c.Request().Context(), me(c), kind, name, s.Now())
}

func (s *server) revokeKey(c echo.Context) error {
	ctx, id := c.Request().Context(), c.Param("id")
	list, err := s.Store.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range list {
		if k.ID != id { // by nothing else: names and hints are no addresses
			continue
		}
		if !k.RevokedAt.IsZero() {
			return after(c, "/settings/keys", "revoked")
		}
		if _, err := s.Store.RevokeKey(ctx, me(c), id, s.Now()); err != nil {
			return err
		}
		return after(c, "/settings/keys", "revoked")
	}
	return lead.NotFound("the key")
}

// Bounds of the page of the lists.
const (
	valuesShown = 200
	valuesAdded = 1000 // at a time
	valuesTold  = 5    // of those that are refused
)

func (s *server) listsPage(c echo.Context) error {
	return s.lists(c, http.StatusOK, views.ListsModel{})
}

func (s *server) lists(c echo.Context, status int, m views.ListsModel) error {
	all, err := s.Store.Exclusions(c.Request().Context())
	if err != nil {
		return err
	}
	m.Query, m.SearchedKind = strings.ToLower(plain(c.QueryParam("q"))), plain(c.QueryParam("in"))
	for kind, values := range all {
		m.Total += len(values)
		if m.SearchedKind != "" && m.SearchedKind != string(kind) {
			continue
		}
		for v := range values {
			if strings.Contains(v, m.Query) {
				m.Values = append(m.Values, views.ListValue{Kind: string(kind), Value: v})
			}
		}
	}
	slices.SortFunc(m.Values, func(a, b views.ListValue) int {
		if a.Value != b.Value {
			return strings.Compare(a.Value, b.Value)
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	if m.More = len(m.Values) > valuesShown; m.More {
		m.Values = m.Values[:valuesShown]
	}
	return s.render(c, status, views.ListsPage(s.settings(c, "Lists"), m))
}

// addToList puts values on a list: all of them, or none where one is wrong.
func (s *server) addToList(c echo.Context) error {
	kind, typed := lead.ExclusionKind(plain(c.FormValue("kind"))), plain(c.FormValue("value"))
	values, err := excludable(kind, typed)
	if status, wrong, ok := refusal(err); ok {
		return s.lists(c, status, views.ListsModel{Kind: string(kind), Typed: typed, Errors: wrong})
	}
	if err == nil {
		err = s.Store.Exclude(c.Request().Context(), me(c), kind, values, s.Now())
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/lists", "added")
}

// excludable are the values of lines, or of what stands between commas.
func excludable(kind lead.ExclusionKind, typed string) ([]string, error) {
	if lead.ExclusionKinds[kind] == "" {
		return nil, lead.Invalid("kind", "choose a list")
	}
	var values []string
	var wrong []error
	for one := range strings.FieldsFuncSeq(typed, func(r rune) bool { return strings.ContainsRune("\n,;", r) }) {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		v, err := lead.Excludable(kind, one)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		values = append(values, v)
	}
	if more := len(wrong) - valuesTold; more > 0 {
		wrong = append(wrong[:valuesTold], lead.Invalid("value", "the same of %d more", more))
	}
	switch err := lead.Together(wrong...); {
	case err != nil:
		return nil, err
	case len(values) == 0:
		return nil, lead.Invalid("value", "say what goes on the list")
	case len(values) > valuesAdded:
		return nil, lead.Invalid("value", "at most %d at a time: the command `hotleads exclude add` takes more", valuesAdded)
	}
	return values, nil
}

func (s *server) removeFromList(c echo.Context) error {
	kind := lead.ExclusionKind(plain(c.FormValue("kind")))
	if err := s.Store.Include(c.Request().Context(), me(c), kind, plain(c.FormValue("value")), s.Now()); err != nil {
		return err
	}
	return after(c, "/settings/lists", "removed")
}
