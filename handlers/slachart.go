package handlers

import (
	"fmt"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
	"hotleads/views"
)

// A distribution is as wide as its place, in hundredths, and 170 pixels high, so that
// letters are as large everywhere: bars stand on 130, from 2 to 98, and are at most 80
// high; the rest is for words.
const (
	chartBegin, chartWidth = 2.0, 96.0
	chartFoot, chartTall   = 130, 80
	barShare               = 0.9 // of its slot
	leastSlots             = 6
)

// plot is how bins are laid out in a distribution.
type plot struct {
	slots int
	width float64       // of a slot, in hundredths
	step  time.Duration // of a slot
	most  int           // steps in a bin
}

func plotOf(bins []report.Bin) plot {
	p := plot{slots: len(bins), width: chartWidth / float64(max(len(bins), leastSlots)), step: bins[0].To, most: 1}
	if p.step == 0 {
		p.step = time.Minute
	}
	for _, b := range bins {
		p.most = max(p.most, b.Met+b.Missed)
	}
	return p
}

// slaChart draws how long a kind of step took, with its targets, the median and the
// 90th percentile.
func (sc scene) slaChart(f slaFilter, c report.Clock) views.SLAChart {
	out := views.SLAChart{Kind: string(c.Kind), Title: views.WordsOfClock(string(c.Kind)).Title, Sub: views.ChartSub(c), Unit: views.ChartUnit}
	if len(c.Bins) == 0 {
		return out
	}
	p := plotOf(c.Bins)
	for i, b := range c.Bins {
		bar := p.bar(i, b)
		bar.URL = f.behind("kind", string(c.Kind), "result", lead.ClocksDone, "wait", waitOf(b))
		out.Bars = append(out.Bars, bar)
	}
	for _, m := range append([]chartMark{{"median", "median", c.Median, 45}, {"p90", "p90", c.P90, 33}}, sc.targets(f, c.Kind)...) {
		if line, within := p.line(m); within {
			out.Lines = append(out.Lines, line)
		}
	}
	return out
}

// waitOf is a bin as the address of its clocks has it: see clocksAsked.
func waitOf(b report.Bin) string {
	if b.To == 0 {
		return fmt.Sprintf("%d-", int(b.From.Minutes()))
	}
	return fmt.Sprintf("%d-%d", int(b.From.Minutes()), int(b.To.Minutes()))
}

// bar is a bin in its slot.
func (p plot) bar(slot int, b report.Bin) views.SLABar {
	met, missed := p.tall(b.Met), p.tall(b.Missed)
	bar := views.SLABar{X: tenth(chartBegin + float64(slot)*p.width), Width: tenth(barShare * p.width), MetY: chartFoot - met, MetHeight: met, MissY: chartFoot - met - missed, MissHight: missed,
		Met: b.Met, Missed: b.Missed, From: views.BinWords(b), Title: views.BinTitle(b)}
	if slot%2 == 0 {
		bar.Label = strconv.Itoa(int(b.From.Minutes()))
	}
	return bar
}

// tall is the height of so many steps: what is there is seen.
func (p plot) tall(n int) int {
	if n == 0 {
		return 0
	}
	return max(2, n*chartTall/p.most)
}

// chartMark is a wait that a line stands at, its words at the top of it.
type chartMark struct {
	kind, name string
	at         time.Duration
	top        int
}

// line is where a wait stands; false beyond what is drawn.
func (p plot) line(m chartMark) (views.SLALine, bool) {
	slot := float64(m.at) / float64(p.step)
	x := tenth(chartBegin + slot*p.width)
	return views.SLALine{X: x, Y: m.top, Kind: m.kind, Text: m.name + " " + views.Minutes(m.at), Before: x > chartBegin+chartWidth*2/3}, slot <= float64(p.slots)
}

// targets are those of the two hottest tiers, or of the one that is asked for.
func (sc scene) targets(f slaFilter, kind sla.Kind) []chartMark {
	tiers := slaTiers[:2]
	if f.Query.Tier != "" {
		tiers = []string{f.Query.Tier}
	}
	var out []chartMark
	for i, tier := range tiers {
		minutes, err := sc.rules.PolicyOf(f.Team).Minutes(kind, tier)
		if err != nil {
			continue
		}
		m := chartMark{"target", views.TierWord(tier), time.Duration(minutes * float64(time.Minute)), 9 + 12*i}
		if f.Query.Tier != "" {
			m.name = "target"
		}
		out = append(out, m)
	}
	return out
}
