package handlers_test

import (
	"errors"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
)

// drilled has leads handed over in the last three weeks, day and night, each of which
// lived through some moves.
func drilled(t *testing.T) (x *site, rosa lead.User) {
	t.Helper()
	ctx, random, now := t.Context(), rand.New(rand.NewPCG(5, 6)), lead.Now()
	x = newSite(t, func(c *handlers.Config) { c.Now = func() time.Time { return now } })  // nothing is due between two looks
	apac, err := x.store.AddTeam(ctx, lead.Operator, lead.Team{Name: "APAC"}, lead.Now()) // later than the first, where leads go
	if err != nil {
		t.Fatal(err)
	}
	rosa, boss := x.person("Rosa", lead.Rep), x.person("Boss", lead.Manager)
	reps := map[string][]lead.User{x.team.ID: {rosa, x.person("Sam", lead.Rep)}, apac.ID: {x.person("Aki", lead.Rep, apac.ID)}}
	for i := range 24 {
		at := now.Add(-time.Duration(2+random.IntN(20*24)) * time.Hour)
		who := fmt.Sprint("visitor", i)
		msg := lead.Message{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", Traits: map[string]any{"email": who + "@buyer.example"}, Source: fmt.Sprint("fair ", i%2), OccurredAt: at, ReceivedAt: at}
		if i%3 == 0 {
			msg.Traits["title"] = "CEO"
		}
		if errs, err := x.desk.TakeAt(ctx, []lead.Message{msg}, at); err != nil || errs[0] != nil {
			t.Fatal(err, errs)
		}
		id, err := x.store.LeadID(ctx, lead.Identity{Kind: lead.ByUser, Value: who})
		if err != nil {
			t.Fatal(err)
		}
		team := x.team.ID
		move := func(by lead.User, r lead.Request) {
			var refused *lead.Refusal
			if _, err := x.desk.Move(ctx, id, r, lead.Person(by, "page"), at); err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
		if i%4 == 0 {
			team = apac.ID
			move(boss, lead.Request{Move: lead.Reassign, ToTeam: &apac})
		}
		rep := reps[team][random.IntN(len(reps[team]))]
		steps := []lead.Request{{Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Touch, Channel: "call", Outcome: "reached"}, {Move: lead.Return, Reason: "wrong_person"}}
		for _, r := range steps[:random.IntN(len(steps)+1)] {
			if at = at.Add(time.Duration(random.ExpFloat64()*40) * time.Minute); at.Before(now) {
				move(rep, r)
			}
		}
	}
	return x, rosa
}

// figureLinks are those from a figure to its clocks: address, attributes, and what
// stands there.
var (
	figureLinks = regexp.MustCompile(`(?s)<a [^>]*?href="/sla/clocks\?([^"]*)"([^>]*)>(.*?)</a>`)
	spokenName  = regexp.MustCompile(`(?:aria-label|title)="([^"]*)"`)
	tags        = regexp.MustCompile(`<[^>]*>`)
	wayBack     = regexp.MustCompile(`<p class="back"><a href="([^"]*)"`)
)

// How many clocks a figure says there are, by the words that it says it with.
var figureCounts = []struct {
	what  string
	words *regexp.Regexp
}{
	{"bar", regexp.MustCompile(`^[\d–]+(?: and more)? min: (\d+) in time, (\d+) late$`)},
	{"hour", regexp.MustCompile(`^\w+ \d+:00: \d+ of (\d+) late$`)},
	{"tile", regexp.MustCompile(`^(\d+) late$`)},
	{"unclaimed", regexp.MustCompile(`^Seen by all, claimed by none: (\d+) leads?$`)},
	{"share", regexp.MustCompile(`% of (\d+)$`)},
	{"median", regexp.MustCompile(`^of (\d+) that were called$`)},
	{"waiting", regexp.MustCompile(`^(\d+) waiting$`)},
	{"handed over", regexp.MustCompile(`^(\d+)$`)},
	{"all", regexp.MustCompile(`^All that were missed$`)},
}

// countOf is what a figure counts, and how many; "" for words that tell no number.
func countOf(words string) (what string, n int) {
	for _, c := range figureCounts {
		m := c.words.FindStringSubmatch(words)
		if m == nil {
			continue
		}
		for _, digits := range m[1:] {
			k, _ := strconv.Atoi(digits) // they are digits
			n += k
		}
		return c.what, n
	}
	return "", 0
}

// Every figure of the report leads to exactly as many clocks as it counts, however it
// is narrowed, and from there back to the same report.
func TestEachFigureLeadsToItsClocks(t *testing.T) {
	x, rosa := drilled(t)
	x.person("Mara", lead.Marketing)
	mara := x.signIn("Mara")
	from, to := lead.Now().AddDate(0, 0, -40).Format(time.DateOnly), lead.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	lists, seen := map[string]int{}, map[string]int{}
	for _, query := range []string{
		"from=" + from + "&to=" + to,
		"from=" + from + "&kind=claim&rep=nobody&to=" + to,
		"from=" + from + "&rep=" + rosa.ID + "&to=" + to,
		"from=" + from + "&source=fair+1&team=emea&tier=hot&to=" + to,
		"from=" + from + "&to=" + lead.Now().AddDate(0, 0, -9).UTC().Format("2006-01-02T15:04:05Z"),
		"",
	} {
		status, _, page := mara.get("/sla?" + query)
		if status != http.StatusOK {
			t.Fatalf("/sla?%s: %d", query, status)
		}
		back := map[string]bool{}
		for _, link := range figureLinks.FindAllStringSubmatch(page, -1) {
			behind, words := html.UnescapeString(link[1]), strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(link[3], " "))), " ")
			if spoken := spokenName.FindStringSubmatch(link[2]); spoken != nil {
				words = html.UnescapeString(spoken[1])
			}
			what, want := countOf(words)
			if what == "" {
				t.Errorf("/sla?%s: %q leads to clocks, and says not to how many", query, words)
				continue
			}
			seen[what]++
			n, known := lists[behind]
			if !known {
				n = len(mara.csvOf("/sla/clocks.csv?" + behind))
				lists[behind] = n
			}
			if what == "all" {
				want = n
			}
			if n != want {
				t.Errorf("/sla?%s: the %s %q leads to %d clocks (%s)", query, what, words, n, behind)
			}
			if !back[what] {
				back[what] = true
				_, _, list := mara.get("/sla/clocks?" + behind)
				if m := wayBack.FindStringSubmatch(list); m == nil || strings.TrimSuffix(strings.TrimPrefix(html.UnescapeString(m[1]), "/sla"), "?") != strings.TrimSuffix("?"+strings.ReplaceAll(query, ":", "%3A"), "?") {
					t.Errorf("/sla?%s: from the %s %q the way back is %q", query, what, words, m)
				}
			}
		}
	}
	for _, c := range figureCounts {
		if seen[c.what] == 0 {
			t.Errorf("no %s was looked at", c.what)
		}
	}
}
