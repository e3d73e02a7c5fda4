package scoring

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTitlesOfTheDefaultModel(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	for title, want := range map[string]float64{
		"CEO": 15, "Group CFO": 15, "cto & co-founder": 15, "Chief Information Security Officer": 15,
		"VP Operations": 15, "SVP, Sales": 15, "Vice President of Sales": 15, "Vice-President": 15, "President": 15,
		"Head of Cryptography": 15, "Marketing Head": 15, "Managing Director": 15, "Founder": 15,
		"Owner": 15, "Business Owner": 15, "Director & VP Sales": 15,
		"Director of Systems": 10, "Engineering Manager": 10, "Sr. Mgr. IT": 10, "International Sales Manager": 10,
		"Product Owner": 0, "Management Consultant": 0, "Managerial Assistant": 0, "Headhunter": 0, "Lead Engineer": 0,
		"Internal Auditor": 0, "Internist": 0, "International Relations": 0, "Stewardship": 0, "Chef": 0, "": 0,
		"Student": -20, "Marketing Intern": -20, "Management Consultant Intern": -20, "PhD student, MIT": -20,
		"Intern to the CTO": -5,
	} {
		if got := s.Fit(Traits{"title": title}).Points; got != want {
			t.Errorf("%q is worth %v, want %v", title, got, want)
		}
	}
}

func TestFitOfTheDefaultModel(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	for _, tt := range []struct {
		name   string
		traits Traits
		want   float64
	}{
		{"nothing known", nil, 0},
		{"50 people", Traits{"employees": 50.0}, 10},
		{"1,000 people, as text", Traits{"employees": "1000"}, 10},
		{"1,001 people", Traits{"employees": 1001.0}, 0},
		{"49 people", Traits{"employees": 49.0}, 5},
		{"11 people", Traits{"employees": "11"}, 5},
		{"10 people", Traits{"employees": 10.0}, 0},
		{"business mail", Traits{"email_kind": "business"}, 5},
		{"free mail", Traits{"email_kind": "free"}, -5},
		{"the target lists are empty", Traits{"country": "DE", "industry": "Software"}, 0},
		{"all that is good", Traits{"title": "VP", "employees": 200.0, "email_kind": "business"}, 30},
	} {
		if got := s.Fit(tt.traits).Points; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestOfAGroupOnlyTheBestCounts(t *testing.T) {
	isSet := func(field string) []Condition { return []Condition{{Field: field, Op: OpIsSet}} }
	m := DefaultModel()
	m.FitLimit = nil
	m.Fit = []FitRule{
		{ID: "low", Label: "low", Where: isSet("low"), Points: -20, Group: "g"},
		{ID: "mid", Label: "mid", Where: isSet("mid"), Points: 5, Group: "g"},
		{ID: "tie", Label: "tie", Where: isSet("tie"), Points: 5, Group: "g"},
		{ID: "top", Label: "top", Where: isSet("top"), Points: 50, Group: "g"},
		{ID: "other", Label: "other", Where: isSet("other"), Points: 7, Group: "h"},
		{ID: "free", Label: "free", Where: isSet("free"), Points: 1},
		{ID: "free2", Label: "free too", Where: isSet("free"), Points: 2},
	}
	s := mustCompile(t, m)
	for _, tt := range []struct {
		traits Traits
		want   Fit
	}{
		{Traits{"low": 1, "mid": 1, "top": 1}, Fit{50, 50, []string{"top"}}},
		{Traits{"low": 1, "mid": 1}, Fit{5, 5, []string{"mid"}}},
		{Traits{"low": 1}, Fit{-20, -20, []string{"low"}}},
		{Traits{"tie": 1, "mid": 1, "low": 1}, Fit{5, 5, []string{"mid"}}},
		{Traits{"top": 1, "other": 1, "free": 1}, Fit{60, 60, []string{"top", "other", "free", "free2"}}},
	} {
		if diff := cmp.Diff(tt.want, s.Fit(tt.traits)); diff != "" {
			t.Errorf("%v:\n%s", tt.traits, diff)
		}
	}
}
