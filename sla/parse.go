package sla

import (
	"bytes"
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
// have no due time at all. It is strict: whatever is not
// exactly so is refused with an error that names the place and what is wanted.
func ParseCalendar(data []byte) (*Calendar, error) {
	top, err := members("calendar", data)
	if err != nil {
		return nil, err
	}
	src := source{breaks: map[int64][]span{}, shifts: map[int64][]span{}}
	for _, m := range top {
		switch m.key {
		case "time_zone":
			err = readInto(m.key, m.value, &src.zone, `a zone's name such as "Europe/Berlin"`)
		case "hours":
			src.hours, err = readHours(m.value)
		case "holidays":
			src.holidays, err = readHolidays(m.value)
		case "breaks":
			src.breaks, err = readDates(m.key, m.value)
		case "shifts":
			src.shifts, err = readDates(m.key, m.value)
		default:
			err = fmt.Errorf("%s: unknown key; want time_zone, hours, holidays, breaks or shifts", m.key)
		}
		if err != nil {
			return nil, err
		}
	}
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
	return &Calendar{source: src, loc: loc, open: newTimeline(week, special)}, nil
}

// loadZone refuses what would mean another zone on another machine, and the
// copies of the zone database that count leap seconds.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, errors.New(`time_zone: missing; want a zone's name such as "Europe/Berlin"`)
	}
	loc, err := time.LoadLocation(name)
	// The zone database is often a folder, so "./Europe//Berlin" would be found.
	top, _, _ := strings.Cut(name, "/")
	if err != nil || path.Clean(name) != name || slices.Contains([]string{"Local", "localtime", "posixrules", "Factory", "posix", "right"}, top) {
		return nil, fmt.Errorf(`time_zone: unknown zone %q; want a zone's name such as "Europe/Berlin"`, name)
	}
	return loc, nil
}

func readHours(data []byte) (map[string][]span, error) {
	days, err := members("hours", data)
	if err != nil {
		return nil, err
	}
	hours := map[string][]span{}
	var open int64
	for _, m := range days {
		place := "hours." + m.key
		if !slices.Contains(dayNames, m.key) {
			return nil, fmt.Errorf("%s: unknown day; want mon, tue, wed, thu, fri, sat or sun", place)
		}
		if hours[m.key], err = readSpans(place, m.value); err != nil {
			return nil, err
		}
		open += length(hours[m.key])
	}
	if open == 0 {
		return nil, errors.New("hours: never open; want at least one interval, or no hours at all for around the clock")
	}
	return hours, nil
}

func readHolidays(data []byte) ([]int64, error) {
	var dates []string
	if err := readInto("holidays", data, &dates, `a list of dates such as "2026-12-25"`); err != nil {
		return nil, err
	}
	var days []int64
	for i, date := range dates {
		day, err := readDate(fmt.Sprintf("holidays[%d]", i), date)
		if err != nil {
			return nil, err
		}
		days = append(days, day)
	}
	slices.Sort(days)
	return slices.Compact(days), nil
}

func readDates(place string, data []byte) (map[int64][]span, error) {
	dates, err := members(place, data)
	if err != nil {
		return nil, err
	}
	byDay := map[int64][]span{}
	for _, m := range dates {
		at := place + "." + m.key
		day, err := readDate(at, m.key)
		if err != nil {
			return nil, err
		}
		if byDay[day], err = readSpans(at, m.value); err != nil {
			return nil, err
		}
	}
	return byDay, nil
}

// readDate gives a date as days since 1970.
func readDate(place, date string) (int64, error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, fmt.Errorf(`%s: %q is no date; want one such as "2026-12-25"`, place, date)
	}
	return floorDiv(t.Unix(), daySeconds), nil
}

// readSpans reads the intervals of one day, in any order, and sorts them.
func readSpans(place string, data []byte) ([]span, error) {
	const want = `a list of intervals such as [["09:00","12:00"],["13:00","17:30"]]`
	var pairs [][]string
	if err := readInto(place, data, &pairs, want); err != nil {
		return nil, err
	}
	spans := []span{}
	for i, pair := range pairs {
		at := fmt.Sprintf("%s[%d]", place, i)
		if len(pair) != 2 {
			return nil, fmt.Errorf(`%s: %d times; want two, ["from","to"]`, at, len(pair))
		}
		from, okFrom := readTime(pair[0])
		to, okTo := readTime(pair[1])
		switch {
		case !okFrom:
			return nil, fmt.Errorf(`%s: %q is no time; want "HH:MM" from "00:00" to "24:00"`, at, pair[0])
		case !okTo:
			return nil, fmt.Errorf(`%s: %q is no time; want "HH:MM" from "00:00" to "24:00"`, at, pair[1])
		case to <= from:
			return nil, fmt.Errorf("%s: %s to %s is reversed or empty; want the end after the start (split an interval at midnight)", at, pair[0], pair[1])
		}
		spans = append(spans, span{from, to})
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return nil, fmt.Errorf("%s: %s to %s overlaps %s to %s; want intervals that do not overlap", place,
				hhmm(spans[i-1].from), hhmm(spans[i-1].to), hhmm(spans[i].from), hhmm(spans[i].to))
		}
	}
	return spans, nil
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
// the case of keys, duplicate keys, and what follows the object.
func members(place string, data []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%s: want a JSON object", place)
	}
	var all []member
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("%s: malformed JSON: %w", place, err)
		}
		m := member{key: key.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("%s: malformed JSON at %q: %w", place, m.key, err)
		}
		if slices.ContainsFunc(all, func(other member) bool { return other.key == m.key }) {
			return nil, fmt.Errorf("%s: %q stands there twice; want each key once", place, m.key)
		}
		all = append(all, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("%s: malformed JSON: %w", place, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want nothing after the JSON object", place)
	}
	return all, nil
}

// readInto decodes a value and refuses null, which means nothing here.
func readInto(place string, data []byte, into any, want string) error {
	if err := json.Unmarshal(data, into); err != nil || string(data) == "null" {
		return fmt.Errorf("%s: want %s", place, want)
	}
	return nil
}
