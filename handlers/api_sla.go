package handlers

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/sla"
)

// rfc3339 is the form of an instant; time.Parse also takes hours of one digit,
// commas and offsets beyond a day.
var rfc3339 = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// instantJSON reads an RFC 3339 instant of a field.
func instantJSON(field, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil || !rfc3339.MatchString(text) {
		return t, lead.Invalid(field, "%q is not an instant such as 2026-01-02T15:04:05Z (RFC 3339)", text)
	}
	return t, nil
}

func calendarJSON(raw json.RawMessage) (*sla.Calendar, error) {
	if len(raw) == 0 {
		return nil, lead.Invalid("calendar", "the calendar is missing")
	}
	cal, err := sla.ParseCalendar(raw)
	if err != nil {
		return nil, lead.Invalid("calendar", "%s", err)
	}
	return cal, nil
}

func (s *server) apiDue(c echo.Context) error {
	var q struct {
		Calendar json.RawMessage `json:"calendar"`
		Start    string          `json:"start"`
		Minutes  *float64        `json:"minutes"`
	}
	if err := readJSON(c, &q, false); err != nil {
		return err
	}
	cal, err := calendarJSON(q.Calendar)
	if err != nil {
		return err
	}
	start, err := instantJSON("start", q.Start)
	if err != nil {
		return err
	}
	if q.Minutes == nil {
		return lead.Invalid("minutes", "minutes is missing: it wants a number of business minutes from 0")
	}
	due, err := cal.DueMinutes(start, *q.Minutes)
	if err != nil {
		return lead.Invalid("minutes", "%s", err)
	}
	return c.JSON(http.StatusOK, map[string]any{"due": due.UTC()})
}

func (s *server) apiElapsed(c echo.Context) error {
	var q struct {
		Calendar json.RawMessage `json:"calendar"`
		From     string          `json:"from"`
		To       string          `json:"to"`
	}
	if err := readJSON(c, &q, false); err != nil {
		return err
	}
	cal, err := calendarJSON(q.Calendar)
	if err != nil {
		return err
	}
	from, err := instantJSON("from", q.From)
	if err != nil {
		return err
	}
	to, err := instantJSON("to", q.To)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"seconds": cal.ElapsedSeconds(from, to)})
}
