package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

// stream is an open stream of events.
type stream struct {
	t      testing.TB
	status int
	header http.Header
	frames chan string // data of unnamed events; closed when the stream ends
	retry  chan string // what the stream said of retrying
}

// open begins a stream; the second value ends it.
func (x *site) open(b browser, path string) (*stream, func()) {
	x.t.Helper()
	ctx, cancel := context.WithCancel(x.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, x.URL+path, nil)
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip, br")
	r.Header.Set("Last-Event-ID", "nonsense")
	client := *b.Client
	client.Timeout = 0
	res, err := client.Do(r) //nolint:bodyclose // the goroutine that reads it closes it
	if err != nil {
		x.t.Fatal(err)
	}
	s := &stream{t: x.t, status: res.StatusCode, header: res.Header, frames: make(chan string, 1000), retry: make(chan string, 10)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(s.frames)
		defer res.Body.Close()
		s.read(res.Body)
	}()
	return s, func() { cancel(); <-done }
}

func (s *stream) read(body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "data":
			s.frames <- value
		case "retry":
			s.retry <- value
		}
	}
}

// next is the next frame.
func (s *stream) next() string {
	s.t.Helper()
	return s.until("")
}

// until is the first frame that holds a text.
func (s *stream) until(text string) string {
	s.t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case f, ok := <-s.frames:
			if !ok {
				s.t.Fatalf("the stream ended before %q", text)
			}
			if strings.Contains(f, text) {
				return f
			}
		case <-timeout:
			s.t.Fatalf("no frame with %q", text)
		}
	}
}

// ended waits for the end of the stream and tells how long it took.
func (s *stream) ended() time.Duration {
	s.t.Helper()
	began, timeout := time.Now(), time.After(10*time.Second)
	for {
		select {
		case _, ok := <-s.frames:
			if !ok {
				return time.Since(began)
			}
		case <-timeout:
			s.t.Fatal("the stream does not end")
		}
	}
}

func TestStreamOfTheBoard(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	x.person("Boss", lead.Manager)
	x.person("Mara", lead.Marketing)
	first := x.hot("first")
	names := []string{"Rosa", "Sam", "Boss", "Mara"}
	streams := map[string]*stream{}
	for _, name := range names {
		s, end := x.open(x.signIn(name), "/live/board/emea")
		defer end()
		streams[name] = s
		if s.status != http.StatusOK || s.header.Get("Content-Type") != "text/event-stream" || s.header.Get("Content-Encoding") != "" || !strings.Contains(s.header.Get("Cache-Control"), "no-store") {
			t.Fatalf("the stream of %s: %d %v", name, s.status, s.header)
		}
		if ms, err := strconv.ParseInt(s.header.Get("Hotleads-Time"), 10, 64); err != nil || time.Since(time.UnixMilli(ms)).Abs() > time.Minute || s.header.Get("Hotleads-Page") == "" {
			t.Errorf("the stream of %s does not say what time it is, and for which page: %v", name, s.header)
		}
		snapshot := s.next()
		if !strings.Contains(snapshot, `<hx-partial hx-target="#board"`) || !strings.Contains(snapshot, `id="lead-`+first+`"`) || !strings.Contains(snapshot, "#board-stats") {
			t.Errorf("the first frame of %s is no snapshot: %.300s", name, snapshot)
		}
		select {
		case <-s.retry:
		default:
			t.Errorf("the stream of %s does not say when to come back", name)
		}
	}
	all := func(text string) {
		t.Helper()
		for _, name := range names {
			streams[name].until(text)
		}
	}

	began := time.Now()
	second := x.hot("second")
	all(`id="lead-` + second + `"`)
	if took := time.Since(began); took > time.Second {
		t.Errorf("a new lead took %v to four screens", took)
	}
	began = time.Now()
	if status, p := x.move(first, "claim", "Rosa"); status != http.StatusOK {
		t.Fatal(status, p)
	}
	for _, name := range names {
		f := streams[name].until(`hx-target="#lead-` + first + `"`)
		if !strings.Contains(f, `data-stage="claimed"`) || strings.Contains(f, `id="lead-`+second+`"`) {
			t.Errorf("%s is told of a claim by %.300s", name, f)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a claim took %v to four screens", took)
	}
	if status, p := x.move(first, "accept", "Rosa"); status != http.StatusOK {
		t.Fatal(status, p)
	}
	gone := `hx-target="#lead-` + first + `" hx-swap="delete"`
	for _, name := range []string{"Sam", "Mara"} {
		streams[name].until(gone)
	}
	for _, name := range []string{"Rosa", "Boss"} {
		if f := streams[name].until(`hx-target="#lead-` + first + `"`); !strings.Contains(f, `data-stage="sal"`) {
			t.Errorf("%s is told of an acceptance by %.300s", name, f)
		}
	}
	if status, p := x.move(first, "touch", "Rosa", "outcome", "reached"); status != http.StatusOK {
		t.Fatal(status, p)
	}
	for _, name := range []string{"Rosa", "Boss"} {
		streams[name].until(gone)
	}
}

func TestStreamOfOnesOwn(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id, other := x.hot("ada"), x.hot("eve")
	s, end := x.open(x.signIn("Rosa"), "/live/board/emea?mine=1")
	defer end()
	if snapshot := s.next(); strings.Contains(snapshot, id) {
		t.Errorf("a waiting lead is on one's own board: %s", snapshot)
	}
	x.move(id, "claim", "Rosa")
	if f := s.until(`id="lead-` + id + `"`); strings.Contains(f, other) {
		t.Errorf("another lead is on one's own board: %s", f)
	}
	x.move(id, "release", "Rosa")
	s.until(`hx-target="#lead-` + id + `" hx-swap="delete"`)
}

// The count beside "Board" is that of the team where the link leads, on every team's board.
func TestNavigationCountsTheHomeTeamOnAnotherBoard(t *testing.T) {
	x := newSite(t)
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Boss", lead.Manager, x.team.ID, far.ID)
	x.person("Rosa", lead.Rep)
	boss := x.signIn("Boss")
	id := x.hot("ada")
	for path, where := range map[string]string{"/board/" + x.team.Slug: "at home", "/board/far": "away", "/board/far?mine=1": "away, one's own"} {
		if status, _, page := boss.get(path); status != http.StatusOK || !strings.Contains(page, `<b id="nav-waiting" title="waiting">1</b>`) {
			t.Errorf("%s: %d, the navigation does not say that one lead waits", where, status)
		}
	}
	home, end := x.open(boss, "/live/board/"+x.team.Slug)
	defer end()
	away, end2 := x.open(boss, "/live/board/far")
	defer end2()
	for _, s := range []*stream{home, away} {
		s.until(`hx-target="#nav-waiting" hx-swap="textContent">1<`)
	}
	x.move(id, "claim", "Rosa")
	for _, s := range []*stream{home, away} {
		s.until(`hx-target="#nav-waiting" hx-swap="textContent"><`)
	}
}

// A page whose parts changed places at each look would be sent again and again.
func TestPeopleWhoAreCalledAlikeKeepTheirPlaces(t *testing.T) {
	x := newSite(t)
	x.person("Boss", lead.Manager)
	for i := range 6 {
		if _, err := x.store.AddUser(t.Context(), lead.Operator, lead.User{Email: fmt.Sprintf("kim%d@hotleads.example", i), Name: "Kim Lee", Role: lead.Rep, Teams: []string{x.team.ID}}, lead.Now()); err != nil {
			t.Fatal(err)
		}
	}
	path := "/leads/" + x.hot("ada")
	_, _, page := x.signIn("Boss").get(path)
	choices := slices.Collect(slices.Chunk(regexp.MustCompile(`value="([^"]+)"[^>]*>Kim Lee<`).FindAllString(page, -1), 6))
	if len(choices) == 0 {
		t.Fatal("nobody can be given the lead")
	}
	for _, six := range choices { // to give it to, and to give it on
		if len(six) != 6 || !slices.IsSorted(six) {
			t.Errorf("six who are called alike stand as %q", six)
		}
	}
}

func TestStreamOfALeadAndOfTheClocks(t *testing.T) {
	x := newSite(t)
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Rosa", lead.Rep)
	x.person("Mara", lead.Marketing)
	boss := x.person("Boss", lead.Manager, x.team.ID, far.ID)
	id := x.hot("ada")
	rosa, mara := x.signIn("Rosa"), x.signIn("Mara")
	profile, end := x.open(rosa, "/live/leads/"+id)
	defer end()
	clocks, end2 := x.open(mara, "/live/sla")
	defer end2()
	looker, end3 := x.open(mara, "/live/leads/"+id)
	defer end3()
	if f := profile.until(`data-stage="mql"`); !strings.Contains(f, `hx-target="#nav-waiting" hx-swap="textContent">1<`) {
		t.Errorf("the count in the navigation is not live beside a lead: %.300s", f)
	}
	if _, _, page := rosa.get("/leads/" + id); !strings.Contains(page, `<b id="nav-waiting" title="`) || !strings.Contains(page, `>1</b>`) {
		t.Error("the page of a lead does not count who waits")
	}
	clocks.until("clock-" + id + "-claim")
	looker.until(`data-stage="mql"`)
	x.move(id, "claim", "Rosa")
	profile.until(`data-stage="claimed"`)
	profile.until(`hx-target="#nav-waiting" hx-swap="textContent"><`)
	clocks.until("clock-" + id + "-decision")
	x.move(id, "release", "Rosa")
	profile.until(`data-stage="mql"`)
	if status, p := x.call(http.MethodPost, "/api/v1/leads/"+id+"/reassign", map[string]any{"actor": boss.Email, "to": "team:far"}); status != http.StatusOK {
		t.Fatal(status, p)
	}
	x.identify("ada", map[string]any{"company": "Secret Plans"})
	looker.until("Secret Plans")
	for timeout := time.After(10 * time.Second); ; {
		select {
		case f, open := <-profile.frames:
			if strings.Contains(f, "Secret Plans") || strings.Contains(f, "Far") {
				t.Errorf("a lead that went to another team is still shown: %.200s", f)
			}
			if open {
				continue
			}
		case <-timeout:
			t.Error("the stream of a lead that went to another team goes on")
		}
		break
	}
	if status, _, _ := rosa.get("/leads/" + id); status != http.StatusNotFound {
		t.Errorf("its page: %d", status)
	}
}

// A lead may become part of another one while its page is watched: a visitor says who they
// are. The page is that of the lead that remains from then on, without being loaded anew, and
// what happens to that one comes at once; where its reader may not see that one, the stream ends.
func TestStreamOfALeadThatIsMerged(t *testing.T) {
	x := newSite(t)
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Rosa", lead.Rep)
	boss := x.person("Boss", lead.Manager, x.team.ID, far.ID)
	rosa := x.signIn("Rosa")
	ada, eve := x.hot("ada"), x.hot("eve")
	if status, p := x.call(http.MethodPost, "/api/v1/leads/"+eve+"/reassign", map[string]any{"actor": boss.Email, "to": "team:far"}); status != http.StatusOK {
		t.Fatal(status, p)
	}
	visits := func(anonymous string) string {
		t.Helper()
		x.send(x.write, map[string]any{"type": "track", "anonymousId": anonymous, "event": "Demo Requested"})
		status, l := x.call(http.MethodGet, "/api/v1/leads/anonymous:"+anonymous, nil)
		if status != http.StatusOK {
			t.Fatal(status, l)
		}
		return l["id"].(string)
	}
	visitor, other := visits("visitor"), visits("other")
	page, hidden := x.read("a visitor", rosa, "/leads/"+visitor), x.read("another visitor", rosa, "/leads/"+other)
	page.becomes("as it began", func() string { return page.differs(page.fresh()) })

	x.send(x.write, map[string]any{"type": "identify", "anonymousId": "visitor", "userId": "ada"})
	if status, h, _ := rosa.get("/leads/" + visitor); status != http.StatusSeeOther || h.Get("Location") != "/leads/"+ada {
		t.Fatalf("the visitor's page: %d %v", status, h.Get("Location"))
	}
	page.path = "/leads/" + ada
	page.becomes("merged", func() string {
		if byID(page.page, "lead-"+ada) == nil || byID(page.page, "lead-"+visitor) != nil {
			return "the page is still that of the visitor"
		}
		return page.differs(page.fresh())
	})
	began := time.Now()
	x.identify("ada", map[string]any{"company": "Analytical Engines"})
	if err := page.apply(page.stream.until("Analytical Engines")); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Second { // by the notice: a view looks by itself only every two
		t.Errorf("what the lead does that remains came after %v", took)
	}
	if status, _, answer := rosa.do(http.MethodPost, "/leads/"+visitor+"/claim", nil, http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "HX-Request": {"true"}, "HX-Current-URL": {x.URL + "/leads/" + visitor},
	}); status != http.StatusOK || !strings.Contains(answer, `data-lead="`+ada+`"`) {
		t.Errorf("a click on the page as it was before: %d %.300s", status, answer)
	}
	if err := page.apply(page.stream.until(`data-stage="claimed"`)); err != nil {
		t.Error(err)
	}
	page.becomes("claimed", func() string { return page.differs(page.fresh()) })
	again, end := x.open(rosa, "/live/leads/"+visitor)
	defer end()
	if first := again.next(); !strings.Contains(first, `id="lead-`+ada+`"`) {
		t.Errorf("who comes back to the visitor's stream is shown %.300s", first)
	}

	x.identify("eve", map[string]any{"company": "Secret Plans"})
	x.send(x.write, map[string]any{"type": "identify", "anonymousId": "other", "userId": "eve"})
	for timeout := time.After(10 * time.Second); ; {
		select {
		case f, open := <-hidden.stream.frames:
			if strings.Contains(f, "Secret Plans") || strings.Contains(f, eve) {
				t.Errorf("a lead of another team is shown: %.200s", f)
			}
			if open {
				continue
			}
		case <-timeout:
			t.Error("the stream of a visitor who became another team's lead goes on")
		}
		break
	}
	if status, _, _ := rosa.get("/leads/" + other); status != http.StatusNotFound {
		t.Errorf("that visitor's page: %d", status)
	}
}

func TestWhoMayWatch(t *testing.T) {
	x := newSite(t)
	other, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Elsewhere"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Rosa", lead.Rep)
	x.person("Far", lead.Rep, other.ID)
	id := x.hot("ada")
	for _, c := range []struct {
		who  browser
		path string
		want int
	}{
		{x.stranger(), "/live/board/emea", 401}, {x.stranger(), "/live/leads/" + id, 401}, {x.stranger(), "/live/sla", 401}, {x.stranger(), "/live/nothing", 404},
		{x.signIn("Far"), "/live/board/emea", 404}, {x.signIn("Far"), "/live/leads/" + id, 404}, {x.signIn("Rosa"), "/live/sla", 403}, {x.signIn("Rosa"), "/live/leads/nobody", 404}, {x.signIn("Rosa"), "/live/board/nowhere", 404},
	} {
		status, h, body := c.who.get(c.path)
		if status != c.want || strings.Contains(body, "<") || h.Get("Content-Type") == "text/event-stream" {
			t.Errorf("%s: %d %q", c.path, status, body)
		}
		if status, _, _ := c.who.do(http.MethodHead, "/live/board/emea", nil, nil); status != http.StatusMethodNotAllowed {
			t.Errorf("HEAD of a stream: %d", status)
		}
	}
}
