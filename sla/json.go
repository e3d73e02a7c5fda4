package sla

import (
	"bytes"
	"encoding/json"
	"errors"
	"hash/fnv"
	"strconv"
	"time"
)

// UnmarshalJSON is [ParseCalendar], so that a calendar stands in the agreement.
func (c *Calendar) UnmarshalJSON(data []byte) error {
	parsed, err := ParseCalendar(data)
	if err != nil {
		return err
	}
	*c = *parsed
	return nil
}

// MarshalJSON writes what [ParseCalendar] reads: intervals and dates in order,
// days from Monday on, so that equal calendars have equal bytes.
func (c Calendar) MarshalJSON() ([]byte, error) {
	if c.loc == nil {
		return nil, errors.New("sla: a calendar that was never read has no JSON")
	}
	var doc struct {
		TimeZone string                 `json:"time_zone"`
		Hours    *weekJSON              `json:"hours,omitempty"`
		Holidays []string               `json:"holidays,omitempty"`
		Breaks   map[string][][2]string `json:"breaks,omitempty"`
		Shifts   map[string][][2]string `json:"shifts,omitempty"`
	}
	doc.TimeZone = c.source.zone
	if h := c.source.hours; h != nil {
		doc.Hours = &weekJSON{
			pairs(h["mon"]), pairs(h["tue"]), pairs(h["wed"]), pairs(h["thu"]), pairs(h["fri"]), pairs(h["sat"]), pairs(h["sun"]),
		}
	}
	for _, day := range c.source.holidays {
		doc.Holidays = append(doc.Holidays, date(day))
	}
	doc.Breaks, doc.Shifts = byDate(c.source.breaks), byDate(c.source.shifts)
	return json.Marshal(doc)
}

// Equal says whether two calendars say the same, written out: it compares what
// MarshalJSON writes.
func (c Calendar) Equal(other Calendar) bool {
	a, errA := c.MarshalJSON()
	b, errB := other.MarshalJSON()
	return (errA == nil) == (errB == nil) && bytes.Equal(a, b)
}

// print is a short fingerprint of a value's JSON; "" where it has none.
func print(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	h := fnv.New64a()
	h.Write(b)
	return strconv.FormatUint(h.Sum64(), 36)
}

// weekJSON keeps the days in the order in which people write them.
type weekJSON struct {
	Mon [][2]string `json:"mon,omitempty"`
	Tue [][2]string `json:"tue,omitempty"`
	Wed [][2]string `json:"wed,omitempty"`
	Thu [][2]string `json:"thu,omitempty"`
	Fri [][2]string `json:"fri,omitempty"`
	Sat [][2]string `json:"sat,omitempty"`
	Sun [][2]string `json:"sun,omitempty"`
}

func pairs(spans []span) [][2]string {
	written := [][2]string{}
	for _, s := range spans {
		written = append(written, [2]string{hhmm(s.from), hhmm(s.to)})
	}
	return written
}

func byDate(days map[int64][]span) map[string][][2]string {
	dates := map[string][][2]string{}
	for day, spans := range days {
		dates[date(day)] = pairs(spans)
	}
	return dates
}

func date(day int64) string { return time.Unix(day*daySeconds, 0).UTC().Format(time.DateOnly) }
