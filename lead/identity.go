package lead

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// NormalEmail trims and lower-cases an address, and drops what has no width and
// comes along when one is copied; "" if it is none.
func NormalEmail(s string) string {
	s = strings.ToLower(strings.TrimSpace(withoutFormat(s)))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > 254 || strings.ContainsAny(s, " \t\r\n<>,;\"") {
		return ""
	}
	return s
}

// NormalPhone brings an international number to E.164 (+ and 7 to 15 digits);
// "" if it is none: a national number names nobody without its country.
func NormalPhone(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./()\u00a0\u202f", r) {
			return -1
		}
		return r
	}, strings.Replace(withoutFormat(s), "(0)", "", 1))
	if strings.HasPrefix(s, "00") {
		s = "+" + s[2:]
	}
	if !e164.MatchString(s) {
		return ""
	}
	return s
}

// ParseRef reads how a lead is named in a URL: an id, "email:a@b.c",
// "user:42" or "phone:+49…". An id gives an empty kind.
func ParseRef(ref string) (Identity, error) {
	kind, value, ok := strings.Cut(ref, ":")
	if !ok {
		return Identity{Value: ref}, nil
	}
	id := Identity{Kind: IdentityKind(kind), Value: strings.TrimSpace(value)}
	switch id.Kind {
	case ByEmail:
		id.Value = NormalEmail(value)
	case ByPhone:
		id.Value = NormalPhone(value)
	case ByUser, ByAnonymous:
	default:
		return id, NotFound("the lead " + ref)
	}
	if id.Value == "" {
		return id, NotFound("the lead " + ref)
	}
	return id, nil
}

// coreFields are the traits that have a field of their own.
func (p *Profile) coreFields() map[string]*string {
	return map[string]*string{"email": &p.Email, "phone": &p.Phone, "name": &p.Name, "company": &p.Company, "title": &p.Title, "country": &p.Country}
}

// Learn takes traits as they were said at a moment; what was said later stands,
// whatever the order of arrival. Null forgets a trait; a core one that is blank
// (a field left empty in a form) says nothing. Other traits than the core ones
// are taken while there is room, the first by name first. It tells whether anything changed and whether
// the email or phone did.
func (p *Profile) Learn(traits map[string]any, at time.Time) (changed, contact bool) {
	if len(traits) == 0 {
		return p.composeName(), false
	}
	core, room := p.coreFields(), traitRoom{p: p}
	said := normalTraits(traits)
	for _, name := range slices.Sorted(maps.Keys(said)) {
		v := said[name]
		if at.Before(p.TraitTimes[name]) {
			continue
		}
		if field, ok := core[name]; ok {
			p.TraitTimes[name] = at
			text, _ := v.(string)
			if *field != text {
				*field, changed = text, true
				contact = contact || (text != "" && (name == "email" || name == "phone"))
			}
			continue
		}
		_, heard := p.TraitTimes[name]
		old, ok := p.Traits[name]
		same := fmt.Sprint(old) == fmt.Sprint(v) && ok == (v != nil)
		if (!same || !heard) && !room.takes(name, v) {
			continue
		}
		p.TraitTimes[name] = at
		if same {
			continue
		}
		if v == nil {
			delete(p.Traits, name)
		} else {
			p.Traits[name] = v
		}
		changed = true
	}
	return p.composeName() || changed, contact
}

// composeName makes the name of first and last name, as they are known by now,
// unless a whole name was said since. It tells whether the name changed.
func (p *Profile) composeName() bool {
	for _, parts := range [...][2]string{{"firstName", "lastName"}, {"first_name", "last_name"}} {
		if p.Traits[parts[0]] == nil && p.Traits[parts[1]] == nil {
			continue
		}
		full := strings.TrimSpace(textTrait(p.Traits[parts[0]]) + " " + textTrait(p.Traits[parts[1]]))
		whole := p.TraitTimes["name"]
		since := p.TraitTimes[parts[0]].After(whole) || p.TraitTimes[parts[1]].After(whole)
		if !Blank(full) && full != p.Name && since {
			p.Name = full
			return true
		}
	}
	return false
}

// absorb takes what is known of the same person elsewhere: what was said later
// stands, while there is room for it.
func (p *Profile) absorb(from *Profile) {
	own, theirs, room := p.coreFields(), from.coreFields(), traitRoom{p: p}
	for _, name := range slices.Sorted(maps.Keys(from.TraitTimes)) {
		at := from.TraitTimes[name]
		if said, ok := p.TraitTimes[name]; ok && !at.After(said) {
			continue
		}
		field, core := own[name]
		if !core && !room.takes(name, from.Traits[name]) {
			continue
		}
		p.TraitTimes[name] = at
		if core {
			*field = *theirs[name]
		} else if v, ok := from.Traits[name]; ok {
			p.Traits[name] = v
		} else {
			delete(p.Traits, name)
		}
	}
	p.composeName()
}

// EmailAsGiven is the trait that keeps what was said as an email and is none.
const EmailAsGiven = "email_as_given"

// normalTraits folds what clients send into the names used here: company objects to their name, addresses to their normal form.
func normalTraits(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		out[k] = v
	}
	if c, ok := in["company"].(map[string]any); ok {
		out["company"] = c["name"]
		for k, v := range c {
			if _, given := out[k]; !given && k != "name" && k != "id" {
				out[k] = v
			}
		}
	}
	if a, ok := in["address"].(map[string]any); ok {
		if _, given := in["country"]; !given && a["country"] != nil {
			out["country"] = a["country"]
		}
	}
	for _, k := range []string{"email", "phone", "name", "company", "title", "country"} {
		v, given := out[k]
		if !given {
			continue
		}
		text := textTrait(v)
		if Blank(text) {
			text = ""
		}
		switch {
		case v == nil:
			continue
		case k == "email" && NormalEmail(text) != "":
			text = NormalEmail(text)
		case k == "email" && text != "":
			out[EmailAsGiven], text = text, ""
		case k == "phone" && NormalPhone(text) != "":
			text = NormalPhone(text)
		}
		if text == "" {
			delete(out, k)
			continue
		}
		out[k] = text
	}
	delete(out, "email_domain")
	delete(out, "email_kind")
	delete(out, "user_id")
	return out
}

func textTrait(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64, bool, int, int64:
		return fmt.Sprint(v)
	}
	return ""
}
