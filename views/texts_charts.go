package views

import (
	"fmt"
	"strconv"
	"time"

	"hotleads/lead/report"
)

// The words in the drawings of a report.

// ChartUnit is what a distribution counts in.
const ChartUnit = "business minutes"

// ChartSub says what a distribution is of, and its middle.
func ChartSub(c report.Clock) string {
	sub := WordsOfClock(string(c.Kind)).Sub
	if c.Done == 0 {
		return sub + ": nothing was done yet"
	}
	return fmt.Sprintf("%s: median %s, p90 %s, of %d", sub, Minutes(c.Median), Minutes(c.P90), c.Done)
}

// BinWords are the minutes of a bin: "10–20".
func BinWords(b report.Bin) string {
	from := strconv.Itoa(int(b.From.Minutes()))
	if b.To == 0 {
		return from + " and more"
	}
	return from + "–" + strconv.Itoa(int(b.To.Minutes()))
}

// BinTitle says what is in a bin.
func BinTitle(b report.Bin) string {
	return fmt.Sprintf("%s min: %d in time, %d late", BinWords(b), b.Met, b.Missed)
}

// HeatSub says what the hours of the week are told of.
func HeatSub(r report.SLA) string {
	return "share of late responses by the hour in which they came, since " + r.Since().In(r.Zone).Format("2 Jan 2006")
}

// OfCalled says what a median response is of.
func OfCalled(n int) string { return "of " + strconv.Itoa(n) + " that were called" }

// Nameless is the part of the clocks of which nothing is known.
const Nameless = "not known"

// NobodysClocks are those that nobody had to act by.
const NobodysClocks = "Nobody"

// DayName is a day of the week, 0 for Monday: "Mon".
func DayName(day int) string { return time.Weekday((day + 1) % 7).String()[:3] }

// HourName is an hour of the week: "Mon 9:00".
func HourName(h report.Hour) string { return fmt.Sprintf("%s %d:00", DayName(h.Day), h.Hour) }

// HourTitle says what came in an hour of the week.
func HourTitle(h report.Hour) string {
	return fmt.Sprintf("%s: %d of %d late", HourName(h), h.Missed, h.Met+h.Missed)
}
