package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// all reads every lead with its history, the oldest row first, in order of the
// addresses.
func (w World) all(t *testing.T) (leads []lead.Card, history map[string][]lead.History) {
	t.Helper()
	history = map[string][]lead.History{}
	for _, stage := range lead.Stages {
		cards, err := w.Store.Find(t.Context(), lead.Search{Stage: stage, Limit: 5000})
		if err != nil {
			t.Fatal(err)
		}
		leads = append(leads, cards...)
	}
	slices.SortFunc(leads, func(a, b lead.Card) int {
		return strings.Compare(a.Lead.Email+a.Lead.CreatedAt.String(), b.Lead.Email+b.Lead.CreatedAt.String())
	})
	for _, c := range leads {
		rows, err := w.Store.History(t.Context(), c.Lead.ID, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(rows)
		history[c.Lead.ID] = rows
	}
	return leads, history
}

// account is the company in words that don't depend on ids.
func (w World) account(t *testing.T) []string {
	book, err := w.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	leads, history := w.all(t)
	var lines []string
	for _, c := range leads {
		l := c.Lead
		lines = append(lines, fmt.Sprintf("%s %s %s %s %s %s", l.Email, l.Name, l.Phone, l.Stage, l.Source, l.LastActivityAt))
		for _, h := range history[l.ID] {
			lines = append(lines, fmt.Sprintf("  %s %s %s→%s %s %s %s %s %d %.3f", h.RecordedAt, h.Move, h.From, h.To, book.Users[h.ActorID].Email, h.Reason, h.Note, h.Outcome, h.Amount, h.Score))
		}
		for _, k := range c.Clocks {
			lines = append(lines, fmt.Sprintf("  %s %s %s %s", k.Kind, k.Tier, k.DueAt, k.Outcome))
		}
	}
	return lines
}

func TestSeedTellsTheSameStory(t *testing.T) {
	var told [2][]string
	for i := range told {
		path := filepath.Join(t.TempDir(), "demo.db")
		if _, err := seed(t.Context(), path, 4); err != nil {
			t.Fatal(err)
		}
		w, _ := opened(t, path)
		told[i] = w.account(t)
	}
	if diff := cmp.Diff(told[0], told[1]); diff != "" {
		t.Errorf("the same seed told another story (-first +second):\n%.3000s", diff)
	}
}

func TestSeedRefusesAStoreInUse(t *testing.T) {
	path, _ := copied(t)
	w, _ := opened(t, path)
	if _, err := Seed(t.Context(), w, noon, PastDays, 1, nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("seeding twice gave %v, want that the store is not empty", err)
	}
}

// The past reads as if a server had run all the time: nothing was found late, and
// the clocks run by the calendar of the present since its first day.
func TestHistoryReadsWell(t *testing.T) {
	path, _ := copied(t)
	w, _ := opened(t, path)
	book, err := w.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules, err := w.Store.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clocks, err := w.Store.FindClocks(t.Context(), lead.ClockSearch{FactsQuery: lead.FactsQuery{From: noon.AddDate(0, 0, -PastDays), To: noon, Now: noon}, Limit: 10_000})
	if err != nil || len(clocks) < 100 {
		t.Fatalf("%d clocks, %v", len(clocks), err)
	}
	odd := 0
	for _, c := range clocks {
		late := slices.ContainsFunc(c.Changes, func(g sla.Change) bool { return g.What == sla.Recomputed && g.At.After(noon.Add(time.Minute-lastDay)) })
		if (c.FoundLate() || late) && odd < 5 {
			odd++
			t.Errorf("a clock's story: %s", lead.InWords(c.Story(rules.CalendarOf(book.Team(c.TeamID)), book, noon)))
		}
	}
	if n, err := w.Desk.Recompute(t.Context(), noon, 1000); n != 0 || err != nil {
		t.Errorf("the demo begins with %d leads whose clocks are computed again, %v", n, err)
	}
}

func TestOpeningBoard(t *testing.T) {
	path, cast := copied(t)
	w, _ := opened(t, path)
	rows, err := w.Desk.Board(t.Context(), w.team(t, "emea").ID, noon)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows); n < 8 || n > 12 {
		t.Errorf("EMEA's board shows %d leads at first, want 8 to 12", n)
	}
	count := map[string]int{}
	for _, l := range rows {
		count[string(l.Tier)]++
		count[string(l.Stage)]++
		if len(l.Signals) < 3 || l.Phone == "" || l.Company == "" || l.Traits["timezone"] == nil {
			t.Errorf("%s is thin: %d signals, phone %q, company %q", l.Name, len(l.Signals), l.Phone, l.Company)
		}
		for _, c := range l.Clocks {
			if !c.Running() || c.Kind == sla.Response {
				continue
			}
			count[string(c.Kind)+" "+string(c.State(noon))]++
			if left := c.DueAt.Sub(noon); left > time.Minute && left < 150*time.Second {
				count["soon "+string(c.Kind)]++
			}
		}
		if l.BackAgain() {
			count["back"]++
			note, err := w.Store.Note(t.Context(), l.ID, l.ReturnSeq)
			if l.ReturnReason == "" || note == "" || err != nil || l.OfferedTo != cast.People[0].ID || !l.OfferedUntil.After(noon) {
				t.Errorf("%s is back without last time's reason, or not offered to the visitor's rep", l.Name)
			}
		}
	}
	for what, least := range map[string]int{
		"fire": 3, "hot": 3, "warm": 2, "mql": 7, "claimed": 2, "sal": 1, "back": 1,
		"claim breached": 1, "claim risk": 1, "claim ontime": 3, "soon claim": 1, "soon decision": 1,
	} {
		if count[what] < least {
			t.Errorf("EMEA's board shows %d × %s at first, want at least %d", count[what], what, least)
		}
	}
	open, err := w.Store.Find(t.Context(), lead.Search{Circle: lead.OfEvery, Limit: 10})
	if err != nil || len(open) == 0 || !slices.ContainsFunc(rows, func(l lead.Scored) bool { return l.ID == open[0].Lead.ID }) {
		t.Errorf("%d leads are open to every team at first (%v), want one, on EMEA's board, too", len(open), err)
	}
	if mine, err := w.Store.Find(t.Context(), lead.Search{Circle: lead.OfManager, Limit: 10}); err != nil || len(mine) == 0 {
		t.Errorf("no lead waits for its manager at first (%v)", err)
	}
	rows, err = w.Desk.Board(t.Context(), w.team(t, "americas").ID, noon)
	if n := len(rows); err != nil || n < 6 || n > 10 {
		t.Errorf("the Americas' board shows %d leads at first (%v), want 6 to 10", n, err)
	}
	for _, l := range rows {
		if l.Country != "United States" && l.Country != "Canada" {
			t.Errorf("%s of %s is on the Americas' board", l.Name, l.Country)
		}
	}
}

// from is the table of moves in product.md: the stages that each may start from.
var from = map[lead.Move][]lead.Stage{
	lead.Qualify: {lead.Nurture}, lead.Cool: {lead.MQL}, lead.Claim: {lead.MQL}, lead.Release: {lead.Claimed}, lead.Expire: {lead.Claimed},
	lead.Accept: {lead.MQL, lead.Claimed}, lead.Return: {lead.MQL, lead.Claimed, lead.SAL}, lead.Touch: {lead.SAL},
	lead.Opportunity: {lead.SAL}, lead.Win: {lead.SQL}, lead.Lose: {lead.SQL}, lead.Reopen: {lead.Lost, lead.Disqualified},
}

func TestHistoryIsLegal(t *testing.T) {
	path, cast := copied(t)
	w, _ := opened(t, path)
	leads, history := w.all(t)
	var rows []lead.History
	made := map[lead.Move]int{}
	for _, c := range leads {
		stage, at := lead.Nurture, time.Time{}
		for i, h := range history[c.Lead.ID] {
			system := h.Move == lead.Qualify || h.Move == lead.Cool || h.Move == lead.Expire || h.Move == lead.Reopen
			switch {
			case h.Seq != int64(i+1), h.From != stage, h.RecordedAt.Before(at), h.RecordedAt.After(noon), !slices.Contains(from[h.Move], h.From):
				t.Errorf("%s: row %d, %s from %s to %s at %s, does not follow from %s at %s", c.Lead.Name, h.Seq, h.Move, h.From, h.To, h.RecordedAt, stage, at)
			case system != (h.ActorKind == lead.BySystem):
				t.Errorf("%s: %s was made by the %s", c.Lead.Name, h.Move, h.ActorKind)
			case h.Move == lead.Return && h.Reason == "":
				t.Errorf("%s was returned without a reason", c.Lead.Name)
			}
			stage, at = h.To, h.RecordedAt
			made[h.Move]++
			rows = append(rows, h)
		}
		if stage != c.Lead.Stage {
			t.Errorf("%s is in %s, history says %s", c.Lead.Name, c.Lead.Stage, stage)
		}
	}
	for _, m := range []lead.Move{lead.Qualify, lead.Claim, lead.Accept, lead.Touch, lead.Return, lead.Opportunity, lead.Win, lead.Lose, lead.Cool, lead.Release, lead.Expire} {
		if made[m] == 0 {
			t.Errorf("nobody ever made the move %s", m)
		}
	}
	holdings(t, rows, cast)
}

// holdings checks that no rep ever held more than the limits allow.
func holdings(t *testing.T, rows []lead.History, cast Cast) {
	t.Helper()
	slices.SortStableFunc(rows, func(a, b lead.History) int { return a.RecordedAt.Compare(b.RecordedAt) })
	claimed, untouched := map[string]int{}, map[string]int{}
	for _, h := range rows {
		if h.From == lead.Claimed {
			claimed[h.OwnerBefore]--
		}
		if h.To == lead.Claimed {
			claimed[h.OwnerAfter]++
		}
		if h.Move == lead.Accept {
			untouched[h.OwnerAfter]++
		}
		if h.Move == lead.Touch && untouched[h.OwnerAfter] > 0 {
			untouched[h.OwnerAfter]--
		}
		if claimed[h.OwnerAfter] > lead.DefaultMaxClaimed || untouched[h.OwnerAfter] > lead.DefaultMaxUntouched {
			t.Fatalf("at %s a rep held %d claimed and %d untouched leads", h.RecordedAt, claimed[h.OwnerAfter], untouched[h.OwnerAfter])
		}
	}
	if id := cast.People[0].ID; claimed[id] != 0 {
		t.Errorf("the visitor's rep holds %d undecided leads at first", claimed[id])
	}
}

func TestFiguresAreBelievable(t *testing.T) {
	path, _ := copied(t)
	w, _ := opened(t, path)
	clocks, err := w.Store.FindClocks(t.Context(), lead.ClockSearch{FactsQuery: lead.FactsQuery{From: noon.AddDate(0, 0, -PastDays), To: noon, Now: noon}, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	met, all, mondays := 0, 0, 0
	var response []time.Duration
	for _, c := range clocks {
		if c.Outcome != sla.Met && c.Outcome != sla.Missed {
			continue
		}
		if c.Kind == sla.Response {
			response = append(response, c.Used)
			continue
		}
		all++
		if c.Outcome == sla.Met {
			met++
		} else if !c.WaitingSince.IsZero() {
			mondays++
		}
	}
	if share := float64(met) / float64(all); share < .85 || share > .95 {
		t.Errorf("sales kept %.0f %% of its %d promises, want 85 to 95 %%", 100*share, all)
	}
	slices.Sort(response)
	if median := response[len(response)/2]; median < 10*time.Minute || median > 3*time.Hour {
		t.Errorf("the median response took %s of business time, want 10 min to 3 h", median)
	}
	if mondays == 0 {
		t.Error("what came while the team was away was never late")
	}
	leads, history := w.all(t)
	stages, qualified := map[lead.Stage]int{}, 0
	for _, c := range leads {
		stages[c.Lead.Stage]++
		for _, h := range history[c.Lead.ID] {
			if h.Counted {
				qualified++
			}
		}
	}
	if perRep := float64(qualified) / 6 / (PastDays / 7); perRep < 4 || perRep > 8.5 {
		t.Errorf("marketing brought %.1f MQLs a rep and week, want about 6", perRep)
	}
	for _, s := range []lead.Stage{lead.Nurture, lead.SAL, lead.SQL, lead.Won, lead.Lost} {
		if stages[s] < 5 {
			t.Errorf("%d leads are in %s, want some", stages[s], s)
		}
	}
}

var fictional = regexp.MustCompile(`^(\+1\d{3}55501\d\d|\+4420794[6]0\d{3}|\+441(61|17|31|13)4960\d{3}|\+4930(23125)\d{3}|\+494066969\d{3}|\+498999998\d{3}|\+496990009\d{3}|\+492214710\d{3}|` +
	`\+33(19900|46571|26191|53649)\d{4}|\+46(8465004|3139006|4062804)\d\d)$`)

func TestNobodyIsReal(t *testing.T) {
	path, cast := copied(t)
	w, _ := opened(t, path)
	leads, _ := w.all(t)
	held, emails := 0, map[string]bool{}
	for _, c := range leads {
		l := c.Lead
		if l.Email != "" && !strings.HasSuffix(l.Email, ".example") || l.Phone != "" && !fictional.MatchString(l.Phone) {
			t.Errorf("%s can be reached: %s, %s", l.Name, l.Email, l.Phone)
		}
		if l.HeldBack != "" {
			held++
		}
		if l.Email != "" && emails[l.Email] {
			t.Errorf("two leads share %s", l.Email)
		}
		emails[l.Email] = true
	}
	if held == 0 {
		t.Error("nobody is held back")
	}
	for _, p := range cast.People {
		u, err := w.Store.SignIn(t.Context(), p.Email, p.Password)
		if err != nil || u.ID != p.ID || u.Role != p.Role {
			t.Errorf("%s cannot sign in as %s: %v", p.Email, p.Role, err)
		}
	}
	for secret, kind := range map[string]lead.KeyKind{cast.WriteKey: lead.WriteKey, cast.APIKey: lead.APIKey} {
		if k, err := w.Store.Key(context.Background(), secret); err != nil || k.Kind != kind {
			t.Errorf("the %s key is %v, %v", kind, k.Kind, err)
		}
	}
}
