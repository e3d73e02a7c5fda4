package imports

import (
	"hash/maphash"
	"slices"
	"strconv"

	"hotleads/lead"
)

// memory is what the batches of a dry run would have stored, for nothing of it
// was kept: hashes, about twenty bytes an identity.
type memory struct {
	seen map[uint64]struct{}
	seed maphash.Seed
}

// forget takes the rows out of a dry run's batch that are about leads which an
// earlier batch would have made, and counts them.
func (r *Run) forget() {
	if r.memory == nil {
		r.memory = &memory{seen: map[uint64]struct{}{}, seed: maphash.MakeSeed()}
	}
	r.batch = slices.DeleteFunc(r.batch, func(b batchRow) bool {
		known, same := r.memory.knows(b.message)
		switch {
		case same:
			r.pending.Tally.Unchanged++
		case known:
			r.pending.Tally.Changed++
		}
		if known {
			r.pending.Tally.Read++
		}
		return known
	})
}

// knows tells whether a message's lead was made before, and whether by the same
// message, and remembers it.
func (m *memory) knows(msg lead.Message) (known, same bool) {
	email, _ := msg.Traits["email"].(string)
	phone, _ := msg.Traits["phone"].(string)
	for kind, v := range []string{msg.ID, msg.UserID, email, phone} {
		if v == "" {
			continue
		}
		h := maphash.String(m.seed, strconv.Itoa(kind)+v)
		if _, ok := m.seen[h]; ok && !known {
			known, same = true, kind == 0
		}
		m.seen[h] = struct{}{}
	}
	return known, same
}
