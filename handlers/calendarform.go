package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/views"
)

// A calendar as a form a person can fill: a zone, a line of hours for each day,
// holidays; or its JSON.

var days = []struct{ key, name string }{
	{"mon", "Monday"}, {"tue", "Tuesday"}, {"wed", "Wednesday"}, {"thu", "Thursday"}, {"fri", "Friday"}, {"sat", "Saturday"}, {"sun", "Sunday"},
}

// calendarDoc is a calendar's JSON, as far as a form knows it.
type calendarDoc struct {
	TimeZone string                 `json:"time_zone"`
	Hours    map[string][][2]string `json:"hours,omitempty"`
	Holidays []string               `json:"holidays,omitempty"`
	Breaks   map[string][][2]string `json:"breaks,omitempty"`
	Shifts   map[string][][2]string `json:"shifts,omitempty"`
}

func docOf(c *sla.Calendar) (calendarDoc, error) {
	var doc calendarDoc
	b, err := json.Marshal(c)
	if err != nil {
		return doc, err
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return doc, err
	}
	if doc.Hours == nil { // around the clock
		doc.Hours = map[string][][2]string{}
		for _, d := range days {
			doc.Hours[d.key] = [][2]string{{"00:00", "24:00"}}
		}
	}
	return doc, nil
}

// hoursText is a day's hours as a field has them.
func hoursText(spans [][2]string) string {
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = s[0] + "-" + s[1]
	}
	return strings.Join(parts, ", ")
}

var shortHour = regexp.MustCompile(`^\d(:\d\d)?$|^\d\d$`)

// spansOf reads a day's hours: "09:00-12:00, 13:00-17:30"; "9-17" will do.
func spansOf(text string) ([][2]string, error) {
	var out [][2]string
	for part := range strings.SplitSeq(strings.NewReplacer("–", "-", ";", ",").Replace(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, found := strings.Cut(part, "-")
		if !found {
			return nil, fmt.Errorf("%q is no interval, as 09:00-17:30", part)
		}
		span := [2]string{strings.TrimSpace(from), strings.TrimSpace(to)}
		for i, t := range span {
			if shortHour.MatchString(t) {
				hour, minute, found := strings.Cut(t, ":")
				if !found {
					minute = "00"
				}
				span[i] = strings.Repeat("0", 2-len(hour)) + hour + ":" + minute
			}
		}
		out = append(out, span)
	}
	return out, nil
}

// readCalendar reads the calendar of a team's form; nil: the agreement's. What is
// wrong is said of the field that is.
func readCalendar(c echo.Context, was *sla.Calendar) (*sla.Calendar, error) {
	switch c.FormValue("calendar") {
	case "agreement":
		return nil, nil
	case "json":
		cal, err := sla.ParseCalendar([]byte(c.FormValue("json")))
		if err != nil {
			return nil, lead.Invalid("json", "%s", err)
		}
		return cal, nil
	case "fields":
		return readHours(c, was)
	}
	return nil, lead.Invalid("calendar", "choose whose hours count")
}

// readHours reads a calendar's fields. What they don't show (breaks, shifts)
// stays as it was.
func readHours(c echo.Context, was *sla.Calendar) (*sla.Calendar, error) {
	doc := calendarDoc{TimeZone: plain(c.FormValue("zone")), Hours: map[string][][2]string{}}
	old, err := docOf(was)
	if err != nil {
		return nil, err
	}
	doc.Breaks, doc.Shifts = old.Breaks, old.Shifts
	var unread error
	for _, d := range days {
		spans, err := spansOf(plain(c.FormValue(d.key)))
		if err != nil {
			unread = lead.Together(unread, lead.Invalid(d.key, "%s: %s", d.name, err))
		}
		if len(spans) > 0 {
			doc.Hours[d.key] = spans
		}
	}
	doc.Holidays = datesIn(plain(c.FormValue("holidays")))
	b, err := json.Marshal(struct {
		calendarDoc
		Hours map[string][][2]string `json:"hours"` // none at all is never open, not around the clock
	}{doc, doc.Hours})
	if err != nil {
		return nil, err
	}
	cal, err := sla.ParseCalendar(b)
	return cal, lead.Together(unread, hoursRefused(err, unread == nil))
}

// datesIn are the dates that somebody typed, each by itself.
func datesIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) })
}

// hoursRefused says what is wrong with a calendar in words, each beside its
// field; whole tells whether all days could be read.
func hoursRefused(err error, whole bool) error {
	var problems sla.Problems
	if !errors.As(err, &problems) {
		return err
	}
	var refused error
	for _, p := range problems {
		place, rest, _ := strings.Cut(p.Path, ".")
		var one error
		switch day := slices.IndexFunc(days, func(d struct{ key, name string }) bool { return strings.HasPrefix(rest, d.key) }); {
		case place == "time_zone":
			one = zoneRefused(p)
		case place == "hours" && day >= 0:
			one = lead.Invalid(days[day].key, "%s: %s", days[day].name, p.Reason)
		case place == "hours":
			if whole {
				one = lead.Invalid(days[0].key, "the team is never open: give at least one day its hours")
			}
		case strings.HasPrefix(place, "holidays["):
			one = lead.Invalid("holidays", "%s", p.Reason)
		default:
			one = lead.Invalid("calendar", "%s", p)
		}
		refused = lead.Together(refused, one)
	}
	return refused
}

// zoneRefused says what is wrong with a time zone, beside its field.
func zoneRefused(err error) error {
	var p sla.Problem
	if errors.As(err, &p) {
		return lead.Invalid("zone", "%s", p.Reason)
	}
	return err
}

// showCalendar fills a team's form with its calendar, or with the agreement's
// where it has none.
func showCalendar(m *views.TeamModel, own, agreement *sla.Calendar) error {
	shown := own
	m.Calendar = "fields"
	if own == nil {
		shown, m.Calendar = agreement, "agreement"
	}
	doc, err := docOf(shown)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(shown, "", "  ")
	if err != nil {
		return err
	}
	m.CalendarZone, m.Holidays, m.JSON = doc.TimeZone, strings.Join(doc.Holidays, "\n"), string(b)
	for _, d := range days {
		m.Days = append(m.Days, views.DayHours{Key: d.key, Day: d.name, Hours: hoursText(doc.Hours[d.key])})
	}
	if n := len(doc.Breaks) + len(doc.Shifts); n > 0 {
		m.Kept = "Breaks and shifts of " + views.Count(n, "date", "dates") + " stay as they are: see the JSON."
	}
	return nil
}

// hoursWords is a week in words: "Monday to Friday 09:00-17:30 (Europe/Berlin)".
func hoursWords(c *sla.Calendar) string {
	doc, err := docOf(c)
	if err != nil {
		return ""
	}
	var parts []string
	for i := 0; i < len(days); {
		text, j := hoursText(doc.Hours[days[i].key]), i+1
		for j < len(days) && hoursText(doc.Hours[days[j].key]) == text {
			j++
		}
		switch {
		case text == "":
		case j == i+1:
			parts = append(parts, days[i].name+" "+text)
		default:
			parts = append(parts, days[i].name+" to "+days[j-1].name+" "+text)
		}
		i = j
	}
	return strings.Join(parts, "; ") + " (" + doc.TimeZone + ")"
}
