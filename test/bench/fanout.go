package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotleads/test/bench/crowd"
)

// The fan-out: how a fragment gets from one publisher to many watchers, with
// nothing around it. Ours and its peers have turns, each in a server of its own.

// Who has a turn.
const (
	raw        = "raw sockets"
	ours       = "ours"
	mercure    = "mercure"
	centrifuge = "centrifuge"
)

var contenders = []string{raw, ours, mercure, centrifuge}

const (
	fragment  = 800  // bytes, as a row of the board
	frameRate = 20   // a second: a board repaints no more often
	idleCrowd = 5000 // watchers whose memory is weighed
)

// everybody is the group of a crowd that all watchers of a turn are in.
const everybody = "everybody"

// fanOut is what one of them was measured at.
type fanOut struct {
	cost     []float64 // microseconds of the server's processors' time a delivery
	p50, p99 []float64 // milliseconds from the publisher to a watcher
	idle     []float64 // bytes resident a watcher, nothing being published
	missing  int64     // deliveries that did not come
}

// start starts a contender's server.
func (b *bench) contender(ctx context.Context, name string) (*kid, error) {
	switch name {
	case raw:
		return b.startKid(ctx, b.self, rawCommand)
	case ours:
		return b.startKid(ctx, b.self, liveCommand)
	}
	return b.startKid(ctx, b.peers, name)
}

// watch is a crowd that watches a kid, to be stopped.
func (b *bench) watch(ctx context.Context, g crowd.Group) (*crowd.Crowd, error) {
	c, err := crowd.Start(b.child(ctx, crowdCommand))
	if err != nil {
		return nil, err
	}
	if _, err := c.Open(g, time.Minute); err != nil {
		_ = c.Stop()
		return nil, err
	}
	return c, nil
}

// onKid are n watchers of a kid.
func onKid(k *kid, name string, n int) crowd.Group {
	return crowd.Group{Name: everybody, Count: n, Addr: k.addr(), Requests: []string{streamRequest("/stream", k.addr(), "")}, Snapshot: name == ours, Stamps: true}
}

// streamRequest is the head by which a browser asks for a stream.
func streamRequest(path, host, cookie string) string {
	head := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept: text/event-stream\r\n"
	if cookie != "" {
		head += "Cookie: " + cookie + "\r\n"
	}
	return head + "\r\n"
}

// publish publishes fragments of a size at a rate, for a while, and returns how
// many.
func (k *kid) publish(ctx context.Context, rate float64, size int, turn time.Duration) (n int, err error) {
	start := time.Now()
	padding := strings.Repeat("x", size)
	for ; ; n++ {
		at := start.Add(time.Duration(float64(n) / rate * float64(time.Second)))
		if at.Sub(start) >= turn {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-time.After(time.Until(at)):
		}
		stamp := crowd.Stamp(time.Now())
		if err := k.post(ctx, "/publish", []byte(stamp+padding[len(stamp):])); err != nil {
			return n, err
		}
	}
}

// arrive is how long what was published last may still be on its way.
const arrive = 500 * time.Millisecond

// fan is one contender's turn.
func (b *bench) fan(ctx context.Context, name string, watchers int, to *fanOut) (err error) {
	k, err := b.contender(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, k.stop()) }()
	c, err := b.watch(ctx, onKid(k, name, watchers))
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	if _, err := k.publish(ctx, frameRate, fragment, b.warmUp); err != nil {
		return err
	}
	time.Sleep(arrive)
	if err := c.Reset(everybody); err != nil {
		return err
	}
	before := processorsTime(k.pid())
	n, err := k.publish(ctx, frameRate, fragment, b.liveTurn)
	if err != nil {
		return err
	}
	time.Sleep(arrive)
	spent := processorsTime(k.pid()) - before
	a, err := c.Collect(everybody)
	if err != nil {
		return err
	}
	to.missing += int64(n*watchers - a.Latency.Count)
	to.p50, to.p99 = append(to.p50, a.Latency.P50), append(to.p99, a.Latency.P99)
	if spent > 0 {
		to.cost = append(to.cost, spent/float64(max(a.Latency.Count, 1))*1e6)
	}
	b.say("%s: %d watchers, %.1f µs a delivery, p50 %.1f, p99 %.1f ms", name, watchers, median(to.cost), a.Latency.P50, a.Latency.P99)
	return nil
}

// weighIdle is what a contender has resident for a watcher who is sent nothing.
// What opening many connections at once has left behind is given back before.
func (b *bench) weighIdle(ctx context.Context, name string, to *fanOut) (err error) {
	k, err := b.contender(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, k.stop()) }()
	if _, err := k.publish(ctx, frameRate, fragment, time.Second); err != nil { // so that everything is there that is needed anyway
		return err
	}
	weigh := func() (float64, error) {
		err := k.post(ctx, "/settle", nil)
		return residentOf(k.pid()), err
	}
	empty, err := weigh()
	if err != nil {
		return err
	}
	c, err := b.watch(ctx, onKid(k, name, idleCrowd))
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	full, err := weigh()
	if err == nil && empty > 0 {
		to.idle = append(to.idle, (full-empty)/idleCrowd)
		b.say("%s: %.1f kB an idle watcher", name, last(to.idle)/1e3)
	}
	return err
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fanAll gives all contenders their turns, in another order each round.
func (b *bench) fanAll(ctx context.Context) error {
	for _, name := range b.present() {
		if err := b.weighIdle(ctx, name, b.fans[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for round := range b.liveRounds {
		order := b.present()
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, name := range order {
			if err := b.fan(ctx, name, b.watchers, b.fans[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// present are the contenders that could be had.
func (b *bench) present() []string {
	return slices.DeleteFunc(slices.Clone(contenders), func(name string) bool { return b.fans[name] == nil })
}

// buildPeers builds the peers' module, whose dependencies come from the module
// proxy the first time. Where they can't be had, they are left out.
func (b *bench) buildPeers(ctx context.Context) {
	b.fans = map[string]*fanOut{raw: {}, ours: {}}
	b.peers = filepath.Join(b.folder, "peers")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.peers, ".")
	build.Dir = filepath.Join("test", "bench", "peers")
	out, err := build.CombinedOutput()
	if err != nil {
		b.leftOut = fmt.Sprintf("mercure and centrifuge: %v: %s", err, firstLine(string(out)))
		b.say("left out: %s", b.leftOut)
		return
	}
	maps.Copy(b.fans, map[string]*fanOut{mercure: {}, centrifuge: {}})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// processorsTime is what the threads of a process have had, in seconds; 0 where
// that is not known. A thread that ended takes its share with it, but Go's hardly
// ever do.
func processorsTime(pid int) float64 {
	threads, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/schedstat")
	if err != nil {
		return 0
	}
	sum := 0.0
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(text), " ")
		ns, _ := strconv.ParseFloat(first, 64) // the kernel writes numbers
		sum += ns / 1e9
	}
	return sum
}

// residentOf is what a process has resident, in bytes; 0 where that is not known.
func residentOf(pid int) float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if value, is := strings.CutPrefix(line, "VmRSS:"); is {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kb * 1024
		}
	}
	return 0
}
