package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
)

// shown is a lead as a board shows it.
type shown struct {
	ID      string `json:"id" db:"id"`
	Version int64  `json:"version" db:"version"`
}

// agrees tells whether the boards of all instances (API and page), the ranking
// and SQL say the same of who is on the team's board.
func (w *world) agrees() error {
	var truth []shown
	if err := w.db.SelectContext(w.Context(), &truth, `
		SELECT id, version FROM leads
		WHERE team_id = $1 AND stage IN ('mql', 'claimed', 'sal') AND merged_into = '' AND NOT (stage = 'sal' AND touched) ORDER BY id`, w.team); err != nil {
		return err
	}
	if w.redis != nil {
		ranked, err := w.ranking()
		if err != nil {
			return fmt.Errorf("ranking: %w", err)
		}
		if diff := cmp.Diff(truth, ranked, cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("the ranking (-SQL +Redis):\n%.2000s", diff)
		}
	}
	for _, i := range w.instances {
		board, err := i.board()
		if err != nil {
			return err
		}
		if diff := cmp.Diff(truth, sorted(board), cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("the board of %s (-SQL +board):\n%.2000s", i.url, diff)
		}
	}
	return nil
}

// ranks is where Redis keeps the team's board.
func (w *world) ranks() string { return "hl:{" + w.team + "}:" }

// ranking is what Redis holds of the team's board, by id.
func (w *world) ranking() ([]shown, error) {
	at := w.ranks()
	if n, err := w.redis.Exists(w.Context(), at+"built").Result(); err != nil || n == 0 {
		return nil, fmt.Errorf("not built (%v)", err) //nolint:errorlint // there may be none
	}
	ids, err := w.redis.ZRange(w.Context(), at+"rank", 0, -1).Result()
	if err != nil {
		return nil, err
	}
	versions, err := w.redis.HGetAll(w.Context(), at+"versions").Result()
	if err != nil {
		return nil, err
	}
	var list []shown
	for _, id := range ids {
		v, err := strconv.ParseInt(versions[id], 10, 64)
		if err != nil {
			return nil, err
		}
		list = append(list, shown{id, v})
	}
	return sorted(list), nil
}

// board is the team's board as the API tells it.
func (i *instance) board() ([]shown, error) {
	status, body, err := i.get(http.DefaultClient, "/api/v1/board?team=emea")
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("the board of %s: %d %.200s %w", i.url, status, body, err)
	}
	var reply struct{ Data []shown }
	err = json.Unmarshal([]byte(body), &reply)
	return reply.Data, err
}

func sorted(list []shown) []shown {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b shown) int { return strings.Compare(a.ID, b.ID) })
	return list
}

// heals waits until boards, ranking and SQL agree, and holds that it did not
// take longer than documented since then.
func (w *world) heals(since time.Time) {
	w.Helper()
	var last error
	w.eventually("boards, ranking and SQL agree", func() error {
		err := w.agrees()
		if err != nil {
			last = err
		}
		return err
	})
	took := time.Since(since)
	w.Logf("all agree %s after the fault ended", took.Round(time.Millisecond))
	if took > healed/5 && last != nil {
		w.Logf("what came last: %v", last)
	}
	most := healed
	if !full { // whatever else this machine has to do
		most = 30 * time.Second
	}
	if took > most {
		w.Errorf("it took %s until boards, ranking and SQL agreed, want %s", took, most)
	}
	w.eventually("what leads score is what their activities come to", w.scored)
}

// scored tells whether each lead's ledger is what comes of its stored activities:
// nothing that was taken in was scored twice, or lost by who wrote at the same time.
func (w *world) scored() error {
	ctx := w.Context()
	rules, err := w.store.Rules(ctx)
	if err != nil {
		return err
	}
	var ids []string
	if err := w.db.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE merged_into = '' ORDER BY id`); err != nil {
		return err
	}
	cards, err := w.store.Cards(ctx, ids)
	if err != nil {
		return err
	}
	counted := 0
	err = w.store.Change(ctx, func(tx lead.Tx) error {
		for _, id := range ids {
			stored := cards[id].Lead
			anew := lead.Work{Lead: &lead.Lead{}, Late: []string{"*"}}
			*anew.Lead = stored
			err := anew.Rederive(rules, func(events []string, before *lead.ActivityPoint, n int) ([]scoring.Activity, error) {
				some, err := tx.Activities(ctx, id, events, before, n)
				counted += len(some)
				return some, err
			})
			if err != nil {
				return err
			}
			if diff := cmp.Diff([]scoring.Ledger{anew.Lead.Ledger, anew.Lead.Since}, []scoring.Ledger{stored.Ledger, stored.Since}, cmpopts.EquateApprox(0, 1e-6), cmpopts.EquateEmpty()); diff != "" {
				return fmt.Errorf("the ledger of %s (-its activities +stored):\n%s", id, diff)
			}
		}
		return nil
	})
	if err == nil && counted == 0 {
		err = errors.New("nothing that was taken in scores: the test tests nothing")
	}
	return err
}
