// Command loadgen sends a running server the traffic of many leads, over real
// HTTP in Segment's words, opens boards and moves leads beside it, and then
// counts by the JSON API what became of every message: what was acknowledged is
// there exactly once, or loadgen says what was lost or doubled and fails.
//
//	WRITE_KEY=… API_KEY=… go run ./cmd/loadgen --clients 64 --batch 100 --for 30s
//	WRITE_KEY=… API_KEY=… go run ./cmd/loadgen --rate 5000 --batch 1,20 --boards 20 --email rep@example.com
//
// It speaks to servers on this machine only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1 // the server could not be used, or did not keep what it had acknowledged
	statusUsage  = 2
)

// run is the whole program: it returns the exit status.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, err := readOptions(args, getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, help())
		return statusDone
	case err != nil:
		fmt.Fprintf(stderr, "loadgen: %v\n", err)
		return statusUsage
	}
	r, err := load(ctx, o)
	if err == nil {
		err = r.write(stdout, o.JSON)
	}
	if err == nil {
		err = r.verdict()
	}
	if err != nil {
		fmt.Fprintf(stderr, "loadgen: %v\n", err)
		return statusFailed
	}
	return statusDone
}

// load is one run: traffic with what goes on beside it, then the count. Whoever
// interrupts the traffic still gets the count of what was sent until then.
func load(ctx context.Context, o options) (*report, error) {
	deeds, err := agreed(ctx, o)
	if err != nil {
		return nil, err
	}
	reps, err := signInAll(ctx, o)
	if err != nil {
		return nil, err
	}
	t := newTraffic(o, deeds)
	office := visit(ctx, t, reps)
	t.send(ctx)
	r := t.report()
	office.leave(r)
	if o.APIKey != "" && o.Check > 0 {
		if r.Check, err = check(context.WithoutCancel(ctx), o, t.ledger, t.crowd); err != nil {
			return nil, fmt.Errorf("count what is there: %w", err)
		}
	}
	return r, nil
}
