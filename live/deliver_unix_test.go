//go:build unix

package live_test

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotleads/live"
)

// BenchmarkDeliver: a frame of 800 bytes to 200 watchers over TCP, by both
// writers; the readers' part is the same for both.
func BenchmarkDeliver(b *testing.B) {
	for name, keeps := range map[string]bool{"handed-over": false, "kept": true} {
		b.Run(name, func(b *testing.B) {
			const watchers = 200
			board := newWall(1)
			s := newTCPSite(b, live.Options{Coalesce: time.Nanosecond, Age: time.Hour}, map[string]*wall{"emea": board})
			s.keeps = keeps
			got := make(chan struct{}, watchers)
			for range watchers {
				conn, err := s.dial()
				if err != nil {
					b.Fatal(err)
				}
				defer conn.Close()
				fmt.Fprint(conn, "GET /emea HTTP/1.1\r\nHost: hotleads\r\n\r\n")
				go func() {
					piece := make([]byte, 8<<10)
					for {
						n, err := conn.Read(piece)
						if err != nil {
							return
						}
						for range bytes.Count(piece[:n], []byte{0xa7}) { // of §
							got <- struct{}{}
						}
					}
				}()
			}
			for range 2 * watchers { // the snapshot and its part
				<-got
			}
			text := strings.Repeat("x", 780)
			before := cpuTime(b)
			for i := 0; b.Loop(); i++ {
				board.set(0, fmt.Sprint(text, i))
				s.hub.Notice(live.Notice{Teams: []string{"emea"}})
				for range watchers {
					<-got
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N)/watchers, "cpu-ns/delivery")
		})
	}
}

// cpuTime is what the process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
