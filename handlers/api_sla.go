package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/sla"
)

// instantJSON reads an RFC 3339 instant of a field, strictly; the letters T and
// Z may be small, as the RFC has it.
func instantJSON(field, text string) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(strings.ToUpper(text))); err != nil {
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
