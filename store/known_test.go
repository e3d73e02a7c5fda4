package store

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

func remembered(id string, version int64, identities ...string) *memory {
	m := &memory{lead: &lead.Lead{ID: id, Version: version}, row: &leadRow{}}
	m.lead.Stage = lead.Nurture
	for _, v := range identities {
		m.identities = append(m.identities, lead.Identity{Kind: lead.ByUser, Value: v})
	}
	return m
}

// ledTo is whom identities are known to lead to; who they lead to is taken.
func ledToBy(k *known, identities ...string) map[string]string {
	var ids []lead.Identity
	for _, v := range identities {
		ids = append(ids, lead.Identity{Kind: lead.ByUser, Value: v})
	}
	found := map[lead.Identity]string{}
	k.led(ids, found)
	out := map[string]string{}
	for id, to := range found {
		out[id.Value] = to
	}
	return out
}

func TestKnownLeadsAreTakenByOne(t *testing.T) {
	var k known
	k.put(k.time(), []*memory{remembered("a", 1, "ann", "anna"), remembered("b", 1, "ben")})
	if got := k.take([]string{"a", "z"}); len(got) != 1 || got["a"].lead.Version != 1 {
		t.Errorf("took %v", got)
	}
	if got := k.take([]string{"a"}); len(got) != 0 {
		t.Errorf("took %v a second time", got)
	}
	if diff := cmp.Diff(map[string]string{"ben": "b"}, ledToBy(&k, "ann", "anna", "ben")); diff != "" {
		t.Error(diff)
	}
	if len(k.ids) != 0 || k.bytes != 0 || k.last.Len() != 0 {
		t.Errorf("of nothing it holds %d identities, %d bytes, %d leads", len(k.ids), k.bytes, k.last.Len())
	}
}

func TestTheNewerOneOfALeadIsKept(t *testing.T) {
	for _, order := range [][2]int64{{7, 8}, {8, 7}} {
		var k known
		for _, version := range order {
			k.put(k.time(), []*memory{remembered("a", version, "ann")})
		}
		size := k.bytes
		if got := k.take([]string{"a"})["a"]; got == nil || got.lead.Version != 8 || size != got.size() {
			t.Errorf("put in order %v it is %+v with %d bytes", order, got, size)
		}
	}
}

func TestWhoMovedOnLeadsElsewhere(t *testing.T) {
	var k known
	k.put(k.time(), []*memory{remembered("a", 1, "ann"), remembered("b", 1, "ann", "ben")})
	if got := k.take([]string{"a"}); len(got) != 1 { // which the database would refuse
		t.Errorf("took %v", got)
	}
	if diff := cmp.Diff(map[string]string{"ann": "b", "ben": "b"}, ledToBy(&k, "ann", "ben")); diff != "" {
		t.Error(diff)
	}
}

// Of another server's leads nothing is known, nor of those that are put back late.
func TestAnotherServersLeadsAreUnknown(t *testing.T) {
	var k known
	k.met("one")
	before := k.time()
	k.put(before, []*memory{remembered("a", 1, "ann")})
	k.met("one") // a further connection
	if diff := cmp.Diff(map[string]string{"ann": "a"}, ledToBy(&k, "ann")); diff != "" {
		t.Error(diff)
	}
	k.put(before, []*memory{remembered("a", 2, "ann")})
	k.met("another")
	k.put(before, []*memory{remembered("b", 1, "ben")})
	k.put(k.time(), []*memory{remembered("c", 1, "cy")})
	if diff := cmp.Diff(map[string]string{"cy": "c"}, ledToBy(&k, "ann", "ben", "cy")); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsKnownIsBounded(t *testing.T) {
	var k known
	k.put(k.time(), []*memory{remembered("gone", 1, "gus")})
	n := 2 * mostKnown / remembered("", 1).size()
	for i := range n {
		k.put(k.time(), []*memory{remembered("here", int64(i), "hal"), remembered(strconv.Itoa(i), 1)})
	}
	if k.bytes > mostKnown || k.last.Len() < n/4 {
		t.Errorf("%d leads of %d bytes, at most %d", k.last.Len(), k.bytes, mostKnown)
	}
	if diff := cmp.Diff(map[string]string{"hal": "here"}, ledToBy(&k, "gus", "hal")); diff != "" {
		t.Error(diff)
	}
}
