package sla

import "strings"

// Problem is one thing wrong with a calendar or a policy: where (a path such as
// "hours.mon[0]") and what, with what would be right.
type Problem struct {
	Path, Reason string
}

func (p Problem) Error() string { return p.Path + ": " + p.Reason }

// Problems is everything that is wrong, in the order of the document.
type Problems []Problem

func (p Problems) Error() string {
	all := make([]string, len(p))
	for i, one := range p {
		all[i] = one.Error()
	}
	return strings.Join(all, "; ")
}
