package sla

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// week, dates and zone as they were drawn, in minutes of the day: what the
// oracle reads, so that it shares nothing with the code under test.
type drawn struct {
	zone           string
	hours          map[string][][2]int // nil: around the clock
	holidays       map[int]bool        // by date, as 20261225
	breaks, shifts map[int][][2]int
}

// open is the sentence of the interface: an instant is open when its wall-clock
// time in the zone lies in an open interval.
func (d drawn) open(wall time.Time) bool {
	minute := wall.Hour()*60 + wall.Minute()
	within := func(spans [][2]int) bool {
		for _, s := range spans {
			if s[0] <= minute && minute < s[1] {
				return true
			}
		}
		return false
	}
	date := yyyymmdd(wall)
	if d.holidays[date] || within(d.breaks[date]) {
		return false
	}
	if spans, shifted := d.shifts[date]; shifted {
		return within(spans)
	}
	return d.hours == nil || within(d.hours[[]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[wall.Weekday()]])
}

func yyyymmdd(wall time.Time) int {
	year, month, day := wall.Date()
	return year*10_000 + int(month)*100 + day
}

// next is the instant up to which wall-clock time stays in the same minute.
func next(t time.Time, loc *time.Location) time.Time {
	wall := t.In(loc)
	full := t.Truncate(time.Second)
	end := full.Add(time.Duration(60-wall.Second()) * time.Second)
	if _, before := wall.Zone(); before != offset(end, loc) {
		// A transition, in old days at any second.
		end = full.Add(time.Second)
	}
	return end
}

func offset(t time.Time, loc *time.Location) int {
	_, o := t.In(loc).Zone()
	return o
}

// due walks from minute to minute; false beyond the limit.
func (d drawn) due(loc *time.Location, start time.Time, left time.Duration, limit time.Time) (time.Time, bool) {
	for t := start; t.Before(limit); {
		end := next(t, loc)
		if d.open(t.In(loc)) {
			if left == 0 || left <= end.Sub(t) {
				return t.Add(left), true
			}
			left -= end.Sub(t)
		}
		t = end
	}
	return time.Time{}, false
}

func (d drawn) elapsed(loc *time.Location, from, to time.Time) time.Duration {
	var total time.Duration
	for t := from; t.Before(to); {
		end := next(t, loc)
		if end.After(to) {
			end = to
		}
		if d.open(t.In(loc)) {
			total += end.Sub(t)
		}
		t = end
	}
	return total
}

func (d drawn) json() []byte {
	doc := map[string]any{"time_zone": d.zone}
	if d.hours != nil {
		hours := map[string][][2]string{}
		for day, spans := range d.hours {
			hours[day] = times(spans)
		}
		doc["hours"] = hours
	}
	dates := []string{}
	for day := range d.holidays {
		dates = append(dates, dashed(day))
	}
	doc["holidays"] = dates
	for key, days := range map[string]map[int][][2]int{"breaks": d.breaks, "shifts": d.shifts} {
		written := map[string][][2]string{}
		for day, spans := range days {
			written[dashed(day)] = times(spans)
		}
		doc[key] = written
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return text
}

func dashed(day int) string {
	return fmt.Sprintf("%04d-%02d-%02d", day/10_000, day/100%100, day%100)
}

func times(spans [][2]int) [][2]string {
	written := [][2]string{}
	for _, s := range spans {
		written = append(written, [2]string{fmt.Sprintf("%02d:%02d", s[0]/60, s[0]%60), fmt.Sprintf("%02d:%02d", s[1]/60, s[1]%60)})
	}
	return written
}

var oracleZones = []string{
	"UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "Africa/Cairo",
	"Africa/Casablanca", "Asia/Beirut", "Asia/Kathmandu", "Asia/Gaza", "Asia/Manila", "Australia/Lord_Howe", "Antarctica/Troll",
	"Pacific/Apia", "Pacific/Kwajalein", "Pacific/Chatham", "Pacific/Kiritimati", "America/Juneau", "Africa/Monrovia", "Etc/GMT+12",
}

func drawSpans(r *rand.Rand) [][2]int {
	var spans [][2]int
	for from := 0; from < 1440 && len(spans) < 4; {
		start := from + r.IntN(600)
		switch r.IntN(4) {
		case 0:
			start = from
		case 1:
			start = (start + 59) / 60 * 60
		}
		end := min(1440, start+1+r.IntN(700))
		if start >= end {
			break
		}
		spans = append(spans, [2]int{start, end})
		from = end
	}
	r.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return spans
}

// draw makes a calendar around an instant, which likes to be a transition.
func draw(r *rand.Rand) (drawn, *time.Location, time.Time) {
	d := drawn{zone: oracleZones[r.IntN(len(oracleZones))], holidays: map[int]bool{}, breaks: map[int][][2]int{}, shifts: map[int][][2]int{}}
	loc, err := time.LoadLocation(d.zone)
	if err != nil {
		panic(err)
	}
	center := time.Date(1840+r.IntN(400), time.Month(1+r.IntN(12)), 1+r.IntN(31), 0, r.IntN(1440), r.IntN(60), r.IntN(1e9), time.UTC)
	if _, end := center.In(loc).ZoneBounds(); r.IntN(4) > 0 && !end.IsZero() {
		center = end.Add(time.Duration(r.IntN(3*86400)-2*86400) * time.Second)
	}
	if r.IntN(5) > 0 {
		d.hours = map[string][][2]int{}
		for _, day := range dayNames {
			if r.IntN(3) > 0 {
				d.hours[day] = drawSpans(r)
			}
		}
		d.hours[dayNames[r.IntN(7)]] = [][2]int{{r.IntN(720), 721 + r.IntN(720)}}
	}
	for range r.IntN(6) {
		date := yyyymmdd(center.In(loc).AddDate(0, 0, r.IntN(9)-4))
		switch r.IntN(3) {
		case 0:
			d.holidays[date] = true
		case 1:
			d.breaks[date] = drawSpans(r)
		default:
			d.shifts[date] = drawSpans(r)
		}
	}
	return d, loc, center
}

func checkAgainstOracle(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	d, loc, start := draw(r)
	text := d.json()
	cal := mustParse(t, string(text))
	written, err := json.Marshal(cal)
	if err != nil {
		t.Fatal(err)
	}
	if again := mustParse(t, string(written)); !again.Equal(*cal) {
		t.Errorf("seed %d: %s is written as %s, which reads differently", seed, text, written)
	}

	minutes := time.Duration(r.IntN(4000)) * time.Minute
	if r.IntN(3) == 0 {
		minutes += time.Duration(r.Int64N(int64(time.Minute)))
	}
	if r.IntN(8) == 0 {
		minutes = 0
	}
	if r.IntN(2) == 0 {
		start = start.Truncate(time.Minute)
	}
	if got, want := cal.IsOpen(start), d.open(start.In(loc)); got != want {
		t.Errorf("seed %d: open at %s: %v, want %v; %s", seed, start.In(loc), got, want, text)
	}
	limit := start.AddDate(0, 0, 30)
	due, err := cal.Due(start, minutes)
	if want, reached := d.due(loc, start, minutes, limit); reached {
		if err != nil || !due.Equal(want) {
			t.Errorf("seed %d: %v from %s: due %s (%v), want %s; %s", seed, minutes, start.In(loc), due.In(loc), err, want.In(loc), text)
		}
	} else if !errors.Is(err, ErrTooFar) && due.Before(limit) {
		t.Errorf("seed %d: %v from %s: due %s (%v), want after %s; %s", seed, minutes, start.In(loc), due.In(loc), err, limit, text)
	}
	if err == nil {
		if passed := cal.Elapsed(start, due); passed != minutes {
			t.Errorf("seed %d: %v from %s is %s, but %v pass; %s", seed, minutes, start.In(loc), due.In(loc), passed, text)
		}
		if minutes > 0 && cal.Elapsed(start, due.Add(-1)) != minutes-1 {
			t.Errorf("seed %d: %v from %s is due before %s; %s", seed, minutes, start.In(loc), due.In(loc), text)
		}
	}
	to := start.Add(time.Duration(r.Int64N(int64(14 * 24 * time.Hour))))
	if got, want := cal.Elapsed(start, to), d.elapsed(loc, start, to); got != want {
		t.Errorf("seed %d: %v pass from %s to %s, want %v; %s", seed, got, start.In(loc), to.In(loc), want, text)
	}
	between := start.Add(time.Duration(r.Int64N(int64(to.Sub(start)) + 1)))
	if whole, parts := cal.Elapsed(start, to), cal.Elapsed(start, between)+cal.Elapsed(between, to); whole != parts {
		t.Errorf("seed %d: %v pass from %s to %s, %v in two parts; %s", seed, whole, start.In(loc), to.In(loc), parts, text)
	}
}

func TestCalendarAgreesWithAMinuteByMinuteOracle(t *testing.T) {
	count := uint64(60)
	if testing.Short() {
		count = 20
	}
	for seed := range count {
		checkAgainstOracle(t, seed)
	}
}

func FuzzCalendarAgainstOracle(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkAgainstOracle)
}

// Every zone of the sample keeps one offset within each stretch, and the walk
// over the stretches always advances.
func TestStretchesFollowTheZone(t *testing.T) {
	for _, zone := range oracleZones {
		cal := mustParse(t, `{"time_zone":"`+zone+`"}`)
		for unix := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); unix < time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); {
			end, east := cal.stretch(unix)
			if end <= unix {
				t.Fatalf("%s: the stretch from %s ends at once", zone, time.Unix(unix, 0).UTC())
			}
			for _, probe := range []int64{unix, unix + (end-unix)/3, unix + (end-unix)/2, end - 1} {
				if got := offset(time.Unix(probe, 0), cal.Zone()); int64(got) != east {
					t.Fatalf("%s: offset %d at %s, the stretch says %d", zone, got, time.Unix(probe, 0).UTC(), east)
				}
			}
			unix = end
		}
	}
}
