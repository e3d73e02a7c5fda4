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
	"hotleads/scoring"
	"hotleads/sla"
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

// work does what a day does, and looks at every page.
func (b *busy) work() {
	b.intake()
	b.moves()
	b.pages()
	b.loops()
	b.imports()
}

// intake: old and new people, a visitor who gives a name, what comes late, a sale.
func (b *busy) intake() {
	late := b.did("reader0", "Pricing Viewed")
	late.OccurredAt = b.now.Add(-time.Hour)
	visit := b.did("", "Page Viewed")
	visit.AnonymousID = "nobody yet"
	b.take(b.did("reader0", "Pricing Viewed"), visit, b.who("new"), b.did("won", "Page Viewed"))
	named := b.who("reader1")
	named.AnonymousID = "nobody yet"
	renamed := b.who("reader2")
	renamed.Traits["name"] = "Eve"
	sale := b.did("accepted", "Deal Won")
	sale.Server = true
	b.take(late, named, renamed, sale)
	b.s.AtOnce(1) // of a visitor who did more, the rest follows
	for range 2 {
		much := b.did("", "Page Viewed")
		much.AnonymousID = "very much"
		b.take(much)
	}
	known := b.who("reader0")
	known.AnonymousID = "very much"
	b.take(known)
	shared := b.who("reader2")
	shared.Traits["email"] = "waiting@waiting.example"
	b.take(shared)
	_, err := b.desk.Add(b.ctx, lead.Entry{Traits: map[string]any{"email": "by@hand.example"}}, lead.Person(b.mia, "page"), b.now)
	b.ok(err)
	_, err = b.desk.Correct(b.ctx, b.find("reader0").ID, lead.Entry{Traits: map[string]any{"name": "Adam"}}, lead.Person(b.mia, "page"), b.now)
	b.ok(err)
}

func (b *busy) moves() {
	b.take(b.who("next"), b.did("next", "Demo Requested"))
	by := lead.Person(b.mia, "page")
	b.move("claimed", lead.Request{Move: lead.Release})
	_, err := b.desk.Move(b.ctx, b.find("claimed").ID, lead.Request{Move: lead.Claim, To: &b.sam}, by, b.now)
	var refused *lead.Refusal
	if err != nil && !errors.As(err, &refused) { // the crowd is more than anybody may hold
		b.Fatal(err)
	}
	b.ok(b.desk.StartDrip(b.ctx, b.team.ID, 1, by, b.now))
	_, err = b.desk.Release(b.ctx, b.team.ID, []string{b.find("backlog").ID}, by, b.now)
	b.ok(err)
	_, err = b.s.Holds(b.ctx, []string{b.sam.ID}, []string{b.mia.ID}, []string{b.team.ID}, 500)
	b.ok(err)
	_, err = b.s.HeldCounts(b.ctx, []string{b.sam.ID}, []string{b.team.ID})
	b.ok(err)
	_, err = b.desk.GiveAll(b.ctx, []string{b.find("accepted").ID}, b.sam, by, b.now)
	b.ok(err)
	b.ok(b.s.Change(b.ctx, func(tx lead.Tx) error {
		_, err := tx.Holding(b.ctx, b.sam.ID, b.team.ID)
		_, cerr := tx.Claims(b.ctx, b.sam.ID)
		return errors.Join(err, cerr)
	}))
}

func (b *busy) pages() {
	l := b.find("returned")
	for _, q := range []lead.Search{
		{}, {Newest: true}, {After: &lead.SearchPoint{ListedAt: b.now, ID: l.ID}}, {Newest: true, After: &lead.SearchPoint{ID: l.ID}}, {Words: "ada retur"}, {Stage: lead.MQL},
		{Team: b.team.ID}, {Seen: []string{b.team.ID}}, {Seen: []string{}}, {OwnerID: b.sam.ID}, {Source: "fair7"}, {Tiers: []scoring.Tier{scoring.Hot}}, {Held: true, Now: b.now},
		{Hold: lead.HoldBacklog, Now: b.now}, {Backlog: true, Team: b.team.ID}, {Backlog: true, Team: b.team.ID, After: &lead.SearchPoint{ID: b.find("backlog").ID}},
	} {
		q.Limit = 50
		_, err := b.s.Find(b.ctx, q)
		b.ok(err)
		_, err = b.s.Count(b.ctx, q, 1000)
		b.ok(err)
	}
	_, err := b.s.Sources(b.ctx, 100)
	b.ok(err)
	for _, q := range []lead.DuplicateSearch{{}, {LeadID: l.ID}, {Seen: []string{b.team.ID}}, {After: &lead.DuplicatePoint{SeenAt: b.now, A: l.ID, B: l.ID}}} {
		q.Limit = 20
		_, err := b.s.Duplicates(b.ctx, q)
		b.ok(err)
	}
	_, err = b.desk.Board(b.ctx, b.team.ID, b.now)
	b.ok(err)
	_, err = b.s.OnBoard(b.ctx, b.team.ID)
	b.ok(err)
	_, err = b.s.Versions(b.ctx, []string{l.ID})
	b.ok(err)
	for _, before := range []int64{0, 5} {
		_, err = b.s.History(b.ctx, l.ID, before, 20)
		b.ok(err)
	}
	_, err = b.s.Note(b.ctx, l.ID, 1)
	b.ok(err)
	_, err = b.s.Activities(b.ctx, l.ID, nil, 20)
	b.ok(err)
	for _, teams := range [][]string{nil, {b.team.ID}} {
		for _, rep := range []string{"", b.sam.ID} {
			_, err = b.s.Running(b.ctx, lead.RunningSearch{Teams: teams, Rep: rep, Limit: 50})
			b.ok(err)
		}
		_, err = b.s.Overdue(b.ctx, teams, b.now)
		b.ok(err)
		for _, circle := range []lead.Circle{lead.OfManager, lead.OfEvery} {
			_, err = b.s.Find(b.ctx, lead.Search{Circle: circle, Seen: teams, Limit: 50})
			b.ok(err)
			_, err = b.s.Count(b.ctx, lead.Search{Circle: circle, Seen: teams}, 50)
			b.ok(err)
		}
	}
	for _, teams := range [][]string{nil, {b.team.ID}} {
		_, err = b.s.Facts(b.ctx, lead.FactsQuery{Teams: teams, From: b.now.AddDate(0, 0, -1), To: b.now, Now: b.now})
		b.ok(err)
		period := lead.FactsQuery{Teams: teams, From: b.now.AddDate(0, 0, -1), To: b.now, Now: b.now}
		for _, q := range []lead.ClockSearch{{FactsQuery: period}, {FactsQuery: period, Result: lead.ClocksMissed, Kind: sla.Claim}, {FactsQuery: period, Result: lead.ClocksDone, UsedFrom: time.Minute}, {FactsQuery: period, Result: lead.ClocksOrdinary, Rep: "x"},
			{FactsQuery: period, After: &lead.ClockPoint{AskedAt: b.now, ID: "x"}, Spans: [][2]time.Time{{b.now.Add(-time.Hour), b.now}}}} {
			q.Limit = 50
			_, err = b.s.FindClocks(b.ctx, q)
			b.ok(err)
		}
	}
	_, err = b.s.Day(b.ctx, b.team.ID, b.now.Add(-9*time.Hour), b.now)
	b.ok(err)
}

// loops: sweeps, rankings, another agreement, retention.
func (b *busy) loops() {
	_, err := b.desk.Sweep(b.ctx, b.now.Add(time.Hour), 20)
	b.ok(err)
	_, err = b.s.Unannounced(b.ctx, b.now, 10)
	b.ok(err)
	_, err = b.s.Lag(b.ctx, b.now)
	b.ok(err)
	a, err := lead.DefaultAgreement("UTC")
	b.ok(err)
	version, err := b.s.Activate(b.ctx, lead.Operator, a, b.now)
	b.ok(err)
	_, err = b.s.Outdated(b.ctx, version, 10)
	b.ok(err)
	_, err = b.desk.Rescore(b.ctx, b.now, 5)
	b.ok(err)
	a.SLA.RiskShare = .5 // the clocks follow
	_, err = b.s.Activate(b.ctx, lead.Operator, a, b.now)
	b.ok(err)
	_, err = b.desk.Recompute(b.ctx, b.now, 5)
	b.ok(err)
	some, err := b.desk.BringAlong(b.ctx, b.now, 5)
	b.ok(err)
	if !some {
		b.Error("nothing was left behind: a statement is not looked at")
	}
	b.ok(b.desk.Rerank(b.ctx, b.now))
	_, err = b.desk.DropActivities(b.ctx, b.now, 10)
	b.ok(err)
	_, err = b.s.Strays(b.ctx, b.now)
	b.ok(err)
	b.telling()
}

// telling: what happened is told, and somebody looks at what they were told.
func (b *busy) telling() {
	b.take(b.who("told"), b.did("told", "Demo Requested"))
	by := lead.Person(b.mia, "page")
	l := b.find("told")
	_, err := b.desk.Tell(b.ctx, b.now, 50)
	b.ok(err)
	_, err = b.desk.Tell(b.ctx, b.now.Add(time.Minute), 50)
	b.ok(err)
	_, err = b.s.Untold(b.ctx, b.now)
	b.ok(err)
	newest, err := b.s.Alerts(b.ctx, b.sam.ID, nil, 50)
	b.ok(err)
	_, err = b.s.Alerts(b.ctx, b.sam.ID, &lead.AlertPoint{At: b.now, ID: l.ID}, 50)
	b.ok(err)
	_, err = b.s.HistorySince(b.ctx, []string{l.ID, b.find("won").ID}, b.now)
	b.ok(err)
	_, err = b.s.Unread(b.ctx, []string{b.sam.ID, b.mia.ID}, b.now.Add(-time.Hour), lead.MostUnread)
	b.ok(err)
	b.ok(b.desk.ReadAlert(b.ctx, b.sam.ID, newest[0].ID, b.now))
	b.ok(b.desk.ReadAlerts(b.ctx, b.sam.ID, lead.AlertPoint{At: b.now, ID: l.ID}, b.now))
	_, err = b.s.DropAlerts(b.ctx, b.now.AddDate(0, 0, -90), 1000)
	b.ok(err)
	b.ok(b.s.SetAway(b.ctx, lead.Operator, b.sam.ID, b.now.Add(time.Hour), b.now))
	b.ok(b.s.SetAway(b.ctx, lead.Operator, b.sam.ID, time.Time{}, b.now))
	hours, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Paris"}`))
	b.ok(err)
	b.ok(b.s.ChangeTeam(b.ctx, lead.Operator, b.team.ID, lead.TeamPlan{Name: b.team.Name, Calendar: hours, MaxClaimed: 3, MaxUntouched: 5}, b.now))
	for _, r := range []lead.Request{{Move: lead.Reassign, To: &b.sam}, {Move: lead.UndoMove}} { // as far as it may
		if _, err := b.desk.Move(b.ctx, l.ID, r, by, b.now); err != nil && !errors.As(err, new(*lead.Refusal)) {
			b.Fatal(err)
		}
	}
}

func (b *busy) imports() {
	_, _, _, err := b.s.UndoPreview(b.ctx, "import 3")
	b.ok(err)
	_, err = b.s.Traces(b.ctx, "import 3", 10)
	b.ok(err)
	_, err = b.s.KeptTraces(b.ctx, "import 3", 10)
	b.ok(err)
	_, err = b.s.TidyImports(b.ctx, b.now)
	b.ok(err)
	gone := b.find("new").ID
	b.ok(b.s.Change(b.ctx, func(tx lead.Tx) error {
		return tx.Forget(b.ctx, []string{gone}, []string{"message 1"}, []lead.Identity{{Kind: lead.ByUser, Value: "new"}})
	}))
}
