package sla

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

var dayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// source is what a calendar's JSON says, checked and put in order.
type source struct {
	zone     string
	hours    map[string][]span // by day name; nil: around the clock
	holidays []int64           // days since 1970, ascending
	breaks   map[int64][]span
	shifts   map[int64][]span
}

// DefaultCalendar is Monday to Friday, 09:00 to 17:30, in the given zone.
func DefaultCalendar(zone string) (*Calendar, error) {
	src := source{zone: zone, hours: map[string][]span{}}
	for _, day := range dayNames[:5] {
		src.hours[day] = []span{{9 * 3600, 17*3600 + 1800}}
	}
	return compile(src)
}

// ParseCalendar reads a calendar from JSON:
//
//	{"time_zone":"Europe/Berlin",
//	 "hours":{"mon":[["09:00","12:00"],["13:00","17:30"]],"fri":[["09:00","24:00"]]},
//	 "holidays":["2026-12-25"],
//	 "breaks":{"2026-01-02":[["10:00","11:30"]]},
//	 "shifts":{"2026-01-03":[["08:00","12:00"]]}}
//
// A shift replaces that date's weekly hours, a break is cut out of the day, a
// holiday closes the day, shift or not. Days that hours leaves out are closed;
// without hours the team is open around the clock. Hours that never open are
// refused, with shifts or without: a team whose list of shifts has run out would
// have no due time at all. It is strict: whatever is not exactly so is refused
// with [Problems], which name each place and what is wanted there.
func ParseCalendar(data []byte) (*Calendar, error) {
	var r reader
	src := source{breaks: map[int64][]span{}, shifts: map[int64][]span{}}
	zoned := false
	top := r.members("", data)
	for _, m := range top {
		switch m.key {
		case "time_zone":
			zoned = true
			if r.into(m.key, m.value, &src.zone, `a zone's name such as "Europe/Berlin"`) {
				_, err := loadZone(src.zone)
				r.add(err)
			}
		case "hours":
			src.hours = r.hours(m.value)
		case "holidays":
			src.holidays = r.holidays(m.value)
		case "breaks":
			src.breaks = r.dates(m.key, m.value)
		case "shifts":
			src.shifts = r.dates(m.key, m.value)
		default:
			r.refuse(m.key, "unknown key; want time_zone, hours, holidays, breaks or shifts")
		}
	}
	if top != nil && !zoned {
		_, err := loadZone("")
		r.add(err)
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return compile(src)
}

// WithHolidays is the calendar, closed on some more dates (YYYY-MM-DD). What is no
// date is refused with [Problems].
func (c *Calendar) WithHolidays(dates ...string) (*Calendar, error) {
	var r reader
	src := c.source
	src.holidays = slices.Clone(src.holidays)
	for i, date := range dates {
		src.holidays = append(src.holidays, r.date(fmt.Sprintf("holidays[%d]", i), date))
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	slices.Sort(src.holidays)
	src.holidays = slices.Compact(src.holidays)
	return compile(src)
}

// compile makes the calendar that a checked source describes.
func compile(src source) (*Calendar, error) {
	loc, err := loadZone(src.zone)
	if err != nil {
		return nil, err
	}
	var week [7][]span
	for d, name := range dayNames {
		if week[d] = src.hours[name]; src.hours == nil {
			week[d] = []span{{0, daySeconds}}
		}
	}
	special := map[int64][]span{}
	for day, spans := range src.shifts {
		special[day] = spans
	}
	for day, pauses := range src.breaks {
		spans, shifted := special[day]
		if !shifted {
			spans = week[weekday(day)]
		}
		special[day] = cut(spans, pauses)
	}
	for _, day := range src.holidays {
		special[day] = nil
	}
	c := &Calendar{source: src, loc: loc, open: newTimeline(week, special)}
	c.print = print(c)
	return c, nil
}

// loadZone refuses what would mean another zone on another machine, and the
// copies of the zone database that count leap seconds.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, Problem{"time_zone", `missing; want a zone's name such as "Europe/Berlin"`}
	}
	loc, err := time.LoadLocation(name)
	// The zone database is often a folder, so "./Europe//Berlin" would be found.
	top, _, _ := strings.Cut(name, "/")
	if err != nil || path.Clean(name) != name || slices.Contains([]string{"Local", "localtime", "posixrules", "Factory", "posix", "right"}, top) {
		return nil, Problem{"time_zone", fmt.Sprintf(`unknown zone %q; want a zone's name such as "Europe/Berlin"`, name)}
	}
	return loc, nil
}

// reader reads a calendar's JSON and gathers what is wrong with it.
type reader struct{ problems Problems }

func (r *reader) refuse(path, format string, args ...any) {
	r.problems = append(r.problems, Problem{path, fmt.Sprintf(format, args...)})
}

// add is refuse for a Problem that another function found.
func (r *reader) add(err error) {
	var p Problem
	if errors.As(err, &p) {
		r.problems = append(r.problems, p)
	}
}

func (r *reader) hours(data []byte) map[string][]span {
	before := len(r.problems)
	hours := map[string][]span{}
	var open int64
	for _, m := range r.members("hours", data) {
		place := "hours." + m.key
		if !slices.Contains(dayNames, m.key) {
			r.refuse(place, "unknown day; want mon, tue, wed, thu, fri, sat or sun")
			continue
		}
		hours[m.key] = r.spans(place, m.value)
		open += length(hours[m.key])
	}
	if open == 0 && len(r.problems) == before {
		r.refuse("hours", "never open; want at least one interval, or no hours at all for around the clock")
	}
	return hours
}

func (r *reader) holidays(data []byte) []int64 {
	var dates []string
	r.into("holidays", data, &dates, `a list of dates such as "2026-12-25"`)
	var days []int64
	for i, date := range dates {
		days = append(days, r.date(fmt.Sprintf("holidays[%d]", i), date))
	}
	slices.Sort(days)
	return slices.Compact(days)
}

func (r *reader) dates(place string, data []byte) map[int64][]span {
	byDay := map[int64][]span{}
	for _, m := range r.members(place, data) {
		at := place + "." + m.key
		byDay[r.date(at, m.key)] = r.spans(at, m.value)
	}
	return byDay
}

// date gives a date as days since 1970.
func (r *reader) date(place, date string) int64 {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		r.refuse(place, `%q is no date; want one such as "2026-12-25"`, date)
	}
	return floorDiv(t.Unix(), daySeconds)
}

// spans reads the intervals of one day, in any order, and sorts them.
func (r *reader) spans(place string, data []byte) []span {
	const want = `a list of intervals such as [["09:00","12:00"],["13:00","17:30"]]`
	var pairs [][]string
	r.into(place, data, &pairs, want)
	spans := []span{}
	for i, pair := range pairs {
		if s, ok := r.span(fmt.Sprintf("%s[%d]", place, i), pair); ok {
			spans = append(spans, s)
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			r.refuse(place, "%s to %s overlaps %s to %s; want intervals that do not overlap",
				hhmm(spans[i-1].from), hhmm(spans[i-1].to), hhmm(spans[i].from), hhmm(spans[i].to))
		}
	}
	return spans
}

func (r *reader) span(at string, pair []string) (span, bool) {
	if len(pair) != 2 {
		r.refuse(at, `%d times; want two, ["from","to"]`, len(pair))
		return span{}, false
	}
	from, okFrom := readTime(pair[0])
	to, okTo := readTime(pair[1])
	switch {
	case !okFrom:
		r.refuse(at, `%q is no time; want "HH:MM" from "00:00" to "24:00"`, pair[0])
	case !okTo:
		r.refuse(at, `%q is no time; want "HH:MM" from "00:00" to "24:00"`, pair[1])
	case to <= from:
		r.refuse(at, "%s to %s is reversed or empty; want the end after the start (split an interval at midnight)", pair[0], pair[1])
	default:
		return span{from, to}, true
	}
	return span{}, false
}

// readTime reads "HH:MM" as seconds since midnight.
func readTime(text string) (int64, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	var digits [4]int64
	for i, at := range []int{0, 1, 3, 4} {
		if text[at] < '0' || text[at] > '9' {
			return 0, false
		}
		digits[i] = int64(text[at] - '0')
	}
	hour, minute := digits[0]*10+digits[1], digits[2]*10+digits[3]
	seconds := hour*3600 + minute*60
	return seconds, minute < 60 && seconds <= daySeconds
}

// hhmm writes seconds since midnight as "HH:MM".
func hhmm(seconds int64) string {
	return fmt.Sprintf("%02d:%02d", seconds/3600, seconds/60%60)
}

// cut takes pauses out of spans; both are sorted and do not overlap.
func cut(spans, pauses []span) []span {
	var left []span
	for _, s := range spans {
		for _, p := range pauses {
			if p.to <= s.from || p.from >= s.to {
				continue
			}
			if p.from > s.from {
				left = append(left, span{s.from, p.from})
			}
			s.from = min(p.to, s.to)
		}
		if s.from < s.to {
			left = append(left, s)
		}
	}
	return left
}

// member is one key of a JSON object with its value.
type member struct {
	key   string
	value json.RawMessage
}

// members reads a JSON object, exact about what encoding/json is lax about:
// the case of keys, duplicate keys, and what follows the object. nil: it is none.
func (r *reader) members(place string, data []byte) []member {
	at := cmp.Or(place, "calendar")
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		r.refuse(at, "want a JSON object")
		return nil
	}
	all := []member{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			r.refuse(at, "malformed JSON: %v", err)
			return nil
		}
		m := member{key: key.(string)}
		if err := dec.Decode(&m.value); err != nil {
			r.refuse(at, "malformed JSON at %q: %v", m.key, err)
			return nil
		}
		if slices.ContainsFunc(all, func(other member) bool { return other.key == m.key }) {
			r.refuse(at, "%q stands there twice; want each key once", m.key)
			continue
		}
		all = append(all, m)
	}
	if _, err := dec.Token(); err != nil {
		r.refuse(at, "malformed JSON: %v", err)
		return nil
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		r.refuse(at, "want nothing after the JSON object")
		return nil
	}
	return all
}

// into decodes a value and refuses null, which means nothing here.
func (r *reader) into(place string, data []byte, into any, want string) bool {
	if err := json.Unmarshal(data, into); err != nil || string(data) == "null" {
		r.refuse(place, "want %s", want)
		return false
	}
	return true
}
