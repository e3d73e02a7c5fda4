package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/lib/pq"
)

// What every stored lead has done before: each activity was really taken in for
// the first lead, and is copied with it.
const activitiesEach = 10

// first is the lead that all others are copies of, as loadgen calls it.
const first = "load-0"

// model sends the first lead to the site's server.
func (s *site) model(ctx context.Context) error {
	batch := []map[string]any{{"type": "identify", "userId": first, "traits": map[string]any{
		"email": first + "@buyer0.example", "name": "Lead " + first, "company": "Buyer 0", "title": "Engineer", "country": "Germany", "employees": 120}}}
	now := time.Now().UTC()
	for i := range activitiesEach {
		batch = append(batch, map[string]any{"type": "page", "userId": first, "timestamp": now.Add(-time.Duration(i+1) * time.Hour).Format(time.RFC3339Nano),
			"properties": map[string]any{"path": fmt.Sprint("/docs/", i), "title": "Page", "url": fmt.Sprint("https://www.example.com/docs/", i), "campaign": "spring"}})
	}
	body, err := json.Marshal(map[string]any{"batch": batch})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(s.writeKey, "")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the first lead is refused with status %d", res.StatusCode)
	}
	return nil
}

// seedStep is how many leads one statement copies.
const seedStep = 20_000

// seed makes copies of the first lead, numbered as loadgen numbers its leads,
// until there are so many. The server must not run.
func (s *site) seed(ctx context.Context, leads int) error {
	db, err := s.open()
	if err != nil {
		return err
	}
	defer db.Close()
	var id string
	if err := db.QueryRowContext(ctx, `SELECT lead_id FROM identities WHERE kind = 'user' AND value = $1`, first).Scan(&id); err != nil {
		return fmt.Errorf("the first lead: %w", err)
	}
	lead, named := `md5('lead ' || n)::uuid::text`, func(column string) string {
		return fmt.Sprintf(`replace(t.%s, '%s', 'load-' || n)`, column, first)
	}
	message := `md5(t.message_id || n)`
	for _, c := range []struct {
		table, where string
		set          map[string]string
	}{
		{"leads", "t.id = $3", map[string]string{"id": lead, "user_id": named("user_id"), "email": named("email"), "name": named("name"), "traits": named("traits")}},
		{"identities", "t.lead_id = $3", map[string]string{"lead_id": lead, "value": named("value")}},
		{"lead_words", "t.lead_id = $3", map[string]string{"lead_id": lead, "word": named("word")}},
		{"message_ids", "t.message_id IN (SELECT message_id FROM activities WHERE lead_id = $3)", map[string]string{"message_id": message}},
		{"activities", "t.lead_id = $3", map[string]string{"lead_id": lead, "message_id": message}},
	} {
		text, err := copying(ctx, db, c.table, c.where, c.set)
		if err != nil {
			return err
		}
		for from := max(1, s.leads); from < leads; from += seedStep {
			if _, err := db.ExecContext(ctx, text, from, min(from+seedStep, leads)-1, id); err != nil {
				return fmt.Errorf("copy %s: %w", c.table, err)
			}
		}
	}
	s.leads = leads
	return calm(ctx, db)
}

// calm does what would come during somebody's turn else. Of what Postgres knows nothing
// yet, servers keep no plans.
func calm(ctx context.Context, db *sql.DB) error {
	for _, text := range []string{"VACUUM ANALYZE", "CHECKPOINT"} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// copying is the statement that copies rows t of a table for each n from $1 to
// $2, with other values in some columns.
func copying(ctx context.Context, db *sql.DB, table, where string, set map[string]string) (string, error) {
	rows, err := db.QueryContext(ctx, `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`, table)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var columns, values []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return "", err
		}
		v, other := set[c]
		if !other {
			v = "t." + pq.QuoteIdentifier(c)
		}
		columns, values = append(columns, pq.QuoteIdentifier(c)), append(values, v)
	}
	return fmt.Sprintf(`INSERT INTO %s (%s) SELECT %s FROM %s t CROSS JOIN generate_series($1::int, $2::int) n WHERE %s`,
		table, strings.Join(columns, ", "), strings.Join(values, ", "), table, where), rows.Err()
}
