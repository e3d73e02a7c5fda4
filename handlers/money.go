package handlers

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"hotleads/lead"
)

// currency is the company's. People write and read its major units; everything
// else is integer minor units, a hundred to one.
const currency = lead.Currency

// money is an amount as people read it: 1200.50 EUR.
func money(minor int64) string { return fmt.Sprintf("%d.%02d %s", minor/100, minor%100, currency) }

// amount is money of a form. A wrong one is -1, which no move takes, until it is
// its turn to be refused.
type amount struct {
	minor int64
	bad   error
}

// UnmarshalJSON takes whole numbers: the API speaks of minor units.
func (a *amount) UnmarshalJSON(b []byte) error {
	*a = amount{}
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		*a = amount{-1, lead.Invalid("amount", "the amount is %s; it wants a whole number of minor units, such as 120000", b)}
		return nil
	}
	a.minor = n
	return nil
}

// majorForm is how people write money, here or elsewhere: 1200, 1200.5, 1,200.50,
// 1.200,50 or 1 200,50. Three digits behind a mark are thousands.
var majorForm = regexp.MustCompile(`^(?:(\d{1,13})(?:[.,](\d{1,2}))?|(\d{1,3}(?:,\d{3})+)(?:\.(\d{1,2}))?|(\d{1,3}(?:\.\d{3})+)(?:,(\d{1,2}))?|` +
	`(\d{1,3}(?:[ \x{a0}\x{202f}\x{2019}']\d{3})+)(?:[.,](\d{1,2}))?)$`)

// majorAmount reads money as people write it, in major units; empty is none.
func majorAmount(text string) amount {
	text = strings.TrimSpace(text)
	if text == "" {
		return amount{}
	}
	bad := amount{-1, lead.Invalid("amount", "%q is not an amount such as 1200 or 1,200.50", text)}
	m := majorForm.FindStringSubmatch(text)
	if m == nil {
		return bad
	}
	whole := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, m[1]+m[3]+m[5]+m[7])
	n, err := strconv.ParseInt(whole+(m[2] + m[4] + m[6] + m[8] + "00")[:2], 10, 64)
	if err != nil || len(whole) > 13 {
		return bad
	}
	return amount{minor: n}
}
