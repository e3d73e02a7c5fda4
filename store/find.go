package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hotleads/lead"
)

// Lists of leads. An index holds all that a list is narrowed by, in the list's
// order, so that a page reads no more of the leads than it shows.

// narrowed collects conditions and what they ask for.
type narrowed struct {
	where []string
	args  []any
}

func (n *narrowed) add(cond string, a ...any) {
	n.where, n.args = append(n.where, cond), append(n.args, a...)
}

func (n *narrowed) String() string { return strings.Join(n.where, " AND ") }

// seen narrows to what somebody may see who sees the teams; nil: everything.
func (n *narrowed) seen(column string, teams []string) {
	switch {
	case teams == nil:
	case len(teams) == 0:
		n.add(column + ` IS NULL`)
	default:
		n.add(`(`+column+` IS NULL OR `+column+` IN (?))`, teams)
	}
}

// fewWords is how many leads may have a word for a search to begin with them.
const fewWords = 2000

// words narrows to those that have each of the words: where few leads have one,
// from these; where many have each, the list is walked in its order.
func (s *Store) words(ctx context.Context, n *narrowed, sought []string) error {
	rarest, least := -1, fewWords
	for i, w := range sought {
		var count int
		err := s.read.GetContext(ctx, &count, `SELECT COUNT(*) FROM (SELECT 1 FROM lead_words WHERE word >= $1 AND word < $2 LIMIT $3) AS found`, w, w+"\U0010FFFF", least)
		if err != nil {
			return fmt.Errorf("store: words: %w", wrap(err))
		}
		if count < least {
			rarest, least = i, count
		}
	}
	for i, w := range sought {
		cond := `EXISTS (SELECT 1 FROM lead_words w WHERE w.lead_id = leads.id AND w.word >= ? AND w.word < ?)`
		if i == rarest {
			cond = `id IN (SELECT lead_id FROM lead_words WHERE word >= ? AND word < ?)`
		}
		n.add(cond, w, w+"\U0010FFFF")
	}
	return nil
}

// narrow is a search without its page; false where nothing can be found.
func (s *Store) narrow(ctx context.Context, q lead.Search) (*narrowed, bool, error) {
	n := &narrowed{where: []string{`merged_into = ''`}}
	if q.Stage != "" {
		n.add(`stage = ?`, string(q.Stage))
	}
	if q.Team != "" {
		n.add(`team_id = ?`, q.Team)
	}
	switch q.Circle {
	case lead.OfTeam:
		n.seen("team_id", q.Seen)
	case lead.OfManager:
		n.seen("team_id", q.Seen)
		n.add(`claimable_by <> 'team' AND stage = 'mql'`)
	case lead.OfEvery: // whoever asks
		n.add(`claimable_by <> 'team' AND claimable_by = 'every' AND stage = 'mql'`)
	}
	if q.OwnerID != "" {
		n.add(`owner_id = ?`, q.OwnerID)
	}
	if q.Source != "" {
		n.add(`source = ?`, q.Source)
	}
	if len(q.Tiers) > 0 {
		tiers := make([]string, len(q.Tiers))
		for i, t := range q.Tiers {
			tiers[i] = string(t)
		}
		n.add(`tier IN (?)`, tiers)
	}
	if q.Held || q.Hold != "" {
		n.add(`hold <> '' AND (hold_ends IS NULL OR hold_ends > ?)`, at(q.Now))
	}
	if q.Hold != "" {
		n.add(`hold = ?`, string(q.Hold))
	}
	if q.Backlog {
		n.add(`hold = 'backlog'`)
	}
	sought := words(q.Words)
	if len(sought) == 0 && strings.TrimSpace(q.Words) != "" {
		return nil, false, nil // nothing in it that a lead could be found by
	}
	return n, true, s.words(ctx, n, sought)
}

// Find lists leads: the last changed first, the newest, or of the backlog the best.
func (s *Store) Find(ctx context.Context, q lead.Search) ([]lead.Card, error) {
	n, ok, err := s.narrow(ctx, q)
	if !ok || err != nil {
		return nil, err
	}
	order, b := `listed_at DESC, id DESC`, q.After
	switch {
	case q.Backlog:
		order = `backlog_score DESC, id DESC`
		if b != nil {
			n.add(`(backlog_score, id) < ((SELECT at.backlog_score FROM leads at WHERE at.id = ?), ?)`, b.ID, b.ID)
		}
	case q.Newest, q.Circle != lead.OfTeam:
		order = `id DESC` // ids grow with time
		if b != nil {
			n.add(`id < ?`, b.ID)
		}
	case b != nil:
		n.add(`(listed_at, id) < (?, ?)`, at(b.ListedAt), b.ID)
	}
	text, args, err := in(s.read, `SELECT id FROM leads WHERE `+n.String()+` ORDER BY `+order+` LIMIT ?`, append(n.args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	var ids []string
	if err := s.read.SelectContext(ctx, &ids, text, args...); err != nil {
		return nil, fmt.Errorf("store: find: %w", wrap(err))
	}
	found, err := s.Cards(ctx, ids)
	if err != nil {
		return nil, err
	}
	cards := make([]lead.Card, 0, len(ids))
	for _, id := range ids {
		if c, ok := found[id]; ok {
			cards = append(cards, c)
		}
	}
	return cards, nil
}

// Count tells how many leads a search finds, counting no further than most.
func (s *Store) Count(ctx context.Context, q lead.Search, most int) (int, error) {
	n, ok, err := s.narrow(ctx, q)
	if !ok || err != nil {
		return 0, err
	}
	text, args, err := in(s.read, `SELECT COUNT(*) FROM (SELECT 1 FROM leads WHERE `+n.String()+` LIMIT ?) AS found`, append(n.args, most)...)
	if err != nil {
		return 0, err
	}
	var count int
	if err := s.read.GetContext(ctx, &count, text, args...); err != nil {
		return 0, fmt.Errorf("store: count: %w", wrap(err))
	}
	return count, nil
}

// Sources are the sources that leads came from, in order, at most limit. It leaps
// from one to the next in the index.
func (s *Store) Sources(ctx context.Context, limit int) ([]string, error) {
	var sources []string
	err := s.read.SelectContext(ctx, &sources, `
		WITH RECURSIVE each (source) AS (
			SELECT (SELECT l.source || '' FROM leads l ORDER BY l.source || '' LIMIT 1)
			UNION ALL
			SELECT (SELECT l.source || '' FROM leads l WHERE l.source || '' > each.source ORDER BY l.source || '' LIMIT 1) FROM each WHERE each.source IS NOT NULL
		) SELECT source FROM each WHERE source <> '' LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("store: sources: %w", wrap(err))
	}
	return sources, nil
}

// Duplicates lists suspected duplicates, the latest first.
func (s *Store) Duplicates(ctx context.Context, q lead.DuplicateSearch) ([]lead.Duplicate, error) {
	n := &narrowed{where: []string{`a.merged_into = '' AND b.merged_into = ''`}}
	n.seen("a.team_id", q.Seen)
	n.seen("b.team_id", q.Seen)
	if q.LeadID != "" {
		n.add(`(d.lead_a = ? OR d.lead_b = ?)`, q.LeadID, q.LeadID)
	}
	if q.After != nil {
		n.add(`(d.seen_at, d.lead_a, d.lead_b) < (?, ?, ?)`, at(q.After.SeenAt), q.After.A, q.After.B)
	}
	text, args, err := in(s.read, `
		SELECT d.lead_a, d.lead_b, d.cause, d.seen_at FROM duplicates d JOIN leads a ON a.id = d.lead_a JOIN leads b ON b.id = d.lead_b
		WHERE `+n.String()+` ORDER BY d.seen_at DESC, d.lead_a DESC, d.lead_b DESC LIMIT ?`, append(n.args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		A      string  `db:"lead_a"`
		B      string  `db:"lead_b"`
		Cause  string  `db:"cause"`
		SeenAt instant `db:"seen_at"`
	}
	if err := s.read.SelectContext(ctx, &rows, text, args...); err != nil {
		return nil, fmt.Errorf("store: duplicates: %w", wrap(err))
	}
	out := make([]lead.Duplicate, len(rows))
	for i, r := range rows {
		out[i] = lead.Duplicate{A: r.A, B: r.B, Cause: r.Cause, SeenAt: time.Time(r.SeenAt)}
	}
	return out, nil
}
