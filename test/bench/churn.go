package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"hotleads/test/bench/crowd"
)

// Churn: watchers come and go for minutes while the list changes, under the race
// detector. Each change names the one before it, so that every watcher can tell
// whether it got all of them.

// churnCommand measures nothing: it fails or it does not.
const churnCommand = "churn"

// Who churns.
const (
	coming    = 300 // at any moment, each for churnStay seconds on average
	churnStay = 2.0
	staying   = 50
	neverRead = 20
	churnRate = 25 // changes a second
	churnLook = 10 * time.Second
)

// memoryMayGrow is how much more the server may hold at the end than after the first
// tenth, where that is long enough to have found its size. What is resident says
// nothing here: the race detector keeps something of every goroutine that there was.
const (
	memoryMayGrow = 1.3
	judged        = 5 * time.Minute
)

func runChurn(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	fs := flag.NewFlagSet("bench churn", flag.ContinueOnError)
	fs.SetOutput(stderr)
	length := fs.Duration("for", 10*time.Minute, "`TIME` for which watchers come and go")
	if err := fs.Parse(args); err != nil {
		return err
	}
	b := &bench{log: stderr}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.folder, err = os.MkdirTemp("", "hotleads-churn"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	server := filepath.Join(b.folder, "server")
	build := exec.CommandContext(ctx, "go", "build", "-race", "-gcflags=modernc.org/sqlite/lib=-race=false", "-o", server, "hotleads/test/bench")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build with the race detector: %w: %s", err, out)
	}
	k, err := b.startKid(ctx, server, liveCommand)
	if err != nil {
		return err
	}
	// The race detector ends a process in which it found something with a status
	// of its own.
	defer func() { err = errors.Join(err, k.stop()) }()
	text, err := b.churn(ctx, k, *length)
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	return err
}

// churners are the groups, with what each is for.
func churners(k *kid) []crowd.Group {
	group := func(name string, n int) crowd.Group {
		g := onKid(k, ours, n)
		g.Name, g.Stamps, g.Checks, g.Returns = name, false, true, true
		return g
	}
	passing, here, stuck := group("coming and going", coming), group("staying", staying), group("never reading", neverRead)
	passing.Restless = churnStay
	stuck.Stuck, stuck.Checks, stuck.Returns = true, false, false
	return []crowd.Group{passing, here, stuck}
}

func (b *bench) churn(ctx context.Context, k *kid, length time.Duration) (text string, err error) {
	c, err := b.watch(ctx, onKid(k, ours, 1))
	if err != nil {
		return "", err
	}
	defer func() { err = firstOf(err, c.Stop()) }()
	alone, _, err := k.deserted(ctx, c, everybody)
	if err != nil {
		return "", err
	}
	groups := churners(k)
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
		if _, err := c.Open(g, time.Minute); err != nil {
			return "", err
		}
	}
	publishing, enough := context.WithCancel(ctx)
	defer enough()
	published := make(chan error, 1)
	go func() {
		_, err := k.publish(publishing, churnRate, fragment, length)
		published <- err
	}()
	start, early, now := time.Now(), 0.0, 0.0
	for done := false; !done; {
		select {
		case err := <-published:
			if err != nil {
				return "", err
			}
			done = true
		case <-time.After(churnLook):
		}
		if now, err = k.held(ctx); err != nil {
			return "", err
		}
		if early == 0 && time.Since(start) >= length/10 {
			early = now
		}
		gaps, streams, err := counted(c, names)
		if err == nil && gaps > 0 {
			err = fmt.Errorf("%d frames were missing or doubled", gaps)
		}
		if err != nil {
			return "", err
		}
		b.say("%v: %d streams, no gap, %.1f MB held", time.Since(start).Round(time.Second), streams, now/1e6)
	}
	time.Sleep(2 * time.Second) // what was published last arrives
	_, streams, err := counted(c, names)
	if err != nil {
		return "", err
	}
	a, err := c.Collect("staying")
	if err != nil {
		return "", err
	}
	s, err := k.stats(ctx)
	if err != nil {
		return "", err
	}
	if len(a.Last) != 2 || a.Last[0] != a.Last[1] || a.Last[0] != s.Published {
		return "", fmt.Errorf("of %d changes those who stayed saw the last of as %v", s.Published, a.Last)
	}
	after, _, err := k.deserted(ctx, c, names...)
	if err != nil {
		return "", err
	}
	if more := after.Goroutines - alone.Goroutines; more > 0 {
		return "", fmt.Errorf("%d goroutines more than before anybody came", more)
	}
	if length >= judged && now > early*memoryMayGrow {
		return "", fmt.Errorf("memory grew from %.1f to %.1f MB", early/1e6, now/1e6)
	}
	return fmt.Sprintf("churn: %v, %d changes, %d streams begun, %d closed because nobody read them: no gap, no race; %d goroutines before and after; %.1f MB held early, %.1f MB late\n",
		length, s.Published, streams, after.Lagged, after.Goroutines, early/1e6, now/1e6), nil
}

// held is what the kid holds after a garbage collection, in bytes.
func (k *kid) held(ctx context.Context) (float64, error) {
	if err := k.post(ctx, "/settle", nil); err != nil {
		return 0, err
	}
	s, err := k.stats(ctx)
	return s.Held, err
}

// counted are the gaps that watchers found, and the streams begun.
func counted(c *crowd.Crowd, names []string) (gaps, streams int64, err error) {
	for _, name := range names {
		a, err := c.Collect(name)
		if err != nil {
			return 0, 0, err
		}
		gaps, streams = gaps+a.Gaps, streams+a.Streams
	}
	return gaps, streams, nil
}
