// Package holidays knows the public holidays of countries by year, as presets for
// the list of holidays of a team's calendar. It fills that list; clocks never ask it.
//
//	days, err := holidays.Of("DE-BY", "2027-2028")
//
// The rules are those of github.com/rickar/cal, mended where the law has changed
// since (places.go).
package holidays

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rickar/cal/v2"

	"hotleads/lead"
)

// Years for which there are holidays, and how many may be asked for at once.
const (
	FirstYear = 2000
	LastYear  = 2099
	MostYears = 10
)

// Day is a day on which a place is closed.
type Day struct {
	Date string `json:"date"` // YYYY-MM-DD
	Name string `json:"name"` // as they call it there
}

// Place is a country, or a region that has holidays of its own besides.
type Place struct {
	Code, Name string // "DE-BY", "Bayern"
	Regions    []Place
}

// Countries are those that have presets, by their English names.
func Countries() []Place {
	all := make([]Place, len(places))
	for i, p := range places {
		all[i] = Place{Code: p.code, Name: p.name}
		for _, r := range p.regions {
			all[i].Regions = append(all[i].Regions, Place{Code: p.code + "-" + r.code, Name: r.name})
		}
	}
	slices.SortFunc(all, func(a, b Place) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Of are the holidays of a place (an ISO 3166 code: "DE", "DE-BY") in a year or
// some ("2027", "2027-2028"), by date, each date once. A holiday on a weekend
// stands there beside the day that is observed for it, where there is one. A place
// that is not known, and years out of bounds, are lead.ErrInvalid of the fields
// country and year.
func Of(place, years string) ([]Day, error) {
	rules, unknown := find(place)
	from, to, wrong := span(years)
	if refused := lead.Together(unknown, wrong); refused != nil {
		return nil, refused
	}
	names := map[string]string{}
	for year := from - 1; year <= to+1; year++ { // the New Year of a Saturday may be observed the year before
		for _, h := range rules {
			for date, name := range datesOf(h, year) {
				if y := date[:4]; y < strconv.Itoa(from) || y > strconv.Itoa(to) {
					continue
				}
				if known := names[date]; known != "" && known != name {
					name = known + ", " + name
				}
				names[date] = name
			}
		}
	}
	days := make([]Day, 0, len(names))
	for date, name := range names {
		days = append(days, Day{date, name})
	}
	slices.SortFunc(days, func(a, b Day) int { return cmp.Compare(a.Date, b.Date) })
	return days, nil
}

// inUTC: the library counts in the zone of the machine, where some midnights do
// not exist.
var inUTC = sync.OnceFunc(func() { cal.DefaultLoc = time.UTC })

// datesOf are the day of a holiday in a year, and the one that is observed for it.
func datesOf(h *cal.Holiday, year int) map[string]string {
	inUTC()
	actual, observed := h.Clone(nil).Calc(year) // some of its functions write to what they are given
	if actual.IsZero() {
		return nil
	}
	return map[string]string{observed.Format(time.DateOnly): h.Name + " (observed)", actual.Format(time.DateOnly): h.Name}
}

// find reads the rules of a place.
func find(code string) ([]*cal.Holiday, error) {
	country, region, regional := strings.Cut(strings.ToUpper(strings.TrimSpace(code)), "-")
	i := slices.IndexFunc(places, func(p place) bool { return p.code == country })
	switch {
	case country == "":
		return nil, lead.Invalid("country", "name a country: %s", codes(places, ""))
	case i < 0:
		return nil, lead.Invalid("country", "there are no holidays for %q; there are %s", clip(code), codes(places, ""))
	case !regional:
		return places[i].days, nil
	}
	regions := places[i].regions
	j := slices.IndexFunc(regions, func(p place) bool { return p.code == region })
	switch {
	case len(regions) == 0:
		return nil, lead.Invalid("country", "%s has no holidays by region: ask for %s", places[i].name, country)
	case j < 0:
		return nil, lead.Invalid("country", "there are no holidays for %q; of %s there are %s", clip(code), places[i].name, codes(regions, country+"-"))
	}
	return regions[j].days, nil
}

func codes(of []place, before string) string {
	all := make([]string, len(of))
	for i, p := range of {
		all[i] = before + p.code
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

var yearSpan = regexp.MustCompile(`^(\d{4})(?:\s*[-–]\s*(\d{4}))?$`)

// span reads a year, or the first and the last of some.
func span(text string) (from, to int, err error) {
	m := yearSpan.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, 0, lead.Invalid("year", "%q is neither a year such as 2027 nor some such as 2027-2028", clip(text))
	}
	from, _ = strconv.Atoi(m[1])
	to, _ = strconv.Atoi(cmp.Or(m[2], m[1]))
	switch {
	case from < FirstYear || to > LastYear:
		return 0, 0, lead.Invalid("year", "holidays are known from %d to %d", FirstYear, LastYear)
	case to < from:
		return 0, 0, lead.Invalid("year", "%s ends before it begins", m[0])
	case to-from >= MostYears:
		return 0, 0, lead.Invalid("year", "at most %d years at once", MostYears)
	}
	return from, to, nil
}

// clip keeps what somebody typed short enough for a sentence.
func clip(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
