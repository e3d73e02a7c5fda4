package views_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotleads/views"
)

var (
	inlineStyle   = regexp.MustCompile(`(?i)<[^>]*\sstyle\s*=|<style`)
	inlineHandler = regexp.MustCompile(`(?i)<[^>]*\s(on[a-z]+|hx-on[^=\s]*)\s*=`)
	inlineScript  = regexp.MustCompile(`(?i)<script[^>]*>\s*[^<\s]`)
	foreign       = regexp.MustCompile(`(?i)\s(src|href|action)="(https?:)?//`)
	ids           = regexp.MustCompile(`\sid="([^"]*)"`)
)

// The content security policy forbids these; a browser would block them
// without a word to the reader.
func TestPagesKeepThePolicy(t *testing.T) {
	for name, c := range pages(t, due) {
		var b bytes.Buffer
		if err := c.Render(t.Context(), &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		html := b.String()
		for what, re := range map[string]*regexp.Regexp{"inline style": inlineStyle, "inline handler": inlineHandler, "inline script": inlineScript, "foreign address": foreign} {
			if at := re.FindString(html); at != "" {
				t.Errorf("%s has an %s: %s", name, what, at)
			}
		}
		if strings.Contains(html, "javascript:") || strings.Contains(html, `"js:`) {
			t.Errorf("%s has script in an attribute", name)
		}
		live := strings.Count(html, "data-live=")
		if isLive := strings.HasPrefix(name, "board") || strings.HasPrefix(name, "sla") || strings.HasPrefix(name, "profile") || strings.HasPrefix(name, "wall") || strings.HasPrefix(name, "team") || strings.HasPrefix(name, "notices"); isLive && live != 1 || !isLive && live != 0 {
			t.Errorf("%s has %d streams", name, live)
		}
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] {
				t.Errorf("%s has two elements with the id %s", name, m[1])
			}
			seen[m[1]] = true
		}
		if !strings.HasPrefix(html, "<!doctype html>") {
			t.Errorf("%s begins with %.40s", name, html)
		}
	}
}

func TestNavigationByRole(t *testing.T) {
	for role, want := range map[string]string{
		"rep": "/board /board?mine=1 /leads", "manager": "/board /leads /team /sla",
		"marketing": "/board /leads /sla", "admin": "/board /leads /sla /settings/people",
	} {
		var b bytes.Buffer
		page := views.Page{Viewer: views.Viewer{ID: "u", Name: "N", Role: role}}
		if err := views.ErrorPage(page, views.ErrorModel{Status: 404}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		nav := regexp.MustCompile(`<nav aria-label="Main">.*?</nav>`).FindString(b.String())
		var got []string
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(nav, -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s sees %v, want %s", role, got, want)
		}
	}
}

// A key that does nothing for a manager isn't offered to one.
func TestKeysByRole(t *testing.T) {
	for role, want := range map[string]bool{"rep": true, "manager": false} {
		var b bytes.Buffer
		page := views.Page{Viewer: views.Viewer{ID: "u", Name: "N", Role: role}}
		if err := views.BoardPage(page, views.BoardModel{Slug: "emea"}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"c", "a", "l"} {
			if got := strings.Contains(b.String(), "<dt><kbd>"+key+"</kbd>"); got != want {
				t.Errorf("the key %s is offered to a %s: %t", key, role, got)
			}
		}
		if got := strings.Contains(b.String(), "?mine=1"); got != want {
			t.Errorf("%s is offered their own leads: %t", role, got)
		}
	}
}

func TestPlainFormsAskInWords(t *testing.T) {
	for ask, message := range map[string]string{"return": "Say why: not_now, no_answer.", "touch": "Say how it went: reached, sent."} {
		var b bytes.Buffer
		m := views.ProfileModel{Head: views.ProfileHead{ID: "a"}, Ask: ask, Message: message}
		if err := views.ProfilePage(views.Page{}, m).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), message) || !strings.Contains(b.String(), "Choose ") {
			t.Errorf("%s answers with the names of fields", ask)
		}
	}
}

func TestSetupKeepsWhatWasTyped(t *testing.T) {
	var b bytes.Buffer
	m := views.SetupModel{Company: "Ada & Co", Zone: "Mars", Email: "a@b.c", Errors: map[string]string{"zone": "No such time zone."}}
	if err := views.SetupPage(views.Page{}, m).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`value="Ada &amp; Co"`, `value="Mars"`, `value="a@b.c"`, "No such time zone."} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if regexp.MustCompile(`type="password" value="[^"]`).MatchString(b.String()) {
		t.Error("a password is sent back")
	}
}

func TestErrorPagesSpeak(t *testing.T) {
	for _, status := range []int{401, 403, 404, 409, 422, 429, 500, 503} {
		var b bytes.Buffer
		if err := views.ErrorPage(views.Page{Now: time.Now()}, views.ErrorModel{Status: status}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if h1 := regexp.MustCompile(`<h1>([^<]+)</h1>`).FindStringSubmatch(b.String()); h1 == nil {
			t.Errorf("%d has no words", status)
		}
	}
}
