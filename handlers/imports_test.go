package handlers_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/lead/imports"
)

// imported is a sample of the addresses of an import: one of the manager's own,
// one of marketing's.
func imported(act, state string) func(x *house) sample {
	return func(x *house) sample {
		var at [2]string
		for n, email := range []string{"max@example.com", "mara@example.com"} {
			u, err := x.store.User(x.t.Context(), email)
			if err != nil {
				x.t.Fatal(err)
			}
			i, err := x.store.AddImport(x.t.Context(), lead.Person(u, "page"), "leads.csv", u.TeamsSeen(), lead.Now())
			if err != nil {
				x.t.Fatal(err)
			}
			part, err := imports.Pack([]byte("Email\na@x.io\n"))
			if err == nil {
				err = x.store.AddChunk(x.t.Context(), i.ID, 0, part)
			}
			if err == nil {
				err = x.store.Uploaded(x.t.Context(), i.ID, 13)
			}
			if err == nil && state == "start" {
				err = x.store.StartImport(x.t.Context(), lead.Person(u, "page"), i.ID, "identity: {email: Email}", false, lead.Now())
			}
			if err != nil {
				x.t.Fatal(err)
			}
			at[n] = "/leads/import/" + i.ID + act
		}
		return sample{at[0], at[1]}
	}
}

// upload sends a file as a browser does.
func (b browser) upload(name, text string) (int, http.Header, string) {
	b.x.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, text)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		b.x.t.Fatal(err)
	}
	return b.send(http.MethodPost, "/leads/import", body.String(), http.Header{"Content-Type": {form.FormDataContentType()}})
}

// work takes in and takes back all that waits.
func (x *site) work() {
	x.t.Helper()
	w := imports.NewWorker(x.desk, x.store, slog.New(slog.DiscardHandler))
	for {
		again, err := w.Once(x.t.Context(), lead.Now())
		if err != nil {
			x.t.Fatal(err)
		}
		if !again {
			return
		}
	}
}

// has holds a page against texts that it must and must not show.
func has(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if unwanted, not := strings.CutPrefix(text, "!"); not && strings.Contains(page, unwanted) {
			t.Errorf("%s is on the page", unwanted)
		} else if !not && !strings.Contains(page, text) {
			t.Errorf("no %q in\n%s", text, page)
		}
	}
}

// The whole story: upload, mapping, preview, import, result, refused rows, undo.
func TestImportInTheBrowser(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	mara := x.signIn("Mara")
	_, _, page := mara.get("/leads/import")
	has(t, page, "Nothing was imported yet", `enctype="multipart/form-data"`)

	csv := "E-Mail;Vorname;Nachname;Notiz;Stage\r\nada@x.io;Ada;M\xfcller;<script>alert(1)</script>;Won\r\n=cmd|' /C calc'!A0;Bob;B;x;\r\ncleo@x.io;Cleo;\"C\r\nC\";=1+1;open\r\n"
	status, h, _ := mara.upload(`C:\exports\Leads <b>.csv`, csv)
	at := h.Get("Location")
	if status != http.StatusSeeOther || !strings.HasPrefix(at, "/leads/import/") {
		t.Fatalf("upload: %d to %q", status, at)
	}
	_, _, page = mara.get(at)
	has(t, page, "Leads &lt;b&gt;.csv", "Windows-1252", "semicolons", "Ada", "Müller", "&lt;script&gt;", "!<script>alert", "All 3 rows: 2 can be taken, 1 not.", "is not an email address")
	form := url.Values{"as-0": {"email"}, "as-1": {"firstName"}, "as-2": {"lastName"}, "as-3": {"trait"}, "as-4": {"outcome"}, "won": {"Won\r\n"}, "live": {""}}

	wrong := url.Values{"as-1": {"firstName"}}
	status, _, page = mara.post(at+"/start", wrong)
	if status != http.StatusUnprocessableEntity {
		t.Errorf("a mapping without an identity: %d", status)
	}
	has(t, page, "No column tells who a lead is", `value="firstName" selected`)
	_, _, page = mara.do(http.MethodPost, at+"/preview", form, fragmentOf(at))
	has(t, page, `<hx-partial hx-target="#preview"`, "2 can be taken", "won")
	status, h, yaml := mara.post(at+"/map", form)
	if m, err := imports.ParseMapping([]byte(yaml)); status != http.StatusOK || err != nil || m.Identity.Email.Name != "E-Mail" || !strings.Contains(h.Get("Content-Disposition"), "map.yaml") {
		t.Errorf("the mapping as YAML: %d %v\n%s", status, err, yaml)
	}

	if status, h, _ := mara.post(at+"/start", form); status != http.StatusSeeOther || h.Get("Location") != at {
		t.Fatalf("start: %d", status)
	}
	if status, _, _ := mara.post(at+"/start", form); status != http.StatusSeeOther {
		t.Errorf("started twice: %d", status)
	}
	_, _, page = mara.get(at)
	has(t, page, "It waits for its turn", `data-live="/live/imports/`, "Stop here")
	x.work()
	_, _, page = mara.get(at)
	has(t, page, "All 3 rows are dealt with", "Download the refused rows", "Undo this import", "!data-live", "Windows-1252")
	status, h, sheet := mara.get(at + "/refused.csv")
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || !strings.Contains(h.Get("Content-Disposition"), "refused.csv") {
		t.Errorf("refused rows: %d %v", status, h)
	}
	has(t, sheet, "\ufeffline,reason,E-Mail,Vorname", "3,", "'=cmd|' /C calc'!A0", "!,=cmd")
	_, _, page = mara.get("/leads?q=ada")
	has(t, page, "Ada Müller", "Won")
	_, _, page = mara.get("/leads/import")
	has(t, page, "Leads &lt;b&gt;.csv", "Mara", "Done")

	_, _, page = mara.get(at + "/undo")
	has(t, page, "Undo this import?", "up to 2")
	if status, h, _ := mara.post(at+"/undo", nil); status != http.StatusSeeOther || h.Get("Location") != at {
		t.Errorf("undo: %d", status)
	}
	x.work()
	_, _, page = mara.get(at)
	has(t, page, "It was undone", "2 leads went", "2, taken back", "!Undo this import")
	_, _, list := mara.get("/leads/import")
	has(t, list, "2, taken back")
	if status, _, page := mara.post(at+"/undo", nil); status != http.StatusConflict || !strings.Contains(page, "undone") {
		t.Errorf("undone twice: %d", status)
	}
	if _, _, page := mara.get("/leads?q=ada"); strings.Contains(page, "Müller") {
		t.Error("a lead of an import that was undone is still found")
	}
	if status, _, _ := mara.post(at+"/delete", nil); status != http.StatusSeeOther {
		t.Errorf("delete the file: %d", status)
	}
	if status, _, _ := mara.get(at + "/refused.csv"); status != http.StatusNotFound {
		t.Errorf("refused rows that were deleted: %d", status)
	}
}

// A manager's import touches no other team's leads, and is nobody else's but
// marketing's and the administrators'.
func TestImportOfAManager(t *testing.T) {
	x := newHouse(t)
	max := x.who[lead.Manager]
	far := x.hot("farlead")
	if _, err := x.store.User(t.Context(), "max@example.com"); err != nil {
		t.Fatal(err)
	}
	_, h, _ := max.upload("own.csv", "User,Email,Name,Team\n"+elsewhere+",,Mine now,\n,new@x.io,New,Far\n,own@x.io,Own,EMEA\n")
	at := h.Get("Location")
	form := url.Values{"as-0": {"user_id"}, "as-1": {"email"}, "as-2": {"name"}, "as-3": {"team"}}
	if status, _, page := max.post(at+"/start", form); status != http.StatusSeeOther {
		t.Fatalf("start: %d %s", status, page)
	}
	x.work()
	_, _, page := max.get(at)
	has(t, page, "All 3 rows")
	_, _, sheet := max.get(at + "/refused.csv")
	has(t, sheet, "it is about a lead of another team", "there is no team", "!own@x.io")
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+x.off, nil); l["name"] == "Mine now" {
		t.Error("a manager's import changed another team's lead")
	}
	if status, _, _ := x.signIn("Fay").get(at); status != http.StatusNotFound {
		t.Errorf("another manager sees it: %d", status)
	}
	if status, _, _ := x.who[lead.Admin].get(at); status != http.StatusOK {
		t.Errorf("an administrator does not see it: %d", status)
	}
	_ = far
}

func TestUploadsThatAreRefused(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	mara := x.signIn("Mara")
	for name, test := range map[string]struct {
		body, kind, want string
		status           int
	}{
		"no file":          {"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", "Choose a file", 422},
		"no form":          {"a=b", "application/x-www-form-urlencoded", "Choose a file", 422},
		"an empty file":    {"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", "The file is empty", 422},
		"a form cut off":   {"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\n1", "multipart/form-data; boundary=x", "did not come in whole", 400},
		"no form's inside": {"nonsense", "multipart/form-data; boundary=x", "Choose a file", 422},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, page := mara.send(http.MethodPost, "/leads/import", test.body, http.Header{"Content-Type": {test.kind}})
			if status != test.status {
				t.Errorf("%d, want %d", status, test.status)
			}
			has(t, page, test.want)
		})
	}
	if n, err := x.store.Imports(t.Context(), "", "", 10); err != nil || len(n) != 0 {
		t.Errorf("%d imports are kept of what was refused, %v", len(n), err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/leads/import", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body, r.ContentLength = io.NopCloser(&endless{left: 202 << 20}), 202<<20
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	began := time.Now()
	res, err := mara.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("202 MiB: %d %v after %s", res.StatusCode, err, time.Since(began))
	}
	has(t, string(page), "over 200 MiB")
	if status, _, _ := mara.upload("not.csv", "PK\x03\x04\x00\x00\x00\x00"); status != http.StatusSeeOther {
		t.Errorf("what is no CSV file is told beside the file: %d", status)
	}
	list, err := x.store.Imports(t.Context(), "", "", 10)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	status, _, shown := mara.get("/leads/import/" + list[0].ID)
	has(t, shown, "NUL character", "Discard the file")
	if status != http.StatusOK {
		t.Errorf("a file that can't be read: %d", status)
	}
	if status, h, _ := mara.post("/leads/import/"+list[0].ID+"/delete", nil); status != http.StatusSeeOther || h.Get("Location") != "/leads/import" {
		t.Errorf("discard: %d", status)
	}
}

// endless is a body of any length.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	e.left -= n
	return n, nil
}

// A file in many parts comes to what it is.
func TestUploadInParts(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	mara := x.signIn("Mara")
	var b strings.Builder
	b.WriteString("Email,Note\n")
	for n := range 30_000 {
		fmt.Fprintf(&b, "lead%d@example.com,%s\n", n%3, strings.Repeat("n", 60))
	}
	_, h, _ := mara.upload("big.csv", b.String())
	at := h.Get("Location")
	var back bytes.Buffer
	if _, err := io.Copy(&back, imports.File(t.Context(), x.store, strings.TrimPrefix(at, "/leads/import/"))); err != nil || back.String() != b.String() {
		t.Errorf("%d of %d bytes came back, %v", back.Len(), b.Len(), err)
	}
	_, _, page := mara.get(at)
	has(t, page, "The first 200 rows: 200 can be taken, 0 not.")
}

// What is no address leads to nobody: the preview says what is made of it.
func TestAPreviewShowsWhatIsMadeOfAnAddressThatIsNone(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	mara := x.signIn("Mara")
	_, h, _ := mara.upload("a.csv", "id,mail\n7,ask Bob\n")
	_, _, page := mara.post(h.Get("Location")+"/preview", url.Values{"as-0": {"user_id"}, "as-1": {"email"}})
	has(t, page, "<bdi>7</bdi>", "email_as_given", "!7 · ask Bob")
}
