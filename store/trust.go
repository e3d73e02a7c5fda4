package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"hotleads/lead"
)

// The intake trusts: it takes messages for new ones and leads for what is
// remembered of them, or was read without a lock, and writes on the condition
// that this is so. Where it is not, nothing is kept and the transaction is run
// again as others are, with everything asked and locked first. So rows are
// locked for the time of the writing alone, not for that of the scoring, and most
// leads are not asked for at all.

// missed tells whether a transaction that trusted was in vain.
func missed(err error) bool {
	var p *pq.Error
	return errors.Is(err, errMissed) || errors.As(err, &p) && p.Code == "55P03" // lock not available
}

// errMissed: what a transaction trusted in is not so.
var errMissed = errors.New("store: a message was known already, or a lead was changed meanwhile")

// trusting is what a transaction that trusts has put off or is yet to find true.
type trusting struct {
	messages   []string // ids that were taken for new
	heardAt    time.Time
	activities [][]any
	assumed    map[string]int64        // versions of leads that nothing has been written of yet
	handed     map[string]int64        // versions of leads as they were handed out
	recalled   map[string]*memory      // of leads that were not read
	led        map[lead.Identity]ledTo // whom identities led to when they were read
}

// ledTo is a lead as it was when an identity was found to lead to it.
type ledTo struct {
	lead    string
	version int64
}

func newTrusting() trusting {
	return trusting{assumed: map[string]int64{}, handed: map[string]int64{}, recalled: map[string]*memory{}, led: map[lead.Identity]ledTo{}}
}

// trust tells whether the next transaction is to trust. Each one that is run in
// vain costs more than locks do, so where many are, few are tried.
type trust struct {
	mu     sync.Mutex
	doubt  int // grows where one is run in vain, and shrinks where one is not
	passed int // transactions that did not trust
}

// One in vain is worth as many that are not; from so much doubt on, one in so
// many tries again.
const (
	doubtEach = 4
	doubtMost = 12
	tryAgain  = 16
)

func (u *trust) next() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.doubt < doubtMost {
		return true
	}
	u.passed++
	return u.passed%tryAgain == 0
}

func (u *trust) ended(missed bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if missed {
		u.doubt = min(u.doubt+doubtEach, doubtMost+doubtEach)
	} else {
		u.doubt = max(u.doubt-1, 0)
	}
}

// recallIdentities gives those of the identities that are remembered to lead to
// somebody who is, and returns the others.
func (t *txn) recallIdentities(ids []lead.Identity, found map[lead.Identity]string) (unknown []lead.Identity) {
	if !t.trusts {
		return ids
	}
	for _, m := range t.s.known.led(ids, found) {
		t.recalled[m.lead.ID] = m
		t.assumed[m.lead.ID], t.handed[m.lead.ID] = m.lead.Version, m.lead.Version
	}
	for _, id := range ids {
		if _, ok := found[id]; !ok {
			unknown = append(unknown, id)
		}
	}
	return unknown
}

// recall is what is remembered of leads; those that others than the intake may
// be changing, and those that are unknown, are read, without a lock.
func (t *txn) recall(ctx context.Context, ids []string) (map[string]*memory, error) {
	memories := make(map[string]*memory, len(ids))
	var others []string
	for _, id := range ids {
		if m := t.recalled[id]; m != nil {
			memories[id] = m
		} else {
			others = append(others, id)
		}
	}
	known := t.s.known.take(others)
	var asked []string
	for _, id := range others {
		if m := known[id]; m != nil && m.quiet() {
			t.recalled[id], memories[id] = m, m
			delete(known, id)
		} else {
			asked = append(asked, id)
		}
	}
	if len(asked) > 0 {
		read, err := t.readNewer(ctx, asked, known, "")
		if err != nil {
			return nil, err
		}
		maps.Copy(memories, read)
	}
	for id, m := range memories {
		t.assumed[id], t.handed[id] = m.lead.Version, m.lead.Version
	}
	return memories, nil
}

// learn keeps with what is remembered of leads which identities lead to them: those
// that did when the lead was of the version that was handed out. It changes with each
// that no longer does, and is still the same.
func (t *txn) learn() {
	if !t.trusts {
		return
	}
	written := make(map[string]*memory, len(t.wrote))
	for _, m := range t.wrote {
		written[m.lead.ID] = m
		if was := t.recalled[m.lead.ID]; was != nil {
			m.identities = was.identities
		}
	}
	for id, to := range t.led {
		m := written[to.lead]
		if m != nil && t.handed[to.lead] == to.version && len(m.identities) < mostIdentities && !slices.Contains(m.identities, id) {
			m.identities = append(m.identities, id)
		}
	}
}

// mostIdentities bounds what is remembered to lead to one lead.
const mostIdentities = 8

// quiet tells whether hardly anybody but the intake changes the lead.
func (m *memory) quiet() bool {
	return m.lead.Stage == lead.Nurture && m.lead.OwnerID == "" && !m.lead.Backlog && m.lead.CallbackAt.IsZero() && len(m.clocks) == 0
}

// soon bounds how long each lock of a lead is waited for by who trusts: others
// may have locked the same ones in another order.
const soon = `set_config('lock_timeout', '100ms', TRUE), `

// putDown writes what was put off: message ids, all of which have to be new, and
// activities.
func (t *txn) putDown(ctx context.Context) error {
	ids, rows := slices.Compact(slices.Sorted(slices.Values(t.messages))), t.activities
	t.messages, t.activities = nil, nil
	if len(ids) > 0 {
		res, err := t.ExecContext(ctx, `INSERT INTO message_ids (message_id, received_at) SELECT m, $2::timestamptz FROM unnest($1::text[]) AS m ON CONFLICT (message_id) DO NOTHING`, pq.Array(ids), at(t.heardAt))
		if err != nil {
			return fmt.Errorf("store: message ids: %w", err)
		}
		if err := wrote(res, len(ids)); err != nil {
			return err
		}
	}
	if err := t.insert(ctx, insertActivities, rows, ``); err != nil {
		return fmt.Errorf("store: activities: %w", err)
	}
	return nil
}

// wrote is errMissed where a statement did not write so many rows.
func wrote(res interface{ RowsAffected() (int64, error) }, n int) error {
	if got, err := res.RowsAffected(); err != nil || got != int64(n) {
		return errors.Join(err, errMissed)
	}
	return nil
}

// hold locks leads of which this transaction trusts that they are as they were
// handed out.
func (t *txn) hold(ctx context.Context, ids ...string) error {
	return t.stillSo(ctx, ids, ` ORDER BY l.id FOR NO KEY UPDATE OF l`)
}

// stillSo tells whether leads are as they were handed out, those of which
// something has been written aside: they are.
func (t *txn) stillSo(ctx context.Context, ids []string, lock string) error {
	var assumed []string
	var versions []int64
	for _, id := range slices.Sorted(slices.Values(ids)) {
		if v, ok := t.assumed[id]; ok {
			assumed, versions = append(assumed, id), append(versions, v)
		}
	}
	if len(assumed) == 0 {
		return nil
	}
	same := 0
	err := query(ctx, t, `SELECT l.id FROM unnest($1::text[], $2::bigint[]) AS known (id, version) JOIN leads l ON l.id = known.id AND l.version = known.version`+lock,
		[]any{pq.Array(assumed), pq.Array(versions)}, func(*sqlx.Rows) error { same++; return nil })
	if err != nil {
		return fmt.Errorf("store: lock leads: %w", err)
	}
	if same != len(assumed) {
		return errMissed
	}
	return nil
}
