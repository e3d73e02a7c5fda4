package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

var (
	historyColumns = strings.Fields(`lead_id seq recorded_at occurred_at move from_stage to_stage actor_kind actor_id via owner_before owner_after
	team_before team_after tier score source reason agreement cause undo_of channel outcome amount counted`)
	historyList = strings.Join(historyColumns, ", ")
)

func historyValues(leadID string, h lead.History) []any {
	return []any{leadID, h.Seq, at(h.RecordedAt), at(h.OccurredAt), string(h.Move), string(h.From), string(h.To), string(h.ActorKind), h.ActorID, h.Via, h.OwnerBefore, h.OwnerAfter,
		h.TeamBefore, h.TeamAfter, string(h.Tier), h.Score, h.Source, h.Reason, h.Agreement, h.Cause, h.UndoOf, h.Channel, h.Outcome, h.Amount, h.Counted}
}

type historyRow struct {
	LeadID      string   `db:"lead_id"`
	Seq         int64    `db:"seq"`
	RecordedAt  instant  `db:"recorded_at"`
	OccurredAt  instant  `db:"occurred_at"`
	Move        string   `db:"move"`
	From        string   `db:"from_stage"`
	To          string   `db:"to_stage"`
	ActorKind   string   `db:"actor_kind"`
	ActorID     string   `db:"actor_id"`
	Via         string   `db:"via"`
	OwnerBefore string   `db:"owner_before"`
	OwnerAfter  string   `db:"owner_after"`
	TeamBefore  string   `db:"team_before"`
	TeamAfter   string   `db:"team_after"`
	Tier        string   `db:"tier"`
	Score       float64  `db:"score"`
	Source      string   `db:"source"`
	Reason      string   `db:"reason"`
	Agreement   int      `db:"agreement"`
	Cause       string   `db:"cause"`
	UndoOf      int64    `db:"undo_of"`
	Channel     string   `db:"channel"`
	Outcome     string   `db:"outcome"`
	Amount      int64    `db:"amount"`
	Counted     bool     `db:"counted"`
	Note        nullable `db:"note"`
}

func (r *historyRow) history() lead.History {
	return lead.History{Seq: r.Seq, RecordedAt: time.Time(r.RecordedAt), OccurredAt: time.Time(r.OccurredAt), Move: lead.Move(r.Move), From: lead.Stage(r.From), To: lead.Stage(r.To),
		ActorKind: lead.ActorKind(r.ActorKind), ActorID: r.ActorID, Via: r.Via, OwnerBefore: r.OwnerBefore, OwnerAfter: r.OwnerAfter, TeamBefore: r.TeamBefore, TeamAfter: r.TeamAfter,
		Tier: scoring.Tier(r.Tier), Score: r.Score, Source: r.Source, Reason: r.Reason, Agreement: r.Agreement, Cause: r.Cause, UndoOf: r.UndoOf,
		Channel: r.Channel, Outcome: r.Outcome, Amount: r.Amount, Counted: r.Counted, Note: string(r.Note)}
}

// History reads rows of a lead's history with seq below before (0: from the
// newest on), newest first, with their notes.
func (s *Store) History(ctx context.Context, leadID string, before int64, limit int) ([]lead.History, error) {
	if before == 0 {
		before = 1 << 62
	}
	var out []lead.History
	err := query(ctx, s.read, `
		SELECT `+prefixed("h", historyColumns)+`, n.body AS note FROM history h
		LEFT JOIN notes n ON n.lead_id = h.lead_id AND n.seq = h.seq
		WHERE h.lead_id = $1 AND h.seq < $2 ORDER BY h.seq DESC LIMIT $3`, []any{leadID, before, limit}, func(r *sqlx.Rows) error {
		var row historyRow
		err := r.StructScan(&row)
		out = append(out, row.history())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: history of %s: %w", leadID, wrap(err))
	}
	return out, nil
}

// HistorySince reads the rows of leads' histories that were written from a moment on, the
// oldest first, without their notes.
func (s *Store) HistorySince(ctx context.Context, leads []string, since time.Time) (map[string][]lead.History, error) {
	out := make(map[string][]lead.History, len(leads))
	if len(leads) == 0 {
		return out, nil
	}
	text, args, err := in(s.read, `SELECT `+historyList+` FROM history WHERE lead_id IN (many ?) AND recorded_at >= ? ORDER BY lead_id, seq`, leads, at(since))
	if err != nil {
		return nil, err
	}
	err = query(ctx, s.read, text, args, func(r *sqlx.Rows) error {
		var row historyRow
		err := r.StructScan(&row)
		out[row.LeadID] = append(out[row.LeadID], row.history())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: history since: %w", wrap(err))
	}
	return out, nil
}

// Note reads the note of one row of history; "" where there is none.
func (s *Store) Note(ctx context.Context, leadID string, seq int64) (string, error) {
	var notes []string
	err := s.read.SelectContext(ctx, &notes, `SELECT body FROM notes WHERE lead_id = $1 AND seq = $2`, leadID, seq)
	if err != nil || len(notes) == 0 {
		return "", wrap(err)
	}
	return notes[0], nil
}

// Activities reads a lead's activities, the latest first, after a point.
func (s *Store) Activities(ctx context.Context, leadID string, after *lead.ActivityPoint, limit int) ([]lead.Activity, error) {
	p := lead.ActivityPoint{OccurredAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	if after != nil {
		p = *after
	}
	var out []lead.Activity
	err := query(ctx, s.read, `
		SELECT message_id, lead_id, name, properties, occurred_at, received_at, said_at FROM activities
		WHERE lead_id = $1 AND (occurred_at < $2 OR (occurred_at = $2 AND message_id < $3))
		ORDER BY occurred_at DESC, message_id DESC LIMIT $4`, []any{leadID, at(p.OccurredAt), p.MessageID, limit}, func(r *sqlx.Rows) error {
		var a lead.Activity
		var props string
		var occurred, received, said instant
		if err := r.Scan(&a.MessageID, &a.LeadID, &a.Name, &props, &occurred, &received, &said); err != nil {
			return err
		}
		a.OccurredAt, a.ReceivedAt, a.SaidAt = time.Time(occurred), time.Time(received), time.Time(said)
		err := json.Unmarshal([]byte(props), &a.Properties)
		out = append(out, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: activities of %s: %w", leadID, wrap(err))
	}
	return out, nil
}

// Running reads the clocks that run, by due time.
func (s *Store) Running(ctx context.Context, q lead.RunningSearch) ([]lead.RunningClock, error) {
	if q.Teams != nil && len(q.Teams) == 0 {
		return nil, nil
	}
	var n narrowed
	n.add(`c.stopped_at IS NULL AND c.is_current`)
	if q.Kind == "" {
		n.add(`c.kind <> ?`, string(sla.Response))
	}
	if q.Teams != nil { // whose lead it is now: a clock that was missed stays with the team that missed it, but waits on another
		n.add(`l.team_id IN (?)`, q.Teams)
	}
	for column, want := range map[string]string{`c.kind`: string(q.Kind), `c.tier`: q.Tier, `c.source`: q.Source} {
		if want != "" {
			n.add(column+` = ?`, want)
		}
	}
	if q.Rep != "" {
		n.add(`c.rep_id = ?`, repID(q.Rep))
	}
	text, args, err := in(s.read, `SELECT `+prefixed("c", clockColumns)+` FROM clocks c JOIN leads l ON l.id = c.lead_id WHERE `+n.String()+` ORDER BY c.due_at, c.id LIMIT ?`, append(n.args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	var out []lead.RunningClock
	err = query(ctx, s.read, text, args, func(r *sqlx.Rows) error {
		var row clockRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		c, err := row.clock()
		out = append(out, lead.RunningClock{LeadID: row.LeadID, Clock: c})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: running clocks: %w", wrap(err))
	}
	return out, nil
}

// Overdue counts the clocks that run, that a person acts on and that are due. A nil
// list of teams means all.
func (s *Store) Overdue(ctx context.Context, teams []string, now time.Time) (int, error) {
	var n narrowed
	n.add(`c.stopped_at IS NULL AND c.is_current AND c.kind <> 'response' AND c.due_at <= ?`, at(now))
	if teams != nil {
		if len(teams) == 0 {
			return 0, nil
		}
		n.add(`l.team_id IN (?)`, teams)
	}
	text, args, err := in(s.read, `SELECT COUNT(*) FROM clocks c JOIN leads l ON l.id = c.lead_id WHERE `+n.String(), n.args...)
	if err != nil {
		return 0, err
	}
	var count int
	if err := s.read.GetContext(ctx, &count, text, args...); err != nil {
		return 0, fmt.Errorf("store: overdue clocks: %w", wrap(err))
	}
	return count, nil
}
