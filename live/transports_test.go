package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/r3labs/sse/v2"

	"hotleads/live"
)

// Over every transport a stream is the same bytes, from the line about coming
// back to the farewell, and neither the server's timeouts nor the time for a write ends a
// quiet one: they do end the library's.
func TestTransports(t *testing.T) {
	const timeout = time.Second
	serve := func(t *testing.T, secure, two bool, h http.Handler) *http.Response {
		t.Helper()
		server := httptest.NewUnstartedServer(h)
		server.EnableHTTP2 = two
		server.Config.ReadTimeout, server.Config.WriteTimeout, server.Config.IdleTimeout = timeout, timeout, timeout
		if secure {
			server.StartTLS()
		} else {
			server.Start()
		}
		t.Cleanup(server.Close)
		response, err := server.Client().Get(server.URL + "/?stream=emea")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	for _, c := range []struct {
		name        string
		secure, two bool
	}{{"TCP", false, false}, {"TLS", true, false}, {"HTTP/2", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			board := newWall(1)
			hub := live.NewHub(live.Options{Heartbeat: timeout / 2, WriteTimeout: timeout / 4, Age: time.Hour})
			ctx, cancel := context.WithCancel(t.Context())
			ran := make(chan error, 1)
			go func() { ran <- hub.Run(ctx) }()
			response := serve(t, c.secure, c.two, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:bodyclose // serve closes it with the test
				if err := hub.Serve(w, r, board.view("emea"), live.Visitor{}); err != nil {
					t.Errorf("Serve: %v", err)
				}
			}))
			if want := map[bool]int{true: 2, false: 1}[c.two]; response.ProtoMajor != want || (response.TLS != nil) != c.secure {
				t.Fatalf("over %s, TLS %v", response.Proto, response.TLS != nil)
			}
			body := bufio.NewReader(response.Body)
			var page dom
			next := func(form string) {
				t.Helper()
				var event []byte
				for len(event) < 2 || string(event[len(event)-2:]) != "\n\n" {
					line, err := body.ReadBytes('\n')
					if event = append(event, line...); err != nil {
						t.Fatalf("the stream ended behind %q: %v", event, err)
					}
					if string(event) == ":\n" && form != ":\n\n" { // a heartbeat between
						_, _ = body.ReadByte()
						event = nil
					}
				}
				m := regexp.MustCompile("^" + form + "$").FindSubmatch(event)
				if m == nil {
					t.Fatalf("%q is not of the form %q", event, form)
				}
				if len(m) > 1 {
					if err := page.apply(string(m[1])); err != nil {
						t.Error(err)
					}
				}
			}
			next(`retry: [12]\d\d\d\ndata: (snapshot\|\|<li id=lead-0>as it was</li>§order\|\|lead-0§part\|#counts\|start§age\|\|[^§]*§)\n\n`)
			for range 4 { // longer than any timeout
				next(":\n\n")
			}
			board.set(0, "hotter")
			hub.Notice(live.Notice{Teams: []string{"emea"}})
			next(`data: (row\|lead-0\|<li id=lead-0>hotter</li>§age\|\|[^§]*§)\n\n`)
			if !page.same(board.want()) {
				t.Error("the board isn't true")
			}
			cancel()
			next(`event: bye\nretry: [12]\d\d\d\n\n`)
			if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
				t.Errorf("behind the farewell came %q, %v", rest, err)
			}
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
	}
	t.Run("the library", func(t *testing.T) {
		t.Parallel()
		library := sse.New()
		library.CreateStream("emea")
		response := serve(t, false, false, library)
		done := make(chan struct{})
		t.Cleanup(func() { close(done); _ = response.Body.Close() })
		go func() {
			tick := time.NewTicker(timeout / 2)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-tick.C:
					library.TryPublish("emea", &sse.Event{Data: fmt.Append(nil, i)})
				}
			}
		}()
		ended := make(chan struct{})
		go func() { defer close(ended); _, _ = io.Copy(io.Discard, response.Body) }()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Error("a write timeout ends no stream of the library: this checks nothing")
		}
	})
}
