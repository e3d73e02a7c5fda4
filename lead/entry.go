package lead

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Entry is what somebody says of a lead by hand: a person on a page or a
// program through the API. Its texts are UTF-8 without NUL; handlers see to that.
type Entry struct {
	UserID string // "": not said
	// Traits by name. The core ones (email, phone, name, company, title, country)
	// are texts; firstName and lastName make the name where that is not said.
	// Nil, or a text left empty, forgets a trait; for a new lead it says nothing.
	Traits  map[string]any
	TeamID  string // Add: on whose board it is to be; "": routing decides when it qualifies
	Source  string // Add: where the lead came from; "": "by hand" from a page, "api" from a program
	Version int64  // Correct: the version that was looked at; 0: whichever it is
	Bad     error  // what of it could not be read at all; told after the refusals that go before ErrInvalid
}

// coreTraits have a field of their own in a profile.
var coreTraits = []string{"email", "phone", "name", "company", "title", "country"}

// Most characters of what is said by hand.
const (
	maxCore = 1000 // of a core trait
	maxName = 255  // of a user id, a source and a trait's name
)

// message is the entry as an identify would say it at a moment, its values in
// their normal forms; ErrInvalid names each field that is none.
func (e Entry) message(now time.Time) (Message, error) {
	m := Message{Type: Identify, UserID: strings.TrimSpace(e.UserID), Traits: make(map[string]any, len(e.Traits)), OccurredAt: now, ReceivedAt: now}
	bad := []error{e.Bad}
	for _, said := range [][2]string{{"user_id", m.UserID}, {"source", e.Source}} {
		if n := utf8.RuneCountInString(said[1]); n > maxName {
			bad = append(bad, invalid(said[0], "%s has %d characters; at most %d fit", said[0], n, maxName))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Traits)) {
		v, err := entryTrait(name, e.Traits[name])
		if err != nil {
			bad = append(bad, err)
			continue
		}
		m.Traits[strings.TrimSpace(name)] = v
	}
	if err := Together(bad...); err != nil {
		return m, err
	}
	return m, m.wholeName()
}

// entryTrait is one trait as it is kept: texts trimmed, an empty one is nil.
func entryTrait(name string, v any) (any, error) {
	core := slices.Contains(coreTraits, strings.TrimSpace(name))
	field := strings.TrimSpace(name)
	if !core {
		field = "traits." + clip(field, 60)
	}
	switch trimmed := strings.TrimSpace(name); {
	case trimmed == "":
		return nil, invalid("traits", "a trait has no name")
	case utf8.RuneCountInString(trimmed) > maxName:
		return nil, invalid(field, "the name of a trait has at most %d characters", maxName)
	case trimmed == "email_domain" || trimmed == "email_kind":
		return nil, invalid(field, "%s follows from the email: change that", trimmed)
	case trimmed == "user_id":
		return nil, invalid(field, "user_id is no trait: it stands beside them")
	}
	text, isText := v.(string)
	if isText {
		v = nil
		if text = strings.TrimSpace(text); text != "" {
			v = text
		}
	}
	if !core || v == nil {
		return v, nil
	}
	switch n := utf8.RuneCountInString(text); {
	case !isText:
		return nil, invalid(field, "%s is not text", field)
	case n > maxCore:
		return nil, invalid(field, "%s has %d characters; at most %d fit", field, n, maxCore)
	case field == "email" && NormalEmail(text) == "":
		return nil, invalid(field, "%q is not an email address such as ada@example.com", clip(text, 60))
	case field == "phone" && NormalPhone(text) == "":
		return nil, invalid(field, "%q is not an international telephone number such as +49 30 123456", clip(text, 60))
	}
	return v, nil
}

// wholeName makes the name of first and last name that are said together, for
// one alone would stand for both.
func (m Message) wholeName() error {
	first, saysFirst := m.Traits["firstName"]
	last, saysLast := m.Traits["lastName"]
	if _, said := m.Traits["name"]; said || (!saysFirst && !saysLast) {
		return nil
	}
	for field, v := range map[string]any{"firstName": first, "lastName": last} {
		if _, ok := v.(string); v != nil && !ok {
			return invalid("traits."+field, "%s is not text", field)
		}
	}
	name := strings.TrimSpace(textTrait(first) + " " + textTrait(last))
	switch {
	case saysFirst != saysLast:
		return invalid("name", "say the name, or both first and last name")
	case name == "":
		m.Traits["name"] = nil
	default:
		m.Traits["name"] = name
	}
	return nil
}

// dropUnsaid leaves out what is not said: of a new lead there is nothing to forget.
func (m Message) dropUnsaid() {
	maps.DeleteFunc(m.Traits, func(_ string, v any) bool { return v == nil })
}

// sayNow lifts the moment of an entry over that at which any of its traits was
// said before: two servers' clocks differ, and a correction counts.
func (m *Message) sayNow(p *Profile) {
	for name := range m.Traits {
		if said := p.TraitTimes[name]; said.After(m.OccurredAt) {
			m.OccurredAt = said
		}
	}
}

// kept refuses an entry of which a trait found no room in the profile.
func (m Message) kept(p *Profile) error {
	for _, name := range slices.Sorted(maps.Keys(m.Traits)) {
		if !p.TraitTimes[name].Equal(m.OccurredAt) {
			return invalid("traits", "there is no room for %s: a lead has at most %d traits and %d KiB of them", clip(name, 60), maxTraits, maxTraitBytes>>10)
		}
	}
	return nil
}

// changes names what differs between two states of a profile, for history: core
// traits by name, the others by number, for their names may tell who it is.
func (p *Profile) changes(was Profile) string {
	var names []string
	now, before := p.coreFields(), was.coreFields()
	for _, name := range coreTraits {
		if *now[name] != *before[name] {
			names = append(names, name)
		}
	}
	if p.UserID != was.UserID {
		names = append(names, "user id")
	}
	others := 0
	for name, v := range p.Traits {
		if old, ok := was.Traits[name]; !ok || !reflect.DeepEqual(old, v) {
			others++
		}
	}
	for name := range was.Traits {
		if _, ok := p.Traits[name]; !ok {
			others++
		}
	}
	switch {
	case others == 1:
		names = append(names, "another trait")
	case others > 1:
		names = append(names, fmt.Sprintf("%d other traits", others))
	}
	return strings.Join(names, ", ")
}

// clone is a copy that further traits do not change.
func (p Profile) clone() Profile {
	p.Traits, p.TraitTimes = maps.Clone(p.Traits), maps.Clone(p.TraitTimes)
	return p
}
