package sla

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCalendarRefuses(t *testing.T) {
	zone := `"time_zone":"Europe/Berlin"`
	tests := []struct{ name, doc, says string }{
		{"nothing", ``, "want a JSON object"},
		{"null", `null`, "want a JSON object"},
		{"a list", `[]`, "want a JSON object"},
		{"cut off", `{` + zone, "malformed JSON"},
		{"trailing data", `{` + zone + `} {}`, "nothing after"},
		{"trailing brace", `{` + zone + `}}`, "nothing after"},
		{"unknown key", `{` + zone + `,"weekends":[]}`, "weekends: unknown key"},
		{"key in another case", `{"Time_Zone":"UTC"}`, "Time_Zone: unknown key"},
		{"duplicate key", `{` + zone + `,"time_zone":"UTC"}`, `"time_zone" stands there twice`},
		{"no zone", `{}`, "time_zone: missing"},
		{"empty zone", `{"time_zone":""}`, "time_zone: missing"},
		{"zone of no text", `{"time_zone":1}`, "time_zone: want a zone's name"},
		{"zone null", `{"time_zone":null}`, "time_zone: want a zone's name"},
		{"this machine's zone", `{"time_zone":"Local"}`, `unknown zone "Local"`},
		{"this machine's zone file", `{"time_zone":"localtime"}`, "unknown zone"},
		{"unknown zone", `{"time_zone":"Europe/Atlantis"}`, `unknown zone "Europe/Atlantis"`},
		{"a folder of zones", `{"time_zone":"Europe"}`, "unknown zone"},
		{"an offset", `{"time_zone":"+02:00"}`, "unknown zone"},
		{"zone with leap seconds", `{"time_zone":"right/Europe/Berlin"}`, "unknown zone"},
		{"zone by a detour", `{"time_zone":"./Europe//Berlin"}`, "unknown zone"},
		{"zone outside", `{"time_zone":"../../etc/passwd"}`, "unknown zone"},
		{"zone with a space", `{"time_zone":"Europe/Berlin "}`, "unknown zone"},
		{"hours null", `{` + zone + `,"hours":null}`, "hours: want a JSON object"},
		{"hours empty", `{` + zone + `,"hours":{}}`, "hours: never open"},
		{"hours of empty days", `{` + zone + `,"hours":{"mon":[],"tue":[]}}`, "hours: never open"},
		{"hours empty with a shift", `{` + zone + `,"hours":{},"shifts":{"2026-01-03":[["08:00","12:00"]]}}`, "hours: never open"},
		{"unknown day", `{` + zone + `,"hours":{"monday":[["09:00","17:00"]]}}`, "hours.monday: unknown day"},
		{"day in another case", `{` + zone + `,"hours":{"Mon":[["09:00","17:00"]]}}`, "hours.Mon: unknown day"},
		{"duplicate day", `{` + zone + `,"hours":{"mon":[["09:00","17:00"]],"mon":[]}}`, `"mon" stands there twice`},
		{"day null", `{` + zone + `,"hours":{"mon":null}}`, "hours.mon: want a list of intervals"},
		{"interval not in a list", `{` + zone + `,"hours":{"mon":["09:00","17:00"]}}`, "hours.mon: want a list of intervals"},
		{"interval of one time", `{` + zone + `,"hours":{"mon":[["09:00"]]}}`, "hours.mon[0]: 1 times"},
		{"interval of three times", `{` + zone + `,"hours":{"mon":[["09:00","10:00","11:00"]]}}`, "hours.mon[0]: 3 times"},
		{"interval null", `{` + zone + `,"hours":{"mon":[null]}}`, "hours.mon[0]: 0 times"},
		{"reversed interval", `{` + zone + `,"hours":{"mon":[["17:00","09:00"]]}}`, "hours.mon[0]: 17:00 to 09:00 is reversed"},
		{"empty interval", `{` + zone + `,"hours":{"mon":[["09:00","12:00"],["13:00","13:00"]]}}`, "hours.mon[1]: 13:00 to 13:00 is reversed or empty"},
		{"interval from 24:00", `{` + zone + `,"hours":{"mon":[["24:00","24:00"]]}}`, "reversed or empty"},
		{"overlapping intervals", `{` + zone + `,"hours":{"mon":[["12:59","17:00"],["09:00","13:00"]]}}`, "09:00 to 13:00 overlaps 12:59 to 17:00"},
		{"the same interval twice", `{` + zone + `,"hours":{"mon":[["09:00","13:00"],["09:00","13:00"]]}}`, "overlaps"},
		{"time over 24:00", `{` + zone + `,"hours":{"mon":[["09:00","24:01"]]}}`, `"24:01" is no time`},
		{"hour 25", `{` + zone + `,"hours":{"mon":[["09:00","25:00"]]}}`, `"25:00" is no time`},
		{"minute 60", `{` + zone + `,"hours":{"mon":[["08:60","17:00"]]}}`, `"08:60" is no time`},
		{"time of one digit", `{` + zone + `,"hours":{"mon":[["9:00","17:00"]]}}`, `"9:00" is no time`},
		{"time with seconds", `{` + zone + `,"hours":{"mon":[["09:00:00","17:00"]]}}`, `"09:00:00" is no time`},
		{"negative time", `{` + zone + `,"hours":{"mon":[["-1:00","17:00"]]}}`, `"-1:00" is no time`},
		{"time of a number", `{` + zone + `,"hours":{"mon":[[9,17]]}}`, "hours.mon: want a list of intervals"},
		{"holidays as a text", `{` + zone + `,"holidays":"2026-12-25"}`, "holidays: want a list of dates"},
		{"holidays null", `{` + zone + `,"holidays":null}`, "holidays: want a list of dates"},
		{"holiday that is not", `{` + zone + `,"holidays":["2026-12-25","2026-02-29"]}`, `holidays[1]: "2026-02-29" is no date`},
		{"holiday with a time", `{` + zone + `,"holidays":["2026-12-25T00:00:00Z"]}`, "holidays[0]"},
		{"holiday of short digits", `{` + zone + `,"holidays":["2026-1-2"]}`, "holidays[0]"},
		{"holiday null", `{` + zone + `,"holidays":[null]}`, `holidays[0]: "" is no date`},
		{"break on no date", `{` + zone + `,"breaks":{"mon":[["10:00","11:30"]]}}`, `breaks.mon: "mon" is no date`},
		{"breaks as a list", `{` + zone + `,"breaks":[]}`, "breaks: want a JSON object"},
		{"reversed break", `{` + zone + `,"breaks":{"2026-01-02":[["11:30","10:00"]]}}`, "breaks.2026-01-02[0]: 11:30 to 10:00 is reversed"},
		{"overlapping breaks", `{` + zone + `,"breaks":{"2026-01-02":[["10:00","12:00"],["11:00","13:00"]]}}`, "breaks.2026-01-02: 10:00 to 12:00 overlaps"},
		{"shift on no date", `{` + zone + `,"shifts":{"2026-13-01":[["10:00","11:30"]]}}`, `"2026-13-01" is no date`},
		{"shift over midnight", `{` + zone + `,"shifts":{"2026-01-02":[["22:00","06:00"]]}}`, "split an interval at midnight"},
		{"shift twice", `{` + zone + `,"shifts":{"2026-01-02":[],"2026-01-02":[]}}`, "stands there twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseCalendar([]byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%s: %v, want an error that says %q", tt.doc, err, tt.says)
			}
		})
	}
}

func TestCalendarRoundTrip(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"everything, put in order",
			`{"shifts":{"2026-01-05":[],"2026-01-03":[["08:00","12:00"]]},"breaks":{"2026-01-02":[["10:00","11:30"]]},
			  "holidays":["2026-12-25","2026-01-01","2026-12-25"],
			  "hours":{"fri":[["09:00","24:00"]],"mon":[["13:00","17:30"],["09:00","12:00"]],"tue":[]}, "time_zone":"Europe/Berlin"}`,
			`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"],["13:00","17:30"]],"fri":[["09:00","24:00"]]},` +
				`"holidays":["2026-01-01","2026-12-25"],"breaks":{"2026-01-02":[["10:00","11:30"]]},` +
				`"shifts":{"2026-01-03":[["08:00","12:00"]],"2026-01-05":[]}}`},
		{"around the clock", `{"time_zone":"UTC"}`, `{"time_zone":"UTC"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// As it stands in the agreement, beside other things.
			var doc struct {
				Calendar Calendar  `json:"calendar"`
				Team     *Calendar `json:"team"`
				None     *Calendar `json:"none"`
			}
			if err := json.Unmarshal([]byte(`{"calendar":`+tt.doc+`,"team":`+tt.doc+`,"none":null}`), &doc); err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"calendar":`+tt.want+`,"team":`+tt.want+`,"none":null}`, string(got)); diff != "" {
				t.Errorf("written differently (-want +got):\n%s", diff)
			}
			if again := mustParse(t, tt.want); !cmp.Equal(*again, doc.Calendar) || !cmp.Equal(again, doc.Team) {
				t.Errorf("%s reads as another calendar than %s", tt.want, tt.doc)
			}
		})
	}
	if _, err := json.Marshal(Calendar{}); err == nil {
		t.Error("a calendar that was never read is written, want an error")
	}
	if mustParse(t, `{"time_zone":"UTC"}`).Equal(*mustParse(t, `{"time_zone":"Etc/UTC"}`)) {
		t.Error("calendars of two zones are equal")
	}
}

func TestDefaultCalendar(t *testing.T) {
	cal, err := DefaultCalendar("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := mustParse(t, `{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","17:30"]],"tue":[["09:00","17:30"]],
		"wed":[["09:00","17:30"]],"thu":[["09:00","17:30"]],"fri":[["09:00","17:30"]]}}`)
	if !cal.Equal(*want) || cal.Zone().String() != "Europe/Berlin" {
		got, _ := json.Marshal(cal)
		t.Errorf("the default calendar is %s", got)
	}
	for _, zone := range []string{"", "Local", "Mars/Phobos"} {
		if _, err := DefaultCalendar(zone); err == nil {
			t.Errorf("zone %q is taken", zone)
		}
	}
}

// Whatever is read can be written, reads the same again, and answers.
func FuzzParseCalendar(f *testing.F) {
	for _, doc := range []string{office, aroundTheClock, biz, shop, `{"time_zone":"UTC","hours":{"mon":[["24:00","24:00"]]}}`, `{`, `{"hours":{"\u006don":[[]]}}`} {
		f.Add([]byte(doc))
	}
	start := at(f, "UTC", "2026-11-17T10:00:00Z")
	f.Fuzz(func(t *testing.T, data []byte) {
		cal, err := ParseCalendar(data)
		if err != nil {
			return
		}
		written, err := json.Marshal(cal)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if again := mustParse(t, string(written)); !again.Equal(*cal) {
			t.Errorf("%s is written as %s, which reads differently", data, written)
		}
		if due, err := cal.DueMinutes(start, 600); err == nil && cal.ElapsedSeconds(start, due) != 36000 {
			t.Errorf("%s: 600 minutes from %s are due at %s, %v seconds away", data, start, due, cal.ElapsedSeconds(start, due))
		}
	})
}
