package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// The conditions under which a clock stands as a report says it does.
const (
	clockMissed = `(outcome = 'breached' OR outcome = '' AND (breached_at IS NOT NULL OR due_at <= ?))`
	clockJudged = `(outcome = 'met' OR ` + clockMissed + `)`
	clockClosed = `(waiting_since IS NOT NULL AND kind IN ('claim', 'response'))`
	clockOpen   = `outcome = '' AND breached_at IS NULL AND due_at > ?`
	clockDone   = `outcome IN ('met', 'breached') AND CASE kind WHEN 'claim' THEN stopped_owner <> '' WHEN 'decision' THEN stopped_move IN ('accept', 'return') ELSE stopped_move = 'touch' END AND NOT ` + clockClosed
)

// repID is a rep who is asked for, as rows have it.
func repID(rep string) string {
	if rep == lead.Nobody {
		return ""
	}
	return rep
}

// FindClocks reads the clocks behind a figure, those that were asked for last first.
func (s *Store) FindClocks(ctx context.Context, q lead.ClockSearch) ([]lead.LeadClock, error) {
	if q.Teams != nil && len(q.Teams) == 0 || q.Spans != nil && len(q.Spans) == 0 {
		return nil, nil
	}
	var n narrowed
	n.add(`asked_at >= ? AND asked_at < ?`, at(q.From), at(q.To))
	if q.Teams != nil {
		n.add(`team_id IN (?)`, q.Teams)
	}
	for column, want := range map[string]string{`kind`: string(q.Kind), `tier`: q.Tier, `source`: q.Source} {
		if want != "" {
			n.add(column+` = ?`, want)
		}
	}
	if q.Rep != "" {
		n.add(`rep_id = ?`, repID(q.Rep))
	}
	switch q.Result {
	case lead.ClocksMissed:
		n.add(clockMissed, at(q.Now))
	case lead.ClocksJudged:
		n.add(clockJudged, at(q.Now))
	case lead.ClocksOrdinary:
		n.add(clockJudged+` AND NOT `+clockClosed, at(q.Now))
	case lead.ClocksUnclaimed:
		n.add(clockMissed+` AND kind = 'claim' AND stopped_owner = ''`, at(q.Now))
	case lead.ClocksOpen:
		n.add(clockOpen, at(q.Now))
	case lead.ClocksWaiting:
		n.add(`stopped_at IS NULL`)
	case lead.ClocksDone:
		n.add(clockDone)
	case "":
	default:
		n.add(`outcome = ?`, q.Result)
	}
	if q.UsedTo > 0 {
		n.add(`used < ?`, q.UsedTo.Microseconds())
	}
	if q.UsedFrom > 0 {
		n.add(`used >= ?`, q.UsedFrom.Microseconds())
	}
	if len(q.Spans) > 0 {
		var spans []string
		var args []any
		for _, span := range q.Spans {
			spans, args = append(spans, `asked_at >= ? AND asked_at < ?`), append(args, at(span[0]), at(span[1]))
		}
		n.add(`(`+strings.Join(spans, ` OR `)+`)`, args...)
	}
	if q.After != nil {
		n.add(`(asked_at < ? OR asked_at = ? AND id < ?)`, at(q.After.AskedAt), at(q.After.AskedAt), q.After.ID)
	}
	text, args, err := in(s.read, `SELECT `+clockList+` FROM clocks WHERE `+n.String()+` ORDER BY asked_at DESC, id DESC LIMIT ?`, append(n.args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	var out []lead.LeadClock
	err = query(ctx, s.read, text, args, func(r *sqlx.Rows) error {
		var row clockRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		c, err := row.clock()
		out = append(out, lead.LeadClock{LeadID: row.LeadID, Clock: c})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: clocks: %w", wrap(err))
	}
	return out, nil
}
