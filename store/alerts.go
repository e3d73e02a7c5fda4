package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// alertColumns are the columns of alerts in the order of alertValues.
const alertColumns = `id, user_id, lead_id, clock_id, what, at, noted_at, hear_at, heard_at, how, read_at`

var alertList = prefixed("alerts", strings.Split(alertColumns, ", "))

type alertRow struct {
	ID      string  `db:"id"`
	UserID  string  `db:"user_id"`
	LeadID  string  `db:"lead_id"`
	ClockID string  `db:"clock_id"`
	What    string  `db:"what"`
	At      instant `db:"at"`
	NotedAt instant `db:"noted_at"`
	HearAt  instant `db:"hear_at"`
	HeardAt instant `db:"heard_at"`
	How     string  `db:"how"`
	ReadAt  instant `db:"read_at"`
}

func (r alertRow) alert() lead.Alert {
	return lead.Alert{
		ID: r.ID, UserID: r.UserID, HearAt: time.Time(r.HearAt), HeardAt: time.Time(r.HeardAt), How: lead.How(r.How), ReadAt: time.Time(r.ReadAt),
		Occasion: lead.Occasion{LeadID: r.LeadID, ClockID: r.ClockID, What: lead.Happening(r.What), At: time.Time(r.At), NotedAt: time.Time(r.NotedAt)},
	}
}

func alertValues(a lead.Alert) []any {
	return []any{a.ID, a.UserID, a.LeadID, a.ClockID, string(a.What), instant(a.At), instant(a.NotedAt), instant(a.HearAt), instant(a.HeardAt), string(a.How), instant(a.ReadAt)}
}

// readAlerts reads alerts by a statement whose columns are alertList.
func readAlerts(ctx context.Context, q querier, text string, args ...any) ([]lead.Alert, error) {
	var all []lead.Alert
	text, args, err := in(q, text, args...)
	if err != nil {
		return nil, err
	}
	err = query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var row alertRow
		err := r.StructScan(&row)
		all = append(all, row.alert())
		return err
	})
	return all, err
}

// Alerts reads a person's notices, newest first, after a point.
func (s *Store) Alerts(ctx context.Context, user string, after *lead.AlertPoint, limit int) ([]lead.Alert, error) {
	text, args := `SELECT `+alertList+` FROM alerts WHERE user_id = ?`, []any{user}
	if after != nil {
		text, args = text+` AND noted_at <= ? AND (noted_at < ? OR id < ?)`, append(args, at(after.At), at(after.At), after.ID)
	}
	all, err := readAlerts(ctx, s.read, text+` ORDER BY noted_at DESC, id DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("store: notices: %w", wrap(err))
	}
	return all, nil
}

// unread are alerts of a person that they were told and have not seen, newest first. Of
// what leads ask, those that are over are among them.
var unread = `SELECT ` + alertList + ` FROM alerts LEFT JOIN clocks ON clocks.id = alerts.clock_id
	WHERE alerts.user_id = ? AND heard_at > ? AND how IN ('loud', 'digest') AND read_at IS NULL
		AND (alerts.clock_id LIKE '` + lead.AskPrefix + `%' OR clocks.id IS NOT NULL
			AND (stopped_at IS NULL OR stopped_kind = 'system' AND stopped_move <> 'merge' AND what = clocks.kind || '.breached'))
	ORDER BY heard_at DESC, alerts.id DESC LIMIT ?`

// unreadOfAll is unread of many people: to ask for one after the other is a way each.
var unreadOfAll = `SELECT unread.* FROM unnest(?::text[]) AS who, LATERAL (` + strings.Replace(unread, "user_id = ?", "user_id = who", 1) + `) AS unread`

// Unread reads what people were told since a moment, have not seen, and is not
// over (see [lead.Alert.Over]): of each the newest, at most most, newest first.
func (s *Store) Unread(ctx context.Context, users []string, since time.Time, most int) (map[string][]lead.Alert, error) {
	found := make(map[string][]lead.Alert, len(users))
	read := func(text string, args ...any) error {
		all, err := readAlerts(ctx, s.often(), text, args...)
		for _, a := range all {
			found[a.UserID] = append(found[a.UserID], a)
		}
		return err
	}
	var err error
	if s.lite { // no way to go
		for _, u := range users {
			err = errors.Join(err, read(unread, u, at(since), most))
		}
	} else if len(users) > 0 {
		err = read(unreadOfAll, users, at(since), most)
	}
	if err != nil {
		return nil, fmt.Errorf("store: unread notices: %w", wrap(err))
	}
	if err := s.withoutAnswered(ctx, found); err != nil {
		return nil, err
	}
	for _, alerts := range found {
		slices.SortFunc(alerts, func(a, b lead.Alert) int {
			return cmp.Or(b.HeardAt.Compare(a.HeardAt), strings.Compare(b.ID, a.ID))
		})
	}
	return found, nil
}

// withoutAnswered leaves out of people's alerts those of what leads asked that somebody
// has acted on.
func (s *Store) withoutAnswered(ctx context.Context, found map[string][]lead.Alert) error {
	var ids []string
	for _, alerts := range found {
		for _, a := range alerts {
			if a.Asks() {
				ids = append(ids, a.LeadID)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	cards, err := s.Cards(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for user, alerts := range found {
		found[user] = slices.DeleteFunc(alerts, func(a lead.Alert) bool {
			card, there := cards[a.LeadID]
			return a.Asks() && a.Over(a.Asking(&card.Lead), there)
		})
	}
	return nil
}

// ReadAlerts notes that a person has seen their notices, up to one.
func (s *Store) ReadAlerts(ctx context.Context, user string, upTo lead.AlertPoint, now time.Time) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE alerts SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL AND heard_at IS NOT NULL AND noted_at <= $3 AND (noted_at < $3 OR id <= $4)`,
			user, at(now), at(upTo.At), upTo.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: read notices: %w", err)
	}
	return nil
}

// ReadAlert notes that a person has seen a notice of theirs, if they were told; of what
// is none of theirs it is lead.ErrNotFound.
func (s *Store) ReadAlert(ctx context.Context, user, id string, now time.Time) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		var theirs []string
		err := tx.SelectContext(ctx, &theirs, `UPDATE alerts SET read_at = CASE WHEN heard_at IS NULL THEN read_at ELSE COALESCE(read_at, $3) END WHERE id = $2 AND user_id = $1 RETURNING id`, user, id, at(now))
		if err == nil && len(theirs) == 0 {
			err = lead.NotFound("the notice")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("store: read a notice: %w", err)
	}
	return nil
}

// Clocks reads clocks by id, those of hand-offs that are over included.
func (s *Store) Clocks(ctx context.Context, ids []string) (map[string]lead.Clock, error) {
	clocks, err := clocksByID(ctx, s.read, ids)
	return clocks, wrap(err)
}

func clocksByID(ctx context.Context, q querier, ids []string) (map[string]lead.Clock, error) {
	clocks := make(map[string]lead.Clock, len(ids))
	if len(ids) == 0 {
		return clocks, nil
	}
	text, args, err := in(q, `SELECT `+clockList+` FROM clocks WHERE id IN (many ?)`, ids)
	if err != nil {
		return nil, err
	}
	err = query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var row clockRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		c, err := row.clock()
		clocks[c.ID] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: clocks: %w", err)
	}
	return clocks, nil
}

// DropAlerts drops notices of before a moment, at most n, and says how many.
func (s *Store) DropAlerts(ctx context.Context, before time.Time, n int) (dropped int64, err error) {
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		// By people, for theirs are in order of time. (CROSS JOIN has SQLite begin with them.)
		res, err := tx.ExecContext(ctx, `DELETE FROM alerts WHERE id IN (SELECT a.id FROM users u CROSS JOIN alerts a WHERE a.user_id = u.id AND a.noted_at < $1 LIMIT $2)`, at(before), n)
		if err == nil {
			dropped, err = res.RowsAffected()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: old notices: %w", err)
	}
	return dropped, nil
}
