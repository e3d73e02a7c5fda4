package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Who uses an installation.
const (
	team     = "EMEA"
	rep      = "rep@example.com"
	password = "load me well"
	secret   = "a secret of this benchmark alone"
)

// site is an installation with a database, a Redis database and, where it was
// started, a server of its own.
type site struct {
	b        *bench
	database string
	redisURL string
	writeKey string
	apiKey   string
	leads    int // that are stored before anything is measured
	url      string
	server   *exec.Cmd
}

// found makes an installation: a team, a rep and keys, and nobody else.
func (b *bench) found(ctx context.Context, name string) (*site, error) {
	s := &site{b: b, database: "bench_" + name, redisURL: b.redisDatabase()}
	if err := b.drop(ctx, s.database); err != nil {
		return nil, err
	}
	if _, err := b.postgres.ExecContext(ctx, "CREATE DATABASE "+s.database+" TEMPLATE template0"); err != nil {
		return nil, err
	}
	b.sites = append(b.sites, s)
	for _, args := range [][]string{{"migrate"}, {"team", "add", "--name", team}, {"user", "add", "--email", rep, "--name", "Rep", "--role", "rep", "--team", team, "--password-stdin"}} {
		if _, err := s.run(ctx, args...); err != nil {
			return nil, err
		}
	}
	for kind, key := range map[string]*string{"write": &s.writeKey, "api": &s.apiKey} {
		var err error
		if *key, err = s.run(ctx, "key", "add", "--kind", kind, "--name", "bench"); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// copied is an installation like another one, which nobody may be using.
func (b *bench) copied(ctx context.Context, of *site, name string) (*site, error) {
	s := *of
	s.database, s.redisURL, s.server = "bench_"+name, b.redisDatabase(), nil
	if err := b.drop(ctx, s.database); err != nil {
		return nil, err
	}
	if _, err := b.postgres.ExecContext(ctx, "CREATE DATABASE "+s.database+" TEMPLATE "+of.database); err != nil {
		return nil, err
	}
	b.sites = append(b.sites, &s)
	return &s, nil
}

// redisDatabase is the address of a Redis database that no other site has.
func (b *bench) redisDatabase() string {
	b.numbers++
	u, err := url.Parse(b.redisURL)
	if err != nil {
		return b.redisURL // prepare has connected to it
	}
	u.Path = "/" + strconv.Itoa(firstNumber+b.numbers)
	return u.String()
}

// firstNumber is far from the databases that tests are given.
const firstNumber = 9000

func (b *bench) drop(ctx context.Context, database string) error {
	_, err := b.postgres.ExecContext(ctx, "DROP DATABASE IF EXISTS "+database+" WITH (FORCE)")
	return err
}

// address is a database's URL.
func (b *bench) address(database string) string {
	u, err := url.Parse(b.url)
	if err != nil {
		return ""
	}
	u.Path = "/" + database
	return u.String()
}

// open connects to the site's database.
func (s *site) open() (*sql.DB, error) { return sql.Open("postgres", s.b.address(s.database)) }

func (s *site) env() []string {
	return append(os.Environ(), "DATABASE_URL="+s.b.address(s.database), "REDIS_URL="+s.redisURL, "SECRET_KEY="+secret,
		"ADDR=127.0.0.1:0", "API_RATE=0", "LOG_LEVEL=warn", "WRITE_KEY="+s.writeKey, "API_KEY="+s.apiKey, "EMAIL="+rep, "PASSWORD="+password)
}

// run is a command of the product.
func (s *site) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.b.hotleads, args...)
	cmd.Env, cmd.Stdin = s.env(), strings.NewReader(password)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("hotleads %s: %w: %s", strings.Join(args, " "), err, &errs)
	}
	return strings.TrimSpace(string(out)), nil
}

var greeting = regexp.MustCompile(`(http://\S+)`)

// start runs the site's server: the product, or another program with the same
// settings. Its log is kept in the run's folder.
func (s *site) start(ctx context.Context, program string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(s.b.folder, s.database+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) // others of the same site write there, too
	if err != nil {
		return err
	}
	defer log.Close()
	s.server = exec.CommandContext(ctx, program, args...)
	s.server.Cancel = func() error { return s.server.Process.Signal(syscall.SIGTERM) }
	s.server.Env, s.server.Stderr = s.env(), log
	out, err := s.server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := s.server.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if m := greeting.FindStringSubmatch(line); m != nil {
		s.url = m[1]
		return nil
	}
	text, _ := os.ReadFile(log.Name()) // whatever it says
	return fmt.Errorf("the server of %s does not start: %q: %w: %s", s.database, line, err, text)
}

// stop ends the server as an operator does.
func (s *site) stop() error {
	if s.server == nil || s.server.Process == nil {
		return nil
	}
	_ = s.server.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	timer := time.AfterFunc(20*time.Second, func() { _ = s.server.Process.Kill() })
	defer timer.Stop()
	err := s.server.Wait()
	s.server = nil
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() { // our own signal, before it listened to any
		return nil
	}
	return err
}

// memory is what the server has resident, in bytes.
func (s *site) memory(ctx context.Context) (float64, error) {
	out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(s.server.Process.Pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("ps: %w", err)
	}
	kib, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return kib * 1024, err
}
