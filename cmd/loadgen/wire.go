package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// answerWithin bounds how long a reply may take.
const answerWithin = 60 * time.Second

// wire is one client's connection to the intake, kept open. net/http's own
// client costs several times as much, and whoever measures on the machine that
// is measured takes what it costs from the server.
type wire struct {
	host, auth string
	conn       net.Conn
	in         *bufio.Reader
	head       []byte
}

func newWire(to *url.URL, key string) *wire {
	return &wire{host: to.Host, auth: base64.StdEncoding.EncodeToString([]byte(key + ":"))}
}

// reply is what the intake answered. Its body is short, and valid until the next one.
type reply struct {
	status     int
	retryAfter string
	body       []byte
}

// post sends one request and reads its reply. After an error it is unknown what
// became of the request; the next one has a connection of its own.
func (w *wire) post(ctx context.Context, path string, body []byte) (reply, error) {
	r, err := w.exchange(ctx, path, body)
	if err != nil {
		w.close()
	}
	return r, err
}

func (w *wire) exchange(ctx context.Context, path string, body []byte) (reply, error) {
	if w.conn == nil {
		conn, err := (&net.Dialer{Timeout: answerWithin}).DialContext(ctx, "tcp", w.host)
		if err != nil {
			return reply{}, err
		}
		w.conn, w.in = conn, bufio.NewReaderSize(conn, 4<<10)
	}
	if err := w.conn.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return reply{}, err
	}
	h := append(w.head[:0], "POST "...)
	h = append(append(h, path...), " HTTP/1.1\r\nHost: "...)
	h = append(append(h, w.host...), "\r\nUser-Agent: hotleads-loadgen\r\nAuthorization: Basic "...)
	h = append(append(h, w.auth...), "\r\nContent-Type: application/json\r\nContent-Length: "...)
	h = append(strconv.AppendInt(h, int64(len(body)), 10), "\r\n\r\n"...)
	w.head = h
	bufs := net.Buffers{h, body}
	if _, err := bufs.WriteTo(w.conn); err != nil {
		return reply{}, err
	}
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	if res.Close {
		w.close()
	}
	return reply{res.StatusCode, res.Header.Get("Retry-After"), text}, nil
}

func (w *wire) close() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// kindOf is an error without its addresses, to be counted under.
func kindOf(err error) string {
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	case errors.As(err, &op):
		return fmt.Sprintf("%s: %v", op.Op, errorText(op.Err))
	}
	return errorText(err)
}

// errorText is the innermost error's text.
func errorText(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// waitFor is the time that Retry-After asks for: seconds, or a date; a second
// where it says nothing that can be read, a minute at most.
func waitFor(retryAfter string, now time.Time) time.Duration {
	d := time.Second
	if n, err := strconv.Atoi(retryAfter); err == nil && n >= 0 {
		d = time.Duration(n) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		d = max(0, at.Sub(now))
	}
	return min(d, time.Minute)
}
