package holidays

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
)

// place is a country or a region with its rules. A region's are all of it, those of
// the country included.
type place struct {
	code, name string
	days       []*cal.Holiday
	regions    []place
}

// places are the countries whose rules are known to be whole. Others of the library
// stay away: holidays that a government sets anew each year are no rules.
var places = []place{
	{code: "AT", name: "Austria", days: at.Holidays},
	{code: "AU", name: "Australia", days: []*cal.Holiday{au.NewYear, au.AustraliaDay, au.GoodFriday, au.EasterMonday, au.AnzacDay, au.ChristmasDay, au.BoxingDay}, regions: []place{
		{code: "ACT", name: "Australian Capital Territory", days: crowned(au.HolidaysACT)},
		{code: "NSW", name: "New South Wales", days: crowned(au.HolidaysNSW)},
		{code: "NT", name: "Northern Territory", days: crowned(au.HolidaysNT)},
		{code: "QLD", name: "Queensland", days: crowned(au.HolidaysQLD)},
		{code: "SA", name: "South Australia", days: crowned(au.HolidaysSA)},
		{code: "TAS", name: "Tasmania", days: crowned(au.HolidaysTAS)},
		{code: "VIC", name: "Victoria", days: crowned(au.HolidaysVIC)},
		{code: "WA", name: "Western Australia", days: crowned(au.HolidaysWA)},
	}},
	{code: "BE", name: "Belgium", days: be.Holidays},
	// Carnival and Corpus Christi are not of the law but left to each office.
	{code: "BR", name: "Brazil", days: and(without(br.Holidays, br.Carnaval, br.CorpusChristi), yearly("Consciência Negra", time.November, 20, 2024))},
	// The federal ten; what provinces add is theirs.
	{code: "CA", name: "Canada", days: without(ca.Holidays, ca.EasterMonday, ca.CivicDay)},
	// The four that all cantons keep.
	{code: "CH", name: "Switzerland", days: []*cal.Holiday{ch.Neujahr, ch.Auffahrt, ch.Bundesfeiertag, ch.Weihnachtstag}, regions: []place{
		{code: "AG", name: "Aargau", days: ch.HolidaysAG},
		{code: "AI", name: "Appenzell Innerrhoden", days: ch.HolidaysAI},
		{code: "AR", name: "Appenzell Ausserrhoden", days: ch.HolidaysAR},
		{code: "BE", name: "Bern", days: ch.HolidaysBE},
		{code: "BL", name: "Basel-Landschaft", days: ch.HolidaysBL},
		{code: "BS", name: "Basel-Stadt", days: ch.HolidaysBS},
		{code: "FR", name: "Fribourg", days: ch.HolidaysFR},
		{code: "GE", name: "Genève", days: ch.HolidaysGE},
		{code: "GL", name: "Glarus", days: ch.HolidaysGL},
		{code: "GR", name: "Graubünden", days: ch.HolidaysGR},
		{code: "JU", name: "Jura", days: ch.HolidaysJU},
		{code: "LU", name: "Luzern", days: ch.HolidaysLU},
		{code: "NE", name: "Neuchâtel", days: ch.HolidaysNE},
		{code: "NW", name: "Nidwalden", days: ch.HolidaysNW},
		{code: "OW", name: "Obwalden", days: ch.HolidaysOW},
		{code: "SG", name: "St. Gallen", days: ch.HolidaysSG},
		{code: "SH", name: "Schaffhausen", days: ch.HolidaysSH},
		{code: "SO", name: "Solothurn", days: ch.HolidaysSO},
		{code: "SZ", name: "Schwyz", days: ch.HolidaysSZ},
		{code: "TG", name: "Thurgau", days: ch.HolidaysTG},
		{code: "TI", name: "Ticino", days: ch.HolidaysTI},
		{code: "UR", name: "Uri", days: ch.HolidaysUR},
		{code: "VD", name: "Vaud", days: ch.HolidaysVD},
		{code: "VS", name: "Valais", days: ch.HolidaysVS},
		{code: "ZG", name: "Zug", days: ch.HolidaysZG},
		{code: "ZH", name: "Zürich", days: ch.HolidaysZH},
	}},
	{code: "CZ", name: "Czechia", days: cz.Holidays},
	{code: "DE", name: "Germany", days: de.Holidays, regions: []place{
		{code: "BB", name: "Brandenburg", days: de.HolidaysBB},
		{code: "BE", name: "Berlin", days: and(de.HolidaysBE, once("Tag der Befreiung", 2025, time.May, 8))},
		{code: "BW", name: "Baden-Württemberg", days: de.HolidaysBW},
		{code: "BY", name: "Bayern", days: de.HolidaysBY},
		{code: "HB", name: "Bremen", days: de.HolidaysHB},
		{code: "HE", name: "Hessen", days: de.HolidaysHE},
		{code: "HH", name: "Hamburg", days: de.HolidaysHH},
		{code: "MV", name: "Mecklenburg-Vorpommern", days: and(de.HolidaysMV, de.Frauentag.Clone(&cal.Holiday{StartYear: 2023}))},
		{code: "NI", name: "Niedersachsen", days: de.HolidaysNI},
		{code: "NW", name: "Nordrhein-Westfalen", days: de.HolidaysNW},
		{code: "RP", name: "Rheinland-Pfalz", days: de.HolidaysRP},
		{code: "SH", name: "Schleswig-Holstein", days: de.HolidaysSH},
		{code: "SL", name: "Saarland", days: de.HolidaysSL},
		{code: "SN", name: "Sachsen", days: de.HolidaysSN},
		{code: "ST", name: "Sachsen-Anhalt", days: de.HolidaysST},
		{code: "TH", name: "Thüringen", days: de.HolidaysTH},
	}},
	{code: "DK", name: "Denmark", days: without(dk.Holidays, dk.Grundlovsdag)}, // half a day, by custom
	{code: "ES", name: "Spain", days: es.Holidays},
	{code: "FR", name: "France", days: fr.Holidays},
	{code: "GB", name: "United Kingdom: England and Wales", days: gb.Holidays, regions: []place{
		{code: "NIR", name: "Northern Ireland", days: and(gb.Holidays, monday("St Patrick's Day", time.March, 17), monday("Battle of the Boyne", time.July, 12))},
		{code: "SCT", name: "Scotland", days: and(without(gb.Holidays, gb.EasterMonday, gb.SummerHoliday), gb.SummerHolidayScotland, secondOfJanuary, monday("St Andrew's Day", time.November, 30))},
	}},
	{code: "GR", name: "Greece", days: gr.Holidays},
	{code: "HR", name: "Croatia", days: hr.Holidays},
	{code: "IE", name: "Ireland", days: ie.Holidays},
	{code: "IT", name: "Italy", days: and(it.Holidays, yearly("San Francesco d'Assisi", time.October, 4, 2026))},
	{code: "JP", name: "Japan", days: jp.Holidays},
	{code: "LT", name: "Lithuania", days: lt.Holidays},
	{code: "LV", name: "Latvia", days: lv.Holidays},
	{code: "NL", name: "Netherlands", days: nl.Holidays},
	{code: "NO", name: "Norway", days: no.Holidays},
	{code: "NZ", name: "New Zealand", days: and(crowned(nz.Holidays), matariki)},
	{code: "PL", name: "Poland", days: and(pl.Holidays, yearly("Wigilia Bożego Narodzenia", time.December, 24, 2025))},
	{code: "RO", name: "Romania", days: ro.Holidays},
	{code: "SE", name: "Sweden", days: se.Holidays},
	{code: "SI", name: "Slovenia", days: si.Holidays},
	{code: "US", name: "United States", days: us.Holidays},
	{code: "ZA", name: "South Africa", days: za.Holidays},
}

// yearly is a holiday of the same date each year, from a year on.
func yearly(name string, month time.Month, day, since int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: since, Func: cal.CalcDayOfMonth}
}

// once is a holiday of a single year.
func once(name string, year int, month time.Month, day int) *cal.Holiday {
	return &cal.Holiday{Name: name, Month: month, Day: day, StartYear: year, EndYear: year, Func: cal.CalcDayOfMonth}
}

// monday is a holiday of a date, which is the next Monday where that is a weekend.
func monday(name string, month time.Month, day int) *cal.Holiday {
	h := yearly(name, month, day, 0)
	h.Observed = []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}
	return h
}

// secondOfJanuary moves behind the New Year's Day that has moved.
var secondOfJanuary = &cal.Holiday{Name: "2nd January", Month: time.January, Day: 2, Func: cal.CalcDayOfMonth, Observed: []cal.AltDay{
	{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 2}, {Day: time.Monday, Offset: 1}}}

func without(days []*cal.Holiday, but ...*cal.Holiday) []*cal.Holiday {
	return slices.DeleteFunc(slices.Clone(days), func(h *cal.Holiday) bool { return slices.Contains(but, h) })
}

func and(days []*cal.Holiday, more ...*cal.Holiday) []*cal.Holiday {
	return append(slices.Clone(days), more...)
}

// crowned are holidays with the sovereign's birthday as it is called since 2023.
func crowned(days []*cal.Holiday) []*cal.Holiday {
	days = slices.Clone(days)
	for i, h := range days {
		if h.Name == "Queen's Birthday" {
			days[i] = h.Clone(&cal.Holiday{Name: "King's Birthday"})
		}
	}
	return days
}

// matariki is the Māori New Year. Its dates (month and day) are set by law up to
// 2052: Te Kāhui o Matariki Public Holiday Act 2022, schedule 1.
var matariki = &cal.Holiday{Name: "Matariki", StartYear: 2022, EndYear: 2052, Func: func(_ *cal.Holiday, year int) time.Time {
	day := []int{
		624, 714, 628, 620, 710, 625, 714, 706, 621, 711, 702, 624, 707, 629, 718, 710,
		625, 715, 706, 719, 711, 703, 624, 707, 629, 719, 703, 625, 715, 630, 621,
	}[year-2022]
	return time.Date(year, time.Month(day/100), day%100, 0, 0, 0, 0, cal.DefaultLoc)
}}
