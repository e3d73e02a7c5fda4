package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Processors' time, as Linux tells it. It says what a turn cost whatever else the
// machine did meanwhile.

// ticks are a second of processors' time in /proc: USER_HZ.
const ticks = 100

// process is a line of /proc.
type process struct {
	parent      int
	own, reaped float64 // seconds; of its children that have ended
}

// processOf reads /proc/PID/stat; false where there is none.
func processOf(pid string) (process, bool) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return process{}, false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the name, which may hold anything else
	f := strings.Fields(rest)
	if len(f) < 15 {
		return process{}, false
	}
	number := func(i int) float64 {
		n, _ := strconv.ParseFloat(f[i], 64) // the kernel writes numbers
		return n
	}
	return process{int(number(1)), (number(11) + number(12)) / ticks, (number(13) + number(14)) / ticks}, true
}

// cpu is how many seconds Postgres, Redis and the processes have had so far; 0
// where that is not known.
func (b *bench) cpu(ctx context.Context, pids ...int) (float64, error) {
	var backend int
	if err := b.postgres.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
		return 0, err
	}
	one, known := processOf(strconv.Itoa(backend))
	if !known {
		return 0, nil // no Linux, or Postgres is elsewhere
	}
	sum, err := b.redisCPU(ctx)
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		p, _ := processOf(strconv.Itoa(pid))
		sum += p.own
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, folder := range all {
		pid := filepath.Base(folder)
		switch p, _ := processOf(pid); {
		case pid == strconv.Itoa(one.parent):
			sum += p.own + p.reaped
		case p.parent == one.parent:
			sum += p.own
		}
	}
	return sum, nil
}

func (b *bench) redisCPU(ctx context.Context) (float64, error) {
	text, err := b.redis.Info(ctx, "cpu").Result()
	sum := 0.0
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "used_cpu_sys" || name == "used_cpu_user" {
			v, _ := strconv.ParseFloat(value, 64) // Redis writes numbers
			sum += v
		}
	}
	return sum, err
}

// costing runs a turn and notes what each of its activities cost.
func (b *bench) costing(ctx context.Context, k kind, server int, turn func() (report, error)) (report, error) {
	before, err := b.cpu(ctx, server)
	if err != nil {
		return report{}, fmt.Errorf("processors' time: %w", err)
	}
	r, err := turn()
	if err != nil {
		return r, err
	}
	after, err := b.cpu(ctx, server)
	if spent := after - before + r.cpu; spent > 0 && after > 0 && r.Stored > 0 {
		b.costs[k] = append(b.costs[k], spent/r.Stored*1e6)
	}
	return r, err
}
