package lead

import (
	"errors"
	"strings"
	"testing"
)

// FuzzRef holds that how a lead is named is read as a normal form, or refused as
// not there, and that reading its normal form again changes nothing.
func FuzzRef(f *testing.F) {
	for _, ref := range []string{"", "0190c1", "email:Ada@x.example", "user:42", "phone:+49 30 1234567", "anonymous:a", "email:", "team:x", "user:a:b", "email:\u200ba@b", "phone:(0)"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		id, err := ParseRef(ref)
		if err != nil {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %v", ref, err)
			}
			return
		}
		if !strings.Contains(ref, ":") {
			if id.Kind != "" || id.Value != ref {
				t.Errorf("%q is %+v", ref, id)
			}
			return
		}
		again, err := ParseRef(string(id.Kind) + ":" + id.Value)
		if id.Value == "" || err != nil || again != id {
			t.Errorf("%q is %+v, and again %+v %v", ref, id, again, err)
		}
	})
}
