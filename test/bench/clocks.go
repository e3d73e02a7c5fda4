package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Clocks: a hundred thousand that run. What they cost while nothing is due, when due
// moments are taken, and how long a changed calendar takes.

const (
	waiting     = 50_000 // leads with two running clocks each, claim and response
	waitTeams   = 50
	idleFor     = 30 * time.Second
	dueLeads    = 2000 // one after the other
	dueOver     = 20 * time.Second
	broughtIn   = 5 * time.Minute
	otherDays   = `{"time_zone":"Europe/Berlin","hours":{"mon":[["08:00","12:00"],["13:00","18:00"]],"tue":[["08:00","18:00"]],"wed":[["08:00","18:00"]],"thu":[["08:00","18:00"]],"fri":[["08:00","16:00"]]}}`
	clocksReady = 30 * time.Second
)

// clockResults are what was measured of clocks.
type clockResults struct {
	idleNone, idleMany   float64 // share of one processor's time that the server has while nothing is due
	storeNone, storeMany float64 // and Postgres with Redis
	lag                  lateness
	each                 float64 // microseconds of everybody's processors' time for a due moment
	brought              time.Duration
	clocks               int
}

// lateness is milliseconds from a due moment until it was written down.
type lateness struct{ p50, p99, most float64 }

// measureClocks makes the leads and measures.
func (b *bench) measureClocks(ctx context.Context) error {
	s, err := b.found(ctx, "clocks")
	if err != nil {
		return err
	}
	db, err := s.open()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := s.start(ctx, b.hotleads, "serve"); err != nil {
		return err
	}
	if err := s.handRaise(ctx, db); err != nil {
		return err
	}
	r := &b.clockResults
	if r.idleNone, r.storeNone, err = s.idle(ctx); err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	b.say("clocks: making %d leads that wait", waiting)
	if err := s.crowdWaiting(ctx, db); err != nil {
		return err
	}
	if err := s.start(ctx, b.hotleads, "serve"); err != nil {
		return err
	}
	time.Sleep(clocksReady) // rankings are made
	if r.idleMany, r.storeMany, err = s.idle(ctx); err != nil {
		return err
	}
	b.say("clocks: server %.1f %% of a processor while nothing is due, %.1f %% without them", r.idleMany*100, r.idleNone*100)
	if err := s.becomeDue(ctx, db, r); err != nil {
		return err
	}
	b.say("clocks: due moments p50 %.0f, p99 %.0f ms late", r.lag.p50, r.lag.p99)
	if err := s.otherCalendar(ctx, db, r); err != nil {
		return err
	}
	b.say("clocks: %d run by another calendar after %v", r.clocks, r.brought.Round(100*time.Millisecond))
	return nil
}

// handRaise brings the lead onto the board that all others are copies of.
func (s *site) handRaise(ctx context.Context, db *sql.DB) error {
	body, err := json.Marshal(map[string]any{"batch": []map[string]any{
		{"type": "identify", "userId": first, "traits": map[string]any{"email": first + "@buyer.example", "name": first}},
		{"type": "track", "userId": first, "event": "Demo Requested"}}})
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
	var running int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*) FROM clocks WHERE stopped_at IS NULL`).Scan(&running)
	if err == nil && (res.StatusCode != http.StatusOK || running != 2) {
		err = fmt.Errorf("a lead that asked for a demo (status %d) has %d running clocks", res.StatusCode, running)
	}
	return err
}

// idle is what the server, and Postgres with Redis, have of one processor's time.
func (s *site) idle(ctx context.Context) (server, stores float64, err error) {
	time.Sleep(2 * time.Second) // what was on its way
	pid := s.server.Process.Pid
	own := processorsTime(pid)
	all, err := s.b.cpu(ctx)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(idleFor)
	more, err := s.b.cpu(ctx)
	return (processorsTime(pid) - own) / idleFor.Seconds(), (more - all) / idleFor.Seconds(), err
}

// crowdWaiting copies teams and leads. None of their moments is near.
func (s *site) crowdWaiting(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, `UPDATE leads SET wake_at = wake_at + INTERVAL '30 days'`); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `UPDATE clocks SET risk_at = risk_at + INTERVAL '30 days', due_at = due_at + INTERVAL '30 days' WHERE stopped_at IS NULL`); err != nil {
		return err
	}
	var id string
	if err := db.QueryRowContext(ctx, `SELECT lead_id FROM identities WHERE kind = 'user' AND value = $1`, first).Scan(&id); err != nil {
		return err
	}
	lead, team := `md5('lead ' || n)::uuid::text`, fmt.Sprintf(`'team-' || n %% %d`, waitTeams)
	for _, c := range []struct {
		table, where string
		n            int
		set          map[string]string
	}{
		{"teams", "$3 <> ''", waitTeams, map[string]string{"id": fmt.Sprintf(`'team-' || n %% %d`, waitTeams), "name": `'Team ' || n`, "slug": `'team-' || n`}},
		{"leads", "t.id = $3", waiting, map[string]string{"id": lead, "team_id": team, "user_id": `'load-' || n`, "email": `'load-' || n || '@buyer.example'`, "name": `'load-' || n`}},
		{"identities", "t.lead_id = $3", waiting, map[string]string{"lead_id": lead, "value": `'load-' || n || t.value`}},
		{"clocks", "t.lead_id = $3 AND t.stopped_at IS NULL", waiting, map[string]string{"lead_id": lead, "team_id": team, "id": `md5(t.id || n)::uuid::text`}},
	} {
		text, err := copying(ctx, db, c.table, c.where, c.set)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, text, 1, c.n, id); err != nil {
			return fmt.Errorf("copy %s: %w", c.table, err)
		}
	}
	_, err := db.ExecContext(ctx, `VACUUM ANALYZE`)
	return err
}

// becomeDue has moments of some clocks come, one after the other.
func (s *site) becomeDue(ctx context.Context, db *sql.DB, r *clockResults) error {
	begin := 5 * time.Second
	_, err := db.ExecContext(ctx, `WITH chosen AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM (SELECT id FROM leads WHERE team_id LIKE 'team-%' LIMIT $1) x),
		moments AS (SELECT id, date_trunc('milliseconds', now() + $2::float8 * INTERVAL '1 second' + n * $3::float8 * INTERVAL '1 second') AS at FROM chosen),
		woken AS (UPDATE leads SET wake_at = at FROM moments WHERE leads.id = moments.id)
		UPDATE clocks SET risk_at = at FROM moments WHERE clocks.lead_id = moments.id AND kind = 'claim'`,
		dueLeads, begin.Seconds(), dueOver.Seconds()/dueLeads)
	if err != nil {
		return err
	}
	pid := s.server.Process.Pid
	before, err := s.b.cpu(ctx, pid)
	if err != nil {
		return err
	}
	over := begin + dueOver + 5*time.Second
	time.Sleep(over)
	after, err := s.b.cpu(ctx, pid)
	if err != nil {
		return err
	}
	r.each = max(0, after-before-(r.idleMany+r.storeMany)*over.Seconds()) / dueLeads * 1e6
	var noted int
	ms := func(share string) string {
		return `COALESCE(percentile_cont(` + share + `) WITHIN GROUP (ORDER BY EXTRACT(epoch FROM risk_noted_at - risk_at) * 1000), 0)`
	}
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), `+ms("0.5")+`, `+ms("0.99")+`, `+ms("1")+` FROM clocks WHERE team_id LIKE 'team-%' AND risk_noted_at IS NOT NULL`).
		Scan(&noted, &r.lag.p50, &r.lag.p99, &r.lag.most)
	if err == nil && noted != dueLeads {
		err = fmt.Errorf("of %d clocks that came to be at risk %d are noted as that", dueLeads, noted)
	}
	return err
}

// otherCalendar gives all teams other hours and waits until all clocks run by them.
func (s *site) otherCalendar(ctx context.Context, db *sql.DB, r *clockResults) error {
	const runBy = `SELECT COUNT(*), COUNT(*) FILTER (WHERE policy = $1) FROM clocks WHERE stopped_at IS NULL AND team_id LIKE 'team-%'`
	var before string
	if err := db.QueryRowContext(ctx, `SELECT policy FROM clocks WHERE stopped_at IS NULL AND team_id LIKE 'team-%' LIMIT 1`).Scan(&before); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, `UPDATE teams SET calendar = $1 WHERE id LIKE 'team-%'`, otherDays); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < broughtIn; time.Sleep(500 * time.Millisecond) {
		left := 0
		if err := db.QueryRowContext(ctx, runBy, before).Scan(&r.clocks, &left); err != nil {
			return err
		}
		if left == 0 {
			r.brought = time.Since(start)
			return nil
		}
	}
	return errors.New("clocks still run by the former calendar after " + broughtIn.String())
}

// clocksTable is this part in Markdown.
func (b *bench) clocksTable() string {
	r := b.clockResults
	return fmt.Sprintf("%s\n%d leads wait in %d teams, with two running clocks each.\n\n", b.where, waiting, waitTeams) + columns([]row{
		{"what", "measured", "without them", "aim"},
		{"processors' time of the server while nothing is due", fmt.Sprintf("%.1f %% of one", r.idleMany*100), fmt.Sprintf("%.1f %%", r.idleNone*100), "≤ 1 % more"},
		{"  of Postgres and Redis", fmt.Sprintf("%.1f %% of one", r.storeMany*100), fmt.Sprintf("%.1f %%", r.storeNone*100), ""},
		{fmt.Sprintf("due moments, %.0f a second: written down", dueLeads/dueOver.Seconds()), fmt.Sprintf("p50 %.0f, p99 %.0f, at most %.0f ms late", r.lag.p50, r.lag.p99, r.lag.most), "", "≤ 1000 ms"},
		{"  processors' time of all for one", fmt.Sprintf("%.0f µs", r.each), "", ""},
		{fmt.Sprintf("other hours for all teams: %s clocks run by them", grouped(float64(r.clocks))), fmt.Sprintf("%.1f s", r.brought.Seconds()), "", "≤ 30 s"},
	})
}
