package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"hotleads/live"
)

// A kid is a server under measurement in a process of its own. It answers
// GET /stream with a stream of events, and POST /publish hands its body to all
// of them.

// The commands by which this program is one.
const (
	rawCommand   = "raw-server"
	liveCommand  = "live-server"
	crowdCommand = "crowd" // not a server: who watches
)

// serveKid serves a handler of streams until ctx ends.
func serveKid(ctx context.Context, mux *http.ServeMux, out io.Writer) error {
	mux.HandleFunc("POST /settle", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "it is at http://%s\n", l.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { server.Close() }) // the measurement is over
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// kidStats are what the kid with our live layer says of itself.
type kidStats struct {
	live.Stats
	Goroutines int
	Held       float64 // bytes that Go holds, what nobody needs any more aside
	Published  int64
}

// kid is such a process, from outside.
type kid struct {
	cmd *exec.Cmd
	url string
}

// startKid starts one.
func (b *bench) startKid(ctx context.Context, program string, args ...string) (*kid, error) {
	k := &kid{cmd: exec.CommandContext(ctx, program, args...)}
	k.cmd.Stderr = b.log
	k.cmd.Cancel = func() error { return k.cmd.Process.Signal(syscall.SIGTERM) }
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := k.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if m := greeting.FindStringSubmatch(line); m != nil {
		k.url = m[1]
		return k, nil
	}
	return nil, errors.Join(fmt.Errorf("%s %s does not start: %q", program, strings.Join(args, " "), line), err, k.stop())
}

func (k *kid) stop() error {
	_ = k.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	timer := time.AfterFunc(10*time.Second, func() { _ = k.cmd.Process.Kill() })
	defer timer.Stop()
	err := k.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() { // our own signal
		return nil
	}
	return err
}

// addr is where it listens.
func (k *kid) addr() string { return strings.TrimPrefix(k.url, "http://") }

func (k *kid) pid() int { return k.cmd.Process.Pid }

// post posts a body.
func (k *kid) post(ctx context.Context, path string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body) // so that the connection is used again
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: status %d", path, res.StatusCode)
	}
	return nil
}

func (k *kid) stats(ctx context.Context) (s kidStats, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url+"/stats", nil)
	if err != nil {
		return s, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

// child is this program as another process.
func (b *bench) child(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.self, args...)
	cmd.Stderr = os.Stderr
	return cmd
}
