// Package chart draws the two kinds of pictures that the benchmark needs, as SVG
// that stands for itself: on light and on dark pages, without a script.
package chart

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

const (
	width  = 720.0
	margin = 20.0
	head   = 58.0 // for the title and the line under it
)

// style: the picture has a background of its own, so that it can be read
// wherever it is shown.
const style = `<style>
svg { font: 13px system-ui, sans-serif; }
.back { fill: #ffffff; } .ink { fill: #1c1917; } .soft { fill: #57534e; }
.first { fill: #c2410c; } .second { fill: #fdba74; } .other { fill: #78716c; } .other2 { fill: #d6d3d1; }
.grid { stroke: #e7e5e4; } .aim { stroke: #15803d; stroke-width: 2; stroke-dasharray: 5 4; } .aimtext { fill: #15803d; }
.line { fill: none; stroke: #c2410c; stroke-width: 2.5; }
.title { font-size: 16px; font-weight: 600; }
@media (prefers-color-scheme: dark) {
.back { fill: #1c1917; } .ink { fill: #fafaf9; } .soft { fill: #a8a29e; }
.first { fill: #fb923c; } .second { fill: #9a3412; } .other { fill: #a8a29e; } .other2 { fill: #57534e; }
.grid { stroke: #44403c; } .aim { stroke: #4ade80; } .aimtext { fill: #4ade80; }
.line { stroke: #fb923c; }
}
</style>`

// Bar is one line of a bar chart.
type Bar struct {
	Label string
	Ours  bool // drawn in the product's colour
	// Value is drawn as a bar; Small, if it is not 0, as a darker one inside it:
	// a median inside a 99th percentile.
	Value, Small float64
}

// Bars is a chart of horizontal bars.
type Bars struct {
	Title, Under string
	Unit         string
	Bars         []Bar
	Aim          float64 // 0: there is none
}

const (
	labels    = 190.0 // room for them
	values    = 110.0
	barHeight = 22.0
	barStep   = 34.0
)

// SVG draws it.
func (c Bars) SVG() string {
	most := c.Aim
	for _, b := range c.Bars {
		most = max(most, b.Value)
	}
	scale := (width - 2*margin - labels - values) / max(most, math.SmallestNonzeroFloat64)
	left := margin + labels
	height := head + barStep*float64(len(c.Bars)) + margin
	if c.Aim > 0 {
		height += 16
	}
	p := begin(c.Title, c.Under, height)
	for i, b := range c.Bars {
		y := head + barStep*float64(i)
		outer, inner := "other", "other"
		if b.Ours {
			outer, inner = "first", "first"
		}
		text := number(b.Value) + " " + c.Unit
		if b.Small > 0 {
			outer = map[bool]string{true: "second", false: "other2"}[b.Ours]
			text = number(b.Small) + " / " + number(b.Value) + " " + c.Unit
		}
		p.text("ink", left-10, y+barHeight/2+4.5, "end", b.Label)
		p.box(outer, left, y, b.Value*scale, barHeight)
		if b.Small > 0 {
			p.box(inner, left, y, b.Small*scale, barHeight)
		}
		p.text("ink", left+b.Value*scale+8, y+barHeight/2+4.5, "start", text)
	}
	if c.Aim > 0 {
		x, end := left+c.Aim*scale, head+barStep*float64(len(c.Bars))
		p.line("aim", x, head-6, x, end)
		p.text("aimtext", x, end+14, "middle", "aim: "+number(c.Aim)+" "+c.Unit)
	}
	return p.end()
}

// Point of a curve.
type Point struct{ X, Y float64 }

// Curve is a line of points whose Y goes from 0 to Top.
type Curve struct {
	Title, Under string
	XName        string
	Points       []Point
	Right, Top   float64 // where the axes end
	YUnit        string
	Aim          float64 // X; 0: there is none
}

const curveHeight = 220.0

// SVG draws it.
func (c Curve) SVG() string {
	left, right, top, bottom := margin+50, width-margin-10, head, head+curveHeight
	x := func(v float64) float64 { return left + v/c.Right*(right-left) }
	y := func(v float64) float64 { return bottom - v/c.Top*(bottom-top) }
	p := begin(c.Title, c.Under, bottom+margin+30)
	for i := range 5 {
		v := c.Top * float64(i) / 4
		p.line("grid", left, y(v), right, y(v))
		p.text("soft", left-8, y(v)+4, "end", number(v)+c.YUnit)
	}
	for v := 0.0; v <= c.Right; v += step(c.Right) {
		p.text("soft", x(v), bottom+18, "middle", number(v))
	}
	p.text("soft", (left+right)/2, bottom+36, "middle", c.XName)
	if c.Aim > 0 && c.Aim <= c.Right {
		p.line("aim", x(c.Aim), top, x(c.Aim), bottom)
		p.text("aimtext", x(c.Aim)-6, top+14, "end", "aim")
	}
	var path strings.Builder
	for i, at := range c.Points {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(at.X), y(at.Y))
	}
	fmt.Fprintf(&p.b, `<path class="line" d="%s"/>`+"\n", &path)
	return p.end()
}

// step is a round distance of which about ten fit.
func step(most float64) float64 {
	size := math.Pow(10, math.Floor(math.Log10(most/5)))
	for _, n := range []float64{1, 2, 5} {
		if most/(n*size) <= 10 {
			return n * size
		}
	}
	return 10 * size
}

// picture is an SVG under way.
type picture struct{ b strings.Builder }

func begin(title, under string, height float64) *picture {
	p := &picture{}
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-label="%s">`+"\n%s\n", width, height, width, height, html.EscapeString(title), style)
	fmt.Fprintf(&p.b, `<rect class="back" width="%.0f" height="%.0f" rx="8"/>`+"\n", width, height)
	p.text("ink title", margin, 26, "start", title)
	p.text("soft", margin, 44, "start", under)
	return p
}

func (p *picture) end() string { return p.b.String() + "</svg>\n" }

func (p *picture) text(class string, x, y float64, anchor, text string) {
	fmt.Fprintf(&p.b, `<text class="%s" x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", class, x, y, anchor, html.EscapeString(text))
}

func (p *picture) box(class string, x, y, w, h float64) {
	fmt.Fprintf(&p.b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="2"/>`+"\n", class, x, y, max(w, 1), h)
}

func (p *picture) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&p.b, `<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>`+"\n", class, x1, y1, x2, y2)
}

// number has three digits that say something.
func number(v float64) string {
	if v >= 100 || v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}
