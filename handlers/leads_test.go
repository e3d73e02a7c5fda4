package handlers_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// add stores a lead as its traits say, without anything that it did.
func (x *site) add(user string, traits map[string]any, event ...string) string {
	x.t.Helper()
	messages := []map[string]any{{"type": "identify", "userId": user, "traits": traits}}
	for _, e := range event {
		messages = append(messages, map[string]any{"type": "track", "userId": user, "event": e})
	}
	x.send(x.write, messages...)
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
	return l["id"].(string)
}

// stock imports leads that are ready: they become backlog.
func (x *site) stock(team lead.Team, n int) {
	x.t.Helper()
	now := lead.Now()
	var acts, rows []lead.Message
	for i := range n {
		user := fmt.Sprintf("%s-stock-%02d", team.Slug, i)
		for k, event := range []string{"Products Compared", "Products Compared", "Pricing Viewed"} {
			acts = append(acts, lead.Message{ID: fmt.Sprint(user, k), Type: lead.Track, UserID: user, Event: event, OccurredAt: now, ReceivedAt: now})
		}
		rows = append(rows, lead.Message{ID: user, Type: lead.Identify, UserID: user, Traits: map[string]any{"email": user + "@buyer.example", "name": user, "title": "VP"},
			Import: &lead.Imported{TeamID: team.ID}, OccurredAt: now, ReceivedAt: now})
	}
	if _, err := x.desk.TakeAt(x.t.Context(), acts, now); err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.desk.Import(x.t.Context(), rows, false, now); err != nil {
		x.t.Fatal(err)
	}
}

var listed = regexp.MustCompile(`class="name" href="/leads/([0-9a-f-]{36})"`)

// listedOn are the leads on a list's page.
func listedOn(page string) []string {
	var out []string
	for _, m := range listed.FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

var nextPage = regexp.MustCompile(`rel="next" href="([^"]+)"`)

// all walks a list to its end and gives the leads of its pages.
func (b browser) all(path string) (ids []string, pages int) {
	b.x.t.Helper()
	for path != "" {
		status, _, page := b.get(path)
		if status != http.StatusOK {
			b.x.t.Fatalf("%s: %d", path, status)
		}
		ids, pages = append(ids, listedOn(page)...), pages+1
		path = ""
		if m := nextPage.FindStringSubmatch(page); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	return ids, pages
}

func TestTheListIsNarrowed(t *testing.T) {
	x := newHouse(t)
	rosa, mara := x.who[lead.Rep], x.who[lead.Marketing]
	for i := range 55 {
		x.add(fmt.Sprintf("reader%02d", i), map[string]any{"name": fmt.Sprintf("Reader %02d", i), "email": fmt.Sprintf("r%d@readers.example", i)})
	}
	if status, _, _ := rosa.post("/leads/"+x.near+"/claim", nil); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	_, l := x.call(http.MethodGet, "/api/v1/leads/"+x.near, nil)
	owner := l["owner"].(map[string]any)["id"].(string)
	for path, want := range map[string][]string{
		"/leads?stage=claimed":          {x.near},
		"/leads?stage=mql":              {x.off},
		"/leads?team=" + x.far.Slug:     {x.off},
		"/leads?owner=" + owner:         {x.near},
		"/leads?tier=hot&q=near":        {x.near},
		"/leads?tier=warm":              nil,
		"/leads?source=nowhere":         nil,
		"/leads?q=NEAR@buyer.example":   {x.near},
		"/leads?q=near&stage=mql":       nil,
		"/leads?q=reader&stage=claimed": nil,
	} {
		if got, _ := mara.all(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	for _, path := range []string{"/leads?q=reader", "/leads?q=reader&sort=newest"} {
		ids, pages := mara.all(path)
		slices.Sort(ids)
		if pages != 2 || len(slices.Compact(ids)) != 55 {
			t.Errorf("%s: %d leads on %d pages", path, len(slices.Compact(ids)), pages)
		}
	}
	if _, _, page := mara.get("/leads?q=nobody&stage=won&tier=hot"); !strings.Contains(page, "“nobody”, stage Won, tier Hot") {
		t.Error("it does not say what was looked for")
	}
	for path, want := range map[string]int{
		"/leads?stage=ripe": 422, "/leads?tier=cold": 422, "/leads?sort=score": 422, "/leads?owner=me": 422, "/leads/held?why=mood": 422, "/leads?cursor=x": 422,
		"/leads?team=" + x.far.Slug: 404, "/leads.csv?team=" + x.far.Slug: 404, "/leads/backlog?team=" + x.far.Slug: 404, "/leads?team=nowhere": 404,
	} {
		b := rosa
		if strings.Contains(path, "backlog") {
			b = x.who[lead.Manager]
		}
		if status, _, _ := b.get(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
}

func TestOtherTeamsLeadsAreNowhereInTheLists(t *testing.T) {
	x := newHouse(t)
	x.stock(x.far, 3)
	far := x.add(elsewhere+"2", map[string]any{"email": elsewhere + "2@buyer.example", "name": elsewhere}, "Demo Requested")
	if status, _ := x.call(http.MethodPost, "/api/v1/leads/"+far+"/disqualify", map[string]any{"actor": "mara@example.com", "reason": "spam"}); status != http.StatusOK {
		t.Fatal(status)
	}
	x.send(x.write, map[string]any{"type": "track", "userId": elsewhere + "2", "event": "Demo Requested"})
	if err := x.store.Change(t.Context(), func(tx lead.Tx) error {
		return tx.SuspectDuplicate(t.Context(), x.near, x.off, "email", lead.Now())
	}); err != nil {
		t.Fatal(err)
	}
	far1 := regexp.MustCompile(`Held back\s*<b>`)
	for _, c := range []struct {
		role   lead.Role
		counts bool
	}{{lead.Rep, false}, {lead.Manager, false}, {lead.Marketing, true}, {lead.Admin, true}} {
		for _, path := range []string{"/leads", "/leads/held", "/leads/duplicates", "/leads.csv", "/leads/" + x.near} {
			_, _, page := x.who[c.role].get(path)
			sees := strings.Contains(page, elsewhere) || strings.Contains(page, "far-stock")
			if sees != (c.counts) {
				t.Errorf("%s, %s: another team's lead is shown: %v", c.role, path, sees)
			}
			if strings.HasPrefix(path, "/leads/") && path != "/leads/"+x.near && far1.MatchString(page) != c.counts {
				t.Errorf("%s, %s: another team's leads are counted: %v", c.role, path, !c.counts)
			}
		}
	}
}

func TestHeldBackInWords(t *testing.T) {
	x := newSite(t)
	mara, anna := x.person("Mara", lead.Marketing), x.person("Anna", lead.Admin)
	if err := x.store.Exclude(t.Context(), lead.Operator, lead.CustomerDomains, []string{"old.example"}, lead.Now()); err != nil {
		t.Fatal(err)
	}
	customer := x.add("cust", map[string]any{"email": "c@old.example"}, "Demo Requested")
	silent := x.add("silent", map[string]any{"name": "Silent"}, "Demo Requested")
	reader := x.add("reader", map[string]any{"email": "r@reads.example", "title": "CEO", "employees": 200}, "Webinar Viewed", "Webinar Viewed", "Webinar Viewed", "Case Study Viewed", "Case Study Viewed")
	x.add("cold", map[string]any{"email": "cold@b.example"}, "Page Viewed")
	x.hot("ready")
	b := x.signIn(mara.Name)
	_, _, page := b.get("/leads/held")
	got := listedOn(page)
	slices.Sort(got)
	want := []string{customer, silent, reader}
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	for _, text := range []string{"Already a customer (old.example)", "wants email or phone", "points of intent", "Held back <b>3</b>", `href="/leads/` + silent + `/correct"`} {
		if !strings.Contains(strings.Join(strings.Fields(page), " "), text) {
			t.Errorf("it does not say %q", text)
		}
	}
	if strings.Contains(page, "/settings/lists") {
		t.Error("marketing is sent to the administrator's lists")
	}
	if _, _, page := x.signIn(anna.Name).get("/leads/held?why=excluded"); !slices.Equal(listedOn(page), []string{customer}) || !strings.Contains(page, "/settings/lists") {
		t.Error("by reason, with the administrator's way out")
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+customer, nil); l["held_back"] != "already a customer (old.example)" {
		t.Errorf("the API says %v", l["held_back"])
	}
	if _, _, page := b.get("/leads/" + reader); !strings.Contains(page, "does not do what buyers do") {
		t.Error("its page does not say it")
	}
}

func TestTheFileOfLeads(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	hostile := `=HYPERLINK("http://evil.example","x")`
	x.add("evil", map[string]any{"email": "evil@b.example", "name": hostile, "company": "+1", "title": "-2", "country": "@x", "phone": "+4930123456"}, "Careers Viewed")
	x.add("quoted", map[string]any{"email": "q@b.example", "name": "Ada \"the first\", Byron\nLovelace"})
	for i := range 12 {
		x.add(fmt.Sprint("n", i), map[string]any{"email": fmt.Sprintf("n%d@b.example", i)})
	}
	status, h, body := x.signIn("Mara").get("/leads.csv")
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/csv; charset=utf-8") || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") || h.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", status, h)
	}
	body, found := strings.CutPrefix(body, "\xEF\xBB\xBF")
	if !found || !strings.Contains(body, "\r\n") {
		t.Error("a spreadsheet will not read it as UTF-8")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(rows) != 15 || rows[0][1] != "name" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	seen := 0
	for _, row := range rows[1:] {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && i != slices.Index(rows[0], "score") {
				t.Errorf("a formula: %q", cell)
			}
		}
		switch row[1] {
		case "'" + hostile:
			seen++
			if d := cmp.Diff([]string{"evil@b.example", "'+4930123456", "evil", "'+1", "'-2", "'@x"}, row[2:8]); d != "" {
				t.Error(d)
			}
		case "Ada \"the first\", Byron\nLovelace":
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("the texts did not come through: %q", body)
	}
	if _, _, body := x.signIn("Mara").get("/leads.csv?q=quoted&stage=won"); strings.Count(body, "\r\n") != 1 {
		t.Errorf("nobody found: %q", body)
	}
}

func TestAddingByHand(t *testing.T) {
	x := newHouse(t)
	rosa, mara := x.who[lead.Rep], x.who[lead.Marketing]
	form := url.Values{"email": {"New@Buyer.example"}, "name": {"Nora New"}, "phone": {"12"}, "trait": {"employees", "", "city"}, "value": {"200", "", "Bonn"}}
	status, _, page := rosa.post("/leads/new", form)
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "Nora New") || !strings.Contains(page, "Bonn") || !strings.Contains(page, "is not an international telephone number") || !strings.Contains(page, `aria-describedby="phone-wrong phone-tip"`) {
		t.Fatalf("a refusal loses what was typed, or says nothing beside the field: %d %s", status, page)
	}
	form.Set("more", "1")
	if status, _, page := rosa.post("/leads/new", form); status != http.StatusOK || strings.Count(page, `name="trait"`) != 5 {
		t.Errorf("more rows: %d, %d", status, strings.Count(page, `name="trait"`))
	}
	form.Del("more")
	form.Set("phone", "+49 30 123456")
	status, h, _ := rosa.post("/leads/new", form)
	if status != http.StatusSeeOther {
		t.Fatal(status)
	}
	_, l := x.call(http.MethodGet, "/api"+"/v1"+h.Get("Location"), nil)
	if l["email"] != "new@buyer.example" || l["team"].(map[string]any)["id"] != x.team.ID || l["source"] != "by hand" || l["traits"].(map[string]any)["city"] != "Bonn" {
		t.Errorf("it is %v", l)
	}
	// Who is known already: with a link for who may see them, with nothing for others.
	if status, _, page := rosa.post("/leads/new", url.Values{"email": {"near@buyer.example"}}); status != http.StatusConflict || !strings.Contains(page, `href="/leads/`+x.near+`"`) {
		t.Errorf("known, and visible: %d", status)
	}
	status, _, page = rosa.post("/leads/new", url.Values{"user_id": {elsewhere}})
	if status != http.StatusConflict || strings.Contains(page, x.off) || strings.Contains(strings.ReplaceAll(page, `value="`+elsewhere+`"`, ""), elsewhere) {
		t.Errorf("known, and another team's: %d", status)
	}
	// A rep adds to no team but their own; marketing to any, or lets routing decide.
	if status, _, _ := rosa.post("/leads/new", url.Values{"email": {"two@b.example"}, "team": {x.far.Slug}}); status != http.StatusUnprocessableEntity {
		t.Errorf("to another team: %d", status)
	}
	status, h, _ = mara.post("/leads/new", url.Values{"email": {"three@b.example"}, "team": {x.far.Slug}})
	if _, l := x.call(http.MethodGet, "/api"+"/v1"+h.Get("Location"), nil); status != http.StatusSeeOther || l["team"].(map[string]any)["id"] != x.far.ID {
		t.Errorf("marketing to any team: %d %v", status, l["team"])
	}
	if status, _, _ := rosa.post("/leads/new", url.Values{"name": {"Nobody"}}); status != http.StatusUnprocessableEntity {
		t.Errorf("nobody: %d", status)
	}
}

func TestCorrecting(t *testing.T) {
	x := newHouse(t)
	x.person("Sam", lead.Rep)
	rosa, sam, mara := x.who[lead.Rep], x.signIn("Sam"), x.who[lead.Marketing]
	id := x.add("ada", map[string]any{"email": "ada@b.example", "name": "Ada", "employees": 20, "plan": "free", "tags": []string{"a"}}, "Demo Requested")
	at := "/leads/" + id + "/correct"
	version := func() string {
		_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
		return fmt.Sprint(l["version"])
	}
	_, _, page := mara.get(at)
	if !strings.Contains(page, `value="ada@b.example"`) || !strings.Contains(page, `value="20"`) || !strings.Contains(page, "tags: [&#34;a&#34;]") || !strings.Contains(page, `name="version" value="`+version()+`"`) {
		t.Fatalf("the form: %s", page)
	}
	form := url.Values{"version": {version()}, "email": {"ada@b.example"}, "user_id": {"ada"}, "name": {"Ada Byron"}, "trait": {"employees", "plan", "city"}, "value": {"300", "", "Bonn"}}
	if status, _, body := mara.post(at, form); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, body)
	}
	_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
	if d := cmp.Diff(map[string]any{"employees": 300.0, "city": "Bonn", "tags": []any{"a"}}, l["traits"]); d != "" || l["name"] != "Ada Byron" {
		t.Errorf("%v: %s", l["name"], d)
	}
	if _, _, page := mara.get("/leads/" + id); !strings.Contains(page, "Corrected") || !strings.Contains(page, at) {
		t.Error("its page does not tell, or does not offer it again")
	}
	// Somebody was faster: both are shown, and saving again keeps one's own.
	form.Set("name", "Ada Lovelace")
	status, _, page := mara.post(at, form)
	if status != http.StatusConflict || !strings.Contains(page, `value="Ada Lovelace"`) || !strings.Contains(page, "By now it is <b>Ada Byron</b>") {
		t.Errorf("a conflict: %d %s", status, page)
	}
	form.Set("version", version())
	if status, _, _ := mara.post(at, form); status != http.StatusSeeOther {
		t.Errorf("saved again: %d", status)
	}
	// Another's identity, a wrong one, none at all.
	form.Set("version", version())
	form.Set("email", "near@buyer.example")
	if status, _, page := mara.post(at, form); status != http.StatusConflict || !strings.Contains(page, `href="/leads/`+x.near+`"`) {
		t.Errorf("another's identity: %d", status)
	}
	if _, _, page := mara.get("/leads/" + id); !strings.Contains(page, "May be the same person as") || !strings.Contains(page, "the same email") {
		t.Error("the suspicion does not stand on its page")
	}
	if got, _ := rosa.all("/leads/duplicates"); len(got) != 2 {
		t.Errorf("suspected duplicates: %v", got)
	}
	form.Set("email", "none")
	if status, _, page := mara.post(at, form); status != http.StatusUnprocessableEntity || !strings.Contains(page, "is not an email address") {
		t.Errorf("a wrong email: %d", status)
	}
	// Reps correct what nobody else holds.
	if status, _, _ := rosa.post("/leads/"+id+"/claim", nil); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	form.Set("email", "ada@b.example")
	form.Set("version", version())
	if status, _, _ := sam.post(at, form); status != http.StatusForbidden {
		t.Errorf("another rep: %d", status)
	}
	if status, h, _ := sam.get(at); status != http.StatusSeeOther || h.Get("Location") != "/leads/"+id {
		t.Errorf("another rep's form: %d", status)
	}
	form.Set("title", "CEO")
	if status, _, _ := rosa.post(at, form); status != http.StatusSeeOther {
		t.Errorf("its rep: %d", status)
	}
}

func TestBacklogPages(t *testing.T) {
	x := newHouse(t)
	max, mara := x.who[lead.Manager], x.who[lead.Marketing]
	x.stock(x.team, 6)
	x.stock(x.far, 2)
	_, _, page := max.get("/leads/backlog")
	ids := listedOn(page)
	if len(ids) != 6 || !strings.Contains(page, "Backlog") || strings.Contains(page, "far-stock") || !strings.Contains(page, "6 leads") {
		t.Fatalf("the backlog: %v %s", ids, page)
	}
	if _, _, page := mara.get("/leads/backlog?team=" + x.far.Slug); len(listedOn(page)) != 2 || strings.Contains(page, `name="do"`) {
		t.Error("marketing looks, and only looks")
	}
	form := func(do string, more ...string) url.Values {
		v := url.Values{"do": {do}, "team": {x.team.Slug}}
		for i := 0; i+1 < len(more); i += 2 {
			v.Add(more[i], more[i+1])
		}
		return v
	}
	onBoard := func() int {
		t.Helper()
		_, b := x.call(http.MethodGet, "/api/v1/board?team="+x.team.Slug, nil)
		return len(b["data"].([]any))
	}
	before := onBoard()
	// Some: only those of this backlog.
	_, _, other := mara.get("/leads/backlog?team=" + x.far.Slug)
	if status, h, _ := max.post("/leads/backlog", form("some", "lead", ids[0], "lead", ids[1], "lead", listedOn(other)[0], "lead", x.near)); status != http.StatusSeeOther || !strings.HasSuffix(h.Get("Location"), "&released=2") {
		t.Errorf("some: %d %s", status, h.Get("Location"))
	}
	if got := onBoard() - before; got != 2 {
		t.Errorf("%d came to the board", got)
	}
	for _, c := range []struct {
		what string
		form url.Values
		want int
	}{
		{"none chosen", form("some"), 422},
		{"no number", form("drip", "per_rep", "many"), 422},
		{"too many", form("drip", "per_rep", "1001"), 422},
		{"nothing that can be done", form("everything"), 422},
		{"another team", url.Values{"do": {"all"}, "team": {x.far.Slug}}, 404},
	} {
		if status, _, _ := max.post("/leads/backlog", c.form); status != c.want {
			t.Errorf("%s: %d, want %d", c.what, status, c.want)
		}
	}
	if _, _, page := max.post("/leads/backlog", form("drip", "per_rep", "many")); !strings.Contains(page, `value="many"`) || !strings.Contains(page, "1 to 1000") {
		t.Error("what was typed is lost, or it does not say what would be right")
	}
	// So many a rep a day.
	if status, _, _ := max.post("/leads/backlog", form("drip", "per_rep", "3")); status != http.StatusSeeOther {
		t.Errorf("drip: %d", status)
	}
	if _, _, page := mara.get("/leads/backlog?team=" + x.team.Slug); !strings.Contains(page, "Releases 3 a rep each morning") || !strings.Contains(page, ": 3 leads") || !strings.Contains(page, "Max") {
		t.Errorf("the drip is not told: %s", page)
	}
	if status, _, _ := max.post("/leads/backlog", form("stop")); status != http.StatusSeeOther {
		t.Errorf("stop: %d", status)
	}
	if _, _, page := max.get("/leads/backlog"); strings.Contains(page, "each morning") {
		t.Error("it goes on after it was stopped")
	}
	// All, after a question, in steps, and the page follows.
	if _, _, page := max.get("/leads/backlog"); strings.Count(page, `data-live="/live/backlog/`+x.team.Slug+`"`) != 1 || !strings.Contains(page, `id="backlog-state"`) {
		t.Errorf("the page has no stream: %s", page)
	}
	stream, end := x.open(max, "/live/backlog/"+x.team.Slug)
	defer end()
	if f := stream.next(); !strings.Contains(f, "4 leads</h2>") && !strings.Contains(f, "4 leads") || !strings.Contains(f, `hx-target="#nav-waiting"`) {
		t.Errorf("the stream begins with %s", f)
	}
	looks, endLooks := x.open(mara, "/live/backlog/"+x.team.Slug)
	defer endLooks()
	if f := looks.next(); strings.Contains(f, "<form") {
		t.Errorf("who may not release is offered it: %s", f)
	}
	if _, _, page := max.get("/leads/backlog?confirm=all"); !strings.Contains(page, "Release 4 leads") {
		t.Error("the question does not say how many")
	}
	if status, _, _ := max.post("/leads/backlog", form("all")); status != http.StatusSeeOther {
		t.Errorf("all: %d", status)
	}
	if _, _, page := max.get("/leads/backlog"); !strings.Contains(page, "<b>4 leads</b> on their way") {
		t.Error("it does not say how many are left")
	}
	stream.until("<b>4 leads</b> on their way")
	for range 2 {
		if _, err := x.desk.Sweep(t.Context(), lead.Now().Add(time.Second), 3); err != nil {
			t.Fatal(err)
		}
	}
	if got := onBoard() - before; got != 6 {
		t.Errorf("%d came to the board", got)
	}
	if status, _, page := max.post("/leads/backlog", form("all")); status != http.StatusConflict || !strings.Contains(page, "is empty") {
		t.Errorf("an empty backlog: %d", status)
	}
	acts, err := x.store.Acts(t.Context(), lead.ActSearch{What: "backlog.", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, a := range acts {
		told = append(told, string(a.What)+": "+a.Detail)
	}
	if d := cmp.Diff([]string{"backlog.release: all: 4 leads of EMEA", "backlog.stop: EMEA", "backlog.drip: 3 a rep each business day, EMEA", "backlog.release: 2 leads of EMEA"}, told); d != "" {
		t.Error(d)
	}
	if got, _ := mara.all("/leads/backlog?team=" + x.far.Slug); len(got) != 2 {
		t.Errorf("the other team's backlog has %d left", len(got))
	}
}
