package lead

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
)

//go:embed domains/disposable.txt.gz
var disposableGz []byte

//go:embed domains/free.txt.gz
var freeGz []byte

var disposable = domainList(disposableGz)
var free = domainList(freeGz)

// domainList unpacks a list at first use.
func domainList(gz []byte) func(domain string) bool {
	set := sync.OnceValue(func() map[string]struct{} {
		r, err := gzip.NewReader(bytes.NewReader(gz))
		if err != nil {
			panic(err) // embedded: a broken build
		}
		text, err := io.ReadAll(r)
		if err != nil {
			panic(err)
		}
		names := strings.Fields(string(text))
		m := make(map[string]struct{}, len(names))
		for _, d := range names {
			m[d] = struct{}{}
		}
		return m
	})
	return func(domain string) bool {
		for _, d := range parents(domain) {
			if _, ok := set()[d]; ok {
				return true
			}
		}
		return false
	}
}

// parents is a domain and the domains above it, without the top-level one.
func parents(domain string) []string {
	var out []string
	for d := domain; strings.Contains(d, "."); {
		out = append(out, d)
		_, d, _ = strings.Cut(d, ".")
	}
	return out
}

// EmailKind tells what a mail domain is: "disposable", "free" or "business".
func EmailKind(domain string) string {
	switch {
	case disposable(domain):
		return "disposable"
	case free(domain):
		return "free"
	}
	return "business"
}

// ExclusionKind is one of the company's lists of who never goes on the board.
type ExclusionKind string

// The lists. Own, competitor and customer hold mail domains; do not contact
// holds addresses, domains or phone numbers.
const (
	OwnDomains        ExclusionKind = "own"
	CompetitorDomains ExclusionKind = "competitor"
	CustomerDomains   ExclusionKind = "customer"
	DoNotContact      ExclusionKind = "do_not_contact"
)

// ExclusionKinds lists them with the reason shown under "held back".
var ExclusionKinds = map[ExclusionKind]string{
	OwnDomains: "one of us: own domain", CompetitorDomains: "a competitor’s domain",
	CustomerDomains: "already a customer", DoNotContact: "on the do-not-contact list",
}

// Exclusions are the company's lists: values by kind, folded.
type Exclusions map[ExclusionKind]map[string]bool

// exclusion is why a lead never goes on the board, the list that says so and the
// value that stands on it; the list is "" for a disposable address.
type exclusion struct {
	list       ExclusionKind
	value, why string
}

// excluded says why a lead never goes on the board, or "".
func (r *Rules) excluded(l *Lead) string { return r.exclusion(l).why }

// exclusion finds what excludes the lead; the zero value: nothing.
func (r *Rules) exclusion(l *Lead) exclusion {
	domain := EmailDomain(l.Email)
	for _, k := range []ExclusionKind{DoNotContact, OwnDomains, CompetitorDomains, CustomerDomains} {
		list := r.Excluded[k]
		if len(list) == 0 {
			continue
		}
		if k == DoNotContact {
			for _, v := range []string{l.Email, l.Phone} {
				if v != "" && list[v] {
					return exclusion{k, v, ExclusionKinds[k]}
				}
			}
		}
		for _, d := range parents(domain) {
			if list[d] {
				return exclusion{k, d, ExclusionKinds[k]}
			}
		}
	}
	if domain != "" && disposable(domain) {
		return exclusion{"", domain, "a disposable mail address"}
	}
	return exclusion{}
}

// Excludable is a value as the company's lists keep it: own, competitor and
// customer hold mail domains, do not contact holds addresses, phone numbers and
// domains. What is none of it is ErrInvalid.
func Excludable(kind ExclusionKind, value string) (string, error) {
	v := strings.ToLower(strings.TrimSpace(value))
	if kind == DoNotContact {
		if email := NormalEmail(v); email != "" {
			return email, nil
		}
		if phone := NormalPhone(v); phone != "" {
			return phone, nil
		}
	}
	if d := strings.TrimPrefix(v, "@"); isDomain(d) {
		return d, nil
	}
	if kind == DoNotContact {
		return "", invalid("value", "%q is no address, domain or international phone number", clip(value, 60))
	}
	return "", invalid("value", "%q is no mail domain, as example.com", clip(value, 60))
}

func isDomain(d string) bool {
	labels := strings.Split(d, ".")
	if len(labels) < 2 || len(d) > 253 || strings.ContainsAny(d, " \t@/:,;\"'()<>+") || strings.Trim(labels[len(labels)-1], "0123456789") == "" {
		return false
	}
	return !slices.Contains(labels, "")
}

func joinOr(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
