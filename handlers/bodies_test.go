package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

func TestABodyIsCountedBeyondItsFirstBytes(t *testing.T) {
	var all bodies
	few := all.begin(strings.NewReader(strings.Repeat("x", freeBody)), "crowd")
	if n, err := io.Copy(io.Discard, few); n != freeBody || err != nil || all.bytes() != 0 {
		t.Errorf("of a small body %d bytes are read, %d counted: %v", n, all.bytes(), err)
	}
	all.take("crowd", bodyRoom/2-10)
	much := all.begin(strings.NewReader(strings.Repeat("x", freeBody+11)), "crowd")
	if _, err := io.ReadAll(much); !errors.Is(err, lead.ErrBusy) {
		t.Errorf("a byte more than there is room for: %v", err)
	}
	much.leave()
	if held := all.bytes(); held != bodyRoom/2-10 {
		t.Errorf("%d bytes are counted of a body that was refused", held-bodyRoom/2+10)
	}
	another := all.begin(strings.NewReader(strings.Repeat("x", maxCall)), "another")
	if _, err := io.ReadAll(another); err != nil {
		t.Errorf("one waits for another: %v", err)
	}
	another.leave()
	exact := all.begin(strings.NewReader(strings.Repeat("x", freeBody+10)), "crowd")
	if b, err := io.ReadAll(exact); err != nil || len(b) != freeBody+10 {
		t.Errorf("what there is room for: %d bytes, %v", len(b), err)
	}
	exact.leave()
	exact.leave()
	if held := all.bytes(); held != bodyRoom/2-10 {
		t.Errorf("%d bytes are counted of bodies that were read", held-bodyRoom/2+10)
	}
}

// However many take what they can get, all of them together have no more than the
// room, and nothing is counted when they have left.
func TestManySendersShareTheRoom(t *testing.T) {
	var all bodies
	var crowd sync.WaitGroup
	for i := range 64 {
		crowd.Go(func() {
			b := all.begin(nil, fmt.Sprint("sender ", i%8))
			defer b.leave()
			for b.hold(64<<10) == nil {
				if held := all.bytes(); held > bodyRoom {
					t.Errorf("%d bytes are held", held)
				}
			}
		})
	}
	crowd.Wait()
	if all.bytes() != 0 || len(all.by) != 0 {
		t.Errorf("%d bytes of %d senders are counted after all left", all.bytes(), len(all.by))
	}
}

// Strangers who begin large bodies and do not end them take no more memory than
// theirs, and keep out nobody who is known or says little.
func TestBodiesThatDoNotEndAreBounded(t *testing.T) {
	s, in, url := intake(t)
	const size = 500 << 10
	in.bodies.take("127.0.0.1", bodyRoom/2-size-unzipRoom)
	begun := in.bodies.bytes()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "POST /v1/batch HTTP/1.1\r\nHost: hotleads\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat(" ", size-1)); err != nil {
		t.Fatal(err)
	}
	reached(t, func() bool { return in.bodies.bytes() == begun+size-1-freeBody })
	large := `{"batch":[` + event + `]` + strings.Repeat(" ", size-len(event)-12) + `}`
	packed := zipped(t, large)
	for sent, headers := range map[string][]string{large: nil, packed: {"Content-Encoding", "gzip"}} {
		status, reply, header := post(t, url+"/v1/batch", sent, headers...)
		if status != http.StatusTooManyRequests || header.Get("Retry-After") != "1" || !strings.Contains(reply, `"success":false,"error":"too much at once`) {
			t.Errorf("a stranger's large body, %s: %d %s, Retry-After %q", headers, status, reply, header.Get("Retry-After"))
		}
	}
	if status, reply, _ := post(t, url+"/v1/track", event, "key", "write-key-1"); status != http.StatusOK || len(s.kept) == 0 {
		t.Errorf("a small message: %d %s", status, reply)
	}
	if status, reply, _ := post(t, url+"/v1/batch", large, "key", "write-key-1"); status == http.StatusTooManyRequests {
		t.Errorf("whose key is known waits for strangers: %s", reply)
	}
	_ = conn.Close()
	reached(t, func() bool { return in.bodies.bytes() == begun })
	for sent, headers := range map[string][]string{large: nil, packed: {"Content-Encoding", "gzip"}} {
		if status, reply, _ := post(t, url+"/v1/batch", sent, headers...); status != http.StatusUnauthorized {
			t.Errorf("when there is room again, %s: %d %s", headers, status, reply)
		}
	}
	if held := in.bodies.bytes(); held != begun {
		t.Errorf("%d bytes are counted of bodies that were answered", held-begun)
	}
}

// A gzip body takes what unpacking it does before it says anything.
func TestUnpackingTakesRoom(t *testing.T) {
	var all bodies
	all.take("crowd", bodyRoom/2-unzipRoom/2)
	in := &Intake{bodies: &all}
	req := httptest.NewRequest(http.MethodPost, "/v1/track", bytes.NewReader([]byte{0x1f}))
	req.Header.Set("Content-Encoding", "gzip")
	_, leave, err := in.readCall(httptest.NewRecorder(), req, 10, "crowd")
	if leave(); !errors.Is(err, lead.ErrBusy) || all.bytes() != bodyRoom/2-unzipRoom/2 {
		t.Errorf("%v, %d bytes are counted", err, all.bytes())
	}
}

// Forms are read before anybody knows whose they are.
func TestFormsWaitForRoom(t *testing.T) {
	s := &server{}
	s.bodies.take("192.0.2.1", bodyRoom/2-100) // httptest's
	read := s.counted(s.form(func(c echo.Context) error {
		if c.FormValue("a") == "panic" {
			panic("a fault of ours")
		}
		return nil
	}))
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
	r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader("a=panic&b="+strings.Repeat("x", freeBody)))
	r.Header.Set("Content-Type", echo.MIMEApplicationForm)
	func() {
		defer func() { _ = recover() }()
		_ = read(echo.New().NewContext(r, httptest.NewRecorder()))
		t.Error("the form was not read")
	}()
	if n := s.bodies.bytes(); n != bodyRoom/2-100 {
		t.Errorf("%d bytes are counted of forms that were read", n-bodyRoom/2+100)
	}
}

// The key decides whose room it is, but one that pages show stands for nobody.
func TestWhoseRoomABodyTakes(t *testing.T) {
	for want, key := range map[string]lead.Key{"192.0.2.1": {}, "k@192.0.2.1": {ID: "k", Kind: lead.WriteKey}, "k": {ID: "k", Kind: lead.ServerKey}} {
		c := echo.New().NewContext(httptest.NewRequest(http.MethodPost, "/", nil), httptest.NewRecorder())
		if got := sender(c, key); got != want {
			t.Errorf("%s key: %q, want %q", key.Kind, got, want)
		}
	}
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
