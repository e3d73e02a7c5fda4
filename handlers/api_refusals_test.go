package handlers_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/handlers"
	"hotleads/handlers/openapi"
	"hotleads/lead"
)

// The document knows every route of the JSON API, and no other.
func TestRoutesAreDocumented(t *testing.T) {
	d, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	var routes, documented []string
	wild := regexp.MustCompile(`:(\w+)`)
	for _, l := range handlers.Lines() {
		if strings.HasPrefix(l.Path, "/api/") {
			routes = append(routes, l.Method+" "+wild.ReplaceAllString(l.Path, "{$1}"))
		}
	}
	for _, o := range d.Operations {
		documented = append(documented, o.Method+" "+o.Path)
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if diff := cmp.Diff(routes, documented); diff != "" {
		t.Errorf("(-routes +document):\n%s", diff)
	}
}

// closed calls every operation that wants a key, with those values in its path.
func (x *site) closed(key string, values map[string]string, call func(o openapi.Operation, path string)) {
	x.t.Helper()
	d, err := openapi.Load()
	if err != nil {
		x.t.Fatal(err)
	}
	for _, o := range d.Operations {
		if o.Open {
			continue
		}
		path := o.Path
		for name, v := range values {
			path = strings.ReplaceAll(path, "{"+name+"}", v)
		}
		call(o, path)
	}
}

func TestEveryOperationRefuses(t *testing.T) {
	db := &flaky{}
	x := newSite(t, func(c *handlers.Config) {
		db.Store = c.Store
		c.Store, c.APIRate, c.Quotas = db, 1000, oneWindow{c.Quotas}
	})
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	at := map[string]string{"id": id, "move": "claim", "version": "1"}
	expect := func(key, method, path string, body any, want int) {
		t.Helper()
		if status, p := x.callWith(key, method, path, body); status != want {
			t.Errorf("%s %s: %d %v, want %d", method, path, status, p, want)
		}
	}
	x.closed(x.api, at, func(o openapi.Operation, path string) {
		for _, key := range []string{"", "unknown", x.write, x.srv} {
			expect(key, o.Method, path, nil, http.StatusUnauthorized)
		}
		if o.Body != "" {
			expect(x.api, o.Method, path, `{"actor":`, http.StatusBadRequest)
			expect(x.api, o.Method, path, `{"actor":"`+strings.Repeat("x", 1<<20)+`"}`, http.StatusRequestEntityTooLarge)
		}
		if strings.Contains(o.Path, "{id}") {
			expect(x.api, o.Method, strings.ReplaceAll(path, id, "nobody"), `{}`, http.StatusNotFound)
		}
		expect(x.api, o.Method, path+"?q=%00", `{}`, http.StatusUnprocessableEntity)
		db.away.Store(true)
		expect(x.api, o.Method, path, `{}`, http.StatusServiceUnavailable)
		db.away.Store(false)
	})
	// A key that has used up its rate is refused whatever it asks for.
	poor := newSite(t, func(c *handlers.Config) { c.APIRate, c.Quotas = 1, oneWindow{c.Quotas} })
	for range 10 {
		poor.call(http.MethodGet, "/api/v1/leads", nil)
	}
	poor.closed(poor.api, at, func(o openapi.Operation, path string) {
		if status, p := poor.call(o.Method, path, `{`); status != http.StatusTooManyRequests || p["type"] == "about:blank" {
			t.Errorf("%s %s: %d %v", o.Method, path, status, p)
		}
	})
}

// Addresses and methods that are not there are problems like everything else.
func TestMethodsOfTheAPI(t *testing.T) {
	x := newSite(t)
	x.hot("ada")
	for path, want := range map[string][]string{
		"/api/v1/leads": {"GET", "HEAD", "POST"}, "/api/v1/leads/user:ada": {"GET", "HEAD", "PATCH"}, "/api/v1/leads/user:ada/claim": {"POST"},
		"/api/v1/board": {"GET", "HEAD"}, "/api/v1/sla/due": {"POST"}, "/api/v1/openapi.json": {"GET", "HEAD"},
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} {
			r, err := http.NewRequestWithContext(t.Context(), method, x.URL+path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+x.api)
			status, h, body := x.roundTrip(r)
			if slices.Contains(want, method) {
				if status == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: %d", method, path, status)
				}
				if method == http.MethodHead && (status != http.StatusOK || body != "" || h.Get("Content-Type") != "application/json") {
					t.Errorf("HEAD %s: %d %v %q", path, status, h, body)
				}
				continue
			}
			allow := strings.Split(h.Get("Allow"), ", ")
			if status != http.StatusMethodNotAllowed || h.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: %d as %q", method, path, status, h.Get("Content-Type"))
			}
			for _, m := range want {
				if !slices.Contains(allow, m) {
					t.Errorf("%s %s: Allow is %v, without %s", method, path, allow, m)
				}
			}
		}
	}
}

func TestTheDocumentIsOpen(t *testing.T) {
	x := newSite(t)
	for _, key := range []string{"", "unknown", x.api, x.write} {
		status, doc := x.callWith(key, http.MethodGet, "/api/v1/openapi.json", nil)
		if version, _ := doc["openapi"].(string); status != http.StatusOK || !strings.HasPrefix(version, "3.1.") || at(doc, "paths", "/api/v1/leads/{id}", "patch") == nil {
			t.Errorf("with the key %.6q: %d %v", key, status, doc["openapi"])
		}
	}
}

func TestTheDocumentIsReadByPeople(t *testing.T) {
	x := newSite(t, func(c *handlers.Config) { c.BaseURL = "https://leads.example.com" })
	status, h, page := x.stranger().get("/docs/api")
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		t.Fatalf("%d as %q", status, h.Get("Content-Type"))
	}
	d, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range d.Operations {
		if !strings.Contains(page, `id="`+o.ID+`"`) || !strings.Contains(page, "<code>"+o.Path+"</code>") {
			t.Errorf("%s is not on the page", o.ID)
		}
	}
	for _, ref := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+ref[1]+`"`) {
			t.Errorf("a link leads to #%s, which is not there", ref[1])
		}
	}
	for _, want := range []string{
		`curl -X PATCH -H &#34;Authorization: Bearer $API_KEY&#34;`, `&#39;https://leads.example.com/api/v1/leads/email:ada@analytical.example/claim&#39;`, `&#39;https://leads.example.com/api/v1/leads?q=ada+engines&amp;team=emea&#39;`,
		`curl &#39;https://leads.example.com/api/v1/openapi.json&#39;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if strings.Contains(page, x.api) {
		t.Error("the page shows a key")
	}
}
