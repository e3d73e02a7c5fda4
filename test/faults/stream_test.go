package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// screen is a browser that shows the team's board: it follows the board's stream
// and comes back, as its server told it to, whenever the stream ends.
type screen struct {
	w    *world
	halt context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	frames []frame
	open   bool
	ends   []error         // how streams ended, in order
	told   []time.Duration // when streams said to come back
}

// frame is one that a stream brought, and when.
type frame struct {
	text string
	at   time.Time
}

var liveURL = regexp.MustCompile(`data-live="([^"]+)"`)

// watch opens the board in a browser at whichever instance where names.
func (w *world) watch(c *http.Client, where func() *instance) *screen {
	w.Helper()
	ctx, halt := context.WithCancel(context.Background())
	s := &screen{w: w, halt: halt, done: make(chan struct{})}
	status, page, err := where().get(c, "/board/emea")
	m := liveURL.FindStringSubmatch(page)
	if err != nil || status != http.StatusOK || m == nil {
		halt()
		w.Fatalf("the board: %d %v\n%.500s", status, err, page)
	}
	path := html.UnescapeString(m[1])
	endless := &http.Client{Jar: c.Jar}
	go func() {
		defer close(s.done)
		for ctx.Err() == nil {
			err := s.follow(ctx, endless, where().url+path)
			back := s.ended(err)
			select {
			case <-ctx.Done():
			case <-time.After(back):
			}
		}
	}()
	w.Cleanup(func() { halt(); <-s.done })
	w.eventually("the board's stream is open", func() error {
		if !s.live() {
			return errors.New("closed")
		}
		return nil
	})
	return s
}

// follow reads one stream to its end.
func (s *screen) follow(ctx context.Context, c *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		s.mu.Lock()
		if text, is := strings.CutPrefix(lines.Text(), "data: "); is {
			s.frames, s.open = append(s.frames, frame{text, time.Now()}), true
		}
		if ms, is := strings.CutPrefix(lines.Text(), "retry: "); is {
			if n, err := strconv.Atoi(ms); err == nil {
				s.told = append(s.told, time.Duration(n)*time.Millisecond)
			}
		}
		s.mu.Unlock()
	}
	return lines.Err()
}

// ended notes how a stream ended and returns when to come back.
func (s *screen) ended(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open, s.ends = false, append(s.ends, err)
	if len(s.told) > 0 {
		return s.told[len(s.told)-1]
	}
	return time.Second
}

func (s *screen) live() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// from is how many frames came so far: what comes after is told by since.
func (s *screen) from() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames)
}

// since is when the first frame after the first n came that holds all of the
// words; zero: none did.
func (s *screen) since(n int, words ...string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
frames:
	for _, f := range s.frames[n:] {
		for _, word := range words {
			if !strings.Contains(f.text, word) {
				continue frames
			}
		}
		return f.at
	}
	return time.Time{}
}

// last is the last frame that holds a word.
func (s *screen) last(word string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Backward(s.frames) {
		if strings.Contains(f.text, word) {
			return f.text
		}
	}
	return ""
}

// shows waits for a frame after the first n that holds all of the words, and
// returns when it came.
func (s *screen) shows(n int, what string, words ...string) time.Time {
	s.w.Helper()
	var at time.Time
	s.w.eventually("a frame: "+what, func() error {
		if at = s.since(n, words...); !at.IsZero() {
			return nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return fmt.Errorf("none of %d with %q; streams ended %v", len(s.frames)-n, words, s.ends)
	})
	return at
}
