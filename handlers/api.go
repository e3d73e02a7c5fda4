package handlers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/handlers/segment"
	"hotleads/lead"
)

// apiKey lets in who brings a living key of the kind api.
func (s *server) apiKey(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return errKey
		}
		k, err := s.Store.Key(c.Request().Context(), strings.TrimSpace(secret))
		if errors.Is(err, lead.ErrNotFound) || (err == nil && k.Kind != lead.APIKey) {
			return s.wrongKey(c)
		}
		if err != nil {
			return err
		}
		c.Set("key", k)
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}

// leadRef is how the path names a lead: an id, or an identity such as
// "email:a@b.c", escaped or not.
func leadRef(c echo.Context) (string, error) {
	ref := c.Param("id")
	if c.Request().URL.RawPath == "" { // else the route was found by the escaped path
		return ref, nil
	}
	ref, err := url.PathUnescape(ref)
	if err != nil {
		return "", lead.NotFound("the lead " + c.Param("id"))
	}
	return ref, nil
}

// find reads the lead that the path names. The id of one that was merged is
// redirected to what it became part of: then redirected is true and the answer
// is given.
func (s *server) find(c echo.Context) (l lead.Scored, redirected bool, err error) {
	ref, err := leadRef(c)
	if err != nil {
		return l, false, err
	}
	l, err = s.Desk.Find(c.Request().Context(), ref, nil, s.Now())
	if err != nil || strings.Contains(ref, ":") || l.ID == ref {
		return l, false, err
	}
	to := *c.Request().URL
	to.Path, to.RawPath = strings.Replace(to.Path, ref, l.ID, 1), ""
	return l, true, c.Redirect(http.StatusPermanentRedirect, to.RequestURI())
}

// apiTeam finds a team by slug, id or name; "" is the default team, nil where
// there is none yet.
func (s *server) apiTeam(ctx context.Context, ref string) (*lead.Team, error) {
	book, err := s.Store.Book(ctx)
	if err != nil {
		return nil, err
	}
	if ref == "" {
		for i, t := range book.Teams {
			if t.DisabledAt.IsZero() {
				return &book.Teams[i], nil
			}
		}
		return nil, nil
	}
	if t := teamOf(book, ref); t != nil {
		return t, nil
	}
	for i, t := range book.Teams {
		if strings.EqualFold(t.Name, ref) {
			return &book.Teams[i], nil
		}
	}
	return nil, lead.NotFound("the team " + ref)
}

// listJSON is a page of a list. A null cursor: there is no further one.
type listJSON[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

// answerList answers with the first n of rows; where there are more, the point
// of the last one leads on.
func answerList[R, T any](c echo.Context, rows []R, n int, show func(R) T, point func(R) any) error {
	list := listJSON[T]{Data: make([]T, 0, min(len(rows), n))}
	for _, r := range rows[:min(len(rows), n)] {
		list.Data = append(list.Data, show(r))
	}
	if len(rows) > n && point != nil {
		list.NextCursor = new(writeCursor(point(rows[n-1])))
	}
	return c.JSON(http.StatusOK, list)
}

// limit reads ?limit=, clamped to 1 … 1000; 100 where it is not given.
func limit(c echo.Context) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") {
		n, err = 1000, nil
	}
	if err != nil || n < 1 {
		return 0, lead.Invalid("limit", "limit is %q; it wants a number from 1 to 1000", text)
	}
	return min(n, 1000), nil
}

// Cursors are opaque to clients: a point of a list, as JSON in base64.

func writeCursor(point any) string {
	b, err := json.Marshal(point)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// readCursor reads what writeCursor wrote, to the byte: nothing else is a
// cursor, one of another list neither. An empty text is none.
func readCursor[T comparable](text string) (*T, error) {
	if text == "" {
		return nil, nil
	}
	var point, zero T
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &point)
	}
	if err != nil || point == zero || writeCursor(point) != text {
		return nil, lead.Invalid("cursor", "the cursor is not one that this list gave: leave it out to start at the beginning")
	}
	return &point, nil
}

// readJSON reads a JSON body into v; an empty body is allowed where empty is. What
// the decoder would change without a word (a doubled key, half a character) or no
// store keeps (NUL) is refused.
func readJSON(c echo.Context, v any, empty bool) error {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return err
	}
	if empty && len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	err = json.Unmarshal(body, v)
	if typ, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return lead.Invalid(typ.Field, "%s is %s; it wants %s", cmp.Or(typ.Field, "the body"), typ.Value, jsonKind(typ.Type.Kind()))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errJSON, err)
	}
	if _, path, err := segment.Object(body); err != nil {
		return lead.Invalid(path, "%s", err)
	}
	return nil
}

func jsonKind(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "text"
	case reflect.Float64:
		return "a number"
	}
	return "an object"
}
