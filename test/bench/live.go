package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// liveResults are what the live part measured.
type liveResults struct {
	fans      map[string]*fanOut  // by contender
	stuck     map[int]*stuckAmong // by number
	whole     wholeWay
	leftOut   string // which peers could not be had, and why; "": all could
	noBrowser string // why there was none; "": there was
	fewer     string // why there were fewer watchers; "": there were not
}

// measureLive measures the live layer by itself and then the product with it.
func (b *bench) measureLive(ctx context.Context) error {
	b.buildPeers(ctx)
	for _, step := range b.steps() {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// steps are the parts of the live part, those that were asked for.
func (b *bench) steps() []func(context.Context) error {
	all := map[string]func(context.Context) error{"fan": b.fanAll, "stuck": b.stuckAll, "whole": b.measureWhole}
	var steps []func(context.Context) error
	for _, name := range liveSteps {
		if b.only == "" || b.only == name {
			steps = append(steps, all[name])
		}
	}
	return steps
}

var liveSteps = []string{"fan", "stuck", "whole"}

// liveTable is the live part in Markdown.
func (b *bench) liveTable() string {
	rows := []row{{"what", "measured", "ratio", "aim"}}
	if b.fans[ours].p99 != nil {
		rows = append(rows, b.fanRows()...)
	}
	if b.stuck != nil {
		rows = append(rows, b.stuckRows()...)
	}
	if b.whole.most.watchers > 0 {
		rows = append(rows, b.wholeRows()...)
	}
	var notes strings.Builder
	for what, why := range map[string]string{"mercure and centrifuge": b.leftOut, "the real browser": b.noBrowser, "some watchers": b.fewer} {
		if why != "" {
			fmt.Fprintf(&notes, "Left out: %s: %s\n\n", what, why)
		}
	}
	return fmt.Sprintf("%s\n%d rounds of %v each; medians; %d watchers where it says nothing else.\n\n%s%s", b.where, b.liveRounds, b.liveTurn, b.watchers, &notes, columns(rows))
}

// fanRows are the lines of the live layer and its peers.
func (b *bench) fanRows() []row {
	var rows []row
	us := b.fans[ours]
	over := func(of, to []float64, name string) string {
		if median(of) == 0 || median(to) == 0 {
			return "–"
		}
		return fmt.Sprintf("%.2f × %s", median(of)/median(to), name)
	}
	aims := map[string][2]string{raw: {"≤ 1.5", "≤ 1.3"}, mercure: {"≤ 0.6", ""}, centrifuge: {"≤ 0.6", ""}}
	for _, name := range b.present() {
		f := b.fans[name]
		cost, p99 := row{name + ": processors' time a delivery", fmt.Sprintf("%.1f µs", median(f.cost)), "", ""}, row{name + ": publish to receive", fmt.Sprintf("p50 %.1f, p99 %.1f ms", median(f.p50), median(f.p99)), "", ""}
		if name != ours {
			cost[2], p99[2] = over(us.cost, f.cost, "it"), over(us.p99, f.p99, "it")
			cost[3], p99[3] = aims[name][0], aims[name][1]
		}
		rows = append(rows, cost, p99)
	}
	for _, name := range b.present() {
		r := row{name + ": resident an idle watcher", fmt.Sprintf("%.1f kB", median(b.fans[name].idle)/1e3), "", ""}
		if name == ours {
			r[3] = "≤ 22 kB"
		}
		rows = append(rows, r)
	}
	return append(rows, row{"deliveries that did not come", fmt.Sprint(us.missing), "", "0"})
}

// wholeRows are the lines of the whole way.
func (b *bench) wholeRows() []row {
	w := b.whole
	p := func(p50, p99 float64) string { return fmt.Sprintf("p50 %.0f, p99 %.0f ms", p50, p99) }
	rows := []row{
		{"activity accepted to row changed in Chromium, the others reading now and then", p(median(p50s(w.shown)), median(p99s(w.shown))) + between(p99s(w.shown)), fmt.Sprintf("%d not shown", w.unshown), "p99 ≤ 150 ms"},
		{fmt.Sprintf("  at %d a second; their acknowledgement", activityRate), p(median(p50s(w.accept)), median(p99s(w.accept))), "", ""},
		{"claim clicked to all other boards changed", p(w.claim.P50, w.claim.P99), fmt.Sprintf("%d not seen", w.unseen), "p99 ≤ 150 ms"},
		{fmt.Sprintf("claim clicked at one instance to %d boards of another", b.boards), p(w.across.P50, w.across.P99), fmt.Sprintf("%d not seen", w.missed), "p99 ≤ 200 ms"},
		{fmt.Sprintf("storm: %d cut at once, all up to date", w.storm.watchers), fmt.Sprintf("%.1f s", last(append([]float64{0}, w.storm.back...))), fmt.Sprintf("%d missing, %d saw the next change", w.storm.missing, w.storm.seen), "≤ 15 s, 0"},
		{"  intake meanwhile", p(w.storm.during.P50, w.storm.during.P99), fmt.Sprintf("%.1f × before", w.storm.during.P99/max(w.storm.quiet.P99, 0.001)), "≤ 2"},
		{fmt.Sprintf("%d watchers on one instance", w.most.watchers), fmt.Sprintf("open after %.1f s, %.1f kB each", w.most.opened, w.most.each/1e3), fmt.Sprintf("%d up to date", w.most.seen), "all"},
		{"  activity sent to each of their boards", p(w.most.took.P50, w.most.took.P99), "", ""},
	}
	return rows
}

// between are the lowest and the highest of rounds.
func between(of []float64) string {
	if len(of) < 2 {
		return ""
	}
	return fmt.Sprintf(" (%.0f to %.0f)", slices.Min(of), slices.Max(of))
}
