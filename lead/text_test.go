package lead

import (
	"strings"
	"testing"
	"time"
)

func TestBlankTexts(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, " \t\u00a0\u3000": true, "\u200b": true, "\u200b\u200c\u200d\u2060\ufeff": true, "\u202e\u2066": true, "\u3164": true, "\u115f\u1160": true, "\uffa0": true, "\u2800": true, "\ufe0f": true,
		"\U000e0061\U000e007f": true, "\u00ad": true, "\x01": true, "\u034f": true,
		"Ada": false, "\u200bAda": false, ".": false, "日本": false, "م": false, "\U0001f525": false, "0": false,
	} {
		if got := Blank(text); got != want {
			t.Errorf("%+q is blank: %v", text, got)
		}
	}
}

// TestUnseenNamesAreNone: what nobody can see says nothing, so that what is known
// stays, and what stands for a lead can be seen and clicked.
func TestUnseenNamesAreNone(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	for _, unseen := range []string{"", "  ", "\u200b", "\u200d\u2060", "\u3164\u2800", "\u202e"} {
		p := Profile{Traits: map[string]any{}, TraitTimes: map[string]time.Time{}}
		p.Learn(map[string]any{"name": "Ada", "company": "Analytical", "title": "VP"}, at)
		p.Learn(map[string]any{"name": unseen, "company": map[string]any{"name": unseen}, "title": unseen, "firstName": unseen, "lastName": unseen}, at.Add(time.Hour))
		if p.Name != "Ada" || p.Company != "Analytical" || p.Title != "VP" {
			t.Errorf("%+q makes %q, %q at %q", unseen, p.Name, p.Title, p.Company)
		}
		l := Lead{ID: "0190c1", Profile: Profile{Name: unseen, UserID: unseen, Email: "ada@x.example"}}
		if got := l.DisplayName(); got != "ada@x.example" {
			t.Errorf("named %+q it is called %+q", unseen, got)
		}
		l.Email = ""
		if got := l.DisplayName(); got != "Anonymous 90c1" {
			t.Errorf("named %+q it is called %+q", unseen, got)
		}
	}
}

func TestCopiedAddressesAreTheirOwn(t *testing.T) {
	for given, want := range map[string]string{
		"\ufeffAda@X.example": "ada@x.example", "ada\u200b@x.example": "ada@x.example", " ada@x.example\u200e ": "ada@x.example", "\u202eada@x.example\u202c": "ada@x.example",
		"\u200b": "", "\u200b@\u200b": "", strings.Repeat("\u200b", 300) + "a@b": "a@b",
	} {
		if got := NormalEmail(given); got != want {
			t.Errorf("%+q is %+q, want %+q", given, got, want)
		}
	}
	for given, want := range map[string]string{"\u202a+49 30 1234567\u202c": "+49301234567", "\u200e0049\u200b30 1234567": "+49301234567"} {
		if got := NormalPhone(given); got != want {
			t.Errorf("%+q is %+q, want %+q", given, got, want)
		}
	}
}
