package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

// move asks for a move of somebody ("" = no actor) and returns status and answer.
func (x *site) move(id, name, actor string, fields ...any) (int, map[string]any) {
	x.t.Helper()
	form := map[string]any{}
	if actor != "" {
		form["actor"] = strings.ToLower(actor) + "@example.com"
	}
	for i := 0; i < len(fields); i += 2 {
		form[fields[i].(string)] = fields[i+1]
	}
	return x.call(http.MethodPost, "/api/v1/leads/"+id+"/"+name, form)
}

func TestOrderOfRefusals(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	x.person("Mara", lead.Marketing)
	x.person("Boss", lead.Manager)
	x.person("Anna", lead.Admin)
	gone := x.person("Gone", lead.Rep)
	if err := x.store.Disable(t.Context(), lead.Operator, gone.ID, lead.Now()); err != nil {
		t.Fatal(err)
	}
	other, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Elsewhere"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Far", lead.Rep, other.ID)

	waiting, held, accepted := x.hot("waiting"), x.hot("held"), x.hot("accepted")
	x.identify("cold", map[string]any{"email": "cold@b.example"})
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:cold", nil)
	cold := l["id"].(string)
	for _, do := range []struct{ id, move string }{{held, "claim"}, {accepted, "accept"}} {
		if status, p := x.move(do.id, do.move, "Rosa"); status != http.StatusOK {
			t.Fatalf("%s: %d %v", do.move, status, p)
		}
	}
	for _, c := range []struct {
		about           string
		id, move, actor string
		fields          []any
		want            int
		says            string
	}{
		{"claiming what another holds", held, "claim", "Sam", nil, 409, "Rosa has it since"},
		{"repeating one's own claim", held, "claim", "Rosa", nil, 200, ""},
		{"accepting what another holds", held, "accept", "Sam", nil, 403, ""},
		{"returning what another holds", held, "return", "Sam", []any{"reason", "researching"}, 403, ""},
		{"returning what another holds, without a reason", held, "return", "Sam", nil, 403, ""},
		{"touching what another holds", held, "touch", "Sam", nil, 403, ""},
		{"releasing what another holds", held, "release", "Sam", nil, 403, ""},
		{"a return from a wrong stage, without a reason", cold, "return", "Rosa", nil, 409, "in nurture"},
		{"a return without a reason", held, "return", "Rosa", nil, 422, "say why"},
		{"a return with an unknown reason", held, "return", "Rosa", []any{"reason", "bored"}, 422, "bored"},
		{"a return for later without a date", held, "return", "Rosa", []any{"reason", "not_now"}, 422, "call back"},
		{"a return for a past date", held, "return", "Rosa", []any{"reason", "not_now", "date", "2001-01-01"}, 422, "future"},
		{"no answer without attempts", held, "return", "Rosa", []any{"reason", "no_answer"}, 422, "attempt"},
		{"claiming what is in nurture", cold, "claim", "Rosa", nil, 409, "nurture"},
		{"releasing what waits", waiting, "release", "Rosa", nil, 409, ""},
		{"a claim by marketing", waiting, "claim", "Mara", nil, 403, ""},
		{"a claim by an administrator", waiting, "claim", "Anna", nil, 403, ""},
		{"a claim by a rep of another team", waiting, "claim", "Far", nil, 404, ""},
		{"a manager's claim for nobody", waiting, "claim", "Boss", nil, 422, "rep"},
		{"a manager's claim for somebody unknown", waiting, "claim", "Boss", []any{"to", "who@example.com"}, 422, ""},
		{"a manager's claim for a disabled rep", waiting, "claim", "Boss", []any{"to", "gone@example.com"}, 422, ""},
		{"no actor", waiting, "claim", "", nil, 422, "whose move"},
		{"an unknown actor", waiting, "claim", "Who", nil, 422, "who@example.com"},
		{"a disabled actor", waiting, "claim", "Gone", nil, 422, "gone@example.com"},
		{"a disabled actor's outcome", accepted, "opportunity", "Gone", nil, 422, ""},
		{"an unknown lead before an unknown actor", "nobody", "claim", "Who", nil, 404, ""},
		{"an unknown lead before no actor", "email:nobody@x.example", "claim", "", nil, 404, ""},
		{"an unknown move", waiting, "fly", "Rosa", nil, 404, "fly"},
		{"the system's moves", waiting, "cool", "Rosa", nil, 404, ""},
		{"the system's moves", held, "expire", "Rosa", nil, 404, ""},
		{"an unknown channel", accepted, "touch", "Rosa", []any{"channel", "pigeon", "outcome", "reached"}, 422, "pigeon"},
		{"a touch without an outcome", accepted, "touch", "Rosa", nil, 422, "how it went"},
		{"a win of what is no opportunity, with a wrong amount", accepted, "win", "Rosa", []any{"amount", "lots"}, 409, ""},
		{"another's win, with a wrong amount", accepted, "win", "Sam", []any{"amount", "lots"}, 403, ""},
		{"reassigning by a rep", accepted, "reassign", "Rosa", []any{"to", "sam@example.com"}, 403, ""},
		{"reassigning to the owner", accepted, "reassign", "Boss", []any{"to", "rosa@example.com"}, 409, ""},
		{"reassigning to marketing", accepted, "reassign", "Boss", []any{"to", "mara@example.com"}, 422, ""},
		{"reassigning to nobody", accepted, "reassign", "Boss", nil, 422, ""},
		{"reopening what is open", cold, "reopen", "Mara", nil, 409, ""},
		{"disqualifying what a rep holds", held, "disqualify", "Mara", []any{"reason", "spam"}, 409, "Rosa holds it"},
		{"disqualifying by a rep", cold, "disqualify", "Rosa", []any{"reason", "spam"}, 403, ""},
		{"undo of another's move", accepted, "undo", "Sam", nil, 403, ""},
		{"undo where nothing was done", waiting, "undo", "Sam", nil, 409, ""},
		{"releasing from a backlog it is not in", cold, "qualify", "Boss", nil, 409, ""},
	} {
		status, p := x.move(c.id, c.move, c.actor, c.fields...)
		if detail, _ := p["detail"].(string); status != c.want || !strings.Contains(detail, c.says) {
			t.Errorf("%s: %d %q, want %d with %q", c.about, status, detail, c.want, c.says)
		}
		if _, ok := p["lead"].(map[string]any); ok != (status == http.StatusConflict) {
			t.Errorf("%s: a %d with the lead %v", c.about, status, p["lead"])
		}
		if status == http.StatusConflict && (at(p, "lead", "id") != c.id || at(p, "lead", "stage") == nil || at(p, "lead", "signals") == nil) {
			t.Errorf("%s: the lead as it is now is %v", c.about, p["lead"])
		}
	}
	if _, p := x.move(held, "claim", "Sam"); at(p, "lead", "owner", "name") != "Rosa" || at(p, "lead", "stage") != "claimed" {
		t.Errorf("the loser is shown %v", p["lead"])
	}
}

func TestMovesReadTheirBody(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	path := "/api/v1/leads/" + id + "/claim"
	for body, want := range map[string]int{
		"": 422, "{}": 422, "null": 422, "{": 400, "[]": 422, "5": 422, `"x"`: 422, "{}{}": 400, "{}}": 400, "\xff": 400, `{"actor":"rosa@example.com"} x`: 400,
		`{"actor":5}`: 422, `{"actor":["rosa@example.com"]}`: 422, `{"actor":"rosa@example.com","note":5}`: 422, `{"actor":"rosa@example.com\u0000"}`: 422, `{"actor":"rosa@example.com","note":"a\u0000b"}`: 422,
		`{"actor":"rosa@example.com","note":"\ud800"}`: 422, `{"actor":"sam@example.com","actor":"rosa@example.com"}`: 422, `{"actor":" ` + strings.Repeat(" ", 2<<20) + `"}`: 413,
	} {
		if status, p := x.call(http.MethodPost, path, body); status != want {
			t.Errorf("%.40q: %d %v, want %d", body, status, p, want)
		}
	}
	if status, p := x.call(http.MethodPost, path, `{"actor":" ROSA@example.com ","date":"","note":" ab ","further":1}`); status != http.StatusOK {
		t.Fatalf("claim: %d %v", status, p)
	}
	_, h := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history", nil)
	if got := list(h)[0]["note"]; got != "ab" {
		t.Errorf("the note is %q", got)
	}
	for _, outcome := range []string{"no answer", "no_answer"} {
		if status, p := x.move(id, "touch", "Rosa", "outcome", outcome); status != http.StatusOK {
			t.Errorf("touch with %q: %d %v", outcome, status, p)
		}
	}
}

func TestHoldingLimitNamesTheOldest(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	for i := range 3 {
		id := x.hot(fmt.Sprintf("lead%d", i))
		if status, p := x.move(id, "claim", "Rosa"); status != http.StatusOK {
			t.Fatalf("claim %d: %d %v", i, status, p)
		}
	}
	status, p := x.move(x.hot("onemore"), "claim", "Rosa")
	if detail := p["detail"].(string); status != http.StatusConflict || !strings.Contains(detail, "lead0") || at(p, "lead", "stage") != "mql" {
		t.Errorf("a fourth claim: %d %v", status, p)
	}
}

func TestEightRepsRaceForOneLead(t *testing.T) {
	x := newSite(t)
	for i := range 8 {
		x.person(fmt.Sprintf("Rep%d", i), lead.Rep)
	}
	id := x.hot("ada")
	got := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			status, p := x.move(id, "claim", fmt.Sprintf("Rep%d", i))
			mu.Lock()
			defer mu.Unlock()
			got[status]++
			if status == http.StatusConflict && !strings.Contains(p["detail"].(string), "has it since") {
				t.Errorf("a loser is told %v", p["detail"])
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(map[int]int{200: 1, 409: 7}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	_, h := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history", nil)
	if rows := list(h); len(rows) != 2 || rows[0]["move"] != "claim" {
		t.Errorf("history has %v", rows)
	}
}

func TestOutcomesOfTheCRM(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	for body, want := range map[string]int{
		`{"amount":12.5}`: 422, `{"amount":"12"}`: 422, `{"amount":-1}`: 422, `{"amount":1e3}`: 422, `{"amount":{}}`: 422, `{"amount":99999999999999999999}`: 422,
	} {
		if status, p := x.call(http.MethodPost, "/api/v1/leads/"+id+"/win", body); status != want || p["field"] != "amount" {
			t.Errorf("%s: %d %v", body, status, p)
		}
	}
	status, l := x.move(id, "win", "", "amount", 120050)
	if status != http.StatusOK || l["stage"] != "won" || l["amount"] != 120050.0 {
		t.Fatalf("win: %d %v", status, l)
	}
	for _, c := range l["clocks"].([]any) {
		if at(c, "outcome") == "met" || at(c, "outcome") == "breached" || at(c, "stopped_at") == nil {
			t.Errorf("a skipped stage's clock is %v", c)
		}
	}
	_, h := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history", nil)
	var moves []string
	for _, r := range list(h) {
		moves = append(moves, fmt.Sprint(r["move"], " ", at(r, "actor", "kind"), " ", r["cause"]))
	}
	crm := " key in the CRM, not on the board"
	if diff := cmp.Diff([]string{"win" + crm, "opportunity" + crm, "accept" + crm, "qualify system asked for sales"}, moves); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if status, _ := x.move(id, "win", "", "amount", 1); status != http.StatusConflict {
		t.Errorf("a second win: %d", status)
	}
	if status, _ := x.move(x.hot("eve"), "lose", "", "reason", "budget"); status != http.StatusOK {
		t.Errorf("lose: %d", status)
	}
	if status, l := x.move(x.hot("eva"), "opportunity", ""); status != http.StatusOK || l["stage"] != "sql" {
		t.Errorf("opportunity: %d %v", status, l["stage"])
	}
}

func TestBackAgain(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	if status, p := x.move(id, "return", "Rosa", "reason", "researching", "note", "in May"); status != http.StatusOK {
		t.Fatalf("return: %d %v", status, p)
	}
	x.track("ada", "Demo Requested", nil)
	_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
	if l["stage"] != "mql" || at(l, "back_again", "reason") != "researching" || at(l, "back_again", "note") != "in May" || at(l, "back_again", "by", "id") != rosa.ID {
		t.Errorf("back again: %v %v", l["stage"], l["back_again"])
	}
	x.identify("own", map[string]any{"email": "x@mailinator.com"})
	x.track("own", "Demo Requested", nil)
	_, l = x.call(http.MethodGet, "/api/v1/leads/user:own", nil)
	if why, _ := l["held_back"].(string); l["stage"] != "nurture" || why == "" {
		t.Errorf("a disposable address is %v, held back: %v", l["stage"], l["held_back"])
	}
}

func TestBoardOfTheAPIIsTheBoard(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Boss", lead.Manager)
	want := map[string]bool{}
	for i := range 6 {
		id := x.hot(fmt.Sprintf("lead%d", i))
		want[id] = true
		for range i {
			x.track(fmt.Sprintf("lead%d", i), "Products Compared", nil)
		}
	}
	status, board := x.call(http.MethodGet, "/api/v1/board?team=emea", nil)
	if status != http.StatusOK || len(ids(board)) != len(want) {
		t.Fatalf("the board: %d %v", status, ids(board))
	}
	last := 1e9
	for _, l := range list(board) {
		score := l["score"].(float64)
		if score > last {
			t.Errorf("%v stands under %v", score, last)
		}
		last = score
	}
	boss := x.signIn("Boss")
	for again := range 2 { // the moment whose scores are shown may move on in between, but not twice
		_, board = x.call(http.MethodGet, "/api/v1/board?team=emea", nil)
		_, _, page := boss.get("/board/emea")
		if diff := cmp.Diff(ids(board), rowsOf(page)); diff == "" {
			break
		} else if again > 0 {
			t.Errorf("the page's order (-api +page):\n%s", diff)
		}
	}
	if status, _ := x.call(http.MethodGet, "/api/v1/board?team=nowhere", nil); status != http.StatusNotFound {
		t.Errorf("an unknown team's board: %d", status)
	}
}
