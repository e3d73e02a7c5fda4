package segment

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// when tells when a message's activity occurred, never after it was received,
// and, where the time that was sent had to be moved back for that, the time
// that was sent.
//
//   - timestamp is taken as it is.
//   - Else originalTimestamp is corrected for the sender's clock: by what lies
//     between sentAt (the message's, else the batch's) and the receipt. Without
//     sentAt it is taken as it is.
//   - Without either it occurred when it was received.
//
// Times before 1970, sent or corrected, are refused: they are unset clocks.
func (d *decoder) when(f fields) (occurred, said time.Time, err error) {
	var at [3]time.Time
	for i, name := range []string{"timestamp", "originalTimestamp", "sentAt"} {
		if at[i], err = f.instant(name); err != nil {
			return occurred, said, err
		}
	}
	stamp, original, sentAt := at[0], at[1], at[2]
	if sentAt.IsZero() {
		sentAt = d.sentAt
	}
	switch {
	case !stamp.IsZero():
		occurred, said = stamp, stamp
	case !original.IsZero():
		occurred, said = original, original
		if !sentAt.IsZero() {
			occurred = original.Add(d.received.Sub(sentAt)).Truncate(time.Microsecond)
		}
		if occurred.Before(time.Unix(0, 0)) {
			return occurred, said, &fault{path: "originalTimestamp", text: "is before 1970 once corrected by sentAt"}
		}
	default:
		return d.received, time.Time{}, nil
	}
	if occurred.After(d.received) {
		return d.received, said, nil
	}
	return occurred, time.Time{}, nil
}

// instant is a field that has to be a time, in whole microseconds UTC; zero
// where absent or empty.
func (f fields) instant(name string) (time.Time, error) {
	switch v := f[name].(type) {
	case nil:
		return time.Time{}, nil
	case string:
		if strings.TrimSpace(v) == "" {
			return time.Time{}, nil
		}
		t, ok := parseTime(v)
		switch {
		case !ok:
			return t, wants(name, "a time such as 2026-03-02T08:30:00Z", strconv.Quote(clip(v)))
		case t.Before(time.Unix(0, 0)):
			return t, &fault{path: name, text: "is before 1970"}
		}
		return t, nil
	default:
		return time.Time{}, wants(name, "a time such as 2026-03-02T08:30:00Z", kindOf(v))
	}
}

// layouts are the ISO 8601 forms that clients send. Each may have a fraction of
// a second; without an offset a time is UTC, a date alone is its midnight.
var layouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02",
}

// parseTime reads a time, with a space or t for the T and a z for the Z.
func parseTime(s string) (time.Time, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC().Truncate(time.Microsecond)
			return t, t.Year() <= 9999 // an offset can lead past it, where JSON has no time
		}
	}
	return time.Time{}, false
}

// zoneName is how the names of IANA's zones look; what else lies in the folder
// of a zone database (posix/…, localtime) begins with a small letter.
var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// timeZone is context.timezone where it is the name of a zone, else "".
func (d *decoder) timeZone(about map[string]any) string {
	name, _ := about["timezone"].(string)
	if name == "" || len(name) > 64 {
		return ""
	}
	known, seen := d.zones[name]
	if !seen {
		known = name != "Local" && name != "Factory" && zoneName.MatchString(name)
		if known {
			_, err := time.LoadLocation(name)
			known = err == nil
		}
		d.zones[name] = known
	}
	if !known {
		return ""
	}
	return name
}
