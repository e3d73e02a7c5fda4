package views_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
)

// TestGallery takes pictures of every page for a person to look at:
//
//	GALLERY=/some/folder go test -run Gallery ./views/
//	GALLERY=/some/folder PAGES=board,profile WIDTHS=390 SCHEMES=dark go test -run Gallery ./views/
//	GALLERY=/some/folder PAGES=board DO='document.querySelector("#help").showModal()' go test -run Gallery ./views/
//
// DO is a script to run first, UNTIL an expression to wait for after it.
func TestGallery(t *testing.T) {
	folder := os.Getenv("GALLERY")
	if folder == "" {
		t.Skip("pictures are taken with GALLERY=folder")
	}
	list := func(name, all string) []string {
		if v := os.Getenv(name); v != "" {
			return strings.Split(v, ",")
		}
		return strings.Split(all, ",")
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	names := []string{}
	for name := range pages(t, s.now) {
		names = append(names, name)
	}
	slices.Sort(names)
	names = list("PAGES", strings.Join(names, ","))
	for _, scheme := range list("SCHEMES", "light,dark") {
		for _, width := range list("WIDTHS", "390,1280,1920") {
			wide, err := strconv.ParseInt(width, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			screen := testenv.Screen{Dark: scheme == "dark", Width: wide, Height: max(844, wide*9/16), Still: true}
			ctx := testenv.Browser(t, screen) // one each: a browser's time is limited
			for _, name := range names {
				file := filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", name, width, scheme))
				if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/"+name)); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(name, "board") || name == "sla" || strings.HasPrefix(name, "profile") {
					if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector('#connection[data-state=live]') !== null && document.fonts.status === 'loaded'`)); err != nil {
						t.Fatalf("%s never went live: %v", name, err)
					}
				}
				if do := os.Getenv("DO"); do != "" {
					wait := cmp.Or(os.Getenv("UNTIL"), "true")
					if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](do+"; true")); err != nil {
						t.Fatal(err)
					}
					if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+wait+")")); err != nil {
						t.Fatal(err)
					}
				}
				png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
