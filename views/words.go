package views

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotleads/lead"
)

// Most characters of a text in a list, and of a trait's value on a lead's own page.
const (
	maxShown = 300
	maxWhole = 4000
)

// oneLine is a text as it stands in a line: clipped, control characters and line
// ends become spaces, and the marks that turn the direction of the text around
// them are dropped.
func oneLine(s string) string { return lineOf(s, maxShown) }

func lineOf(s string, most int) string {
	if len(s) > most {
		if r := []rune(s); len(r) > most {
			s = string(r[:most-1]) + "…"
		}
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r) && r != '\u061c':
			return -1
		}
		return r
	}, s)
}

// round shows a score or points as people read them.
func round(f float64) string {
	return strconv.FormatInt(int64(math.Round(f)), 10)
}

// tenth is the precision of data-score and of receipts: fine enough to add
// up, coarse enough that decay rewrites a row twice an hour, not each second.
func tenth(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	if s == "-0.0" {
		return "0.0"
	}
	return s
}

// signed shows points with their sign, with a real minus.
func signed(f float64) string {
	r := math.Round(f)
	if r < 0 {
		return "−" + strconv.FormatInt(int64(-r), 10)
	}
	return "+" + strconv.FormatInt(int64(r), 10)
}

// signedTenth is signed with one decimal.
func signedTenth(f float64) string {
	if s := tenth(math.Abs(f)); f < 0 && s != "0.0" {
		return "−" + s
	} else {
		return "+" + s
	}
}

// Minutes is a stretch of business time as people say it: "6 min", "1:05 h".
func Minutes(d time.Duration) string {
	n := int(math.Round(d.Minutes()))
	if n < 60 {
		return strconv.Itoa(n) + " min"
	}
	return fmt.Sprintf("%d:%02d h", n/60, n%60)
}

// Later is how much later something was done.
func Later(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "within a minute"
	case d < 48*time.Hour:
		return Minutes(d) + " later"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " days later"
}

// Count is a number of things with their name.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// times says how often, in words; once needs none.
func times(n int) string {
	switch {
	case n < 2:
		return ""
	case n == 2:
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// delta is a change of the score with its direction.
func delta(n int) string {
	if n < 0 {
		return "▼ " + strconv.Itoa(-n)
	}
	return "▲ " + strconv.Itoa(n)
}

// initials of a name: of its first and its last word.
func initials(name string) string {
	words := strings.Fields(name)
	if lead.Blank(name) {
		return "?"
	}
	first := firstLetter(words[0])
	if len(words) == 1 {
		return first
	}
	return first + firstLetter(words[len(words)-1])
}

func firstLetter(word string) string {
	for _, r := range word {
		if unicode.IsPrint(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return ""
}

// colleague is how somebody is named in a clock's label: "Sam decides".
func colleague(name string) string { return cmp.Or(lead.FirstName(name), name) }

// rfc3339 is the form of all datetime attributes.
func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// wallClock is what a clock shows until the browser ticks: day and time in
// the zone that t carries. It doesn't depend on now, so it never goes stale.
func wallClock(t time.Time) string { return t.Format("Mon 15:04") }

// dayTime is a moment in lists; the browser writes it in the reader's zone.
func dayTime(t time.Time) string { return t.Format("2 Jan 2006, 15:04") }

// seconds of a target, for the bar.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// left is what a clock labels: mine and theirs differ, the style sheet picks.
// signalText is a signal's words; the first of a row begins with a capital.
func signalText(i int, text string) string {
	text = oneLine(text)
	if first, size := utf8.DecodeRuneInString(text); i == 0 && size > 0 {
		return string(unicode.ToUpper(first)) + text[size:]
	}
	return text
}

func left(kind string) string {
	switch kind {
	case "decision":
		return txtLeftToDecide
	case "touch":
		return txtLeftToCall
	case "response":
		return txtLeftToReach
	}
	return txtLeftToClaim
}

// theirs labels the clock of a lead that a colleague holds.
func theirs(kind, name string) string {
	switch kind {
	case "touch":
		return colleague(name) + " " + txtCalls
	case "response":
		return txtLeftToReach
	}
	return colleague(name) + " " + txtDecides
}

// moveURL is where the form of a move posts to.
func moveURL(id, move string) string { return "/leads/" + url.PathEscape(id) + "/" + move }

func leadURL(id string) string { return "/leads/" + url.PathEscape(id) }

func boardURL(slug string, mine bool) string {
	u := "/board"
	if slug != "" {
		u += "/" + url.PathEscape(slug)
	}
	if mine {
		u += "?mine=1"
	}
	return u
}

// org is what is known of company and title, each on one line.
func org(company, title string) []string {
	parts := make([]string, 0, 2)
	for _, s := range []string{company, title} {
		if s = strings.TrimSpace(oneLine(s)); s != "" {
			parts = append(parts, s)
		}
	}
	return parts
}

// asking is a refusal in the words of a page that shows the choices: instead
// of naming the fields it says what to do with them.
func asking(message, ask string) string {
	switch {
	case ask == "return" && strings.HasPrefix(message, "Say why"):
		return txtChooseReason
	case ask == "touch" && strings.HasPrefix(message, "Say how"):
		return txtChooseOutcome
	}
	return message
}

func waitingText(n int) string {
	if n <= 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// telURL keeps what a phone understands.
func telURL(phone string) string {
	return "tel:" + strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, phone)
}

func mailURL(email string) string { return "mailto:" + url.PathEscape(email) }

// curl is the first event a newcomer can send.
func curl(base string) string {
	return fmt.Sprintf(`curl -u WRITE_KEY: %s/v1/batch \
  -H 'Content-Type: application/json' -d '{"batch":[
    {"type":"identify","userId":"42","traits":
      {"name":"Ada Byron","email":"ada@analytical.example"}},
    {"type":"track","userId":"42","event":"Demo Requested"}]}'`, base)
}

func mineText(n int) string {
	if n < 0 {
		return "0"
	}
	return strconv.Itoa(n)
}

func orderOf(rows []RenderedRow) []byte {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return orderBytes(ids)
}

func nobodyOr(name string) string {
	if name == "" {
		return txtNobody
	}
	return name
}

func dashOr(s string) string {
	if s == "" {
		return txtUnknownTeam
	}
	return s
}

func amountHint(currency string) string {
	if currency == "" {
		return txtAmount
	}
	return txtAmount + ", " + currency
}
