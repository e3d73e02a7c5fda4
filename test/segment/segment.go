// Package segment sends activities with the clients that customers already run: Segment's and
// RudderStack's libraries from npm, unmodified, with only their host and write key changed. It is for
// tests. README.md tells what each of them puts on the wire.
//
//	if ok, why := segment.Available(); !ok {
//		testenv.LeaveOut(t, "the Segment clients", why)
//	}
//	err := segment.Send(ctx, segment.Segment, server.URL, writeKey, []segment.Call{
//		{Type: "identify", UserID: "42", Traits: map[string]any{"email": "ada@example.com"}},
//		{Type: "track", UserID: "42", Event: "Products Compared"},
//	})
package segment

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// A Client is one of the npm clients.
type Client string

const (
	Segment Client = "segment" // @segment/analytics-node
	Rudder  Client = "rudder"  // @rudderstack/rudder-sdk-node
)

// Call is one call of a client's method Type: track, identify, page, screen, group or alias. Only what
// is set is passed on, so a client fills in the rest as it does for its users.
type Call struct {
	Type        string         `json:"type"`
	UserID      string         `json:"userId,omitempty"`
	AnonymousID string         `json:"anonymousId,omitempty"`
	Event       string         `json:"event,omitempty"`
	Name        string         `json:"name,omitempty"`
	GroupID     string         `json:"groupId,omitempty"`
	PreviousID  string         `json:"previousId,omitempty"`
	Properties  map[string]any `json:"properties,omitempty"`
	Traits      map[string]any `json:"traits,omitempty"`
	Context     map[string]any `json:"context,omitempty"`
	Timestamp   time.Time      `json:"timestamp,omitzero"`
	MessageID   string         `json:"messageId,omitempty"`
}

// Available tells whether the clients can run here and, if not, what is missing.
func Available() (ok bool, why string) {
	if _, err := exec.LookPath("node"); err != nil {
		return false, "Node.js is not installed (make test installs it)"
	}
	if _, err := os.Stat(filepath.Join(dir(), "node_modules", ".package-lock.json")); err != nil {
		return false, "the npm packages are not installed (make test does it, or npm install --no-save in test/segment)"
	}
	return true, ""
}

// Send makes the calls with the client against host (a URL without a path) and waits until they are
// delivered. The error holds the client's own words. The clients retry what they think is transient, so
// a refusal may take seconds; ctx ends it earlier.
func Send(ctx context.Context, client Client, host, key string, calls []Call) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	for _, call := range calls {
		if err := encoder.Encode(call); err != nil {
			return fmt.Errorf("segment: encode %s call: %w", call.Type, err)
		}
	}
	cmd := exec.CommandContext(ctx, "node", string(client)+".mjs")
	cmd.Dir = dir()
	cmd.Env = append(os.Environ(), "HOST="+host, "WRITE_KEY="+key)
	cmd.Stdin = &lines
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("segment: %s client: %w: %s", client, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// BrowserBundle returns the path of analytics.js as browsers load it: one file that a test serves
// itself. ok is false when the npm packages are not installed.
func BrowserBundle() (path string, ok bool) {
	path = filepath.Join(dir(), "node_modules", "@segment", "analytics-next", "dist", "umd", "standalone.js")
	_, err := os.Stat(path)
	return path, err == nil
}

// dir is the folder of this file, where package.json is: tests run in their own folders.
func dir() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}
