package faults

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"hotleads/test/testenv"
)

// smallDisk mounts a disk of some megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := asRoot("mount", "-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", dir); err != nil {
		testenv.LeaveOut(t, "a full disk", fmt.Sprintf("only root may make a small one, on Linux: %v %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := asRoot("umount", "-l", dir); err != nil {
			t.Errorf("unmount: %v %s", err, out)
		}
	})
	return dir
}

func asRoot(command ...string) ([]byte, error) {
	if os.Getuid() != 0 {
		command = append([]string{"sudo", "-n"}, command...)
	}
	return exec.Command(command[0], command[1:]...).CombinedOutput()
}

// fill leaves no room on the disk of a folder; the file that takes it is returned.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return path
}

// A full disk under SQLite is told as such, harms nothing, and is over when there
// is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	w := newWorld(t, "sqlite:"+filepath.Join(dir, "data", "hotleads.db"), "embedded:", 1)
	rosa := w.instances[0].signIn("Rosa")
	id := w.instances[0].lead("ada")
	traffic := w.send(2, func() []*instance { return w.instances })
	traffic.flows("messages are taken in")
	filler := fill(t, dir)
	w.eventually("messages are not acknowledged", func() error {
		traffic.mu.Lock()
		defer traffic.mu.Unlock()
		if traffic.not < 20 { // each of them a 503 that says when to come back, or it is odd
			return fmt.Errorf("%d were not", traffic.not)
		}
		if !strings.Contains(traffic.why, "disk is full") {
			return fmt.Errorf("they are told %s", traffic.why)
		}
		return nil
	})
	if status, body, err := w.instances[0].get(rosa, "/board/emea"); err != nil || status != http.StatusOK {
		t.Errorf("a board on a full disk: %d %.300s %v", status, body, err)
	}
	if status, body, err := w.instances[0].move(id, "claim", "rosa@vendor.example"); err != nil || status != http.StatusServiceUnavailable || !strings.Contains(fmt.Sprint(body), "disk is full") {
		t.Errorf("a move on a full disk: %d %v %v", status, body, err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	ended := time.Now()
	traffic.flows("messages are taken in again")
	traffic.stop()
	w.heals(ended)
	var whole string
	if err := w.db.GetContext(t.Context(), &whole, `PRAGMA integrity_check`); err != nil || whole != "ok" {
		t.Errorf("the file is %q, %v", whole, err)
	}
}
