package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// request sends a document, or nothing, with headers in pairs.
func (x *site) request(method, path, body string, header ...string) (int, http.Header, string) {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), method, x.URL+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+x.api)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return x.roundTrip(r)
}

func TestTheAgreementThroughTheAPI(t *testing.T) {
	x := newSite(t)
	mara, mia := x.person("Mara", lead.Marketing), x.person("Mia", lead.Manager)
	status, h, first := x.request("GET", "/api/v1/agreement", "")
	if status != http.StatusOK || h.Get("ETag") != `"`+lead.HashOf([]byte(first))+`"` || h.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", status, h)
	}
	in := h.Get("Agreement-Version")
	if status, _, body := x.request("GET", "/api/v1/agreement?draft=0", "", "If-None-Match", `"x", W/`+h.Get("ETag")); status != http.StatusNotModified || body != "" {
		t.Errorf("what is known already: %d %q", status, body)
	}
	for _, path := range []string{"/api/v1/agreement?draft=1", "/api/v1/agreement/draft"} {
		if status, p := x.call("GET", path, nil); status != http.StatusNotFound || !strings.Contains(p["detail"].(string), "draft") {
			t.Errorf("%s: %d %v", path, status, p)
		}
	}
	sign := func(as, actor string) (int, map[string]any) {
		return x.call("POST", "/api/v1/agreement/sign", map[string]any{"as": as, "actor": actor})
	}
	if status, p := sign("sales", mia.Email); status != http.StatusConflict {
		t.Errorf("nothing to sign: %d %v", status, p)
	}

	// What is read can be proposed as it is; what is proposed is kept to the byte.
	next := strings.Replace(first, `"threshold": 48`, `"threshold": 4.95e1`, 1)
	status, _, _ = x.request("PUT", "/api/v1/agreement", next, "If-Match", h.Get("ETag"))
	if status != http.StatusOK {
		t.Fatalf("a draft: %d", status)
	}
	status, h, body := x.request("GET", "/api/v1/agreement?draft=1", "")
	if status != http.StatusOK || body != next || h.Get("ETag") != `"`+lead.HashOf([]byte(next))+`"` {
		t.Errorf("the draft is not what was proposed: %d", status)
	}
	if status, _, body := x.request("PUT", "/api/v1/agreement", first, "If-Match", `"of an older one"`); status != http.StatusPreconditionFailed {
		t.Errorf("in place of what was not read: %d %s", status, body)
	}
	for _, tt := range []struct {
		as, actor string
		status    int
	}{
		{"sales", "nobody@example.com", 422}, {"sales", "", 422}, {"finance", mia.Email, 422}, {"", mia.Email, 422},
		{"sales", mara.Email, 403}, {"marketing", mia.Email, 403},
	} {
		if status, p := sign(tt.as, tt.actor); status != tt.status {
			t.Errorf("%s for %s: %d %v", tt.actor, tt.as, status, p)
		}
	}
	status, d := sign("marketing", " "+mara.Email)
	want := map[string]any{"kind": "user", "id": mara.ID, "name": "Mara", "email": mara.Email}
	if status != http.StatusOK || d["in_force"] != nil || !cmp.Equal(d["missing"], []any{"sales"}) || !cmp.Equal(d["signatures"].([]any)[0].(map[string]any)["by"], any(want)) {
		t.Errorf("the first half: %d %v", status, d)
	}
	if status, p := x.call("POST", "/api/v1/agreement/sign", map[string]any{"as": "sales", "actor": mia.ID, "hash": lead.HashOf([]byte(first))}); status != http.StatusConflict {
		t.Errorf("signing what is not the draft: %d %v", status, p)
	}
	if status, d := sign("sales", mia.ID); status != http.StatusOK || d["in_force"] != 2.0 || len(d["missing"].([]any)) != 0 {
		t.Errorf("the second half: %d %v", status, d)
	}
	status, h, body = x.request("GET", "/api/v1/agreement", "")
	if status != http.StatusOK || body != next || h.Get("Agreement-Version") != "2" || in != "1" {
		t.Errorf("in force is %s after %s: %d", h.Get("Agreement-Version"), in, status)
	}

	_, l := x.call("GET", "/api/v1/agreements?limit=1", nil)
	rows := list(l)
	if len(rows) != 1 || rows[0]["version"] != 2.0 || rows[0]["in_force"] != true || len(rows[0]["signatures"].([]any)) != 2 {
		t.Errorf("versions: %v", l)
	}
	_, l = x.call("GET", "/api/v1/agreements?cursor="+l["next_cursor"].(string), nil)
	if rows := list(l); len(rows) != 1 || rows[0]["version"] != 1.0 || rows[0]["in_force"] != false || len(rows[0]["signatures"].([]any)) != 0 || l["next_cursor"] != nil {
		t.Errorf("the rest: %v", l)
	}
	status, h, body = x.request("GET", "/api/v1/agreements/1", "")
	if status != http.StatusOK || body != first || h.Get("Agreement-Version") != "1" {
		t.Errorf("version 1: %d", status)
	}
	if status, _, body := x.request("GET", "/api/v1/agreements/1", "", "If-None-Match", h.Get("ETag")); status != http.StatusNotModified || body != "" {
		t.Errorf("a version that is known already: %d %q", status, body)
	}
	for _, path := range []string{"/api/v1/agreements/9", "/api/v1/agreements/0", "/api/v1/agreements/-1", "/api/v1/agreements/two", "/api/v1/agreements/99999999999999999999"} {
		if status, _ := x.call("GET", path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	for _, path := range []string{"/api/v1/agreement?draft=yes", "/api/v1/agreements?limit=0", "/api/v1/agreements?cursor=x"} {
		if status, _ := x.call("GET", path, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestABadAgreementIsRefusedWithEverythingThatIsWrong(t *testing.T) {
	x := newSite(t)
	_, _, first := x.request("GET", "/api/v1/agreement", "")
	bad := strings.Replace(strings.Replace(first, `"threshold": 48`, `"treshold": 48`, 1), `"points": 40`, `"points": "ten"`, 1)
	status, p := x.call("PUT", "/api/v1/agreement", bad)
	var got []lead.Fault
	b, _ := json.Marshal(p["errors"])
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := []lead.Fault{
		{Path: "scoring.treshold", Detail: `unknown key; did you mean "threshold"?`},
		{Path: "scoring.behaviour[0].points", Detail: `"ten" is not a number`},
		{Path: "scoring.threshold", Detail: "missing; wants a number"},
	}
	if diff := cmp.Diff(want, got); status != http.StatusUnprocessableEntity || diff != "" || !strings.Contains(p["detail"].(string), "and 2 more") {
		t.Errorf("%d %v\n%s", status, p["detail"], diff)
	}
	for body, want := range map[string]int{"": 400, "{": 400, first + "x": 400, "[]": 422, "{}": 422, `"` + strings.Repeat("x", 1<<20) + `"`: 413} {
		if status, p := x.call("PUT", "/api/v1/agreement", body); status != want {
			t.Errorf("%.20s: %d %v", body, status, p)
		}
	}
	if status, _ := x.call("GET", "/api/v1/agreement/draft", nil); status != http.StatusNotFound {
		t.Errorf("something of it is a draft: %d", status)
	}
}
