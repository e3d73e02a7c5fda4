package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// asProgram makes the test binary the program itself, for tests that need
// processes and signals.
const asProgram = "HOTLEADS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is the command line in a process of its own.
func program(t *testing.T, env map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = []string{asProgram + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir()}
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	return cmd
}

type result struct {
	status   int
	out, err string
}

// hotleads runs the command line in this process.
func hotleads(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(t.Context(), args, getenv(env), strings.NewReader(stdin), &out, &errs)
	return result{status, out.String(), errs.String()}
}

// done is hotleads for what must work; it returns what was printed.
func done(t *testing.T, env map[string]string, stdin string, args ...string) string {
	t.Helper()
	r := hotleads(t, env, stdin, args...)
	if r.status != statusDone {
		t.Fatalf("hotleads %s: status %d: %s", strings.Join(args, " "), r.status, r.err)
	}
	return r.out
}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// database is the environment of a fresh embedded database.
func database(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "hotleads.db")}
}

// openDatabase opens a database beside the commands.
func openDatabase(t *testing.T, env map[string]string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context(), lead.Now()); err != nil {
		t.Fatal(err)
	}
	return s
}

// eventually looks again and again until ok, for at most 10 seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for !ok() {
		if pause(ctx, 20*time.Millisecond) != nil {
			t.Fatalf("within 10 s: %s did not happen", what)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, cmd := range commands() {
		t.Run(cmd.name, func(t *testing.T) {
			r := hotleads(t, nil, "", append(strings.Fields(cmd.name), "--help")...)
			if r.status != statusDone || r.err != "" {
				t.Fatalf("status %d, standard error %q", r.status, r.err)
			}
			for _, want := range []string{"Usage: hotleads " + cmd.name, "\n  hotleads " + cmd.name} {
				if !strings.Contains(r.out, want) && cmd.name != "key add" {
					t.Errorf("no %q in\n%s", want, r.out)
				}
			}
			for line := range strings.SplitSeq(r.out, "\n") {
				if strings.Contains(line, "`") && !strings.Contains(line, "openssl") {
					t.Errorf("a backquote is left over: %s", line)
				}
			}
			if help := hotleads(t, nil, "", append([]string{"help"}, strings.Fields(cmd.name)...)...); help != r {
				t.Errorf("`help %s` differs: %+v", cmd.name, help)
			}
		})
	}
	for _, args := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		r := hotleads(t, nil, "", args...)
		for _, cmd := range commands() {
			if r.status != statusDone || !strings.Contains(r.out, "  "+cmd.name+" ") {
				t.Errorf("hotleads %v does not list %s: %+v", args, cmd.name, r)
			}
		}
	}
	for _, group := range []string{"user", "team", "key", "exclude"} {
		r := hotleads(t, nil, "", group, "--help")
		if r.status != statusDone || !strings.Contains(r.out, "  "+group+" add ") || !strings.Contains(r.out, "  "+group+" list ") {
			t.Errorf("hotleads %s --help: %+v", group, r)
		}
	}
}

// Wrong usage is status 2, what fails is 1, and both are one line on standard error.
func TestRefusals(t *testing.T) {
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA")
	done(t, env, "correct horse", "user", "add", "--email", "rosa@example.com", "--name", "Rosa", "--role", "rep", "--team", "emea", "--password-stdin")
	for name, test := range map[string]struct {
		args   []string
		stdin  string
		status int
		want   string
	}{
		"unknown command":       {[]string{"sell"}, "", 2, `there is no command "sell"; there are serve, `},
		"unknown subcommand":    {[]string{"user", "fire"}, "", 2, `there is no "fire"; there are add, list, disable, password`},
		"no subcommand":         {[]string{"key"}, "", 2, "say what to do: add, list, revoke"},
		"unknown flag":          {[]string{"team", "add", "--colour", "red"}, "", 2, "--calendar, "},
		"unknown serve flag":    {[]string{"--colour"}, "", 2, "--trusted-proxies, "},
		"argument too many":     {[]string{"team", "list", "all"}, "", 2, `it takes no argument, got "all"`},
		"missing email":         {[]string{"user", "add", "--name", "X", "--role", "rep"}, "", 2, "--email: got \"\""},
		"broken email":          {[]string{"user", "add", "--email", "x@", "--name", "X", "--role", "rep"}, "", 2, `got "x@"`},
		"missing name":          {[]string{"user", "add", "--email", "x@y.z", "--role", "rep"}, "", 2, "--name"},
		"unknown role":          {[]string{"user", "add", "--email", "x@y.z", "--name", "X", "--role", "boss"}, "", 2, "want rep, manager, marketing or admin"},
		"unknown team":          {[]string{"user", "add", "--email", "x@y.z", "--name", "X", "--role", "rep", "--team", "APAC", "--password-stdin"}, "correct horse", 1, `there is no team "APAC"; there are EMEA`},
		"no terminal":           {[]string{"user", "add", "--email", "x@y.z", "--name", "X", "--role", "admin"}, "", 2, "--password-stdin"},
		"no password":           {[]string{"user", "add", "--email", "x@y.z", "--name", "X", "--role", "admin", "--password-stdin"}, "\n", 1, "no password"},
		"short password":        {[]string{"user", "add", "--email", "x@y.z", "--name", "X", "--role", "admin", "--password-stdin"}, "short\n", 1, "too short"},
		"email that is taken":   {[]string{"user", "add", "--email", " ROSA@example.com", "--name", "X", "--role", "admin", "--password-stdin"}, "correct horse", 1, "rosa@example.com is here already"},
		"nobody to disable":     {[]string{"user", "disable", "x@y.z"}, "", 1, "x@y.z"},
		"disable whom":          {[]string{"user", "disable"}, "", 2, "say whom"},
		"team name that is had": {[]string{"team", "add", "--name", "EMEA"}, "", 1, "EMEA"},
		"team without a name":   {[]string{"team", "add"}, "", 2, "--name"},
		"local time zone":       {[]string{"team", "add", "--name", "X", "--time-zone", "Local"}, "", 2, "--time-zone"},
		"zone and calendar":     {[]string{"team", "add", "--name", "X", "--time-zone", "UTC", "--calendar", "x.json"}, "", 2, "give one of them"},
		"no calendar file":      {[]string{"team", "add", "--name", "X", "--calendar", "none.json"}, "", 1, "none.json"},
		"route without an op":   {[]string{"team", "add", "--name", "X", "--route", "country DE"}, "", 2, "starts with"},
		"route without a value": {[]string{"team", "add", "--name", "X", "--route", "country is"}, "", 2, "--route"},
		"unknown key kind":      {[]string{"key", "add", "--kind", "master", "--name", "x"}, "", 2, "want write, server or api"},
		"key without a name":    {[]string{"key", "add", "--kind", "api"}, "", 2, "--name"},
		"unknown key":           {[]string{"key", "revoke", "x"}, "", 1, "x"},
		"unknown list":          {[]string{"exclude", "add", "--kind", "foe", "x.com"}, "", 2, "want own, competitor"},
		"nothing to exclude":    {[]string{"exclude", "add", "--kind", "own"}, "", 2, "which values"},
		"not a domain":          {[]string{"exclude", "add", "--kind", "own", "ada@example.com"}, "", 2, "ada@example.com"},
		"not on the list":       {[]string{"exclude", "remove", "--kind", "own", "example.com"}, "", 1, "not on the list"},
		"import without a file": {[]string{"import"}, "", 2, "say which file"},
		"import without a map":  {[]string{"import", "x.csv"}, "", 2, "--map"},
		"import of nothing":     {[]string{"import", "x.csv", "--map", "x.yaml"}, "", 1, "x.yaml"},
		"wrong setting":         {[]string{"user", "list", "--database-url", "mysql://x"}, "", 2, "DATABASE_URL: got"},
		"redis that is away":    {[]string{"rebuild", "--redis-url", "redis://127.0.0.1:1"}, "", 1, "redis does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			r := hotleads(t, env, test.stdin, test.args...)
			if r.status != test.status || !strings.Contains(r.err, test.want) {
				t.Errorf("status %d, want %d with %q: %s", r.status, test.status, test.want, r.err)
			}
			if r.out != "" || strings.Count(r.err, "\n") != 1 || !strings.HasPrefix(r.err, "hotleads") {
				t.Errorf("want one line on standard error and nothing else: %q, %q", r.out, r.err)
			}
		})
	}
}

// A command does not say it is done when what it prints can't be written.
func TestClosedOutput(t *testing.T) {
	out, in := io.Pipe()
	out.Close()
	var errs bytes.Buffer
	if status := run(t.Context(), []string{"version"}, getenv(nil), strings.NewReader(""), in, &errs); status != statusFailed {
		t.Errorf("status %d, want %d", status, statusFailed)
	}
}

func TestParseFlagsAnywhere(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"before":   {[]string{"--kind", "own", "a.com"}, []string{"a.com"}},
		"behind":   {[]string{"a.com", "--kind", "own"}, []string{"a.com"}},
		"between":  {[]string{"a.com", "--kind=own", "b.com"}, []string{"a.com", "b.com"}},
		"behind--": {[]string{"--kind", "own", "--", "--a.com", "b.com"}, []string{"--a.com", "b.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			fs, _, _ := excludeAdd().flags()
			rest, err := parse(fs, test.args)
			if err != nil || !slices.Equal(rest, test.want) || fs.Lookup("kind").Value.String() != "own" {
				t.Errorf("got %q, %v; kind %s", rest, err, fs.Lookup("kind").Value)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	if out := done(t, nil, "", "version"); !strings.HasPrefix(out, "hotleads ") || strings.Count(out, "\n") != 4 {
		t.Errorf("got %q", out)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	env := database(t)
	const instances = 4
	failed := make(chan error, instances)
	for range instances {
		go func() {
			out, err := program(t, env, "migrate").CombinedOutput()
			if err != nil {
				err = errors.Join(err, errors.New(string(out)))
			}
			failed <- err
		}()
	}
	for range instances {
		if err := <-failed; err != nil {
			t.Errorf("a migration beside others failed: %v", err)
		}
	}
	if out := done(t, env, "", "migrate"); out != "The database is up to date.\n" {
		t.Errorf("afterwards: %q", out)
	}
}

func TestDisableGivesBack(t *testing.T) {
	env := database(t)
	done(t, env, "", "team", "add", "--name", "EMEA")
	done(t, env, "correct horse", "user", "add", "--email", "rosa@example.com", "--name", "Rosa", "--role", "rep", "--team", "EMEA", "--password-stdin")
	s := openDatabase(t, env)
	desk := lead.NewDesk(s, elsewhere{}, elsewhere{}, (&cli{stderr: io.Discard}).logger(settings{}))
	now := lead.Now()
	rosa, err := s.User(t.Context(), "rosa@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.TakeAt(t.Context(), []lead.Message{
		{ID: "1", Type: lead.Identify, UserID: "ada", Traits: map[string]any{"email": "ada@example.org"}, OccurredAt: now, ReceivedAt: now},
		{ID: "2", Type: lead.Track, UserID: "ada", Event: "Demo Requested", OccurredAt: now, ReceivedAt: now},
	}, now); err != nil {
		t.Fatal(err)
	}
	ada, err := desk.Find(t.Context(), "user:ada", nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Move(t.Context(), ada.ID, lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), now); err != nil {
		t.Fatal(err)
	}
	out := done(t, env, "", "user", "disable", "Rosa@Example.com")
	if !strings.Contains(out, "1 claimed lead went back to the board") {
		t.Errorf("got %q", out)
	}
	if ada, err = desk.Find(t.Context(), ada.ID, nil, lead.Now()); err != nil || ada.Stage != lead.MQL || ada.OwnerID != "" {
		t.Errorf("the lead is %s of %q, want mql of nobody (%v)", ada.Stage, ada.OwnerID, err)
	}
	if _, err := s.SignIn(t.Context(), "rosa@example.com", "correct horse"); !errors.Is(err, lead.ErrForbidden) {
		t.Errorf("a disabled person signs in: %v", err)
	}
}
