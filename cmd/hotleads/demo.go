package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"hotleads/cmd/hotleads/demo"
	"hotleads/lead"
)

// demoSettings are the server's but for where it keeps things.
var demoSettings = []string{"PORT", "ADDR", "BASE_URL", "TRUSTED_PROXIES", "WRITE_KEY", "API_RATE", "LOG_LEVEL", "LOG_FORMAT"}

func demoCommand() command {
	return command{
		name: "demo", brief: "show a fictional company at work: people, weeks of history and live traffic, on a throw-away store", settings: demoSettings,
		about: `
It is the real server on an empty store in a temporary folder, which is removed
at the end. Visitors' activities and simulated reps' moves are real requests. It
prints the address and the sign-ins. If the port is taken, the next free one is.

  hotleads demo
  hotleads demo --port 9000 --pace 2`,
		define: func(fs *flag.FlagSet) action {
			pace := fs.Float64("pace", 1, "`FACTOR`: how fast visitors and reps act; 2 is twice as fast")
			days := fs.Int("days", demo.PastDays, "`NUMBER`: how long the past is that is played first")
			seed := fs.Int64("seed", 1, "`NUMBER`: another one is another past")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				if !(*pace > 0 && *pace <= 100) {
					return wrongUsage("--pace is %v; it wants a number over 0, up to 100", *pace)
				}
				if *days < demo.FewestDays || *days > 10*demo.PastDays {
					return wrongUsage("--days is %d; it wants a number from %d to %d", *days, demo.FewestDays, 10*demo.PastDays)
				}
				if level := fs.Lookup("log-level"); c.getenv("LOG_LEVEL") == "" && (level == nil || level.Value.String() == "") {
					s.LogLevel = slog.LevelWarn // the screen belongs to the sign-ins
				}
				return c.runDemo(ctx, s, *pace, *days, *seed)
			}
		},
	}
}

// runDemo serves the fictional company until ctx ends, and forgets it then.
func (c *cli) runDemo(ctx context.Context, s settings, pace float64, days int, seed int64) (err error) {
	dir, err := os.MkdirTemp("", "hotleads-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s.DatabaseURL, s.RedisURL = "sqlite:"+filepath.Join(dir, "demo.db"), "embedded:"
	if s.Listen, err = c.freeAddress(ctx, s.Listen); err != nil {
		return err
	}
	var cast demo.Cast
	var wall string
	err = c.serve(ctx, s, extras{
		prepare: func(ctx context.Context, a *app) error {
			var err error
			progress, done := c.seedProgress(days)
			defer done()
			cast, err = demo.Seed(ctx, demo.World{Store: a.store, Desk: a.desk, Log: a.log}, lead.Now(), days, seed, progress)
			if err == nil {
				wall, err = hangWall(ctx, a)
			}
			return err
		},
		beside: func(ctx context.Context, a *app, url string) error {
			at := url
			if a.settings.BaseURL != "" {
				at = a.settings.BaseURL
			}
			if _, err := io.WriteString(c.stdout, welcome(cast, at, wall)); err != nil {
				return err
			}
			return demo.Run(ctx, url, cast, rand.New(rand.NewPCG(uint64(seed), 1)), pace, a.log)
		},
	})
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // stopped while it played the past
	}
	return err
}

// freeAddress is the address, or the next free port there, which is said.
func (c *cli) freeAddress(ctx context.Context, addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	first, err := strconv.Atoi(port)
	if err != nil || first == 0 {
		return addr, nil
	}
	const tries = 50
	for n := first; n < min(first+tries, 1<<16); n++ {
		try := net.JoinHostPort(host, strconv.Itoa(n))
		l, err := listen(ctx, "PORT or ADDR", try)
		if err != nil {
			continue
		}
		if n != first {
			fmt.Fprintf(c.stdout, "Port %d is taken, so the demo is on %d.\n", first, n)
		}
		return try, l.Close()
	}
	return addr, nil // what is wrong with it, listening says
}

// seedProgress shows how far the past is played, and where nobody watches one
// line instead. done ends it.
func (c *cli) seedProgress(days int) (progress func(done, total int), done func()) {
	what := fmt.Sprintf("Playing %d days of history", days)
	if _, terminal := isTerminal(c.stderr); !terminal {
		fmt.Fprintln(c.stderr, what+" …")
		return nil, func() {}
	}
	bar := progressbar.NewOptions(1, progressbar.OptionSetWriter(c.stderr), progressbar.OptionSetDescription(what),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	return func(n, total int) {
			bar.ChangeMax(total)
			_ = bar.Set(n) // a bar that can't be drawn is no failure
		}, func() {
			_ = bar.Finish()
		}
}

// doing is what each role sees first.
var doing = map[lead.Role]string{
	lead.Rep:       "claim what is hot before your colleagues do",
	lead.Manager:   "see who holds what, on both boards",
	lead.Marketing: "watch how fast sales follows up",
	lead.Admin:     "look after the installation",
}

// hangWall makes a display of the first team and returns its link's path.
func hangWall(ctx context.Context, a *app) (string, error) {
	teams, err := a.store.Teams(ctx)
	if err != nil || len(teams) == 0 {
		return "", err
	}
	token, _, err := a.store.Displays(a.secret).Add(ctx, lead.Operator, lead.Display{Name: "Sales floor", TeamID: teams[0].ID, Privacy: lead.ShowFull}, lead.Now())
	return "/tv/" + token, err
}

// welcome is how a visitor gets in.
func welcome(cast demo.Cast, url, wall string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nIt is the demo of %s, a company that does not exist. Sign in as\n\n", demo.Company)
	t := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, p := range cast.People {
		if !p.Played {
			fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.Role, p.Email, p.Password, doing[p.Role])
		}
	}
	t.Flush()
	fmt.Fprintf(&b, "\nOn the wall of the sales floor hangs %s%s\n", url, wall)
	fmt.Fprintf(&b, "\nSend an activity of your own and watch it arrive:\n\n  curl -u %s: %s/v1/track -H 'Content-Type: application/json' \\\n", cast.WriteKey, url)
	b.WriteString("    -d '{\"userId\":\"me\",\"event\":\"Demo Requested\",\"context\":{\"traits\":{\"email\":\"me@my-company.example\",\"name\":\"My Name\",\"title\":\"CFO\",\"country\":\"Germany\"}}}'\n")
	fmt.Fprintf(&b, "\nThe JSON API's key is %s\nCtrl-C ends the demo and forgets everything.\n\n", cast.APIKey)
	return b.String()
}
