package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// clients is how many connections send at once.
const clients = 64

// few is how many leads the ordinary store has.
const few = 10_000

// A reply of loadgen, as far as the table needs it.
type report struct {
	Activities float64          `json:"activities"` // acknowledged, a second
	Messages   float64          `json:"messages"`
	Stored     float64          `json:"stored"` // activities, in all
	Replies    latency          `json:"replies"`
	Errors     map[string]int64 `json:"errors"`
	Boards     *struct {
		Shown  latency `json:"shown"`
		Unseen int64   `json:"unseen"`
	} `json:"boards"`
	Look  *latency         `json:"look"`
	Claim *latency         `json:"claim"`
	Other map[string]int64 `json:"beside"`
	Check *struct {
		Messages, Lost, Doubled, Misplaced int64
	} `json:"check"`

	cpu float64 // seconds that loadgen itself had
}

type latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
}

// kind is one sort of turn.
type kind string

const (
	plainInserts kind = "limit"
	byHand       kind = "floor"
	naiveSingle  kind = "naive"
	single       kind = "single"
	batches      kind = "batches"
	emptySingle  kind = "single, empty store"
	emptyBatches kind = "batches, empty store"
	bigSingle    kind = "single, big store"
	bigBatches   kind = "batches, big store"
	allSingle    kind = "single, all of the big store"
	allBatches   kind = "batches, all of the big store"
)

// results are what was measured.
type results struct {
	rates      map[kind][]float64 // activities a second
	messages   map[kind][]float64
	costs      map[kind][]float64 // microseconds of processors' time an activity
	memory     []float64          // bytes: before the rounds, in their middle, at the end
	commands   float64            // of Redis, an activity
	halfAlone  report             // batches
	halfBatch  report             // with the office beside
	halfSingle report
	full       report
	counted    int64            // messages that were looked for afterwards
	wrong      int64            // of them: lost, doubled, misplaced
	errors     map[string]int64 // of the intake
	beside     map[string]int64 // of pages, claims and streams; 409: another one was faster
	where      string
}

func newResults() results {
	return results{rates: map[kind][]float64{}, messages: map[kind][]float64{}, costs: map[kind][]float64{}, errors: map[string]int64{}, beside: map[string]int64{}}
}

// measure makes the sites and gives everybody their turns.
func (b *bench) measure(ctx context.Context) error {
	sites, err := b.settle(ctx)
	if err != nil {
		return err
	}
	if _, err := sites.few.load(ctx, "--batch", "100"); err != nil { // caches fill, and the limit gets its rows
		return err
	}
	limit, err := b.newLimit(ctx, sites.few, sites.empty)
	if err != nil {
		return err
	}
	defer limit.db.Close()
	floor, err := b.newFloor(ctx, sites.few, sites.floor)
	if err != nil {
		return err
	}
	defer floor.db.Close()
	if err := b.weigh(ctx, sites.few); err != nil {
		return err
	}
	for round := range b.rounds {
		if err := b.round(ctx, round, sites, limit, floor); err != nil {
			return err
		}
		if round == b.rounds/2 {
			if err := b.weigh(ctx, sites.few); err != nil {
				return err
			}
		}
	}
	if err := b.steadily(ctx, sites.few); err != nil {
		return err
	}
	return b.weigh(ctx, sites.few)
}

// sites are the installations of a run.
type sites struct{ empty, few, floor, naive, big *site }

// settle founds all sites and starts their servers, but for the empty one, of
// which each turn has a copy.
func (b *bench) settle(ctx context.Context) (s sites, err error) {
	b.say("making stores with 0 and %d leads", few)
	if s.empty, err = b.found(ctx, "empty"); err != nil {
		return s, err
	}
	base, err := b.copied(ctx, s.empty, "base")
	if err != nil {
		return s, err
	}
	if err := base.start(ctx, b.hotleads, "serve"); err != nil {
		return s, err
	}
	if err := base.model(ctx); err != nil {
		return s, err
	}
	if err := base.stop(); err != nil {
		return s, err
	}
	if err := base.seed(ctx, few); err != nil {
		return s, err
	}
	if s.few, err = b.copied(ctx, base, "few"); err != nil {
		return s, err
	}
	if s.naive, err = b.copied(ctx, base, "naive"); err != nil {
		return s, err
	}
	if s.floor, err = b.copied(ctx, base, "floor"); err != nil {
		return s, err
	}
	if b.big {
		b.say("making a store with %d leads", b.leads)
		if s.big, err = b.copied(ctx, base, "big"); err == nil {
			err = s.big.seed(ctx, b.leads)
		}
		if err == nil {
			err = s.big.start(ctx, b.hotleads, "serve")
		}
		if err != nil {
			return s, err
		}
	}
	if _, err := b.postgres.ExecContext(ctx, "CHECKPOINT"); err != nil {
		return s, err
	}
	if err := s.few.start(ctx, b.hotleads, "serve"); err != nil {
		return s, err
	}
	return s, s.naive.start(ctx, b.self, naiveCommand)
}

// round gives everybody a turn, in the other order each time.
func (b *bench) round(ctx context.Context, round int, s sites, l *limit, f *floor) error {
	type turn struct {
		kind kind
		on   *site
		size string
		more []string // flags of loadgen
	}
	turns := []turn{
		{kind: plainInserts}, {kind: byHand, on: s.floor}, {naiveSingle, s.naive, "1", nil}, {single, s.few, "1", nil}, {batches, s.few, "100", nil},
		{emptySingle, s.empty, "1", nil}, {emptyBatches, s.empty, "100", nil},
	}
	if s.big != nil {
		same := []string{"--leads", strconv.Itoa(few), "--known", strconv.Itoa(few)}
		turns = append(turns, turn{bigSingle, s.big, "1", same}, turn{bigBatches, s.big, "100", same}, turn{allSingle, s.big, "1", nil}, turn{allBatches, s.big, "100", nil})
	}
	if round%2 == 1 {
		slices.Reverse(turns)
	}
	for _, t := range turns {
		var r report
		var err error
		switch t.on {
		case nil:
			r, err = b.costing(ctx, t.kind, os.Getpid(), func() (report, error) { return l.turn(ctx, b.options) })
		case s.floor:
			r, err = b.costing(ctx, t.kind, os.Getpid(), func() (report, error) { return f.turn(ctx, b.options) })
		case s.empty:
			r, err = b.fromNothing(ctx, s.empty, t.size)
		default:
			r, err = b.costing(ctx, t.kind, t.on.server.Process.Pid, func() (report, error) {
				if t.kind == batches {
					return b.countingCommands(ctx, t.on, t.size)
				}
				return t.on.load(ctx, append([]string{"--batch", t.size}, t.more...)...)
			})
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.kind, err)
		}
		b.say("round %d of %d: %s: %.0f activities a second", round+1, b.rounds, t.kind, r.Activities)
		b.rates[t.kind], b.messages[t.kind] = append(b.rates[t.kind], r.Activities), append(b.messages[t.kind], r.Messages)
	}
	return nil
}

// fromNothing is a turn on a store in which nobody is yet.
func (b *bench) fromNothing(ctx context.Context, empty *site, size string) (r report, err error) {
	s, err := b.copied(ctx, empty, "nothing")
	if err != nil {
		return r, err
	}
	b.sites = b.sites[:len(b.sites)-1] // gone before the next one is made
	if err := s.start(ctx, b.hotleads, "serve"); err != nil {
		return r, err
	}
	r, err = s.load(ctx, "--batch", size)
	if stopped := s.stop(); err == nil {
		err = stopped
	}
	if dropped := b.drop(ctx, s.database); err == nil {
		err = dropped
	}
	return r, err
}

// countingCommands is a turn in which Redis' commands are counted, those inside
// scripts, too.
func (b *bench) countingCommands(ctx context.Context, s *site, size string) (report, error) {
	before, err := b.redisCommands(ctx)
	if err != nil {
		return report{}, err
	}
	r, err := s.load(ctx, "--batch", size)
	if err != nil {
		return r, err
	}
	after, err := b.redisCommands(ctx)
	b.commands = (after - before) / max(r.Stored, 1)
	return r, err
}

func (b *bench) redisCommands(ctx context.Context) (float64, error) {
	text, err := b.redis.Info(ctx, "commandstats").Result()
	sum := 0.0
	for line := range strings.Lines(text) {
		if _, calls, ok := strings.Cut(line, ":calls="); ok {
			calls, _, _ = strings.Cut(calls, ",")
			if n, err := strconv.ParseFloat(calls, 64); err == nil {
				sum += n
			}
		}
	}
	return sum, err
}

// steadily measures replies at half the highest rates, and what the office
// notices of that and of the highest rate.
func (b *bench) steadily(ctx context.Context, s *site) (err error) {
	half := func(k kind) string { return fmt.Sprintf("%.0f", median(b.messages[k])/2) }
	office := []string{"--boards", strconv.Itoa(b.boards), "--looks", "5", "--claims", "5"}
	long := []string{"--for", b.steady.String()}
	b.say("half the highest rate")
	if b.halfAlone, err = s.load(ctx, slices.Concat([]string{"--batch", "100", "--rate", half(batches), "--check", "1"}, long)...); err != nil {
		return err
	}
	if b.halfSingle, err = s.load(ctx, slices.Concat([]string{"--batch", "1", "--rate", half(single), "--check", "1"}, long)...); err != nil {
		return err
	}
	b.say("half the highest rate, with %d boards", b.boards)
	if b.halfBatch, err = s.load(ctx, slices.Concat([]string{"--batch", "100", "--rate", half(batches), "--check", "1"}, office, long)...); err != nil {
		return err
	}
	b.say("the highest rate, with %d boards", b.boards)
	b.full, err = s.load(ctx, slices.Concat([]string{"--batch", "100"}, office)...)
	return err
}

func (b *bench) weigh(ctx context.Context, s *site) error {
	bytes, err := s.memory(ctx)
	b.memory = append(b.memory, bytes)
	return err
}

// load runs loadgen against the site; a message that is lost or doubled ends the
// run of the benchmark.
func (s *site) load(ctx context.Context, flags ...string) (r report, err error) {
	leads := strconv.Itoa(max(s.leads, few))
	args := append([]string{"--url", s.url, "--json", "--clients", strconv.Itoa(clients), "--for", s.b.turn.String(), "--warm-up", s.b.warmUp.String(),
		"--leads", leads, "--known", strconv.Itoa(s.leads), "--check", "0.02"}, flags...)
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.b.loadgen, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env(), &out, &errs
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("loadgen: %w: %s", err, strings.TrimSpace(errs.String()))
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("loadgen: %w", err)
	}
	r.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	for kind, n := range r.Errors {
		s.b.errors[kind] += n
	}
	for kind, n := range r.Other {
		s.b.beside[kind] += n
	}
	if r.Check != nil {
		s.b.counted += r.Check.Messages
		s.b.wrong += r.Check.Lost + r.Check.Doubled + r.Check.Misplaced
	}
	return r, nil
}
