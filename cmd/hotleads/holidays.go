package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"hotleads/lead/holidays"
)

func holidaysCommand() command {
	return command{
		name: "holidays", args: "COUNTRY YEAR", brief: "print the public holidays of a country or region",
		about: `
They are presets for a calendar's list of holidays: an ISO code such as US, DE or
DE-BY, and a year or some. A holiday on a weekend stands there beside the day that
is observed for it. Without arguments it prints which places there are.

  hotleads holidays DE-BY 2027
  hotleads holidays US 2027-2028 --json
  hotleads team add --name Munich --time-zone Europe/Berlin --holidays DE-BY:2027-2028`,
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(_ context.Context, c *cli, _ settings, args []string) error {
				switch len(args) {
				case 0:
					return c.listPlaces(*asJSON)
				case 2:
					return c.listHolidays(args[0], args[1], *asJSON)
				}
				return wrongUsage("say where and when, as DE-BY 2027")
			}
		},
	}
}

func (c *cli) listPlaces(asJSON bool) error {
	var rows [][]string
	codes := map[string]string{}
	for _, p := range holidays.Countries() {
		rows = append(rows, []string{p.Code, p.Name})
		codes[p.Code] = p.Name
		for _, r := range p.Regions {
			rows = append(rows, []string{r.Code, p.Name + ": " + r.Name})
			codes[r.Code] = r.Name
		}
	}
	if asJSON {
		return writeJSON(c.stdout, codes)
	}
	return table(c.stdout, []string{"CODE", "PLACE"}, rows)
}

func (c *cli) listHolidays(place, years string, asJSON bool) error {
	days, err := holidays.Of(place, years)
	if err != nil {
		return wrongUsage("%s", err)
	}
	if asJSON {
		return writeJSON(c.stdout, days)
	}
	rows := make([][]string, len(days))
	for i, d := range days {
		rows[i] = []string{d.Date, d.Name}
	}
	return table(c.stdout, []string{"DATE", "HOLIDAY"}, rows)
}

// presetDates are the dates of presets such as DE-BY:2027-2028.
func presetDates(presets []string) ([]string, error) {
	var dates []string
	for _, p := range presets {
		place, years, found := strings.Cut(p, ":")
		if !found {
			return nil, fmt.Errorf("%q wants to be COUNTRY:YEAR, as DE-BY:2027", p)
		}
		days, err := holidays.Of(place, years)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			dates = append(dates, d.Date)
		}
	}
	return dates, nil
}
