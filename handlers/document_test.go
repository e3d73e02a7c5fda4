package handlers_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hotleads/handlers/openapi"
	"hotleads/test/testenv"
)

// Every request that any test makes of the JSON API goes through documented, and
// its answer is held against the document. When all tests have run, every
// status that the document lists has to have been answered.

// promise is what the document says of one operation.
type promise struct {
	name      string // "GET /api/v1/leads"
	path      *regexp.Regexp
	wild      int // parameters in the path
	body      *jsonschema.Schema
	query     map[string]*jsonschema.Schema
	inPath    []*jsonschema.Schema
	responses map[string]expected
}

// expected is what the document says of one answer.
type expected struct {
	media   string // "" for no body
	body    *jsonschema.Schema
	headers map[string]*jsonschema.Schema
	must    []string // headers that are always there
}

var contract = sync.OnceValues(func() ([]promise, error) {
	d, err := openapi.Load()
	if err != nil {
		return nil, err
	}
	r := &contractReader{c: jsonschema.NewCompiler()}
	r.c.AssertFormat()
	for _, name := range []string{"api.json", "answers.json"} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.JSON))
		if err != nil {
			return nil, err
		}
		r.doc = doc
		if name == "answers.json" { // clients are told that answers may grow: here what the document does not have is wrong
			seal(at(doc, "components", "schemas"))
		}
		if err := r.c.AddResource(name, doc); err != nil {
			return nil, err
		}
	}
	return r.promises()
})

// seal lets the objects that a schema describes have no members that it does not name.
func seal(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, open := v["additionalProperties"]; v["properties"] != nil && v["type"] == "object" && !open {
			v["additionalProperties"] = false
		}
		for _, x := range v {
			seal(x)
		}
	case []any:
		for _, x := range v {
			seal(x)
		}
	}
}

type contractReader struct {
	c   *jsonschema.Compiler
	doc any
}

// follow resolves a reference; the pointer is where the value really stands.
func (r *contractReader) follow(pointer string, v any) (string, any) {
	if ref, ok := at(v, "$ref").(string); ok {
		path := strings.Split(strings.TrimPrefix(ref, "#/"), "/")
		return ref, at(r.doc, path...)
	}
	return pointer, v
}

func (r *contractReader) schema(file, pointer string) (*jsonschema.Schema, error) {
	return r.c.Compile(file + "#" + (&url.URL{Path: strings.TrimPrefix(pointer, "#")}).EscapedPath())
}

func (r *contractReader) promises() (all []promise, err error) {
	for path, item := range at(r.doc, "paths").(map[string]any) {
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			p := promise{name: strings.ToUpper(method) + " " + path, wild: strings.Count(path, "{"), query: map[string]*jsonschema.Schema{}, responses: map[string]expected{}}
			p.path = regexp.MustCompile("^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), "([^/]+)") + "$")
			here := "#/paths/" + strings.ReplaceAll(path, "/", "~1")
			for _, parameters := range []struct {
				at   string
				list any
			}{{here + "/parameters", at(item, "parameters")}, {here + "/" + method + "/parameters", at(op, "parameters")}} {
				list, _ := parameters.list.([]any)
				for i, v := range list {
					pointer, v := r.follow(fmt.Sprint(parameters.at, "/", i), v)
					s, err := r.schema("api.json", pointer+"/schema")
					if err != nil {
						return nil, err
					}
					switch at(v, "in") {
					case "query":
						p.query[at(v, "name").(string)] = s
					case "path":
						p.inPath = append(p.inPath, s)
					}
				}
			}
			if at(op, "requestBody") != nil {
				if p.body, err = r.schema("api.json", here+"/"+method+"/requestBody/content/application~1json/schema"); err != nil {
					return nil, err
				}
			}
			for status, v := range at(op, "responses").(map[string]any) {
				pointer, v := r.follow(here+"/"+method+"/responses/"+status, v)
				if p.responses[status], err = r.expected(pointer, v); err != nil {
					return nil, err
				}
			}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b promise) int { return a.wild - b.wild })
	return all, nil
}

func (r *contractReader) expected(pointer string, v any) (e expected, err error) {
	content, _ := at(v, "content").(map[string]any)
	for media := range content {
		e.media = media
		if e.body, err = r.schema("answers.json", pointer+"/content/"+strings.ReplaceAll(media, "/", "~1")+"/schema"); err != nil {
			return e, err
		}
	}
	headers, _ := at(v, "headers").(map[string]any)
	e.headers = map[string]*jsonschema.Schema{}
	for name, h := range headers {
		pointer, h := r.follow(pointer+"/headers/"+name, h)
		if e.headers[name], err = r.schema("api.json", pointer+"/schema"); err != nil {
			return e, err
		}
		if at(h, "required") == true {
			e.must = append(e.must, name)
		}
	}
	return e, nil
}

// exercised are the statuses that operations have answered.
var exercised = struct {
	sync.Mutex
	all map[string]bool
}{all: map[string]bool{}}

// documented holds what goes to and comes from the JSON API against its document.
type documented struct {
	t    testing.TB
	next http.RoundTripper
}

func (d documented) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.Path, "/api/v1/") {
		return d.next.RoundTrip(r)
	}
	var sent []byte
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	res, err := d.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(answer))
	if err == nil {
		d.check(r, sent, res, answer)
	}
	return res, err
}

func (d documented) check(r *http.Request, sent []byte, res *http.Response, answer []byte) {
	d.t.Helper()
	promises, err := contract()
	if err != nil {
		d.t.Fatal(err)
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var p *promise
	var parts []string
	for i := range promises {
		if strings.HasPrefix(promises[i].name, method+" ") {
			if parts = promises[i].path.FindStringSubmatch(r.URL.EscapedPath()); parts != nil {
				p = &promises[i]
				break
			}
		}
	}
	said := fmt.Sprintf("%s %.200s: %d", r.Method, r.URL.RequestURI(), res.StatusCode)
	if p == nil {
		if res.StatusCode < 400 {
			d.t.Errorf("%s, and the document knows no such operation", said)
		}
		return
	}
	e, listed := p.responses[fmt.Sprint(res.StatusCode)]
	if !listed {
		d.t.Errorf("%s, which the document does not list for %s", said, p.name)
		return
	}
	exercised.Lock()
	exercised.all[fmt.Sprint(p.name, " ", res.StatusCode)] = true
	exercised.Unlock()
	for _, name := range e.must {
		if res.Header.Get(name) == "" {
			d.t.Errorf("%s without %s", said, name)
		}
	}
	for name, schema := range e.headers {
		if v := res.Header.Get(name); v != "" && schema.Validate(v) != nil {
			d.t.Errorf("%s: %s is %q: %v", said, name, v, schema.Validate(v))
		}
	}
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != e.media {
		d.t.Errorf("%s as %q, not %q", said, media, e.media)
	} else if e.body != nil && r.Method != http.MethodHead {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
		if err == nil {
			err = e.body.Validate(v)
		}
		if err != nil {
			d.t.Errorf("%s is not what the document says: %v\n%s", said, err, answer)
		}
	}
	if res.StatusCode < 300 {
		d.accepted(p, parts, r, sent, said)
	}
}

// accepted holds that what the server takes is what the document says it takes.
func (d documented) accepted(p *promise, parts []string, r *http.Request, sent []byte, said string) {
	d.t.Helper()
	for i, schema := range p.inPath {
		v, err := url.PathUnescape(parts[i+1])
		if err == nil {
			err = schema.Validate(v)
		}
		if err != nil {
			d.t.Errorf("%s: %q in the path: %v", said, v, err)
		}
	}
	for name, values := range r.URL.Query() {
		schema := p.query[name]
		if schema == nil {
			continue // programs may send what nobody asks for
		}
		var v any = values[0]
		if schema.Types != nil && slices.Contains(schema.Types.ToStrings(), "integer") {
			v = json.Number(values[0])
		}
		if values[0] != "" && schema.Validate(v) != nil {
			d.t.Errorf("%s: %v", said, schema.Validate(v))
		}
	}
	if p.body == nil || len(bytes.TrimSpace(sent)) == 0 {
		return
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(sent))
	if err == nil {
		err = p.body.Validate(v)
	}
	if err != nil {
		d.t.Errorf("%s took what the document does not allow: %v\n%s", said, err, sent)
	}
}

func TestMain(m *testing.M) {
	status := m.Run()
	testenv.CloseBrowser()
	whole := true
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz", "test.bench"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			whole = false
		}
	}
	if status == 0 && whole {
		status = unexercised()
	}
	os.Exit(status)
}

// unexercised tells of the statuses that no test has seen.
func unexercised() int {
	promises, err := contract()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := 0
	for _, p := range promises {
		for code := range p.responses {
			if !exercised.all[p.name+" "+code] {
				fmt.Fprintf(os.Stderr, "no test has seen that %s answers %s, as the document says\n", p.name, code)
				status = 1
			}
		}
	}
	return status
}
