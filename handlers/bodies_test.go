package handlers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

func TestABodyIsCountedBeyondItsFirstBytes(t *testing.T) {
	var all bodies
	few := all.begin(strings.NewReader(strings.Repeat("x", freeBody)), false)
	if n, err := io.Copy(io.Discard, few); n != freeBody || err != nil || all.unknown.Load() != 0 {
		t.Errorf("of a small body %d bytes are read, %d counted: %v", n, all.unknown.Load(), err)
	}
	all.unknown.Store(unknownRoom - 10)
	much := all.begin(strings.NewReader(strings.Repeat("x", freeBody+11)), false)
	if _, err := io.ReadAll(much); !errors.Is(err, lead.ErrBusy) {
		t.Errorf("a byte more than there is room for: %v", err)
	}
	much.leave()
	if _, err := io.ReadAll(all.begin(strings.NewReader(strings.Repeat("x", freeBody+11)), true)); err != nil {
		t.Errorf("who is known waits for strangers: %v", err)
	}
	exact := all.begin(strings.NewReader(strings.Repeat("x", freeBody+10)), false)
	if b, err := io.ReadAll(exact); err != nil || len(b) != freeBody+10 {
		t.Errorf("what there is room for: %d bytes, %v", len(b), err)
	}
	if exact.leave(); all.unknown.Load() != unknownRoom-10 {
		t.Errorf("%d bytes are counted of bodies that were read", all.unknown.Load()-unknownRoom+10)
	}
}

// Strangers who begin large bodies and do not end them take no more memory than
// theirs, and keep out nobody who is known or says little.
func TestBodiesThatDoNotEndAreBounded(t *testing.T) {
	s, in, url := intake(t)
	const size = 500 << 10
	begun := 0
	for in.bodies.unknown.Load() <= unknownRoom-size {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		before := in.bodies.unknown.Load()
		if _, err := fmt.Fprintf(conn, "POST /v1/batch HTTP/1.1\r\nHost: hotleads\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat(" ", size-1)); err != nil {
			t.Fatal(err)
		}
		reached(t, func() bool { return in.bodies.unknown.Load() >= before+size-1-freeBody })
		if begun++; begun > 100 {
			t.Fatal("bodies are not counted")
		}
		if begun == 1 {
			defer func() {
				_ = conn.Close()
				reached(t, func() bool { return in.bodies.unknown.Load() <= int64(begun-1)*(size-1-freeBody) })
				if status, reply, _ := post(t, url+"/v1/batch", large(size)); status != http.StatusUnauthorized {
					t.Errorf("when there is room again: %d %s", status, reply)
				}
			}()
		}
	}
	status, reply, header := post(t, url+"/v1/batch", large(size))
	if status != http.StatusTooManyRequests || header.Get("Retry-After") == "" || !strings.Contains(reply, "too much at once") {
		t.Errorf("a stranger's large body: %d %s, Retry-After %q", status, reply, header.Get("Retry-After"))
	}
	if status, reply, _ := post(t, url+"/v1/track", event, "key", "write-key-1"); status != http.StatusOK || len(s.kept) == 0 {
		t.Errorf("a small message: %d %s", status, reply)
	}
	if status, reply, _ := post(t, url+"/v1/batch", large(size), "key", "write-key-1"); status == http.StatusTooManyRequests {
		t.Errorf("whose key is known waits for strangers: %s", reply)
	}
}

// Forms are read before anybody knows whose they are.
func TestFormsWaitForRoom(t *testing.T) {
	s := &server{}
	s.bodies.unknown.Store(unknownRoom - 100)
	read := s.counted(false, s.form(func(c echo.Context) error { return nil }))
	for _, kind := range []string{echo.MIMEApplicationForm, echo.MIMEMultipartForm + "; boundary=x"} {
		for size, want := range map[int]error{freeBody / 2: nil, 2 * freeBody: lead.ErrBusy} {
			form := "a=" + strings.Repeat("x", size)
			if strings.HasPrefix(kind, echo.MIMEMultipartForm) {
				form = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + form + "\r\n--x--\r\n"
			}
			r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(form))
			r.Header.Set("Content-Type", kind)
			if err := read(echo.New().NewContext(r, httptest.NewRecorder())); !errors.Is(err, want) {
				t.Errorf("%d bytes of %s: %v, want %v", size, kind, err, want)
			}
		}
	}
	if n := s.bodies.unknown.Load(); n != unknownRoom-100 {
		t.Errorf("%d bytes are counted of forms that were read", n-unknownRoom+100)
	}
}

// large is a batch of so many bytes, without a key.
func large(size int) string {
	return `{"batch":[` + event + `]` + strings.Repeat(" ", size-len(event)-12) + `}`
}

// reached waits until something is so.
func reached(t *testing.T, is func() bool) {
	t.Helper()
	look, most := time.NewTicker(time.Millisecond), time.After(10*time.Second)
	defer look.Stop()
	for !is() {
		select {
		case <-look.C:
		case <-most:
			t.Fatal("it is not so after ten seconds")
		}
	}
}
