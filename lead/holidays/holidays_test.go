package holidays_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/lead/holidays"
)

// TestKnownDates compares with what the authorities have published: the Office of
// Personnel Management (US), GOV.UK, the laws of Germany's states, Japan's Cabinet
// Office, Service-Public.fr, Employment New Zealand and others. Weekends stay out,
// where the law has another day for them.
func TestKnownDates(t *testing.T) {
	for _, c := range []struct{ place, year, want string }{
		{"US", "2021", "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"},
		{"US", "2022", "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"},
		{"US", "2026", "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"},
		{"US", "2027", "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"},
		{"GB", "2022", "01-03 04-15 04-18 05-02 06-02 06-03 08-29 12-26 12-27"},
		{"GB", "2026", "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"},
		{"GB", "2027", "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"},
		{"GB-SCT", "2027", "01-01 01-04 03-26 05-03 05-31 08-02 11-30 12-27 12-28"},
		{"GB-SCT", "2023", "01-02 01-03 04-07 05-01 05-08 05-29 08-07 11-30 12-25 12-26"},
		{"GB-NIR", "2026", "01-01 03-17 04-03 04-06 05-04 05-25 07-13 08-31 12-25 12-28"},
		{"DE", "2027", "01-01 03-26 03-29 05-06 05-17"}, // the rest are weekends
		{"DE-BY", "2026", "01-01 01-06 04-03 04-06 05-01 05-14 05-25 06-04 12-25"},
		{"DE-SN", "2026", "01-01 04-03 04-06 05-01 05-14 05-25 11-18 12-25"},
		{"DE-BE", "2025", "01-01 04-18 04-21 05-01 05-08 05-29 06-09 10-03 12-25 12-26"},
		{"DE-MV", "2027", "01-01 03-08 03-26 03-29 05-06 05-17"},
		{"AT", "2026", "01-01 01-06 04-06 05-01 05-14 05-25 06-04 10-26 12-08 12-25"},
		{"CH", "2026", "01-01 05-14 12-25"},
		{"CH-ZH", "2026", "01-01 04-03 04-06 05-01 05-14 05-25 12-25"},
		{"FR", "2027", "01-01 03-29 05-06 05-17 07-14 11-01 11-11"},
		{"IT", "2027", "01-01 01-06 03-29 06-02 10-04 11-01 12-08"},
		{"PL", "2026", "01-01 01-06 04-06 05-01 06-04 11-11 12-24 12-25"},
		{"IE", "2026", "01-01 02-02 03-17 04-06 05-04 06-01 08-03 10-26 12-25"},
		{"CA", "2026", "01-01 04-03 05-18 07-01 09-07 09-30 10-12 11-11 12-25 12-28"},
		{"JP", "2026", "01-01 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23"},
		{"JP", "2027", "01-01 01-11 02-11 02-23 03-22 04-29 05-03 05-04 05-05 07-19 08-11 09-20 09-23 10-11 11-03 11-23"},
		{"NZ", "2026", "01-01 01-02 02-06 04-03 04-06 04-27 06-01 07-10 10-26 12-25 12-28"},
		{"AU-NSW", "2027", "01-01 01-26 03-26 03-29 06-14 10-04 12-27 12-28"},
		{"ZA", "2026", "01-01 04-03 04-06 04-27 05-01 06-16 08-10 09-24 12-16 12-25"},
		{"SE", "2026", "01-01 01-06 04-03 04-06 05-01 05-14 06-19 12-24 12-25 12-31"},
		{"NO", "2026", "01-01 04-02 04-03 04-06 05-01 05-14 05-25 12-25"},
		{"DK", "2026", "01-01 04-02 04-03 04-06 05-14 05-25 12-25"},
		{"ES", "2026", "01-01 01-06 04-03 05-01 10-12 12-08 12-25"},
		{"BE", "2026", "01-01 04-06 05-01 05-14 05-25 07-21 11-11 12-25"},
		{"NL", "2026", "01-01 04-03 04-06 04-27 05-05 05-14 05-25 12-25"},
		{"CZ", "2026", "01-01 04-03 04-06 05-01 05-08 07-06 09-28 10-28 11-17 12-24 12-25"},
		{"BR", "2026", "01-01 04-03 04-21 05-01 09-07 10-12 11-02 11-20 12-25"},
	} {
		days, err := holidays.Of(c.place, c.year)
		if err != nil {
			t.Errorf("%s %s: %v", c.place, c.year, err)
			continue
		}
		var got []string
		for _, d := range days {
			if when, err := time.Parse(time.DateOnly, d.Date); err != nil || d.Date[:4] != c.year || d.Name == "" {
				t.Errorf("%s %s has %+v", c.place, c.year, d)
			} else if wd := when.Weekday(); wd != time.Saturday && wd != time.Sunday {
				got = append(got, d.Date[5:])
			}
		}
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%s %s (-known +got):\n%s", c.place, c.year, diff)
		}
	}
}

// A holiday on a weekend closes that day, too: there are teams that work then.
func TestBothDaysOfAWeekendsHoliday(t *testing.T) {
	days, err := holidays.Of("us", "2027-2028")
	if err != nil {
		t.Fatal(err)
	}
	var got []holidays.Day
	for _, d := range days {
		if d.Date >= "2027-12-20" && d.Date < "2028-01-10" || strings.HasPrefix(d.Date, "2027-06") {
			got = append(got, d)
		}
	}
	if diff := cmp.Diff([]holidays.Day{
		{Date: "2027-06-18", Name: "Juneteenth (observed)"}, {Date: "2027-06-19", Name: "Juneteenth"},
		{Date: "2027-12-24", Name: "Christmas Day (observed)"}, {Date: "2027-12-25", Name: "Christmas Day"},
		{Date: "2027-12-31", Name: "New Year's Day (observed)"}, {Date: "2028-01-01", Name: "New Year's Day"},
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOfRefuses(t *testing.T) {
	for _, c := range []struct{ place, years, field, says string }{
		{"XX", "2027", "country", "AT, AU, BE"}, {"", "2027", "country", "name a country"}, {"DE-XX", "2027", "country", "DE-BB, DE-BE"},
		{"FR-75", "2027", "country", "France has no holidays by region"}, {"D", "2027", "country", `"D"`},
		{"DE", "", "year", "2027-2028"}, {"DE", "27", "year", `"27"`}, {"DE", "1999", "year", "from 2000 to 2099"}, {"DE", "2100", "year", "2099"},
		{"DE", "2028-2027", "year", "ends before it begins"}, {"DE", "2020-2030", "year", "10 years"}, {"DE", strings.Repeat("9", 99), "year", "…"},
	} {
		_, err := holidays.Of(c.place, c.years)
		var r *lead.Refusal
		if !errors.As(err, &r) || !errors.Is(err, lead.ErrInvalid) || r.Field != c.field || !strings.Contains(r.Text, c.says) {
			t.Errorf("%q %q: %v", c.place, c.years, err)
		}
	}
	if _, err := holidays.Of("XX", "soon"); len(lead.RefusalsOf(err)) != 2 {
		t.Errorf("not all that is wrong is said: %v", err)
	}
}

// Every place that is offered has holidays, in order, whatever the year; none is
// there twice.
func TestEveryPlace(t *testing.T) {
	seen := map[string]bool{}
	check := func(p holidays.Place) {
		if seen[p.Code] || p.Name == "" {
			t.Errorf("%+v", p)
		}
		seen[p.Code] = true
		days, err := holidays.Of(p.Code, "2022-2030")
		if err != nil || len(days) < 4*9 {
			t.Errorf("%s: %d days, %v", p.Code, len(days), err)
		}
		for i := 1; i < len(days); i++ {
			if days[i-1].Date >= days[i].Date {
				t.Errorf("%s: %s after %s", p.Code, days[i].Date, days[i-1].Date)
			}
		}
	}
	for _, c := range holidays.Countries() {
		check(c)
		for _, r := range c.Regions {
			check(r)
		}
	}
	for year := 2022; year <= 2052; year++ {
		days, err := holidays.Of("NZ", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days {
			if when, _ := time.Parse(time.DateOnly, d.Date); d.Name == "Matariki" && when.Weekday() != time.Friday {
				t.Errorf("Matariki on %s is no Friday", d.Date)
			}
		}
	}
}
