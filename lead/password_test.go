package lead

import (
	"errors"
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	for about, c := range map[string]struct {
		password string
		ok       bool
	}{
		"a sentence":                       {"the kettle sings at noon", true},
		"eight characters":                 {"kettle-n", true},
		"seven":                            {"kettle-", false},
		"none":                             {"", false},
		"eight of other scripts":           {"чайник п", true},
		"few characters of many bytes":     {"🫖🫖🫖", false},
		"200 bytes":                        {strings.Repeat("kettle nox", 20), true},
		"201":                              {strings.Repeat("kettle nox", 20) + "x", false},
		"no digit, no capital, no symbol":  {"kettlesingsatnoon", true},
		"what everybody tries":             {"password123", false},
		"whatever its case":                {"PassWord123", false},
		"and its edges":                    {" password123 ", false},
		"one character":                    {"zzzzzzzzzzzzzz", false},
		"blanks":                           {"            ", false},
		"one's address":                    {"Rosa@example.com", false},
		"one's name":                       {"rosa van der park", false},
		"what contains it":                 {"rosa van der park sings", true},
		"broken text is as good as any":    {"\xff\xfe\x00 kettle sings", true},
		"a common one with something more": {"password123 at noon", true},
	} {
		err := CheckPassword(c.password, "rosa@example.com", "Rosa van der Park", "")
		var r *Refusal
		if (err == nil) != c.ok || err != nil && (!errors.As(err, &r) || r.Field != "password" || !errors.Is(err, ErrInvalid) || strings.Contains(r.Text, c.password) && c.password != "") {
			t.Errorf("%s: %v", about, err)
		}
	}
	for line := range strings.Lines(commonText) {
		if p := strings.TrimSuffix(line, "\n"); len([]rune(p)) < MinPassword || p != strings.ToLower(p) || p != strings.TrimSpace(p) {
			t.Errorf("%q never stands beside what is compared", p)
		}
	}
}
