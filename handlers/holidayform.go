package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead/holidays"
	"hotleads/views"
)

// addHolidays puts the holidays of the chosen place and years to those in the
// form, where they are seen and may be changed before anything is saved. It returns
// the status.
func addHolidays(m *views.TeamModel) int {
	days, err := holidays.Of(m.Preset.Place, m.Preset.Years)
	if status, wrong, ok := refusal(err); ok {
		m.Errors = wrong
		return status
	}
	dates := datesIn(m.Holidays)
	before := len(dates)
	for _, d := range days {
		if !slices.Contains(dates, d.Date) {
			dates = append(dates, d.Date)
		}
	}
	slices.Sort(dates)
	m.Calendar, m.Holidays = "fields", strings.Join(dates, "\n")
	m.Preset.Added = views.Count(len(dates)-before, "day was added", "days were added") + ": save the team to keep them."
	return http.StatusOK
}

// nameHolidays offers what holidays there are, and names those of the form that
// are the chosen place's; unless one is chosen, that of the team's zone.
func nameHolidays(m *views.TeamModel, now time.Time) {
	p := &m.Preset
	for _, c := range holidays.Countries() {
		country := views.HolidayCountry{Code: c.Code, Name: c.Name}
		for _, r := range c.Regions {
			country.Regions = append(country.Regions, views.Pick{Value: r.Code, Text: r.Name})
		}
		p.Countries = append(p.Countries, country)
	}
	if p.Place == "" {
		p.Place = zoneCountries[m.CalendarZone]
	}
	if p.Years == "" {
		p.Years = strconv.Itoa(now.Year()) + "-" + strconv.Itoa(now.Year()+1)
	}
	dates := datesIn(m.Holidays)
	slices.Sort(dates)
	names, year := map[string]string{}, 0
	for _, date := range slices.Compact(dates) {
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			continue
		}
		if day.Year() != year {
			year = day.Year()
			days, _ := holidays.Of(p.Place, strconv.Itoa(year)) // of a place or year that is not known there are no names
			for _, d := range days {
				names[d.Date] = d.Name
			}
		}
		if names[date] != "" {
			p.Named = append(p.Named, views.NamedDay{Day: day, Name: names[date]})
		}
	}
}

// zoneCountries are the places whose holidays are proposed first, by the zones that
// lie in one of them alone.
var zoneCountries = map[string]string{
	"Europe/Berlin": "DE", "Europe/Vienna": "AT", "Europe/Zurich": "CH", "Europe/London": "GB", "Europe/Belfast": "GB-NIR", "Europe/Dublin": "IE",
	"Europe/Paris": "FR", "Europe/Madrid": "ES", "Europe/Rome": "IT", "Europe/Amsterdam": "NL", "Europe/Brussels": "BE", "Europe/Copenhagen": "DK",
	"Europe/Oslo": "NO", "Europe/Stockholm": "SE", "Europe/Warsaw": "PL", "Europe/Prague": "CZ", "Europe/Athens": "GR", "Europe/Bucharest": "RO",
	"Europe/Zagreb": "HR", "Europe/Ljubljana": "SI", "Europe/Riga": "LV", "Europe/Vilnius": "LT",
	"America/New_York": "US", "America/Chicago": "US", "America/Denver": "US", "America/Phoenix": "US", "America/Los_Angeles": "US",
	"America/Toronto": "CA", "America/Vancouver": "CA", "America/Sao_Paulo": "BR", "Asia/Tokyo": "JP", "Africa/Johannesburg": "ZA", "Pacific/Auckland": "NZ",
	"Australia/Sydney": "AU-NSW", "Australia/Melbourne": "AU-VIC", "Australia/Brisbane": "AU-QLD", "Australia/Perth": "AU-WA", "Australia/Adelaide": "AU-SA",
	"Australia/Hobart": "AU-TAS", "Australia/Darwin": "AU-NT",
}

// holidayPoint is where a page of holidays ended: each date is there once.
type holidayPoint struct {
	Date string `json:"date"`
}

// apiHolidays lists the holidays of a place, for the list of a calendar.
func (s *server) apiHolidays(c echo.Context) error {
	n, err := limit(c)
	if err != nil {
		return err
	}
	after, err := readCursor[holidayPoint](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	days, err := holidays.Of(plain(c.QueryParam("country")), plain(c.QueryParam("year")))
	if err != nil {
		return err
	}
	if after != nil {
		days = slices.DeleteFunc(days, func(d holidays.Day) bool { return d.Date <= after.Date })
	}
	return answerList(c, days, n, func(d holidays.Day) holidays.Day { return d }, func(d holidays.Day) any { return holidayPoint{d.Date} })
}
