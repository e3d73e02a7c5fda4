package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// boardsReport is what the open boards saw.
type boardsReport struct {
	Open   int     `json:"open"`
	Frames float64 `json:"frames"` // a second and board, with the first one's snapshot
	Bytes  float64 `json:"bytes"`  // a second and board
	Breaks int64   `json:"breaks"` // streams that ended by themselves; they are opened again
	Shown  Latency `json:"shown"`  // from a hand-raise's acknowledgement to its first showing, on each board
	Unseen int64   `json:"unseen"` // hand-raises that a board had not shown after unseenAfter
}

// unseenAfter is when a hand-raise is late enough to be called unseen.
const unseenAfter = 5 * time.Second

// boards are streams that are open, and leads who raise their hand so that
// there is something to be seen at a moment that is known.
type boards struct {
	f      *office
	start  time.Time
	marker []byte // what a lead of this run is called, up to its number
	frames atomic.Int64
	bytes  atomic.Int64
	breaks atomic.Int64
	mu     sync.Mutex
	raised map[int]time.Time   // by lead: when its hand-raise was acknowledged
	shown  []map[int]time.Time // by board and lead: when it was first seen
}

func openBoards(ctx context.Context, f *office) *boards {
	b := &boards{f: f, start: time.Now(), raised: map[int]time.Time{}}
	b.marker = f.t.crowd.userID(nil, f.t.Leads)
	b.marker = b.marker[:bytes.LastIndexByte(b.marker, '-')+1]
	for i := range f.t.Boards {
		b.shown = append(b.shown, map[int]time.Time{})
		f.running.Go(func() { b.follow(ctx, i, f.reps[i%len(f.reps)]) })
	}
	if f.t.Probes > 0 && f.t.deeds.raise != nil {
		f.running.Go(func() { b.probe(ctx) })
	}
	return b
}

// probe sends, again and again, a lead nobody has heard of that raises its hand.
func (b *boards) probe(ctx context.Context) {
	c := newCaller(b.f.t)
	defer c.wire.close()
	every := time.Duration(float64(time.Second) / b.f.t.Probes)
	for sleep(ctx, every) {
		lead := b.f.t.crowd.another()
		b.f.t.crowd.introduce(lead)
		now := time.Now()
		r := c.writer.request([]message{{lead: lead, as: known, names: true}, {lead: lead, as: known, deed: *b.f.t.deeds.raise}}, now)
		if at, ok := c.call(r, now); ok {
			b.mu.Lock()
			b.raised[lead] = at
			b.mu.Unlock()
		}
	}
}

// follow keeps one board's stream open.
func (b *boards) follow(ctx context.Context, board int, r *rep) {
	for {
		err := b.read(ctx, board, r)
		if ctx.Err() != nil {
			return
		}
		b.breaks.Add(1)
		if err != nil {
			b.f.noted("stream: " + kindOf(err))
		}
		if !sleep(ctx, time.Second) {
			return
		}
	}
}

// read reads one stream to its end.
func (b *boards) read(ctx context.Context, board int, r *rep) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.live, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b.f.noted("stream: status " + strconv.Itoa(res.StatusCode))
		return nil
	}
	in, data := bufio.NewReaderSize(res.Body, 64<<10), false
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return err
		}
		b.bytes.Add(int64(len(line)))
		switch line = bytes.TrimRight(line, "\r\n"); {
		case len(line) == 0:
			if data {
				b.frames.Add(1)
			}
			data = false
		case bytes.HasPrefix(line, []byte("data:")):
			data = true
			b.see(board, line, time.Now())
		}
	}
}

// see notes which leads of this run a line shows for the first time.
func (b *boards) see(board int, line []byte, now time.Time) {
	for {
		i := bytes.Index(line, b.marker)
		if i < 0 {
			return
		}
		line = line[i+len(b.marker):]
		n := 0
		for n < len(line) && line[n] >= '0' && line[n] <= '9' {
			n++
		}
		if lead, err := strconv.Atoi(string(line[:n])); err == nil {
			b.mu.Lock()
			if _, seen := b.shown[board][lead]; !seen {
				b.shown[board][lead] = now
			}
			b.mu.Unlock()
		}
	}
}

func (b *boards) report() *boardsReport {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	share := now.Sub(b.start).Seconds() * float64(len(b.shown))
	r := &boardsReport{Open: len(b.shown), Frames: float64(b.frames.Load()) / share, Bytes: float64(b.bytes.Load()) / share, Breaks: b.breaks.Load()}
	lag := newLatencies()
	for lead, raised := range b.raised {
		for _, shown := range b.shown {
			if at, ok := shown[lead]; ok {
				lag.add(at.Sub(raised))
			} else if now.Sub(raised) > unseenAfter {
				r.Unseen++
			}
		}
	}
	r.Shown = lag.report()
	return r
}
