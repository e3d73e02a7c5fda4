package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// Tables that grow with the business: no statement may read one of them as a whole.
var growing = []string{"leads", "activities", "history", "clocks", "identities", "message_ids", "lead_words", "notes", "outbox", "duplicates", "import_traces", "alerts", "occasions"}

// meant are statements that read much on purpose, by a part of their text: once in a
// while, and never while somebody waits.
var meant = []string{
	`FROM activities_default WHERE received_at <`, // retention, for what is in no month
	`FROM activities WHERE received_at <`,         // retention on SQLite
	`OR backlog)`,                                 // once: the first team takes the waiting leads
	`FROM import_traces t JOIN imports i`,         // a preview counts all that an import did
}

// Every statement of a busy day uses an index for each table that grows, and every
// index is of use to one of them.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	t.Run("Postgres", func(t *testing.T) { everyQuery(t, testenv.Postgres(t)) })
	t.Run("SQLite", func(t *testing.T) { everyQuery(t, storetest.SQLite(t)) })
}

func everyQuery(t *testing.T, url string) {
	n := &notes{args: map[string][]any{}}
	s := store.OpenNoting(t, url, n.note)
	if _, err := s.Migrate(t.Context(), day); err != nil {
		t.Fatal(err)
	}
	clear(n.args) // migrations read what they change
	n.seen.Clear()
	driver := "postgres"
	if s.Embedded() {
		driver = "sqlite"
	}
	db, err := sqlx.Open(driver, strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	b := &busy{T: t, s: s, ctx: t.Context()}
	b.begin()
	if !s.Embedded() { // its planner decides by what is there
		crowd(t, db)
		db.SetMaxOpenConns(1)
		for _, way := range []string{"seqscan", "hashjoin", "mergejoin"} { // what is left where an index is of no use
			db.MustExec(`SET enable_` + way + ` = off`)
		}
	}
	b.work()
	used := map[string]bool{}
	for _, text := range slices.Sorted(maps.Keys(n.args)) {
		if slices.ContainsFunc(meant, func(part string) bool { return strings.Contains(text, part) }) {
			continue
		}
		plan := explain(t, db, text, n.args[text])
		if slices.ContainsFunc(plan, readsAll) {
			t.Errorf("a table is read as a whole by\n%s\n%s", text, strings.Join(plan, "\n"))
		}
		for _, step := range plan {
			for _, m := range indexName.FindAllStringSubmatch(step, -1) {
				used[strings.TrimSuffix(m[1], "_idx")] = true
			}
		}
	}
	if len(n.args) < 80 {
		t.Errorf("only %d statements were run", len(n.args))
	}
	if s.Embedded() {
		return
	}
	var all []string
	if err := db.Select(&all, `SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(string_to_array($1, ','))`, strings.Join(growing, ",")); err != nil {
		t.Fatal(err)
	}
	for _, index := range all {
		if !used[index] && !strings.HasPrefix(index, "activities") && !strings.HasSuffix(index, "_pkey") && index != "outbox_pending" { // integrations will read the outbox
			t.Errorf("nothing uses the index %s", index)
		}
	}
}

var indexName = regexp.MustCompile(`(?:Index(?: Only)? Scan(?: Backward)? using|Bitmap Index Scan on|Conflict Arbiter Indexes:) (\w+)`)

// readsAll tells whether a step of a plan reads a table that grows, or a month of
// it, as a whole.
func readsAll(step string) bool {
	m := wholeTable.FindStringSubmatch(step)
	return m != nil && !strings.Contains(step, " INDEX ") && (slices.Contains(growing, m[1]) || strings.HasPrefix(m[1], "activities_"))
}

var wholeTable = regexp.MustCompile(`(?:Seq Scan on|^SCAN) (\w+)`)

// explain is the plan of a statement, a step a line.
func explain(t *testing.T, db *sqlx.DB, text string, args []any) []string {
	t.Helper()
	var plan []string
	if db.DriverName() == "postgres" {
		if err := db.Select(&plan, "EXPLAIN (COSTS OFF) "+text, args...); err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		return plan
	}
	var steps []struct {
		ID, Parent, NotUsed int
		Detail              string
	}
	if err := db.Select(&steps, "EXPLAIN QUERY PLAN "+text, args...); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	for _, s := range steps {
		plan = append(plan, s.Detail)
	}
	return plan
}

// notes are the statements that were run, once each, however many values they
// came with.
type notes struct {
	mu   sync.Mutex
	args map[string][]any
	seen sync.Map
}

var lists = regexp.MustCompile(`\(?[$?]\d*(?:::\w+)?(?:, ?\(?[$?]\d*\)?)*\)?`)

func (n *notes) note(text string, args []any) {
	switch strings.ToUpper(strings.Fields(text)[0]) {
	case "SELECT", "WITH", "UPDATE", "DELETE", "INSERT":
	default:
		return
	}
	if strings.Contains(text, "goose_db_version") || strings.Contains(text, "pg_") {
		return
	}
	if _, known := n.seen.LoadOrStore(lists.ReplaceAllString(text, "?"), true); known {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.args[text] = args
}

// day is in the past of every database's clock.
var day = time.Date(2024, 11, 18, 9, 0, 0, 0, time.UTC)

// busy is a day with a bit of everything.
type busy struct {
	*testing.T
	ctx      context.Context
	s        *store.Store
	desk     *lead.Desk
	team     lead.Team
	sam, mia lead.User
	now      time.Time
	n        int
}

func (b *busy) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// begin makes people, and leads in every stage.
func (b *busy) begin() {
	b.now = day
	r := storetest.Embedded(b.T)
	b.desk = lead.NewDesk(b.s, r, r, slog.New(slog.DiscardHandler))
	var err error
	b.team, err = b.s.AddTeam(b.ctx, lead.Operator, lead.Team{Name: "EMEA"}, b.now)
	b.ok(err)
	b.sam, err = b.s.AddUser(b.ctx, lead.Operator, lead.User{Email: "sam@acme.example", Name: "Sam", Role: lead.Rep, Teams: []string{b.team.ID}}, b.now)
	b.ok(err)
	b.mia, err = b.s.AddUser(b.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "Mia", Role: lead.Manager, Teams: []string{b.team.ID}}, b.now)
	b.ok(err)
	for i := range 3 {
		b.take(b.who(fmt.Sprint("reader", i)), b.did(fmt.Sprint("reader", i), "Page Viewed"))
	}
	for _, name := range []string{"waiting", "claimed", "accepted", "returned", "won"} {
		b.take(b.who(name), b.did(name, "Demo Requested"))
	}
	b.move("claimed", lead.Request{Move: lead.Claim})
	b.move("accepted", lead.Request{Move: lead.Accept})
	b.move("returned", lead.Request{Move: lead.Return, Reason: "wrong_person", Note: "ask for the head of it"})
	b.move("won", lead.Request{Move: lead.Accept})
	b.move("won", lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"})
	b.move("won", lead.Request{Move: lead.Opportunity})
	b.move("won", lead.Request{Move: lead.Win, Amount: 100})
	rows := []lead.Message{b.who("backlog")}
	rows[0].Traits["title"], rows[0].Traits["employees"] = "CTO", 100.0
	b.take(b.did("backlog", "Products Compared"), b.did("backlog", "Webinar Viewed"))
	_, err = b.desk.Import(b.ctx, rows, false, b.now)
	b.ok(err)
}

func (b *busy) who(name string) lead.Message {
	b.n++
	return lead.Message{ID: fmt.Sprint("message ", b.n), Type: lead.Identify, UserID: name, AnonymousID: "visitor " + name, OccurredAt: b.now, ReceivedAt: b.now, Source: "fair",
		Traits: map[string]any{"email": name + "@" + name + ".example", "name": "Ada " + name, "phone": fmt.Sprint("+4930123456", b.n)}}
}

func (b *busy) did(name, event string) lead.Message {
	b.n++
	return lead.Message{ID: fmt.Sprint("message ", b.n), Type: lead.Track, UserID: name, Event: event, OccurredAt: b.now, ReceivedAt: b.now}
}

func (b *busy) take(msgs ...lead.Message) {
	b.Helper()
	errs, err := b.desk.TakeAt(b.ctx, msgs, b.now)
	b.ok(errors.Join(append(errs, err)...))
}

func (b *busy) find(name string) lead.Scored {
	b.Helper()
	l, err := b.desk.Find(b.ctx, "user:"+name, nil, b.now)
	b.ok(err)
	return l
}

func (b *busy) move(name string, r lead.Request) {
	b.Helper()
	b.now = b.now.Add(time.Second)
	_, err := b.desk.Move(b.ctx, b.find(name).ID, r, lead.Person(b.sam, "page"), b.now)
	b.ok(err)
}

// written are the columns of a table that are not made of others, and those of a row r.
func written(t *testing.T, db *sqlx.DB, table string) (names, values string) {
	t.Helper()
	err := db.QueryRow(`SELECT string_agg(column_name, ', ' ORDER BY ordinal_position), string_agg('r.' || column_name, ', ' ORDER BY ordinal_position)
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`, table).Scan(&names, &values)
	if err != nil {
		t.Fatal(err)
	}
	return names, values
}

// crowd makes many of each lead with all that is theirs, most of them in nurture,
// and has the planner look at it.
func crowd(t *testing.T, db *sqlx.DB) {
	t.Helper()
	db.MustExec(`CREATE TABLE crowd AS SELECT id AS lead_id, n, md5(id || n) AS to_id FROM leads, generate_series(1, 400) n WHERE n <= CASE WHEN stage = 'nurture' AND hold = '' THEN 400 ELSE 10 END`)
	for table, set := range map[string]string{
		"leads":      `'id', c.to_id, 'email', c.n || t.email, 'source', t.source || c.n % 20`,
		"identities": `'lead_id', c.to_id, 'value', c.n || t.value`,
		"lead_words": `'lead_id', c.to_id, 'word', t.word || c.n % 100`,
		"activities": `'lead_id', c.to_id, 'message_id', t.message_id || ' ' || c.n`,
		"history":    `'lead_id', c.to_id`,
		"notes":      `'lead_id', c.to_id`,
		"clocks":     `'lead_id', c.to_id, 'id', md5(t.id || c.n)`,
		"outbox":     `'lead_id', c.to_id, 'id', md5(t.id || c.n)`,
		"occasions":  `'lead_id', c.to_id, 'id', md5(t.id || c.n)`,
	} {
		column := "lead_id"
		if table == "leads" {
			column = "id"
		}
		names, values := written(t, db, table)
		db.MustExec(`INSERT INTO ` + table + ` (` + names + `) SELECT ` + values + ` FROM ` + table + ` t JOIN crowd c ON c.lead_id = t.` + column + `, LATERAL jsonb_populate_record(t, jsonb_build_object(` + set + `)) r`)
	}
	db.MustExec(`INSERT INTO history SELECT r.* FROM history h, generate_series(1, 10) n, LATERAL jsonb_populate_record(h, jsonb_build_object('seq', h.seq + 1000 * n, 'recorded_at', h.recorded_at - n * INTERVAL '1 day', 'occurred_at', h.occurred_at - n * INTERVAL '1 day')) r`)
	db.MustExec(`INSERT INTO notes SELECT to_id, 100, 'a note' FROM crowd`)
	names, values := written(t, db, "clocks")
	db.MustExec(`INSERT INTO clocks (` + names + `) SELECT ` + values + ` FROM clocks c, generate_series(1, 10) n, LATERAL jsonb_populate_record(c, jsonb_build_object('id', md5(c.id || ' ' || n), 'is_current', FALSE, 'outcome', 'met', 'stopped_at', c.started_at - n * INTERVAL '1 day')) r`)
	db.MustExec(`INSERT INTO outbox SELECT r.* FROM outbox o, generate_series(1, 10) n, LATERAL jsonb_populate_record(o, jsonb_build_object('id', md5(o.id || ' ' || n), 'dispatched_at', o.created_at)) r`)
	db.MustExec(`INSERT INTO message_ids SELECT message_id || ' ' || n, received_at FROM message_ids, generate_series(1, 300) n`)
	db.MustExec(`INSERT INTO duplicates SELECT to_id, lead_id, 'name', TIMESTAMPTZ '2024-11-01' + n * INTERVAL '1 minute' FROM crowd`)
	db.MustExec(`INSERT INTO import_traces SELECT 'import ' || n % 20, n, lead_id, TRUE, 0, '{}', '', '' FROM crowd`)
	db.MustExec(`DROP TABLE crowd`)
	db.MustExec(`ANALYZE`)
}
