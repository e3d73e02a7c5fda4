package store_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

func TestOpenTakesAnyPath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{
		"plain.db", "with space.db", "what?is=this&a.db", "half#way.db", "100%.db", "%41.db", "Größe 漢字.db", "a+b;c,d'e\"f.db", ":memory", "file:odd.db",
		"new/folders/made.db", "./here/../there.db", filepath.Join(t.TempDir(), "absolute?.db"), "-_dash.db",
	} {
		t.Run(path, func(t *testing.T) {
			s := storetest.Open(t, "sqlite:"+path)
			if err := s.Set(t.Context(), "company", path); err != nil {
				t.Fatal(err)
			}
			if !s.Embedded() {
				t.Error("a SQLite store says it is none")
			}
			again := storetest.Open(t, "sqlite:"+path)
			if got, err := again.Setting(t.Context(), "company"); got != path || err != nil {
				t.Errorf("opened again, it has %q, %v", got, err)
			}
			for _, suffix := range []string{"", "-wal", "-shm"} {
				info, err := os.Stat(filepath.Clean(path) + suffix)
				if err != nil {
					t.Fatalf("the file is not where it was asked for: %v", err)
				}
				if info.Mode().Perm() != 0o600 {
					t.Errorf("%s%s is %v, want it for its owner alone", path, suffix, info.Mode().Perm())
				}
			}
		})
	}
	if info, err := os.Stat("new"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("a folder that was made: %v, %v, want it for its owner alone", info.Mode(), err)
	}
}

func TestOpenKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shared.db")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, "sqlite:"+path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("a file that was there became %v, %v", info.Mode(), err)
	}
}

func TestOpenRefusesInOneClearLine(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("dear diary\n", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	const secret = "s3cr3t"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	listener.Close()
	for address, want := range map[string]string{
		"":                           "sqlite:PATH or postgres://",
		"mysql://a:" + secret + "@h": "sqlite:PATH or postgres://",
		"sqlite:":                    "path of a file",
		"sqlite::memory:":            "path of a file",
		"sqlite:" + dir:              "is a folder",
		"sqlite:" + dir + "/":        "is a folder",
		"sqlite:" + text:             "not a database",
		"sqlite:" + text + "/a.db":   "not a directory",
		"postgres://u:" + secret + "@" + closed + "/db?sslmode=disable":    "connection refused",
		"postgres://u:" + secret + "@host:port/db":                         "not a valid",
		"postgres://u:" + secret + "/more@host/db":                         "not a valid",
		"postgres://u:" + secret + "%zz@host/db":                           "not a valid",
		"postgres://u:" + secret + "@" + closed + "/db?sslmode=" + "nonse": "",
	} {
		s, err := store.Open(t.Context(), address)
		if err == nil {
			s.Close()
			t.Errorf("%s is opened", address)
			continue
		}
		if got := err.Error(); !strings.Contains(got, want) || strings.Contains(got, "\n") || strings.Contains(got, secret) || len(got) > 250 {
			t.Errorf("%s: %q, want one line with %q and without secrets", address, got, want)
		}
	}
	if got, err := os.ReadFile(text); err != nil || !strings.HasPrefix(string(got), "dear diary") {
		t.Errorf("a file that is no database was changed: %v", err)
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), "sqlite:"+dir+"/a.db"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a folder that may not be written to: %v", err)
	}
}

func TestPostgresPasswordStaysOutOfErrors(t *testing.T) {
	address, err := url.Parse(testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("nobody", "s3cr3t")
	_, err = store.Open(t.Context(), address.String())
	if err == nil || strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a person whom Postgres does not know: %v", err)
	}
	if !errors.Is(err, lead.ErrUnavailable) {
		t.Errorf("%v is not: not available", err)
	}
}

// What SQLite does with a commit must not depend on its defaults.
func TestSQLiteIsDurable(t *testing.T) {
	address := storetest.SQLite(t)
	s := storetest.Open(t, address)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		if got := s.Pragma(t, pragma); got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	// Another process that holds the file makes a writer wait, and a reader not.
	other, err := sqlx.Open("sqlite", "file:"+strings.TrimPrefix(address, "sqlite:")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.BeginTxx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), `INSERT INTO settings (key, value) VALUES ('company', 'other')`); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- s.Set(t.Context(), "company", "ours") }()
	if got, err := s.Setting(t.Context(), "company"); got != "" || err != nil {
		t.Errorf("a reader sees %q, %v of what is not committed", got, err)
	}
	select {
	case err := <-wrote:
		t.Errorf("a writer did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Errorf("a writer waited and failed: %v", err)
	}
	for range 100 { // what is committed, every reader sees at once
		if got, err := s.Setting(t.Context(), "company"); got != "ours" || err != nil {
			t.Fatalf("a reader sees %q, %v", got, err)
		}
	}
}

// A full disk is nobody's fault who sends activities.
func TestFullDiskIsUnavailable(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	s.Fill(t)
	err := s.Change(t.Context(), func(tx lead.Tx) error {
		return tx.Append(t.Context(), []lead.Activity{{MessageID: "m", LeadID: "l", Name: strings.Repeat("long ", 1e5), OccurredAt: time.Now(), ReceivedAt: time.Now()}})
	})
	if !errors.Is(err, lead.ErrUnavailable) || !errors.Is(err, lead.ErrFull) {
		t.Errorf("%v, want: not available, for the disk is full", err)
	}
}

func TestSignInGivesUpWaitingForItsTurn(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	store.Crowd(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.SignIn(ctx, "rosa@acme.example", "correct horse")
	if !errors.Is(err, lead.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want: not available, for the time was over", err)
	}
}
