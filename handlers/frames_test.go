package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"hotleads/lead"
)

// reader is somebody else's program: it keeps a page by the frames of its stream, as
// docs/frames.md tells.
type reader struct {
	name   string // of the page, for people
	who    browser
	path   string
	stream *stream
	page   *html.Node
	told   map[string]bool // targets
	swaps  map[string]bool // targets, and how
}

// read opens a page and its stream.
func (x *site) read(name string, who browser, path string) *reader {
	x.t.Helper()
	r := &reader{name: name, who: who, path: path, told: map[string]bool{}, swaps: map[string]bool{}}
	r.page = r.fresh()
	live := find(r.page, func(n *html.Node) bool { return attribute(n, "data-live") != "" })
	if len(live) != 1 {
		x.t.Fatalf("%s has %d streams", path, len(live))
	}
	var end func()
	r.stream, end = x.open(who, attribute(live[0], "data-live"))
	x.t.Cleanup(end)
	if r.stream.status != http.StatusOK {
		x.t.Fatalf("the stream of %s: %d", path, r.stream.status)
	}
	return r
}

// fresh is the page as GET gives it now.
func (r *reader) fresh() *html.Node {
	r.who.x.t.Helper()
	status, _, text := r.who.get(r.path)
	page, err := html.Parse(strings.NewReader(text))
	if status != http.StatusOK || err != nil {
		r.who.x.t.Fatalf("%s: %d %v", r.path, status, err)
	}
	return page
}

var framePiece = regexp.MustCompile(`(?s)^<hx-partial hx-target="#([A-Za-z0-9-]+)" hx-swap="([A-Za-z]+)">(.*?)</hx-partial>`)

// apply brings a frame into the page.
func (r *reader) apply(frame string) error {
	for rest := strings.TrimSpace(frame); rest != ""; {
		m := framePiece.FindStringSubmatch(rest)
		if m == nil {
			return fmt.Errorf("not a piece: %.100s", rest)
		}
		rest = rest[len(m[0]):]
		r.told[m[1]] = true
		r.swaps[m[1]+" "+m[2]] = true
		target := byID(r.page, m[1])
		if target == nil {
			return fmt.Errorf("a piece for #%s, which is not on the page", m[1])
		}
		if err := swap(r.page, target, m[2], m[3]); err != nil {
			return fmt.Errorf("%w: %.100s", err, m[0])
		}
		if m[1] == "board-order" {
			if err := r.order(); err != nil {
				return err
			}
		}
	}
	return nil
}

func swap(page, target *html.Node, how, text string) error {
	context := target
	if how == "outerMorph" {
		context = target.Parent
	}
	nodes, err := html.ParseFragment(strings.NewReader(text), &html.Node{Type: html.ElementNode, Data: context.Data, DataAtom: context.DataAtom})
	if err != nil {
		return err
	}
	switch how {
	case "innerMorph", "innerHTML":
		empty(target)
	case "textContent":
		empty(target)
		nodes = []*html.Node{{Type: html.TextNode, Data: html.UnescapeString(text)}}
	case "beforeend":
		for _, n := range nodes {
			if there := byID(page, attribute(n, "id")); n.Type == html.ElementNode && there != nil {
				there.Parent.RemoveChild(there)
			}
		}
	case "outerMorph":
		for _, n := range nodes {
			target.Parent.InsertBefore(n, target)
		}
		nodes = nil
		target.Parent.RemoveChild(target)
	case "delete":
		target.Parent.RemoveChild(target)
	default:
		return fmt.Errorf("%s is not described", how)
	}
	for _, n := range nodes {
		target.AppendChild(n)
	}
	return nil
}

// order puts the rows as they are told to stand.
func (r *reader) order() error {
	board := byID(r.page, "board")
	ids := strings.Fields(textOf(byID(r.page, "board-order")))
	if n := len(find(board, func(n *html.Node) bool { return attribute(n, "data-lead") != "" && n.Parent == board })); n != len(ids) {
		return fmt.Errorf("an order of %d rows where %d are", len(ids), n)
	}
	for _, id := range ids {
		row := byID(board, "lead-"+id)
		if row == nil {
			return fmt.Errorf("an order with %s, which is not there", id)
		}
		board.RemoveChild(row)
		board.AppendChild(row)
	}
	return nil
}

// notCompared are what frames have and pages have not, or the other way round.
var notCompared = []string{"as-of", "sla-as-of", "tv-moment"}

// differs tells where the page differs from another one, of what frames told of.
func (r *reader) differs(other *html.Node) string {
	for id := range r.told {
		over := byID(other, "connection") == nil // nothing is live on it any more
		if strings.HasPrefix(id, "lead-") || slices.Contains(notCompared, id) || over && id == "nav-waiting" {
			continue
		}
		if d := cmp.Diff(lines(byID(other, id)), lines(byID(r.page, id))); d != "" {
			return fmt.Sprintf("%s: #%s (-GET +frames)\n%s", r.name, id, d)
		}
	}
	return ""
}

// becomes applies what comes until the page is as GET gives it, of what is asked about.
func (r *reader) becomes(what string, same func() string) {
	t := r.who.x.t
	t.Helper()
	for begun := time.Now(); ; {
		for quiet := false; !quiet; {
			select {
			case frame, open := <-r.stream.frames:
				if !open {
					t.Fatalf("%s: the stream of %s ended", what, r.name)
				}
				if err := r.apply(frame); err != nil {
					t.Fatalf("%s: %s: %v", what, r.name, err)
				}
			case <-time.After(20 * time.Millisecond):
				quiet = true
			}
		}
		wrong := same()
		if wrong == "" {
			return
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("%s: %s", what, wrong)
		}
	}
}

func TestFramesAreThePage(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	for name, role := range map[string]lead.Role{"Rosa": lead.Rep, "Sam": lead.Rep, "Boss": lead.Manager, "Mara": lead.Marketing} {
		x.person(name, role)
	}
	rosa, sam, boss, mara := x.signIn("Rosa"), x.signIn("Sam"), x.signIn("Boss"), x.signIn("Mara")
	warm := func(user string) string { // hot, but less so than those who asked for a demo
		t.Helper()
		x.send(x.write, map[string]any{"type": "identify", "userId": user, "traits": map[string]any{"email": user + "@buyer.example", "name": user, "title": "VP Sales"}},
			map[string]any{"type": "track", "userId": user, "event": "Trial Started"}, map[string]any{"type": "track", "userId": user, "event": "Pricing Viewed"})
		_, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
		return l["id"].(string)
	}
	ada, bob, cleo := x.hot("ada"), x.hot("bob"), x.hot("cleo")
	var long []map[string]any // a story of more than a page
	for i := range 120 {
		long = append(long, map[string]any{"type": "track", "userId": "ada", "event": "Read on", "timestamp": "2026-01-05T09:00:00Z", "messageId": fmt.Sprint("read ", i)})
	}
	x.send(x.write, long...)
	_, _, story := rosa.get("/leads/" + ada)
	older := regexp.MustCompile(`href="(/leads/[^"]*before=[^"]*)"`).FindStringSubmatch(story)
	_, h, _ := mara.upload("list.csv", "Mail,Company\nnew@buyer.example,Söhne\nnobody,\n")
	imported := h.Get("Location")
	if status, _, page := mara.post(imported+"/start", url.Values{"as-0": {"email"}, "as-1": {"company"}, "live": {""}}); status != http.StatusSeeOther || len(older) == 0 {
		t.Fatalf("no import begins (%d), or a long story has one page: %s", status, page)
	}
	risen := x.risenHalfAnHourAgo("finn")
	boards := []*reader{
		x.read("Rosa's board", rosa, "/board/emea"), x.read("Rosa's own", rosa, "/board/emea?mine=1"), x.read("Sam's board", sam, "/board/emea"), x.read("Sam's own", sam, "/board/emea?mine=1"),
		x.read("a manager's board", boss, "/board/emea"), x.read("marketing's board", mara, "/board/emea"), x.read("a wall", x.stranger(), "/tv/"+x.wall(lead.ShowFull)),
	}
	all := append([]*reader{
		x.read("a lead", rosa, "/leads/"+ada), x.read("a lead, for marketing", mara, "/leads/"+bob), x.read("a lead that rose", sam, "/leads/"+risen), x.read("the clocks", mara, "/sla"), x.read("a team's clocks", boss, "/sla?team=emea&kind=claim"),
		x.read("the team", boss, "/team"), x.read("notices", rosa, "/notices"), x.read("a manager's notices", boss, "/notices"), x.read("the backlog", boss, "/leads/backlog"),
		x.read("older entries of a lead", rosa, older[1]), x.read("an import", mara, imported),
	}, boards...)

	settled := func(what string) {
		t.Helper()
		for _, r := range boards {
			r.becomes(what, func() string {
				now := r.fresh()
				got, want := standing(r.page), standing(now)
				return cmp.Diff(want, got)
			})
			falling(t, r)
		}
	}
	move := func(id, name, who string, fields ...any) {
		t.Helper()
		if status, p := x.move(id, name, who, fields...); status != http.StatusOK {
			t.Fatal(name, status, p)
		}
	}
	x.tell()
	settled("as it began")
	dora := warm("dora")
	settled("somebody behind the others")
	move(ada, "claim", "Rosa")
	move(ada, "accept", "Rosa")
	settled("accepted: hers alone, and her manager's")
	move(bob, "claim", "Sam")
	settled("claimed")
	move(bob, "return", "Sam", "reason", "wrong_person", "note", "she left")
	settled("returned")
	x.track("dora", "Demo Requested", nil)
	x.hot("emil")
	settled("one overtakes another, and one comes")
	move(cleo, "claim", "Sam")
	move(cleo, "accept", "Sam")
	move(cleo, "touch", "Sam", "outcome", "reached")
	settled("contacted: off the board")
	move(dora, "claim", "Rosa")
	move(dora, "release", "Rosa")
	x.track("bob", "Demo Requested", nil)
	x.identify("ada", map[string]any{"company": "Analytical \"Engines\" & <Söhne>\r\nLtd", "title": "</hx-partial> VP"})
	x.work()
	x.tell()
	settled("released, and an odd name")
	for _, r := range all {
		r.becomes("in the end", func() string { return r.differs(r.fresh()) })
	}

	doc, err := os.ReadFile("../docs/frames.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if len(r.told) == 0 {
			t.Errorf("no frame of %s told anything", r.name)
		}
		for piece := range r.swaps {
			id, how, _ := strings.Cut(piece, " ")
			if strings.HasPrefix(id, "lead-") {
				id = "lead-{id}"
			}
			if !regexp.MustCompile("(?m)^\\|.*`#" + regexp.QuoteMeta(id) + "`.*\\| `" + how + "` \\|").Match(doc) {
				t.Errorf("docs/frames.md does not know #%s by %s, of %s", id, how, r.name)
			}
		}
	}
}

// risenHalfAnHourAgo brings a lead onto the board that rose half an hour before the
// boards' moment: of a page that goes by any later one it has not risen lately.
func (x *site) risenHalfAnHourAgo(user string) string {
	x.t.Helper()
	rules, err := x.store.Rules(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	at := rules.Moment(lead.Now()).Add(time.Second - 30*time.Minute).Format(time.RFC3339)
	x.send(x.write, map[string]any{"type": "identify", "userId": user, "traits": map[string]any{"email": user + "@buyer.example"}},
		map[string]any{"type": "track", "userId": user, "event": "Demo Requested", "timestamp": at})
	status, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
	if status != http.StatusOK || l["stage"] != "mql" {
		x.t.Fatalf("%s is not on the board: %d %v", user, status, l)
	}
	return l["id"].(string)
}

// What answers a click on a lead's page is of the same moment as the page and its stream.
func TestAClickIsAnsweredAsThePageIs(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	x.person("Rosa", lead.Rep)
	rosa := x.signIn("Rosa")
	path := "/leads/" + x.risenHalfAnHourAgo("finn")
	page := x.read("a lead that rose", rosa, path)
	_, _, answer := rosa.do(http.MethodPost, path+"/win", nil, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "HX-Request": {"true"}, "HX-Current-URL": {x.URL + path}})
	page.becomes("as it began", func() string { return page.differs(page.fresh()) })
	i := strings.Index(answer, `<hx-partial hx-target="#profile-head"`)
	if i < 0 {
		t.Fatalf("the answer has no head: %.300s", answer)
	}
	piece := framePiece.FindString(answer[i:])
	before := lines(byID(page.page, "profile-head"))
	if err := page.apply(piece); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, lines(byID(page.page, "profile-head"))); d != "" {
		t.Errorf("the answer is of another moment (-page +answer)\n%s", d)
	}
}

// standing is a board's rows in their order, whole, and the order that it tells.
func standing(page *html.Node) []string {
	out := []string{strings.Join(strings.Fields(textOf(byID(page, "board-order"))), " ")}
	for _, row := range find(byID(page, "board"), func(n *html.Node) bool { return attribute(n, "data-lead") != "" }) {
		out = append(out, lines(row)...)
	}
	return out
}

// falling holds that scores never rise going down a board.
func falling(t *testing.T, r *reader) {
	t.Helper()
	last := 1e9
	for _, row := range find(byID(r.page, "board"), func(n *html.Node) bool { return attribute(n, "data-lead") != "" }) {
		score, err := strconv.ParseFloat(attribute(row, "data-score"), 64)
		if err != nil || score > last {
			t.Errorf("%s: a score of %s below %v (%v)", r.name, attribute(row, "data-score"), last, err)
		}
		last = score
	}
}

// lines are an element and what is in it, without the spaces between elements and what
// is the reader's own.
func lines(n *html.Node) []string {
	if n == nil {
		return []string{"nothing"}
	}
	var out []string
	switch n.Type {
	case html.TextNode:
		if text := strings.Join(strings.Fields(n.Data), " "); text != "" {
			out = append(out, text)
		}
	case html.ElementNode:
		attributes := []string{}
		own := false
		for _, a := range n.Attr {
			attributes = append(attributes, fmt.Sprintf("%s=%q", a.Key, strings.Join(strings.Fields(a.Val), " ")))
			own = own || a.Key == "data-mine-count"
		}
		slices.Sort(attributes)
		out = append(out, "<"+n.Data+" "+strings.Join(attributes, " ")+">")
		if own {
			return out
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out = append(out, lines(c)...)
	}
	return out
}

func find(n *html.Node, is func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	if n.Type == html.ElementNode && is(n) {
		out = append(out, n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		out = append(out, find(c, is)...)
	}
	return out
}

func byID(n *html.Node, id string) *html.Node {
	if found := find(n, func(n *html.Node) bool { return id != "" && attribute(n, "id") == id }); len(found) > 0 {
		return found[0]
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	if n.Type == html.TextNode {
		return n.Data
	}
	var all strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all.WriteString(textOf(c))
	}
	return all.String()
}

func empty(n *html.Node) {
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
}
