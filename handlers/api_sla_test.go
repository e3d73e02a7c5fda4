package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const (
	week   = `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"],["13:00","17:30"]],"fri":[["09:00","24:00"]]},"holidays":["2026-12-25"],"breaks":{"2026-01-02":[["10:00","11:30"]]},"shifts":{"2026-01-03":[["08:00","12:00"]]}}`
	always = `{"time_zone":"UTC"}`
	night  = `{"time_zone":"Europe/Berlin","hours":{"sun":[["01:00","04:00"]]}}`
)

func TestDue(t *testing.T) {
	x := newSite(t)
	for _, c := range []struct{ calendar, start, minutes, want string }{
		{week, "2026-01-05T09:00:00+01:00", "30", "2026-01-05T08:30:00Z"},          // a Monday
		{week, "2026-01-05T11:45:00+01:00", "30", "2026-01-05T12:15:00Z"},          // over lunch
		{week, "2026-01-05T11:30:00+01:00", "30", "2026-01-05T11:00:00Z"},          // exactly at closing
		{week, "2026-01-05T12:30:00+01:00", "0", "2026-01-05T12:00:00Z"},           // zero from a closed instant
		{week, "2026-01-05T09:30:00+01:00", "0", "2026-01-05T08:30:00Z"},           // zero from an open one
		{week, "2026-01-02T09:30:00+01:00", "60", "2026-01-02T11:00:00Z"},          // over a break
		{week, "2026-01-03T07:00:00+01:00", "60", "2026-01-03T08:00:00Z"},          // a shift on a Saturday
		{week, "2026-12-25T09:00:00+01:00", "1", "2026-12-28T08:01:00Z"},           // a holiday
		{week, "2026-01-05T09:00:00+01:00", "0.5", "2026-01-05T08:00:30Z"},         // a fraction
		{week, "2026-01-05T09:00:00.25+01:00", "0.001", "2026-01-05T08:00:00.31Z"}, // fractions of seconds
		{night, "2026-03-29T00:00:00+01:00", "60", "2026-03-29T01:00:00Z"},         // up to the gap
		{night, "2026-03-29T00:00:00+01:00", "61", "2026-03-29T01:01:00Z"},         // a skipped hour does not count
		{night, "2026-10-25T00:00:00+02:00", "120", "2026-10-25T01:00:00Z"},        // a repeated one counts twice
		{always, "2026-01-01T00:00:00Z", "525600", "2027-01-01T00:00:00Z"},         // a year
		{always, "2026-01-01t00:00:00z", "1", "2026-01-01T00:01:00Z"},              // small letters
		{always, "0000-01-01T00:00:00+14:00", "0", "0000-01-01T00:00:00Z"},         // before the first year
		{always, "2026-01-01T00:00:00Z", "4193514719", "9999-03-26T23:59:00Z"},     // far, but there
		{always, "2026-01-01T00:00:00Z", "1e-300", "2026-01-01T00:00:00Z"},         // nothing to speak of
	} {
		status, p := x.call(http.MethodPost, "/api/v1/sla/due", `{"calendar":`+c.calendar+`,"start":"`+c.start+`","minutes":`+c.minutes+`}`)
		if status != http.StatusOK || p["due"] != c.want {
			t.Errorf("%s + %s min: %d %v, want %s", c.start, c.minutes, status, p, c.want)
		}
	}
}

func TestElapsed(t *testing.T) {
	x := newSite(t)
	for _, c := range []struct {
		calendar, from, to string
		want               float64
	}{
		{week, "2026-01-05T11:00:00+01:00", "2026-01-05T14:00:00+01:00", 7200},
		{week, "2026-01-05T14:00:00+01:00", "2026-01-05T11:00:00+01:00", 0},
		{week, "2026-01-05T11:00:00+01:00", "2026-01-05T11:00:00+01:00", 0},
		{week, "2026-01-05T09:00:00.5+01:00", "2026-01-05T09:00:01.75+01:00", 1.25},
		{night, "2026-03-28T23:00:00Z", "2026-03-29T10:00:00Z", 7200},
		{night, "2026-10-24T22:00:00Z", "2026-10-25T10:00:00Z", 4 * 3600},
		{always, "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 315569519999},
		{`{"time_zone":"Africa/Cairo","hours":{"fri":[["00:00","02:00"]]}}`, "2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z", 3600},
	} {
		status, p := x.call(http.MethodPost, "/api/v1/sla/elapsed", `{"calendar":`+c.calendar+`,"from":"`+c.from+`","to":"`+c.to+`"}`)
		if status != http.StatusOK || p["seconds"] != c.want {
			t.Errorf("%s to %s: %d %v, want %v", c.from, c.to, status, p, c.want)
		}
	}
}

func TestClocksRefuse(t *testing.T) {
	x := newSite(t)
	fine := map[string]string{"calendar": always, "start": `"2026-01-01T00:00:00Z"`, "minutes": "1", "from": `"2026-01-01T00:00:00Z"`, "to": `"2026-01-01T00:00:00Z"`}
	body := func(field, value string) string {
		var parts []string
		for k, v := range fine {
			if k == field {
				v = value
			}
			if v != "" {
				parts = append(parts, `"`+k+`":`+v)
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	day := func(name, spans string) string { return `{"time_zone":"UTC","hours":{"` + name + `":` + spans + `}}` }
	for _, c := range []struct{ field, value string }{
		{"calendar", ""}, {"calendar", "null"}, {"calendar", `"x"`}, {"calendar", "[]"}, {"calendar", "{}"},
		{"calendar", `{"time_zone":""}`}, {"calendar", `{"time_zone":"Local"}`}, {"calendar", `{"time_zone":"Mars/Base"}`}, {"calendar", `{"time_zone":5}`}, {"calendar", `{"time_zone":"../etc"}`},
		{"calendar", `{"time_zone":"UTC","shoes":1}`}, {"calendar", `{"time_zone":"UTC","hours":{}}`}, {"calendar", `{"time_zone":"UTC","hours":null}`},
		{"calendar", day("mon", "[]")}, {"calendar", day("monday", `[["09:00","10:00"]]`)}, {"calendar", day("Mon", `[["09:00","10:00"]]`)},
		{"calendar", day("mon", `[["10:00","09:00"]]`)}, {"calendar", day("mon", `[["09:00","09:00"]]`)}, {"calendar", day("mon", `[["09:00","11:00"],["10:00","12:00"]]`)},
		{"calendar", day("mon", `[["09:00","24:01"]]`)}, {"calendar", day("mon", `[["9:00","10:00"]]`)}, {"calendar", day("mon", `[["09:00"]]`)}, {"calendar", day("mon", `"09:00-10:00"`)},
		{"calendar", `{"time_zone":"UTC","holidays":["2026-02-30"]}`}, {"calendar", `{"time_zone":"UTC","breaks":{"soon":[["09:00","10:00"]]}}`}, {"calendar", `{"time_zone":"UTC","shifts":{"2026-01-01":[["10:00","09:00"]]}}`},
		{"start", ""}, {"start", "null"}, {"start", `""`}, {"start", `5`}, {"start", `"yesterday"`}, {"start", `"2026-01-01"`}, {"start", `"2026-01-01T00:00:00"`}, {"start", `"2026-01-01 00:00:00Z"`},
		{"start", `"2026-02-30T00:00:00Z"`}, {"start", `"2026-01-01T24:00:00Z"`}, {"start", `"2026-01-01T0:00:00Z"`}, {"start", `"2026-01-01T00:00:00,5Z"`}, {"start", `"2026-01-01T00:00:00+25:00"`}, {"start", `"12026-01-01T00:00:00Z"`},
		{"minutes", ""}, {"minutes", "null"}, {"minutes", "-1"}, {"minutes", "-0.001"}, {"minutes", `"30"`}, {"minutes", "[]"}, {"minutes", "1e300"}, {"minutes", "1e999"}, {"minutes", "-1e999"},
	} {
		if status, p := x.call(http.MethodPost, "/api/v1/sla/due", body(c.field, c.value)); status != http.StatusUnprocessableEntity || p["field"] != c.field {
			t.Errorf("due with %s %s: %d %v", c.field, c.value, status, p)
		}
		if c.field != "calendar" {
			continue
		}
		if status, p := x.call(http.MethodPost, "/api/v1/sla/elapsed", body(c.field, c.value)); status != http.StatusUnprocessableEntity {
			t.Errorf("elapsed with %s: %d %v", c.value, status, p)
		}
	}
	for _, field := range []string{"from", "to"} {
		for _, value := range []string{"", "null", `"x"`, `"2026-01-01"`} {
			if status, p := x.call(http.MethodPost, "/api/v1/sla/elapsed", body(field, value)); status != http.StatusUnprocessableEntity || p["field"] != field {
				t.Errorf("elapsed with %s %s: %d %v", field, value, status, p)
			}
		}
	}
	long, _ := json.Marshal(strings.Repeat("x", 2<<20))
	for b, want := range map[string]int{
		"": 400, "{": 400, "nonsense": 400, body("minutes", "NaN"): 400, body("minutes", "01"): 400, body("calendar", `{"time_zone":"UTC"`): 400, "[]": 422, "null": 422,
		body("start", string(long)): 413, body("calendar", `{"time_zone":`+string(long)+`}`): 413,
	} {
		for _, path := range []string{"due", "elapsed"} {
			if status, p := x.call(http.MethodPost, "/api/v1/sla/"+path, b); status != want {
				t.Errorf("%s of %.60q: %d %v, want %d", path, b, status, p, want)
			}
		}
	}
}
