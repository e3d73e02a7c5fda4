package segment

import (
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, test := range []struct{ name, fields, batch, occurred, said string }{
		{"without a time: the receipt", ``, ``, "2026-11-21T23:30:00Z", ""},
		{"only sentAt: the receipt", `,"sentAt":"2026-01-01T00:00:00Z"`, ``, "2026-11-21T23:30:00Z", ""},
		{"timestamp as it is, whatever sentAt says", `,"timestamp":"2026-03-02T08:30:00Z","sentAt":"2026-03-02T09:00:00Z"`, ``, "2026-03-02T08:30:00Z", ""},
		{"timestamp before originalTimestamp", `,"timestamp":"2026-03-02T08:30:00Z","originalTimestamp":"2026-03-01T00:00:00Z"`, ``, "2026-03-02T08:30:00Z", ""},
		{"the sender's clock is an hour slow", `,"originalTimestamp":"2026-11-21T22:25:00Z","sentAt":"2026-11-21T22:30:00Z"`, ``, "2026-11-21T23:25:00Z", ""},
		{"the sender's clock is an hour fast", `,"originalTimestamp":"2026-11-22T00:25:00Z","sentAt":"2026-11-22T00:30:00Z"`, ``, "2026-11-21T23:25:00Z", ""},
		{"the batch's sentAt corrects", `,"originalTimestamp":"2026-11-21T22:25:00Z"`, `,"sentAt":"2026-11-21T22:30:00Z"`, "2026-11-21T23:25:00Z", ""},
		{"the message's sentAt before the batch's", `,"originalTimestamp":"2026-11-21T22:25:00Z","sentAt":"2026-11-21T22:30:00Z"`, `,"sentAt":"2026-01-01T00:00:00Z"`, "2026-11-21T23:25:00Z", ""},
		{"no sentAt: no correction", `,"originalTimestamp":"2026-11-21T22:25:00Z"`, ``, "2026-11-21T22:25:00Z", ""},
		{"empty times are absent ones", `,"timestamp":"","originalTimestamp":"2026-11-21T22:25:00Z","sentAt":" "`, ``, "2026-11-21T22:25:00Z", ""},
		{"a future time is clamped, the original kept", `,"timestamp":"2027-01-01T00:00:00Z"`, ``, "2026-11-21T23:30:00Z", "2027-01-01T00:00:00Z"},
		{"a future time without sentAt is clamped", `,"originalTimestamp":"2026-11-22T00:25:00Z"`, ``, "2026-11-21T23:30:00Z", "2026-11-22T00:25:00Z"},
		{"a correction into the future is clamped", `,"originalTimestamp":"2026-11-21T00:00:00Z","sentAt":"2026-11-20T00:00:00Z"`, ``, "2026-11-21T23:30:00Z", "2026-11-21T00:00:00Z"},
		{"the moment of receipt is no future", `,"timestamp":"2026-11-21T23:30:00Z"`, ``, "2026-11-21T23:30:00Z", ""},
		{"the last time there is", `,"timestamp":"9999-12-31T23:59:59Z"`, ``, "2026-11-21T23:30:00Z", "9999-12-31T23:59:59Z"},
		{"the first time there is", `,"timestamp":"1970-01-01T00:00:00Z"`, ``, "1970-01-01T00:00:00Z", ""},
		{"microseconds", `,"timestamp":"2026-03-02T08:30:00.123456789Z"`, ``, "2026-03-02T08:30:00.123456Z", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := one(t, "batch", `{"batch":[{"type":"page","userId":"a"`+test.fields+`}]`+test.batch+`}`)
			if !m.OccurredAt.Equal(at(test.occurred)) || !m.SaidAt.Equal(at(test.said)) || !m.ReceivedAt.Equal(received) {
				t.Errorf("occurred %s, said %s; want %s, %s", m.OccurredAt, m.SaidAt, test.occurred, test.said)
			}
			if test.batch == "" {
				if single := one(t, "page", `{"userId":"a"`+test.fields+`}`); single.OccurredAt != m.OccurredAt || single.SaidAt != m.SaidAt {
					t.Errorf("alone it occurred %s, in a batch %s", single.OccurredAt, m.OccurredAt)
				}
			}
		})
	}
	berlin := time.FixedZone("", 3600)
	b, err := Decode("page", []byte(`{"userId":"a"}`), time.Date(2026, 11, 21, 12, 0, 0, 1234, berlin))
	if want := time.Date(2026, 11, 21, 11, 0, 0, 1000, time.UTC); err != nil || b.Messages[0].ReceivedAt != want || b.Messages[0].OccurredAt != want {
		t.Errorf("received %+v (%v), want whole microseconds UTC", b.Messages, err)
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2026, 3, 2, 8, 30, 15, 0, time.UTC)
	for text, add := range map[string]time.Duration{
		"2026-03-02T08:30:15Z":             0,
		"2026-03-02T08:30:15.250Z":         250 * time.Millisecond,
		"2026-03-02T08:30:15,250Z":         250 * time.Millisecond,
		"2026-03-02T08:30:15.123456789Z":   123456 * time.Microsecond,
		"2026-03-02T09:30:15+01:00":        0,
		"2026-03-02T09:30:15.25+01:00":     250 * time.Millisecond,
		"2026-03-02T09:30:15+0100":         0,
		"2026-03-02T09:30:15+01":           0,
		"2026-03-02T03:00:15-05:30":        0,
		"2026-03-02 08:30:15":              0,
		"2026-03-02 08:30:15Z":             0,
		"2026-03-02t08:30:15z":             0,
		"2026-03-02T08:30:15":              0,
		"2026-03-02T08:30:15.000000+00:00": 0,
		" 2026-03-02T08:30:15Z ":           0,
		"2026-03-02T08:30Z":                -15 * time.Second,
		"2026-03-02T08:30":                 -15 * time.Second,
		"2026-03-02":                       -(8*time.Hour + 30*time.Minute + 15*time.Second),
	} {
		if got, ok := parseTime(text); !ok || got != want.Add(add) {
			t.Errorf("%q is %v (%v), want %v", text, got, ok, want.Add(add))
		}
	}
	for _, text := range []string{
		"", "x", "now", "1772440200", "2026", "2026-03", "02/03/2026", "2026-02-29", "2026-03-02T24:00:00Z", "2026-03-02T08:60:00Z",
		"2026-03-02T08:30:15 Europe/Berlin", "2026-03-02T08:30:15+25:00", "9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z", "+2026-03-02T08:30:15Z",
	} {
		if got, ok := parseTime(text); ok {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
