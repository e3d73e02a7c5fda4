// Package static holds what browsers load beside the pages: one style sheet,
// one script bundle, a font and an icon. Everything is embedded, prepared once
// at start and served for good under a URL that contains a hash of its bytes.
//
//	<link rel="stylesheet" href={ static.URL("app.css") }/>
//	mux.Handle("/static/", static.Handler())
//
// vendor/ holds third-party files; vendor.json says which, from where and
// under what licence, and vendor.sh brings them up to date.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed app flame.svg flame-news.svg vendor vendor.json
var files embed.FS

// What a page loads is one script and one style sheet, joined here in this
// order from files that can each be read in one sitting. There is no build.
var (
	libraries = []string{"vendor/htmx.min.js"}
	scripts   = []string{"common", "clocks", "streams", "connection", "order", "moves", "peek", "alerts", "keys", "start"}
	styles    = []string{"base", "frame", "board", "pages", "settings", "team", "docs", "import", "leads", "sla", "why", "sizes"}

	// A wall has no buttons and no small screens.
	wallScripts = []string{"common", "clocks", "streams", "connection", "order", "tv", "start"}
	wallStyles  = []string{"base", "tv"}

	// What runs once for all tabs of a browser.
	worker = []string{"streams", "worker"}
)

type asset struct {
	url, kind  string
	body, gzip []byte // gzip is nil where it saves nothing
}

type assets struct{ byName, byURL map[string]*asset }

// all is prepared on first use: hashing and compressing 300 kB takes
// milliseconds, and tests of other packages needn't pay for it.
var all = sync.OnceValue(func() assets {
	a := assets{byName: map[string]*asset{}, byURL: map[string]*asset{}}
	add := func(name, kind string, body []byte) *asset {
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		f := &asset{
			url:  "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			kind: kind, body: body,
		}
		if !strings.HasPrefix(kind, "font/") {
			f.gzip = compress(body)
		}
		a.byName[name], a.byURL[f.url] = f, f
		return f
	}
	fonts := map[string]string{} // by name: where it is served
	for _, font := range []string{"inter-latin.woff2", "inter-latin-ext.woff2"} {
		fonts[font] = add(font, "font/woff2", read("vendor/"+font)).url
	}
	for _, icon := range []string{"flame.svg", "flame-news.svg"} {
		add(icon, "image/svg+xml", read(icon))
	}
	add("app.css", "text/css; charset=utf-8", sheet(styles, fonts))
	add("app.js", "text/javascript; charset=utf-8", bundle(libraries, scripts))
	add("tv.css", "text/css; charset=utf-8", sheet(wallStyles, fonts))
	add("tv.js", "text/javascript; charset=utf-8", bundle(libraries, wallScripts))
	add("worker.js", "text/javascript; charset=utf-8", bundle(nil, worker))
	return a
})

// sheet joins style sheets and points them at the fonts.
func sheet(names []string, fonts map[string]string) []byte {
	var css []byte
	for _, name := range names {
		css = append(css, read("app/"+name+".css")...)
	}
	for font, url := range fonts {
		css = bytes.ReplaceAll(css, []byte("url("+font+")"), []byte("url("+url+")"))
	}
	return css
}

// URL is where the file called name is served. An unknown name is a mistake
// in a template, found by the first test that draws the page: it panics.
func URL(name string) string {
	f, ok := all().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file is called %q", name))
	}
	return f.url
}

// Handler serves the files under /static/. A URL names exact bytes, so
// browsers may keep them for ever; an old hash is 404, not the new file.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := all().byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h, body := w.Header(), f.body
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		if f.gzip != nil {
			h.Set("Vary", "Accept-Encoding")
			if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = f.gzip
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the client has gone: nothing to do about it
		}
	})
}

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("static: " + err.Error()) // embedded at build time
	}
	return b
}

// bundle joins the scripts. Ours share one scope of their own; the libraries
// lose their source-map lines, which would send developer tools to files that
// aren't served.
func bundle(libraries, scripts []string) []byte {
	var b bytes.Buffer
	for _, name := range libraries {
		for l := range bytes.Lines(read(name)) {
			if !bytes.HasPrefix(l, []byte("//# sourceMappingURL")) {
				b.Write(l)
			}
		}
		b.WriteString("\n;\n")
	}
	b.WriteString("(() => {\n'use strict';\n")
	for _, name := range scripts {
		b.Write(read("app/" + name + ".js"))
	}
	b.WriteString("})();\n")
	return b.Bytes()
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	if _, err := z.Write(body); err != nil {
		panic("static: " + err.Error()) // writing to memory doesn't fail
	}
	if err := z.Close(); err != nil {
		panic("static: " + err.Error())
	}
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// AcceptsGzip tells whether an Accept-Encoding header takes gzip; "gzip;q=0" is a refusal.
func AcceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q, "q=0.") != ""
		}
	}
	return false
}
