// Command bench measures the intake and the live pages against what bounds them
// and prints a table of each. Everything is measured in one run, on the same two
// or so cores, in rounds of short turns one after the other, because machines are
// noisy: only the ratios mean something. docs/performance.md tells what each line
// says.
//
//	scripts/with-services.sh --durable go run ./test/bench              # make bench
//	scripts/with-services.sh --durable go run ./test/bench --big        # a million leads, too
//	scripts/with-services.sh --durable go run ./test/bench --part live  # make bench-live
//	go run ./test/bench churn                                           # make churn
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	_ "github.com/lib/pq"
	"github.com/redis/go-redis/v9"

	"hotleads/test/bench/crowd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	rounds int
	turn   time.Duration
	warmUp time.Duration
	steady time.Duration
	boards int
	big    bool
	leads  int // of the big store

	part       string // of all, intake, live
	only       string // of the steps of the live part; "": all
	charts     string // folder; "": none are drawn
	liveRounds int
	liveTurn   time.Duration
	watchers   int
	people     int
}

// most reps' streams: each has 24 at most.
const mostBoards = 24

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) == 1 {
		switch args[0] {
		case naiveCommand:
			return serveNaive(ctx, getenv, stdout)
		case rawCommand:
			return serveRaw(ctx, stdout)
		case liveCommand:
			return serveLive(ctx, stdout)
		case crowdCommand:
			return crowd.Serve(os.Stdin, stdout)
		}
	}
	if len(args) > 0 && args[0] == churnCommand {
		return runChurn(ctx, args[1:], stdout, stderr)
	}
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&o.rounds, "rounds", 5, "`ROUNDS`, in each of which everything has its turn; the table shows medians")
	fs.DurationVar(&o.turn, "turn", 6*time.Second, "`TIME` of a turn, with its warm-up")
	fs.DurationVar(&o.warmUp, "warm-up", time.Second, "`TIME` at a turn's beginning that is not counted")
	fs.DurationVar(&o.steady, "steady", 20*time.Second, "`TIME` of the load at half the highest rate")
	fs.IntVar(&o.boards, "boards", 20, "`STREAMS` of boards that are open under load, 24 at most")
	fs.BoolVar(&o.big, "big", false, "with a million leads and ten million activities stored, too, which takes minutes to make")
	fs.IntVar(&o.leads, "big-leads", 1_000_000, "`LEADS` of the big store")
	fs.StringVar(&o.part, "part", "all", "`PART` to measure: intake, live, clocks or all")
	fs.StringVar(&o.only, "only", "", "`STEP` of the live part alone: fan (beside its peers), stuck (watchers who never read) or whole (the product)")
	fs.StringVar(&o.charts, "charts", "", "`FOLDER` to draw the live part's charts into")
	fs.IntVar(&o.liveRounds, "live-rounds", 3, "`ROUNDS` of the live part")
	fs.DurationVar(&o.liveTurn, "live-turn", 5*time.Second, "`TIME` of a turn of the live part, warm-up aside")
	fs.IntVar(&o.watchers, "watchers", 1000, "`STREAMS` that watch in the live part, where it says nothing else")
	fs.IntVar(&o.people, "people", 1000, "`REPS` that the watchers of the product are: each may have 24 streams")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 || o.rounds < 1 || o.warmUp < 0 || o.turn <= o.warmUp || o.steady <= o.warmUp || o.boards < 1 || o.boards > mostBoards || o.leads < 1 ||
		!slices.Contains([]string{"all", "intake", "live", "clocks"}, o.part) || o.only != "" && !slices.Contains(liveSteps, o.only) || o.liveRounds < 1 || o.liveTurn < time.Second || o.watchers < 1 {
		return errors.New("a flag is out of its range; --help lists them")
	}
	b, err := prepare(ctx, o, getenv, stderr)
	if err != nil {
		return err
	}
	b.where = b.machine(ctx)
	asked := func(part string) bool { return o.part == "all" || o.part == part }
	if asked("intake") {
		if err = b.measure(ctx); err == nil {
			_, err = io.WriteString(stdout, b.table())
		}
	}
	if asked("clocks") && err == nil {
		if err = b.measureClocks(ctx); err == nil {
			_, err = io.WriteString(stdout, "\n"+b.clocksTable())
		}
	}
	if asked("live") && err == nil {
		if err = b.measureLive(ctx); err == nil {
			_, err = io.WriteString(stdout, "\n"+b.liveTable())
		}
		if err == nil && o.charts != "" {
			err = b.draw(o.charts)
		}
	}
	return errors.Join(err, b.close())
}

// bench is one run.
type bench struct {
	options
	log      io.Writer
	folder   string
	hotleads string // the programs
	loadgen  string
	self     string
	url      string // Postgres
	redisURL string
	postgres *sql.DB
	redis    *redis.Client
	numbers  int // of Redis' databases that were given out
	sites    []*site
	chromium string
	peers    string // the program of those that the live layer is measured beside
	results
	liveResults
	clockResults
}

// prepare builds the programs and finds the services, which have to be as
// durable as production's.
func prepare(ctx context.Context, o options, getenv func(string) string, log io.Writer) (_ *bench, err error) {
	b := &bench{options: o, log: log, url: getenv("HOTLEADS_TEST_POSTGRES_URL"), redisURL: getenv("HOTLEADS_TEST_REDIS_URL"), chromium: getenv("HOTLEADS_TEST_CHROMIUM"), results: newResults()}
	if b.url == "" || b.redisURL == "" {
		return nil, errors.New("there is no Postgres or no Redis; run it as: scripts/with-services.sh --durable go run ./test/bench")
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.postgres, err = sql.Open("postgres", b.url); err != nil {
		return nil, err
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var is string
		if err := b.postgres.QueryRowContext(ctx, "SHOW "+setting).Scan(&is); err != nil {
			return nil, err
		}
		if is != "on" {
			return nil, fmt.Errorf("%s of Postgres is %s, and a measurement of what is not durable says nothing; run it under scripts/with-services.sh --durable", setting, is)
		}
	}
	opts, err := redis.ParseURL(b.redisURL)
	if err != nil {
		return nil, err
	}
	b.redis = redis.NewClient(opts)
	if b.folder, err = os.MkdirTemp("", "hotleads-bench"); err != nil {
		return nil, err
	}
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	b.hotleads, b.loadgen = filepath.Join(b.folder, "hotleads"), filepath.Join(b.folder, "loadgen")
	for program, pkg := range map[string]string{b.hotleads: "hotleads/cmd/hotleads", b.loadgen: "hotleads/cmd/loadgen"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", program, pkg)
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w: %s", pkg, err, out)
		}
	}
	return b, nil
}

// say tells who waits what is going on.
func (b *bench) say(format string, a ...any) {
	fmt.Fprintf(b.log, time.Now().Format("15:04:05 ")+format+"\n", a...)
}

// close ends all servers and removes what the run has made.
func (b *bench) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	for _, s := range b.sites {
		errs = append(errs, s.stop(), b.drop(ctx, s.database))
	}
	if b.postgres != nil {
		errs = append(errs, b.drop(ctx, limitDatabase), b.postgres.Close())
	}
	if b.redis != nil {
		errs = append(errs, b.redis.Close())
	}
	if b.folder != "" {
		errs = append(errs, os.RemoveAll(b.folder))
	}
	return errors.Join(errs...)
}

// machine is where the run was made, in words.
func (b *bench) machine(ctx context.Context) string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.SplitSeq(string(text), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	var postgres string
	_ = b.postgres.QueryRowContext(ctx, "SHOW server_version").Scan(&postgres) // an empty one says that it is not known
	return fmt.Sprintf("%d × %s, %s, %s, Postgres %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version(), postgres)
}
