package lead

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Display is a screen on a wall. Whoever has its link sees its team's board, and
// nothing else.
type Display struct {
	ID        string
	Name      string
	TeamID    string
	Privacy   Privacy
	CreatedBy string // user id; "" for who worked at the command line
	CreatedAt time.Time
	LinkedAt  time.Time // when its present link was made
	RevokedAt time.Time
	SeenAt    time.Time // a stream of it was open; at most a minute old while one is
}

// The administrative acts on displays.
const (
	DisplayAdded   Deed = "display.add"
	DisplayChanged Deed = "display.change"
	DisplayLinked  Deed = "display.link" // a new link took the place of the old one
	DisplayRevoked Deed = "display.revoke"
)

// Living tells whether the display's link opens its board.
func (d Display) Living() bool { return d.RevokedAt.IsZero() }

// Check refuses (ErrInvalid) a display whose name, team or privacy is not right.
// A display shows the board of a team that is there and not disabled.
func (d Display) Check(team *Team) error {
	name := CheckName("name", "the display", d.Name)
	if strings.TrimSpace(d.Name) == "" {
		name = invalid("name", "say where the display hangs")
	}
	var board, shows error
	switch {
	case team == nil:
		board = invalid("team", "choose the team whose board it shows")
	case !team.DisabledAt.IsZero():
		board = invalid("team", "the team %s is disabled", team.Name)
	}
	if !slices.Contains(Privacies, d.Privacy) {
		shows = invalid("privacy", "choose how much it shows: full, initials or company")
	}
	return Together(name, board, shows)
}

// SilentFor is how much open time of its team may pass before a display that is
// not seen is missed.
const SilentFor = 10 * time.Minute

// Missed tells whether the display should have been seen and was not: for ten
// minutes of its team's hours, counted from when it was last seen, or made.
func (d Display) Missed(rules *Rules, team *Team, now time.Time) bool {
	last := d.SeenAt
	if last.IsZero() {
		last = d.CreatedAt
	}
	return d.Living() && rules.CalendarOf(team).Elapsed(last, now) >= SilentFor
}

// Privacy is how much of a lead a display shows.
type Privacy string

// The levels, from most to least: "Ada B., Analytical Engines"; "A. B.,
// Analytical Engines"; "Analytical Engines". No level shows more.
const (
	ShowFull     Privacy = "full"
	ShowInitials Privacy = "initials"
	ShowCompany  Privacy = "company"
)

// Privacies lists the levels.
var Privacies = []Privacy{ShowFull, ShowInitials, ShowCompany}

// Name is what the level shows of the lead's name; "" where that is nothing.
// What stands there as a name may be an address or a number: that is none.
func (p Privacy) Name(l *Lead) string {
	if p == ShowCompany {
		return ""
	}
	given, family := nameParts(l.Name)
	if p != ShowFull || shyScript(given) || isFamilyName(l, given) {
		given = initial(given)
	}
	return strings.TrimSpace(given + " " + initial(family))
}

// Company is the lead's company as displays show it: not what is an address.
func (p Privacy) Company(l *Lead) string {
	if strings.ContainsRune(l.Company, '@') {
		return ""
	}
	return strings.Join(strings.Fields(l.Company), " ")
}

// FirstName is a colleague's first name, as displays name them; "" where the
// name is an address.
func FirstName(name string) string {
	given, _ := nameParts(name)
	return given
}

// nameParts are the first and the last word of a name; "Byron, Ada" is turned
// around. A word with anything but letters and what joins them is part of an
// address or a number: then there is no name.
func nameParts(name string) (given, family string) {
	if last, first, comma := strings.Cut(name, ","); comma {
		if len(strings.Fields(last)) == 1 {
			name = first + " " + last
		} else { // "Ada Byron, PhD"
			name = last
		}
	}
	words := strings.Fields(name)
	if len(words) == 0 || slices.ContainsFunc(words, func(w string) bool { return !isNameWord(w) }) {
		return "", ""
	}
	if len(words) > 1 {
		family = words[len(words)-1]
	}
	return words[0], family
}

func isNameWord(w string) bool {
	letters := 0
	for _, r := range w {
		switch {
		case unicode.IsLetter(r):
			letters++
		case !unicode.IsMark(r) && !strings.ContainsRune(".-'’‘·()\"“”", r):
			return false
		}
	}
	return letters > 0
}

// shyScript tells whether a word is in a script that writes the family name
// first, or the whole name in one word.
func shyScript(w string) bool {
	return strings.ContainsFunc(w, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
	})
}

// isFamilyName: only a family name is known.
func isFamilyName(l *Lead, word string) bool {
	for _, trait := range []string{"lastName", "last_name"} {
		if s, ok := l.Traits[trait].(string); ok && strings.EqualFold(strings.TrimSpace(s), word) {
			return true
		}
	}
	return false
}

// initial is a word's first letter with a full stop.
func initial(w string) string {
	for _, r := range w {
		if unicode.IsLetter(r) {
			return string(unicode.ToUpper(r)) + "."
		}
	}
	return ""
}

// Day is what a team did on one day, as its wall tells it.
type Day struct {
	HandedOver int // leads that became ready for sales
	Accepted   int // leads that were accepted; undone ones don't count
	Claims     []Taken
	Wins       []Deal
}

// Taken is a lead that a rep took from those that waited.
type Taken struct {
	OwnerID string
	At      time.Time
	Used    time.Duration // business time it waited
	Closed  bool          // it came while the team was closed
}

// Deal is a lead that was won.
type Deal struct {
	LeadID, OwnerID string
	At              time.Time // when it was recorded here
}

// Fastest is the quickest claim of a lead that came while the team was open;
// false where there is none.
func (d Day) Fastest() (Taken, bool) {
	var best Taken
	found := false
	for _, t := range d.Claims {
		if !t.Closed && (!found || t.Used < best.Used) {
			best, found = t, true
		}
	}
	return best, found
}

// Last is the last claim; false where there is none.
func (d Day) Last() (Taken, bool) {
	if len(d.Claims) == 0 {
		return Taken{}, false
	}
	return slices.MaxFunc(d.Claims, func(a, b Taken) int { return a.At.Compare(b.At) }), true
}
