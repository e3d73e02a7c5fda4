package live

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// list reads "a1 b2" as rows a and b at revs 1 and 2.
func list(text string) []shown {
	var rows []shown
	for _, f := range strings.Fields(text) {
		rows = append(rows, shown{id: f[:1], rev: f[1:]})
	}
	return rows
}

func (c change) String() string {
	told := ""
	if c.order != nil && len(c.order) == 0 {
		told = ", told"
	}
	return fmt.Sprintf("gone %v changed %v added %v order %v%s", c.gone, idsOf(c.changed), idsOf(c.added), c.order, told)
}

func TestDiff(t *testing.T) {
	for _, test := range []struct{ name, before, after, want string }{
		{"nothing", "a1 b1", "a1 b1", "gone [] changed [] added [] order []"},
		{"from nothing", "", "a1 b1", "gone [] changed [] added [a b] order [a b]"},
		{"to nothing", "a1 b1", "", "gone [a b] changed [] added [] order [], told"},
		{"changed in place", "a1 b1", "a1 b2", "gone [] changed [b] added [] order []"},
		{"removals leave another order", "a1 b1 c1 d1", "a1 d1", "gone [b c] changed [] added [] order [a d]"},
		{"added behind", "a1", "a1 b1 c1", "gone [] changed [] added [b c] order [a b c]"},
		{"added in front", "a1", "b1 a1", "gone [] changed [] added [b] order [b a]"},
		{"swapped", "a1 b1", "b1 a1", "gone [] changed [] added [] order [b a]"},
		{"replaced in the middle", "a1 b1 c1", "a1 d1 c1", "gone [b] changed [] added [d] order [a d c]"},
		{"everything", "a1 b1 c1", "d1 c2 a1", "gone [b] changed [c] added [d] order [d c a]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := diff(list(test.before), list(test.after))
			if d := cmp.Diff(test.want, c.String()); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if c.empty() != (test.before == test.after) {
				t.Errorf("empty is %v", c.empty())
			}
		})
	}
}

func TestDiffOfParts(t *testing.T) {
	got := idsOf(changedParts(list("a1 b1 c1"), list("c1 b2 d1")))
	if !slices.Equal(got, []string{"b", "d"}) {
		t.Errorf("changed parts are %v, want b and d", got)
	}
}

// FuzzFlat: whatever a row holds, it can't leave its event's line.
func FuzzFlat(f *testing.F) {
	for _, seed := range []string{"", ":", "<li>a</li>", "a\nb", "a\r\rdata: b\r\n\r\nid: 7", ":\n", "\n:"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := flat(bytes.Clone(data))
		if bytes.ContainsAny(got, "\r\n") {
			t.Errorf("%q became %q", data, got)
		}
		if len(got) != len(data) {
			t.Errorf("%q lost or gained bytes: %q", data, got)
		}
	})
}
