package handlers

import (
	"fmt"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/views"
)

// A distribution is as wide as its place, in hundredths, and 170 pixels high, so that
// letters are as large everywhere: bars stand on 130, from 2 to 98, and are at most 80
// high; the rest is for words.
const (
	chartLeft, chartWidth = 2.0, 96.0
	chartFoot, chartTall  = 130, 80
	barShare              = 0.9 // of its slot
)

// slaChart draws how long a kind of step took, with the targets of the two hottest
// tiers, or of the one that is asked for, the median and the 90th percentile.
func (sc scene) slaChart(f slaFilter, c report.Clock) views.SLAChart {
	words := views.WordsOfClock(string(c.Kind))
	out := views.SLAChart{Kind: string(c.Kind), Title: words.Title, Sub: words.Sub + ": nothing was done yet", Unit: "business minutes"}
	if len(c.Bins) == 0 {
		return out
	}
	out.Sub = fmt.Sprintf("%s: median %s, p90 %s, of %d", words.Sub, views.Minutes(c.Median), views.Minutes(c.P90), c.Done)
	most := 1
	for _, b := range c.Bins {
		most = max(most, b.Met+b.Missed)
	}
	width, step := chartWidth/float64(max(len(c.Bins), 6)), c.Bins[0].To
	if step == 0 {
		step = time.Minute
	}
	for i, b := range c.Bins {
		met, missed := b.Met*chartTall/most, b.Missed*chartTall/most
		if b.Met > 0 {
			met = max(met, 2)
		}
		if b.Missed > 0 {
			missed = max(missed, 2)
		}
		from, to := int(b.From.Minutes()), int(b.To.Minutes())
		bar := views.SLABar{X: tenth(chartLeft + float64(i)*width), Width: tenth(barShare * width), MetY: chartFoot - met, MetHeight: met, MissY: chartFoot - met - missed, MissHight: missed, Met: b.Met, Missed: b.Missed}
		bar.From = fmt.Sprintf("%d–%d", from, to)
		wait := fmt.Sprintf("%d-%d", from, to)
		if b.To == 0 {
			bar.From, wait = fmt.Sprintf("%d and more", from), fmt.Sprintf("%d-", from)
		}
		bar.Title = fmt.Sprintf("%s min: %d in time, %d late", bar.From, b.Met, b.Missed)
		bar.URL = "/sla/clocks" + f.query("kind", string(c.Kind), "result", lead.ClocksDone, "wait", wait)
		if i%2 == 0 {
			bar.Label = strconv.Itoa(from)
		}
		out.Bars = append(out.Bars, bar)
	}
	line := func(kind, text string, at time.Duration, row int) {
		slot := float64(at) / float64(step)
		if slot > float64(len(c.Bins)) {
			return
		}
		x := tenth(chartLeft + slot*width)
		out.Lines = append(out.Lines, views.SLALine{X: x, Y: row, Kind: kind, Text: text, Before: x > chartLeft+chartWidth*2/3})
	}
	line("median", "median "+views.Minutes(c.Median), c.Median, 45)
	line("p90", "p90 "+views.Minutes(c.P90), c.P90, 33)
	if f.Query.Tier != "" {
		if target, err := sc.rules.PolicyOf(f.Team).Minutes(c.Kind, f.Query.Tier); err == nil {
			line("target", fmt.Sprintf("target %s", views.Minutes(time.Duration(target*float64(time.Minute)))), time.Duration(target*float64(time.Minute)), 10)
		}
	} else {
		for i, tier := range slaTiers[:2] {
			if target, err := sc.rules.PolicyOf(f.Team).Minutes(c.Kind, tier); err == nil {
				line("target", views.TierWord(tier)+" "+views.Minutes(time.Duration(target*float64(time.Minute))), time.Duration(target*float64(time.Minute)), 9+12*i)
			}
		}
	}
	return out
}
