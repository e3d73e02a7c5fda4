package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// vendored is one entry of vendor.json.
type vendored struct {
	File, Package, Version, Licence, Source, SHA256 string
}

func TestVendoredFilesAreTheOnesOfTheManifest(t *testing.T) {
	var list []vendored
	if err := json.Unmarshal(read("vendor.json"), &list); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, v := range list {
		known[v.File] = true
		if v.Package == "" || v.Version == "" || v.Licence == "" || v.Source == "" {
			t.Errorf("%s: the manifest doesn't say where it comes from: %+v", v.File, v)
		}
		body, err := os.ReadFile(v.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != v.SHA256 {
			t.Errorf("%s is not the file of the manifest: run vendor.sh", v.File)
		}
	}
	err := fs.WalkDir(files, "vendor", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !known[path] {
			t.Errorf("%s is embedded, but not in the manifest", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestScriptsStaySmall(t *testing.T) {
	const limit = 40 << 10
	if n := len(all().byName["app.js"].gzip); n > limit {
		t.Errorf("the scripts are %d bytes gzipped, more than %d", n, limit)
	} else {
		t.Logf("scripts: %d bytes gzipped", n)
	}
	for _, bad := range []string{"sourceMappingURL", "eval("} {
		if strings.Contains(string(all().byName["app.js"].body), bad) {
			t.Errorf("the bundle contains %q", bad)
		}
	}
}

func TestServing(t *testing.T) {
	get := func(method, url, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, url, nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		return w
	}
	for _, name := range []string{"app.css", "app.js", "flame.svg", "inter-latin.woff2", "inter-latin-ext.woff2"} {
		res := get("GET", URL(name), "")
		body := res.Body.Bytes()
		if res.Code != 200 || !bytes.Equal(body, all().byName[name].body) {
			t.Errorf("%s: status %d, %d bytes", name, res.Code, len(body))
		}
		if got := res.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
			t.Errorf("%s is served with Cache-Control %q", name, got)
		}
	}
	res := get("GET", URL("app.css"), "br, gzip;q=0.5")
	if res.Header().Get("Content-Encoding") != "gzip" {
		t.Error("a browser that takes gzip gets none")
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || !bytes.Equal(body, all().byName["app.css"].body) {
		t.Errorf("the gzipped style sheet is another one: %v", err)
	}
	if res := get("GET", URL("app.css"), "gzip;q=0"); res.Header().Get("Content-Encoding") != "" {
		t.Error("a browser that refuses gzip gets it")
	}
	for _, url := range []string{"/static/app.css", "/static/app.0000.css", "/static/vendor.json", "/static/../static.go"} {
		if res := get("GET", url, ""); res.Code != 404 {
			t.Errorf("%s: status %d, want 404", url, res.Code)
		}
	}
	if res := get("POST", URL("app.css"), ""); res.Code != 405 {
		t.Errorf("POST: status %d, want 405", res.Code)
	}
	if res := get("HEAD", URL("app.css"), ""); res.Code != 200 || res.Body.Len() != 0 || res.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD: status %d, %d bytes", res.Code, res.Body.Len())
	}
}

func TestStyleSheetNamesOnlyServedFonts(t *testing.T) {
	css := string(all().byName["app.css"].body)
	for _, name := range []string{"inter-latin.woff2", "inter-latin-ext.woff2"} {
		if !strings.Contains(css, "url("+URL(name)+")") {
			t.Errorf("the style sheet doesn't load %s", name)
		}
	}
	if strings.Contains(css, "http") || strings.Contains(css, "@import") {
		t.Error("the style sheet reaches for another host")
	}
}
