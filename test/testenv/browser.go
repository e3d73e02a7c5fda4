package testenv

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Screen is what a browser shows a page on. The zero value is a laptop in light mode.
type Screen struct {
	Width, Height int64 // CSS pixels; 0 is 1280 × 800
	Dark          bool  // prefers-color-scheme: dark
	Still         bool  // prefers-reduced-motion: reduce
	NoScript      bool  // JavaScript is off
}

// browserTimeout bounds the whole of what a test does with one browser, so that a page that never
// becomes what a test waits for fails that test and not the suite.
const browserTimeout = 5 * time.Minute

// Browser starts a headless Chromium of this test's own, with a fresh profile, and returns the context
// of its first tab for chromedp. It ends with the test. It reaches this machine only: any other host
// fails to resolve and shows up in Complaints.
func Browser(t testing.TB, screen Screen) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(Chromium(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"),
		// Chromium refuses to run as root with its sandbox on, and should have it on otherwise.
		chromedp.Flag("no-sandbox", os.Getuid() == 0),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	tab, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		// Waits until the browser is gone: its profile is deleted right after.
		if err := chromedp.Cancel(tab); err != nil {
			t.Logf("close the browser: %v", err)
		}
	})
	// The first Do starts the browser and ties its life to the context it is given.
	if err := chromedp.Do(tab); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	ctx, cancel := context.WithTimeout(tab, browserTimeout)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, Show(screen)); err != nil {
		t.Fatalf("set the browser's screen: %v", err)
	}
	return ctx
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
