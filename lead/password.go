package lead

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed passwords/common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonText) {
		set[strings.TrimSpace(line)] = true
	}
	return set
})

// Bounds of a new password: characters at least, bytes at most.
const (
	MinPassword = 8
	MaxPassword = 200
)

// CheckPassword is the one rule of new passwords, wherever they are chosen: 8
// characters to 200 bytes, whatever they are made of, but none that everybody
// tries first, and not what the person is called. Refusals are ErrInvalid of
// the field "password". (NIST SP 800-63B: length and lists, no composition.)
func CheckPassword(password string, about ...string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return invalid("password", "the password is too short: at least %d characters, a sentence is easiest to keep", MinPassword)
	}
	if len(password) > MaxPassword {
		return invalid("password", "the password is too long: at most %d bytes", MaxPassword)
	}
	bare := strings.ToLower(strings.TrimSpace(password))
	first, _ := utf8.DecodeRuneInString(bare)
	if common()[bare] || strings.Trim(bare, string(first)) == "" {
		return invalid("password", "that password is one of the first that everybody tries: take another one")
	}
	for _, a := range about {
		if a = strings.ToLower(strings.TrimSpace(a)); a != "" && bare == a {
			return invalid("password", "that password is your name or your address: take another one")
		}
	}
	return nil
}
