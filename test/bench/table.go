package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// median of figures; 0 where there are none.
func median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// row is a line of the table: what, how much, how much of what else, and what
// is aimed at.
type row [4]string

// table is the run in Markdown, in columns for who reads it as it is.
func (b *bench) table() string {
	rate := func(k kind) string {
		all := b.rates[k]
		if len(all) == 0 {
			return "–"
		}
		return fmt.Sprintf("%s/s (%s to %s)", grouped(median(all)), grouped(slices.Min(all)), grouped(slices.Max(all)))
	}
	cost := func(k kind) row {
		v := median(b.costs[k])
		if v == 0 {
			return row{"processors' time an activity: " + string(k), "–", "–", ""}
		}
		return row{"processors' time an activity: " + string(k), fmt.Sprintf("%.0f µs", v), fmt.Sprintf("limit's is %.3f of it", median(b.costs[plainInserts])/v), ""}
	}
	ratio := func(of, to kind, name string) string {
		if median(b.rates[of]) == 0 || median(b.rates[to]) == 0 {
			return "–"
		}
		share := median(b.rates[of]) / median(b.rates[to])
		if share < 0.1 {
			return fmt.Sprintf("%.3f of %s", share, name)
		}
		return fmt.Sprintf("%.2f of %s", share, name)
	}
	rows := []row{
		{"what", "measured", "ratio", "aim"},
		{"limit: plain INSERT of activities, 500 a statement", rate(plainInserts), "1", ""},
		{"floor: what batches write, written by hand", rate(byHand), ratio(byHand, plainInserts, "limit"), ""},
		{"naive: a transaction a message, single messages", rate(naiveSingle), ratio(naiveSingle, plainInserts, "limit"), ""},
		{"single messages, 10 k leads", rate(single), ratio(single, plainInserts, "limit"), "≥ 0.12"},
		{"", "", ratio(single, naiveSingle, "naive"), "≥ 2"},
		{"batches of 100, 10 k leads", rate(batches), ratio(batches, plainInserts, "limit"), "≥ 0.35"},
		{"", "", ratio(batches, byHand, "floor"), ""},
		{"single messages, from 0 leads", rate(emptySingle), ratio(emptySingle, single, "10 k"), ""},
		{"batches of 100, from 0 leads", rate(emptyBatches), ratio(emptyBatches, batches, "10 k"), ""},
	}
	if b.big {
		big := fmt.Sprintf("%s leads, %s activities", grouped(float64(b.leads)), grouped(float64(b.leads)*activitiesEach))
		rows = append(rows,
			row{"single messages, " + big, rate(bigSingle), ratio(bigSingle, single, "10 k"), "≥ 0.8"},
			row{"batches of 100, " + big, rate(bigBatches), ratio(bigBatches, batches, "10 k"), "≥ 0.8"},
			row{"  single messages, of all of them alike", rate(allSingle), ratio(allSingle, single, "10 k"), ""},
			row{"  batches of 100, of all of them alike", rate(allBatches), ratio(allBatches, batches, "10 k"), ""})
	}
	rows = append(rows,
		row{"reply to batches at half their rate", b.halfAlone.Replies.text(), "", "p99 ≤ 50 ms"},
		row{"reply to single messages at half their rate", b.halfSingle.Replies.text(), "", "p99 ≤ 50 ms"},
		row{"reply to batches at half their rate, with boards", b.halfBatch.Replies.text(), "", ""})
	rows = append(rows, office("at half the rate", b.halfBatch, "p99 ≤ 50 ms")...)
	rows = append(rows, office("at the highest rate", b.full, "")...)
	rows = append(rows, cost(plainInserts), cost(byHand), cost(naiveSingle), cost(single), cost(batches),
		row{"Redis commands an activity", fmt.Sprintf("%.2f", b.commands), "", "≤ 1"},
		row{"memory of the server at start, middle, end", megabytes(b.memory), fmt.Sprintf("%.2f of start", last(b.memory)/max(b.memory[0], 1)), "flat"},
		row{"messages counted afterwards; lost or doubled", fmt.Sprintf("%s; %d", grouped(float64(b.counted)), b.wrong), "", "0"},
		row{"errors of the intake", kinds(b.errors), "", "none"},
		row{"refused beside it (409: somebody was faster)", kinds(b.beside), "", ""})
	return fmt.Sprintf("%s\n%d rounds of %v each; medians (lowest to highest); %d clients.\n\n%s", b.where, b.rounds, b.turn, clients, columns(rows))
}

// office is what people notice of a load.
func office(when string, r report, aim string) []row {
	var rows []row
	if r.Look != nil {
		rows = append(rows, row{"board page " + when, r.Look.text(), "", aim})
	}
	if r.Claim != nil {
		rows = append(rows, row{"claim " + when, r.Claim.text(), "", aim})
	}
	if r.Boards != nil {
		rows = append(rows, row{"hand-raise to open board " + when, r.Boards.Shown.text(), "", ""})
	}
	return rows
}

func (l latency) text() string {
	return fmt.Sprintf("p50 %.1f, p99 %.1f, p99.9 %.1f ms", l.P50, l.P99, l.P999)
}

func kinds(of map[string]int64) string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(of)) {
		all = append(all, fmt.Sprintf("%s: %d", kind, of[kind]))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func last(of []float64) float64 { return of[len(of)-1] }

func megabytes(of []float64) string {
	var all []string
	for _, v := range of {
		all = append(all, fmt.Sprintf("%.0f", v/1e6))
	}
	return strings.Join(all, ", ") + " MB"
}

// grouped is a whole number with spaces between thousands.
func grouped(v float64) string {
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// columns writes rows as a Markdown table whose columns stand under each other.
func columns(rows []row) string {
	var width [4]int
	for _, r := range rows {
		for i, cell := range r {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for n, r := range rows {
		for i, cell := range r {
			fmt.Fprintf(&b, "| %s%s ", cell, strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell)))
		}
		b.WriteString("|\n")
		if n == 0 {
			for i := range r {
				b.WriteString("|" + strings.Repeat("-", width[i]+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}
