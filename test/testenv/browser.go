package testenv

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"iter"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Screen is what a browser shows a page on. The zero value is a laptop in light mode.
type Screen struct {
	Width, Height int64 // CSS pixels; 0 is 1280 × 800
	Dark          bool  // prefers-color-scheme: dark
	Still         bool  // prefers-reduced-motion: reduce
	NoScript      bool  // JavaScript is off
}

// browserTimeout bounds the whole of what a test does with one tab, so that a page that never becomes
// what a test waits for fails that test and not the suite.
const browserTimeout = 5 * time.Minute

// shared is the Chromium of this test binary: starting one costs a second or more, a profile in it
// next to nothing.
var shared struct {
	sync.Mutex
	ctx     context.Context // nil: not started yet
	profile string
}

// Browser returns the context, for chromedp, of a tab in a fresh profile of this test's own: it shares
// cookies, storage, workers and connections with no other test, and ends with this one. The headless
// Chromium around it is shared by a package's tests, whose TestMain calls [CloseBrowser]. It reaches
// this machine only: any other host fails to resolve and shows up in Complaints.
func Browser(t testing.TB, screen Screen) context.Context {
	t.Helper()
	return tab(t, chromium(t), screen, chromedp.WithNewBrowserContext())
}

// Tab opens one more tab in the profile of a tab that [Browser] returned.
func Tab(t testing.TB, of context.Context, screen Screen) context.Context {
	t.Helper()
	return tab(t, of, screen)
}

func tab(t testing.TB, parent context.Context, screen Screen, options ...chromedp.ContextOption) context.Context {
	t.Helper()
	own, _ := chromedp.NewContext(parent, options...)
	t.Cleanup(func() {
		if err := chromedp.Cancel(own); err != nil {
			t.Logf("close the tab: %v", err)
		}
	})
	// The first Do ties the tab's life to the context it is given.
	if err := chromedp.Do(own); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	ctx, cancel := context.WithTimeout(own, browserTimeout)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, Show(screen)); err != nil {
		t.Fatalf("set the tab's screen: %v", err)
	}
	return ctx
}

// Worker returns the context of the shared worker that the profile of a tab runs, for scripts only.
func Worker(t testing.TB, of context.Context) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(of, chromedp.WithTargetID(worker(t, of)), chromedp.WithDetachOnCancel())
	t.Cleanup(cancel)
	return ctx
}

// EndWorker ends that worker, as a browser does that wants its memory back.
func EndWorker(t testing.TB, of context.Context) {
	t.Helper()
	if _, err := cdp.Call(of, chromedp.FromContext(of).Browser, target.CloseTarget, target.CloseTargetParams{TargetID: worker(t, of)}); err != nil {
		t.Fatalf("end the shared worker: %v", err)
	}
}

func worker(t testing.TB, of context.Context) target.ID {
	t.Helper()
	all, err := chromedp.Targets(of)
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all {
		if info.Type == "shared_worker" && info.BrowserContextID == chromedp.FromContext(of).BrowserContextID {
			return info.TargetID
		}
	}
	t.Fatal("no shared worker runs")
	return ""
}

// BeforePages runs a script in each page that a tab loads from now on, before the page's own.
func BeforePages(script string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	})
}

// InZone takes a tab to another time zone (an IANA name).
func InZone(zone string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: zone})
		return err
	})
}

// chromium starts the browser, if no test has yet.
func chromium(t testing.TB) context.Context {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	path := Chromium(t)
	profile, err := os.MkdirTemp("", "chromium-test-*")
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.UserDataDir(profile),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// Of servers over TLS, those of package httptest are believed.
		chromedp.Flag("ignore-certificate-errors-spki-list", testServersKey()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"),
		// Chromium refuses to run as root with its sandbox on, and should have it on otherwise.
		chromedp.Flag("no-sandbox", os.Getuid() == 0),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, _ := chromedp.NewContext(allocator)
	if err := chromedp.Do(browser); err != nil {
		_ = os.RemoveAll(profile)
		t.Fatalf("start Chromium: %v", err)
	}
	shared.ctx, shared.profile = browser, profile
	return browser
}

// testServersKey names the key of all servers over TLS that package httptest starts, as Chromium does.
func testServersKey() string {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	sum := sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// CloseBrowser ends the browser that tests shared, if any used one. A package whose tests do calls it
// when they are over:
//
//	func TestMain(m *testing.M) {
//		defer testenv.CloseBrowser()
//		m.Run()
//	}
func CloseBrowser() {
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx == nil {
		return
	}
	// Waits until the browser is gone, as far as it goes within reason: its profile is deleted right after.
	ctx, cancel := context.WithTimeout(shared.ctx, cleanupTimeout)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "close the browser:", err)
	}
	_ = os.RemoveAll(shared.profile)
	shared.ctx = nil
}

// Show gives a tab another screen.
func Show(screen Screen) chromedp.Action[chromedp.Void] {
	width, height := screen.Width, screen.Height
	if width == 0 {
		width, height = 1280, 800
	}
	scheme, motion := "light", "no-preference"
	if screen.Dark {
		scheme = "dark"
	}
	if screen.Still {
		motion = "reduce"
	}
	media := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
				{Name: "prefers-reduced-motion", Value: motion},
			},
		}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: screen.NoScript})
		return err
	})
	return chromedp.Steps(chromedp.EmulateViewport(width, height), media)
}

// Complaints listens to a tab's console. Each call of the returned function gives the errors, warnings
// and uncaught exceptions since the call before: what a page under test must not have. It runs a line of
// script in the tab, so it needs a page with JavaScript on.
func Complaints(t testing.TB, ctx context.Context) func() []string {
	t.Helper()
	next, stop := iter.Pull2(chromedp.Console(ctx))
	t.Cleanup(stop)
	return func() []string {
		t.Helper()
		// A marker of our own ends the list: what the page wrote before stands before it.
		marker := rand.Text()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("console.debug(%q), true", marker))); err != nil {
			t.Fatalf("mark the console: %v", err)
		}
		var complaints []string
		for {
			message, err, ok := next()
			if err != nil || !ok {
				t.Fatalf("read the console: %v", err)
			}
			switch message.Type {
			case chromedp.ConsoleDebug:
				if message.Text == marker {
					return complaints
				}
			case chromedp.ConsoleWarning, chromedp.ConsoleError, chromedp.ConsoleException, "assert":
				complaints = append(complaints, fmt.Sprintf("%s (%s:%d)", message, message.URL, message.Line+1))
			}
		}
	}
}
