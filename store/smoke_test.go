package store_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"hotleads/lead"
	"hotleads/store"
)

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	r, err := store.OpenRedis("embedded:")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := lead.NewDesk(s, r, r, slog.Default())
	now := lead.Now()
	team, err := s.AddTeam(ctx, lead.Team{Name: "EMEA"}, now)
	if err != nil {
		t.Fatal(err)
	}
	u, err := s.AddUser(ctx, lead.User{Email: "Rosa@x.io", Name: "Rosa", Role: lead.Rep, Teams: []string{team.ID}}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Rebuild(ctx, now); err != nil {
		t.Fatal(err)
	}
	ctx2, cancel := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- d.Run(ctx2) }()
	errs, err := d.Take(ctx, []lead.Message{
		{ID: "m1", Type: lead.Track, AnonymousID: "a1", Event: "Products Compared", Properties: map[string]any{"products": []any{"Pro", "Team"}}, OccurredAt: now, ReceivedAt: now},
		{ID: "m2", Type: lead.Identify, AnonymousID: "a1", UserID: "u1", Traits: map[string]any{"email": "ada@example.com", "name": "Ada"}, OccurredAt: now, ReceivedAt: now},
		{ID: "m3", Type: lead.Track, UserID: "u1", Event: "Demo Requested", OccurredAt: now, ReceivedAt: now},
	})
	t.Log(errs, err)
	l, err := d.Find(ctx, "email:ada@example.com", nil, now)
	t.Logf("%+v %v", l, err)
	b, err := d.Board(ctx, team.ID, now)
	t.Logf("%d %v", len(b), err)
	l2, err := d.Move(ctx, l.ID, lead.Request{Move: lead.Claim}, lead.Person(u, "page"), now)
	t.Logf("%v %v %+v", l2.Stage, err, l2.Clocks)
	l2, err = d.Move(ctx, l.ID, lead.Request{Move: lead.Return, Reason: "researching", Note: "hi"}, lead.Person(u, "page"), now)
	t.Logf("%v %v %v", l2.Stage, err, l2.Score)
	l2, err = d.Move(ctx, l.ID, lead.Request{Move: lead.UndoMove}, lead.Person(u, "page"), now)
	t.Logf("%v %v %v", l2.Stage, err, l2.Score)
	h, err := s.History(ctx, l.ID, 0, 100)
	t.Logf("%+v %v", h, err)
	cancel()
	<-done
}
