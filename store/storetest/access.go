package storetest

import (
	"fmt"
	"time"

	"hotleads/lead"
)

// sessionClock: an instance whose own clock is wrong makes sessions that last as
// long as any other's, and ends them at the same moment.
func sessionClock(w *world) {
	for _, wrong := range []time.Duration{-time.Hour, time.Hour} {
		shared, token := time.Now().Add(wrong), fmt.Sprint("a", wrong)
		s := w.s.Sessions([]byte("secret"))
		s.Now = func() time.Time { return shared }
		w.ok(s.CommitCtx(w.ctx, token, []byte("x"), time.Now().Add(time.Hour)))
		for after, want := range map[time.Duration]bool{0: true, 59 * time.Minute: true, time.Hour: false} {
			shared := shared.Add(after)
			s.Now = func() time.Time { return shared }
			_, found, err := s.FindCtx(w.ctx, token)
			w.ok(err)
			w.same(fmt.Sprintf("made %v off, after %v", wrong, after), want, found)
			alive := must(s.Alive(w.ctx, []string{s.ID(token)}, shared))(w)
			w.same(fmt.Sprintf("made %v off, alive after %v", wrong, after), want, len(alive) == 1)
		}
	}
}

// accessCounts: whatever takes from somebody what they may see, or gives it, is
// another state of access.
func accessCounts(w *world) {
	anna := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "anna@acme.example", Name: "Anna", Role: lead.Admin}, now))(w)
	emea, apac, rosa := w.team("EMEA"), w.team("APAC"), w.rep("rosa")
	sessions, screens := w.s.Sessions([]byte("secret")), w.s.Displays([]byte("secret"))
	for _, token := range []string{"a", "b", "c"} {
		w.ok(sessions.CommitCtx(w.ctx, token, []byte("x"), time.Now().Add(time.Hour)))
		w.ok(sessions.Began(w.ctx, token, lead.Session{UserID: rosa.ID, CreatedAt: now, SeenAt: now}))
	}
	_, d, err := screens.Add(w.ctx, lead.Operator, lead.Display{Name: "Lobby", TeamID: emea.ID, Privacy: lead.ShowFull}, now)
	w.ok(err)
	before := must(w.s.Access(w.ctx))(w)
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"another role", func() error {
			return w.s.ChangePerson(w.ctx, lead.Operator, rosa.ID, lead.Persona{Name: "Rosa", Role: lead.Manager, Teams: []string{apac.ID}}, now)
		}},
		{"signed out", func() error { return sessions.DeleteCtx(w.ctx, "a") }},
		{"a session ended", func() error { return sessions.End(w.ctx, lead.Operator, rosa.ID, sessions.ID("b"), now) }},
		{"all sessions ended", func() error { return sessions.EndAll(w.ctx, lead.Operator, rosa.ID, "", now) }},
		{"another password", func() error { return w.s.SetPassword(w.ctx, lead.Operator, rosa.ID, "hash", now) }},
		{"disabled", func() error { return w.s.Disable(w.ctx, lead.Person(anna, "page"), rosa.ID, now) }},
		{"enabled", func() error { return w.s.Enable(w.ctx, lead.Operator, rosa.ID, now) }},
		{"a team disabled", func() error { return w.s.DisableTeam(w.ctx, lead.Operator, apac.ID, now) }},
		{"a team enabled", func() error { return w.s.EnableTeam(w.ctx, lead.Operator, apac.ID, now) }},
		{"a display's level", func() error {
			_, err := screens.Change(w.ctx, lead.Operator, d.ID, d.Name, d.TeamID, lead.ShowCompany, now)
			return err
		}},
		{"a display's link", func() error { _, _, err := screens.Renew(w.ctx, lead.Operator, d.ID, now); return err }},
		{"a display revoked", func() error { _, err := screens.Revoke(w.ctx, lead.Operator, d.ID, now); return err }},
	} {
		w.ok(step.do())
		after := must(w.s.Access(w.ctx))(w)
		if after == before {
			w.Errorf("%s: access is still at %q", step.what, after)
		}
		before = after
	}
	w.ok(screens.Seen(w.ctx, []string{d.ID}, now))
	w.ok(sessions.Seen(w.ctx, "c", lead.Session{UserID: rosa.ID, SeenAt: now}))
	w.same("what nobody loses anything by", before, must(w.s.Access(w.ctx))(w))
}
