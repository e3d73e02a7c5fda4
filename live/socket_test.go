package live_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"hotleads/live"
)

// What a stream is on the wire: a whole response of HTTP/1, whose body ends with
// the connection, with the headers that the handler set.
func TestTheWireOfAStream(t *testing.T) {
	for name, keeps := range map[string]bool{"handed over": false, "kept by the server": true} {
		t.Run(name, func(t *testing.T) {
			board := newWall(2)
			s := newTCPSite(t, live.Options{Heartbeat: 50 * time.Millisecond}, map[string]*wall{"emea": board})
			s.keeps = keeps
			conn, err := s.dial()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET /emea HTTP/1.1\r\nHost: hotleads\r\n\r\n")
			got := untilText(t, conn, ":\n\n", 4) // the snapshot's heartbeat, and three more
			head, body, _ := strings.Cut(got, "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") {
				t.Errorf("the head begins with %.40q", head)
			}
			for _, line := range []string{"Content-Type: text/event-stream", "Cache-Control: no-store", "X-Accel-Buffering: no", "Date: "} {
				if strings.Count(head, "\r\n"+line) != 1 {
					t.Errorf("the head has not one line %q:\n%s", line, head)
				}
			}
			if taken := strings.Contains(head, "\r\nConnection: close"); taken == keeps {
				t.Errorf("the connection was taken from the server: %v; head:\n%s", taken, head)
			}
			if strings.Contains(body, "id:") {
				t.Errorf("r3labs' ids reach the browser: %q", body)
			}
			if !keeps && !strings.HasPrefix(body, "retry: ") {
				t.Errorf("head %q, body begins with %.20q", head, body)
			}
			if !keeps {
				fmt.Fprint(conn, strings.Repeat("what a stream does not listen to ", 1000))
				untilText(t, conn, ":\n\n", 2) // whoever goes on with heartbeats has read it
			}
			board.set(1, "changed")
			s.hub.Notice(live.Notice{Teams: []string{"emea"}})
			untilText(t, conn, "changed", 1)
			s.stop()
			if _, err := io.Copy(io.Discard, conn); err != nil {
				t.Errorf("at the end the connection breaks: %v", err)
			}
		})
	}
}

// untilText reads until text came n times, and returns what was read.
func untilText(t *testing.T, conn net.Conn, text string, times int) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var got bytes.Buffer
	piece := make([]byte, 4<<10)
	for {
		n, err := conn.Read(piece)
		got.Write(piece[:n])
		if strings.Count(got.String(), text) >= times {
			return got.String()
		}
		if err != nil {
			t.Fatalf("after %.2000q: %v", got.String(), err)
		}
	}
}

// A large snapshot reaches a slow reader whole, with what changed meanwhile
// behind it; and the last frames before an end are not lost.
func TestASlowReaderMissesNothing(t *testing.T) {
	board := newWall(100)
	large := strings.Repeat("x", 60<<10)
	for i := range 100 {
		board.rows[i].text = fmt.Sprint("row ", i, " ", large)
	}
	s := newTCPSite(t, live.Options{Coalesce: time.Millisecond}, map[string]*wall{"emea": board})
	w := s.open(t, "emea")
	for s.hub.Stats().Snapshots == 0 {
		time.Sleep(time.Millisecond)
	}
	board.set(7, "changed while the snapshot was on its way")
	s.hub.Notice(live.Notice{Teams: []string{"emea"}})
	go w.read()
	for deadline := time.After(20 * time.Second); !w.shows().same(board.want()); {
		select {
		case <-w.news:
		case <-deadline:
			t.Fatal("a slow reader doesn't come to show the truth")
		}
	}
	if n := s.hub.Stats().Lagged; n != 0 {
		t.Errorf("%d lagged; the snapshot does not count against the bound", n)
	}
	s.stop()
	<-w.done
	if w.err != nil && !errors.Is(w.err, io.EOF) {
		t.Errorf("the stream ended with %v", w.err)
	}
}
