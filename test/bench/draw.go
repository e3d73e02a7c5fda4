package main

import (
	"fmt"
	"os"
	"path/filepath"

	"hotleads/test/bench/chart"
)

// draw writes the live part's charts into a folder, those that there are figures for.
func (b *bench) draw(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, svg := range b.pictures() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(svg), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) pictures() map[string]string {
	p := map[string]string{}
	if b.fans[ours].p99 != nil {
		var cost, age, idle []chart.Bar
		for _, name := range b.present() {
			f, us := b.fans[name], name == ours
			cost = append(cost, chart.Bar{Label: name, Ours: us, Value: median(f.cost)})
			age = append(age, chart.Bar{Label: name, Ours: us, Value: median(f.p99), Small: median(f.p50)})
			idle = append(idle, chart.Bar{Label: name, Ours: us, Value: median(f.idle) / 1e3})
		}
		watching := fmt.Sprintf("%d watchers, %d frames a second of %d bytes", b.watchers, frameRate, fragment)
		limit := median(b.fans[raw].cost)
		p["live-cost.svg"] = chart.Bars{Title: "What a delivery costs the server", Under: "processors' time; " + watching, Unit: "µs", Bars: cost, Aim: 1.5 * limit}.SVG()
		p["live-age.svg"] = chart.Bars{Title: "How old a frame is when it comes", Under: "median and 99th percentile; " + watching, Unit: "ms", Bars: age, Aim: 1.3 * median(b.fans[raw].p99)}.SVG()
		p["live-idle.svg"] = chart.Bars{Title: "What an idle watcher weighs", Under: fmt.Sprintf("resident memory of the server; %d watchers", idleCrowd), Unit: "kB", Bars: idle, Aim: 22}.SVG()
	}
	if b.stuck != nil {
		var bars []chart.Bar
		for _, n := range stuckCounts {
			bars = append(bars, chart.Bar{Label: fmt.Sprint(n, " never read"), Ours: n > 0, Value: 100 * median(b.stuck[n].of99), Small: 100 * median(b.stuck[n].of50)})
		}
		bars[0].Label = "nobody, once more"
		p["live-stuck.svg"] = chart.Bars{Title: "What stuck watchers do to the others", Under: fmt.Sprintf("median and 99th percentile of %d others beside what they are with nobody stuck; %d frames a second of 2 kB", b.watchers, frameRate), Unit: "%", Bars: bars, Aim: 105}.SVG()
	}
	if w := b.whole; w.most.watchers > 0 {
		p["live-whole.svg"] = chart.Bars{
			Title: "From what happens to what is seen", Under: fmt.Sprintf("median and 99th percentile; %d watchers; a board is drawn 20 times a second at most", b.watchers), Unit: "ms", Aim: 150,
			Bars: []chart.Bar{
				{Label: "activity to a browser's row", Ours: true, Value: median(p99s(w.shown)), Small: median(p50s(w.shown))},
				{Label: "claim to all other boards", Ours: true, Value: w.claim.P99, Small: w.claim.P50},
			},
		}.SVG()
		s := w.storm
		points := []chart.Point{{}}
		for i, at := range s.back {
			points = append(points, chart.Point{X: at, Y: float64(i+1) / float64(s.watchers) * 100})
		}
		p["live-storm.svg"] = chart.Curve{
			Title: fmt.Sprintf("%d watchers cut off at once", s.watchers), Under: "share that is up to date again; each comes back when it was told to",
			XName: "seconds after the cut", Points: thinned(points), Right: max(16, last(append([]float64{0}, s.back...))), Top: 100, YUnit: " %", Aim: 15,
		}.SVG()
	}
	return p
}

// thinned is some hundred points of many, with the last one.
func thinned(points []chart.Point) []chart.Point {
	every := len(points)/200 + 1
	var few []chart.Point
	for i, p := range points {
		if i%every == 0 || i == len(points)-1 {
			few = append(few, p)
		}
	}
	return few
}
