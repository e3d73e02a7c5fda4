package crowd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Group is watchers of one kind.
type Group struct {
	Name     string   `json:"name"`
	Count    int      `json:"count"`
	Addr     string   `json:"addr"`     // host and port
	Requests []string `json:"requests"` // whole heads, one after the other
	Snapshot bool     `json:"snapshot"` // a stream has begun with its first data; else with its head
	Stamps   bool     `json:"stamps"`   // what comes carries stamps
	Stuck    bool     `json:"stuck"`    // they never read
	Returns  bool     `json:"returns"`  // they come back when their stream ends, when it told them to
	Checks   bool     `json:"checks"`   // what comes carries numbers without a gap: see [Number]
	Restless float64  `json:"restless"` // seconds that one stays on average before it leaves and another one comes; 0: for ever
}

// Answer is what a crowd says to an order; each order fills in what it is about.
type Answer struct {
	Error    string    `json:"error,omitempty"`
	Open     int       `json:"open"`              // watchers whose stream has begun
	Seconds  float64   `json:"seconds"`           // that it took
	Latency  Latency   `json:"latency"`           // of stamps, or from a moment to when something was seen
	Data     int64     `json:"data"`              // events with data
	Bytes    int64     `json:"bytes"`             // read
	Began    []float64 `json:"began,omitempty"`   // seconds from the cut to each one's new beginning, in order
	Times    []float64 `json:"times,omitempty"`   // milliseconds until each saw what it sought, in order
	Streams  int64     `json:"streams"`           // begun so far
	Failures string    `json:"failure,omitempty"` // the last one
	Gaps     int64     `json:"gaps"`
	Last     []int64   `json:"last,omitempty"` // lowest and highest number that was seen last
}

// Latency is in milliseconds.
type Latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

type order struct {
	Do    string `json:"do"`
	Group Group  `json:"group"`
	First string `json:"first"`
	Then  string `json:"then"`
	Since int64  `json:"since"` // Unix time in nanoseconds
	Limit int64  `json:"limit"` // nanoseconds
}

// Crowd is a crowd in another process.
type Crowd struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// Start starts a process that calls [Serve] with its standard input and output.
func Start(cmd *exec.Cmd) (*Crowd, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("crowd: %w", err)
	}
	return &Crowd{cmd, in, json.NewDecoder(out)}, nil
}

// Stop ends the process.
func (c *Crowd) Stop() error {
	c.in.Close()
	return c.cmd.Wait()
}

func (c *Crowd) ask(o order) (a Answer, err error) {
	if err := json.NewEncoder(c.in).Encode(o); err != nil {
		return a, fmt.Errorf("crowd: %s: %w", o.Do, err)
	}
	if err := c.out.Decode(&a); err != nil {
		return a, fmt.Errorf("crowd: %s: %w", o.Do, err)
	}
	if a.Error != "" {
		err = fmt.Errorf("crowd: %s: %s", o.Do, a.Error)
	}
	return a, err
}

// Open opens a group's streams and returns when all have begun; it is an error
// if one has not after limit.
func (c *Crowd) Open(g Group, limit time.Duration) (Answer, error) {
	return c.ask(order{Do: "open", Group: g, Limit: int64(limit)})
}

// Close closes a group's streams.
func (c *Crowd) Close(name string) (Answer, error) {
	return c.ask(order{Do: "close", Group: Group{Name: name}})
}

// Reset forgets the latencies noted so far.
func (c *Crowd) Reset(name string) error {
	_, err := c.ask(order{Do: "reset", Group: Group{Name: name}})
	return err
}

// Collect returns what was noted since Reset.
func (c *Crowd) Collect(name string) (Answer, error) {
	return c.ask(order{Do: "collect", Group: Group{Name: name}})
}

// Seek makes every watcher look out for a text, soon followed by another one, in
// what comes from now on.
func (c *Crowd) Seek(name, first, then string) error {
	_, err := c.ask(order{Do: "seek", Group: Group{Name: name}, First: first, Then: then})
	return err
}

// Seen waits until all watchers have seen what they seek, or the limit is over,
// and returns how many have and when, counted from since.
func (c *Crowd) Seen(name string, since time.Time, limit time.Duration) (Answer, error) {
	return c.ask(order{Do: "seen", Group: Group{Name: name}, Since: since.UnixNano(), Limit: int64(limit)})
}

// Doze has a group read what comes a few times a second and look at nothing of it,
// until Wake. A server has as much to do for it, and whoever is measured beside it the
// machine, which browsers elsewhere would not take from them.
func (c *Crowd) Doze(name string) error {
	_, err := c.ask(order{Do: "doze", Group: Group{Name: name}})
	return err
}

// Wake ends what Doze began, when the next event has come.
func (c *Crowd) Wake(name string) error {
	_, err := c.ask(order{Do: "wake", Group: Group{Name: name}})
	return err
}

// Cut cuts all streams of a group that returns, and waits until all have begun
// again, or the limit is over.
func (c *Crowd) Cut(name string, limit time.Duration) (Answer, error) {
	return c.ask(order{Do: "cut", Group: Group{Name: name}, Limit: int64(limit)})
}

// Serve obeys orders from in until it ends.
func Serve(in io.Reader, out io.Writer) error {
	p := newProcess()
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o order
		switch err := orders.Decode(&o); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		a, err := p.obey(o)
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}
