package lead_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

func TestWhatADisplayShowsOfAName(t *testing.T) {
	for _, c := range []struct{ name, last, full, initials string }{
		{"Ada Byron", "", "Ada B.", "A. B."},
		{"Ada King Byron", "", "Ada B.", "A. B."},
		{"  ada   byron ", "", "ada B.", "A. B."},
		{"Byron, Ada", "", "Ada B.", "A. B."},
		{"Ada Byron, PhD", "", "Ada B.", "A. B."},
		{"Ada", "", "Ada", "A."},
		{"Byron", "Byron", "B.", "B."},
		{"Jean-Luc O’Neill", "", "Jean-Luc O.", "J. O."},
		{"Дмитрий Шостакович", "", "Дмитрий Ш.", "Д. Ш."},
		{"山田太郎", "", "山.", "山."},
		{"山田 太郎", "", "山. 太.", "山. 太."},
		{"", "", "", ""},
		{"ada@engines.example", "", "", ""},
		{"Ada ada@engines.example", "", "", ""},
		{"+49 30 123456", "", "", ""},
		{"…", "", "", ""},
	} {
		l := lead.Lead{Profile: lead.Profile{Name: c.name, Email: "ada@engines.example", Phone: "+4930123456", UserID: "42", Traits: scoring.Traits{}}}
		if c.last != "" {
			l.Traits["lastName"] = c.last
		}
		for level, want := range map[lead.Privacy]string{lead.ShowFull: c.full, lead.ShowInitials: c.initials, lead.ShowCompany: "", "nonsense": c.initials} {
			if got := level.Name(&l); got != want {
				t.Errorf("%q at %s is %q, want %q", c.name, level, got, want)
			}
		}
	}
	for company, want := range map[string]string{" Analytical  Engines ": "Analytical Engines", "ada@engines.example": "", "": ""} {
		if got := lead.ShowCompany.Company(&lead.Lead{Profile: lead.Profile{Company: company}}); got != want {
			t.Errorf("the company %q is shown as %q", company, got)
		}
	}
}

func TestADisplayIsChecked(t *testing.T) {
	team, gone := &lead.Team{ID: "t", Name: "EMEA"}, &lead.Team{ID: "g", Name: "Gone", DisabledAt: time.Now()}
	right := lead.Display{Name: "Lobby", TeamID: "t", Privacy: lead.ShowFull}
	for _, c := range []struct {
		field  string
		team   *lead.Team
		change func(*lead.Display)
	}{
		{"", team, func(*lead.Display) {}},
		{"name", team, func(d *lead.Display) { d.Name = " " }},
		{"", team, func(d *lead.Display) { d.Name = strings.Repeat("ü", lead.MaxName) }},
		{"name", team, func(d *lead.Display) { d.Name = strings.Repeat("ü", lead.MaxName+1) }},
		{"team", nil, func(*lead.Display) {}},
		{"team", gone, func(*lead.Display) {}},
		{"privacy", team, func(d *lead.Display) { d.Privacy = "all" }},
	} {
		d := right
		c.change(&d)
		err := d.Check(c.team)
		var r *lead.Refusal
		if c.field == "" && err != nil || c.field != "" && (!errors.As(err, &r) || r.Field != c.field || !errors.Is(err, lead.ErrInvalid)) {
			t.Errorf("%+v: %v, want a refusal of %q", d, err, c.field)
		}
	}
}

func TestADisplayIsMissed(t *testing.T) {
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := a.Compile(1)
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		made, seen, now string
		revoked, want   bool
	}{
		{"2026-11-16 09:00", "2026-11-16 11:55", "2026-11-16 12:00", false, false},
		{"2026-11-16 09:00", "2026-11-16 11:50", "2026-11-16 12:00", false, true},
		{"2026-11-16 09:00", "2026-11-16 11:50", "2026-11-16 12:00", true, false},
		{"2026-11-16 11:00", "", "2026-11-16 11:05", false, false},
		{"2026-11-16 11:00", "", "2026-11-16 11:11", false, true},
		{"2026-11-16 09:00", "2026-11-20 17:30", "2026-11-22 12:00", false, false}, // over the weekend
		{"2026-11-16 09:00", "2026-11-20 17:30", "2026-11-23 09:10", false, true},
	} {
		d := lead.Display{CreatedAt: at(c.made)}
		if c.seen != "" {
			d.SeenAt = at(c.seen)
		}
		if c.revoked {
			d.RevokedAt = at(c.now)
		}
		if got := d.Missed(rules, nil, at(c.now)); got != c.want {
			t.Errorf("%+v is missed: %v", c, got)
		}
	}
}

func TestTheDaysFigures(t *testing.T) {
	var none lead.Day
	if _, ok := none.Fastest(); ok {
		t.Error("nobody was fastest")
	}
	if _, ok := none.Last(); ok {
		t.Error("nobody was last")
	}
	day := lead.Day{Claims: []lead.Taken{
		{OwnerID: "slow", Used: time.Hour, At: time.Unix(5, 0)},
		{OwnerID: "fast", Used: time.Minute, At: time.Unix(2, 0)},
		{OwnerID: "early", Used: 0, Closed: true, At: time.Unix(1, 0)},
	}}
	if got, _ := day.Fastest(); got.OwnerID != "fast" {
		t.Errorf("%s was fastest", got.OwnerID)
	}
	if got, _ := day.Last(); got.OwnerID != "slow" {
		t.Errorf("%s was last", got.OwnerID)
	}
}
