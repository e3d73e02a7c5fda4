package lead_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
)

// office is a desk over a real store: SQLite in a file of its own and the
// in-process Redis.
type office struct {
	t         *testing.T
	ctx       context.Context
	store     *store.Store
	redis     *store.Redis
	desk      *lead.Desk
	db        *sql.DB // looks into what is stored
	team      lead.Team
	sam, rosa lead.User
	mia       lead.User
	now       time.Time
	sent      int
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, ctx: t.Context(), now: monday}
	url := storetest.SQLite(t)
	var err error
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o.store, err = store.Open(o.ctx, url)
	must(err)
	t.Cleanup(func() { o.store.Close() })
	o.redis, err = store.OpenRedis("embedded:")
	must(err)
	t.Cleanup(func() { o.redis.Close() })
	o.db, err = sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+"?_pragma=busy_timeout(5000)")
	must(err)
	t.Cleanup(func() { o.db.Close() })
	o.desk = lead.NewDesk(o.store, o.redis, o.redis, slog.New(slog.DiscardHandler))
	o.team, err = o.store.AddTeam(o.ctx, lead.Operator, lead.Team{Name: "EMEA"}, o.now)
	must(err)
	o.sam = o.hire("sam", lead.Rep, o.team.ID)
	o.rosa = o.hire("rosa", lead.Rep, o.team.ID)
	o.mia = o.hire("mia", lead.Manager, o.team.ID)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	must(err)
	_, err = o.store.Activate(o.ctx, lead.Operator, a, o.now)
	must(err)
	_, err = o.desk.Rebuild(o.ctx, o.now)
	must(err)
	return o
}

func (o *office) hire(name string, role lead.Role, teams ...string) lead.User {
	o.t.Helper()
	u, err := o.store.AddUser(o.ctx, lead.Operator, lead.User{Email: name + "@hot.example", Name: name, Role: role, Teams: teams}, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

// track and identify are messages of the moment.
func (o *office) track(event string, props ...map[string]any) lead.Message {
	m := o.message(lead.Track)
	m.Event = event
	if len(props) > 0 {
		m.Properties = props[0]
	}
	return m
}

func (o *office) identify(traits map[string]any) lead.Message {
	m := o.message(lead.Identify)
	m.Traits = traits
	return m
}

func (o *office) message(typ lead.MessageType) lead.Message {
	o.sent++
	o.now = o.now.Add(time.Second)
	return lead.Message{ID: fmt.Sprintf("message-%04d", o.sent), Type: typ, OccurredAt: o.now, ReceivedAt: o.now}
}

// by says who sent messages.
func by(user, anonymous string, msgs ...lead.Message) []lead.Message {
	for i := range msgs {
		msgs[i].UserID, msgs[i].AnonymousID = user, anonymous
	}
	return msgs
}

// take stores messages in one transaction.
func (o *office) take(msgs ...lead.Message) {
	o.t.Helper()
	errs, err := o.desk.TakeAt(o.ctx, msgs, o.now)
	if err != nil {
		o.t.Fatal(err)
	}
	for i, err := range errs {
		if err != nil {
			o.t.Fatalf("message %d: %v", i, err)
		}
	}
}

// each stores messages one transaction after the other.
func (o *office) each(msgs ...lead.Message) {
	o.t.Helper()
	for _, m := range msgs {
		o.take(m)
	}
}

func (o *office) find(ref string) lead.Scored {
	o.t.Helper()
	l, err := o.desk.Find(o.ctx, ref, nil, o.now)
	if err != nil {
		o.t.Fatalf("find %s: %v", ref, err)
	}
	return l
}

func (o *office) move(id string, u lead.User, r lead.Request) lead.Scored {
	o.t.Helper()
	l, err := o.desk.Move(o.ctx, id, r, lead.Person(u, "page"), o.now)
	if err != nil {
		o.t.Fatalf("%s by %s: %v", r.Move, u.Name, err)
	}
	return l
}

// count runs a query that counts.
func (o *office) count(query string, args ...any) int {
	o.t.Helper()
	var n int
	if err := o.db.QueryRowContext(o.ctx, query, args...).Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// moves are the moves of a lead's history, oldest first.
func (o *office) moves(id string) []lead.Move {
	o.t.Helper()
	rows, err := o.store.History(o.ctx, id, 0, 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	moves := make([]lead.Move, len(rows))
	for _, h := range rows {
		if h.Seq < 1 || h.Seq > int64(len(rows)) {
			o.t.Fatalf("history: seq %d of %d rows", h.Seq, len(rows))
		}
		moves[h.Seq-1] = h.Move
	}
	return moves
}
