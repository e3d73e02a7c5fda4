package lead_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

// The whole state machine, written down by hand from the product's table of
// moves: for each move and asker, what happens in each stage. A letter is the
// stage that the lead is in afterwards (Nurture, Mql, Claimed, Accepted (sal),
// Sql, Won, Lost, Disqualified), "+" a move that keeps the stage, "=" a success
// that changes nothing, a number the refusal. Sam holds (or held) the lead
// wherever somebody does.
const machine = `
              nurture mql claimed sal sql won lost disqualified
claim
 sam            409   C    =     409 409 409 409  409
 rosa           409   C   409    409 409 409 409  409
 otto           403  403  403    403 403 403 403  403
 mia            409   C   409    409 409 409 409  409
 boss           409   C   409    409 409 409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
release
 sam            409  409   M     409 409 409 409  409
 rosa           409  409  403    403 403 403 403  409
 otto           403  403  403    403 403 403 403  403
 mia            409  409   M     409 409 409 409  409
 boss           409  409   M     409 409 409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
accept
 sam            409   A    A     409 409 409 409  409
 rosa           409   A   403    403 403 409 409  409
 otto           403  403  403    403 403 403 403  403
 mia            403  403  403    403 403 403 403  403
 boss           403  403  403    403 403 403 403  403
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
return
 sam            409   N    N      N  409 409 409  409
 rosa           409   N   403    403 403 409 409  409
 otto           403  403  403    403 403 403 403  403
 mia            409   N    N      N  409 409 409  409
 boss           409   N    N      N  409 409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
touch
 sam            409   A    A      +  409 409 409  409
 rosa           409   A   403    403 403 409 409  409
 otto           403  403  403    403 403 403 403  403
 mia            403  403  403    403 403 403 403  403
 boss           403  403  403    403 403 403 403  403
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
opportunity
 sam            409  409  409     S  409 409 409  409
 rosa           409  409  403    403 403 403 403  409
 otto           403  403  403    403 403 403 403  403
 mia            409  409  409     S  409 409 409  409
 boss           409  409  409     S  409 409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm             S    S    S      S  409 409  S   409
 system         403  403  403    403 403 403 403  403
win
 sam            409  409  409    409  W  409 409  409
 rosa           409  409  403    403 403 403 403  409
 otto           403  403  403    403 403 403 403  403
 mia            409  409  409    409  W  409 409  409
 boss           409  409  409    409  W  409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm             W    W    W      W   W  409  W   409
 system         403  403  403    403 403 403 403  403
lose
 sam            409  409  409    409  L  409 409  409
 rosa           409  409  403    403 403 403 403  409
 otto           403  403  403    403 403 403 403  403
 mia            409  409  409    409  L  409 409  409
 boss           409  409  409    409  L  409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm             L    L    L      L   L  409 409  409
 system         403  403  403    403 403 403 403  403
reopen
 sam            403  403  403    403 403 403 403  403
 rosa           403  403  403    403 403 403 403  403
 otto           403  403  403    403 403 403 403  403
 mia            409  409  409    409 409 409  N    N
 boss           409  409  409    409 409 409  N    N
 kim            403  403  403    403 403 403 403  403
 ines           409  409  409    409 409 409  N    N
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
disqualify
 sam            403  403  403    403 403 403 403  403
 rosa           403  403  403    403 403 403 403  403
 otto           403  403  403    403 403 403 403  403
 mia             D    D   409    409 409 409  D   409
 boss            D    D   409    409 409 409  D   409
 kim            403  403  403    403 403 403 403  403
 ines            D    D   409    409 409 409  D   409
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
reassign
 sam            403  403  403    403 403 403 403  403
 rosa           403  403  403    403 403 403 403  403
 otto           403  403  403    403 403 403 403  403
 mia            409  409   +      +   +  409 409  409
 boss           409  409   +      +   +  409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
qualify
 sam            403  403  403    403 403 403 403  403
 rosa           403  403  403    403 403 403 403  403
 otto           403  403  403    403 403 403 403  403
 mia            409  409  409    409 409 409 409  409
 boss           409  409  409    409 409 409 409  409
 kim            403  403  403    403 403 403 403  403
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
undo
 sam            409  409  409    409 409 409 409  409
 rosa           409  409  403    403 409 409 409  409
 mia            409  409  403    403 409 409 409  409
 boss           409  409  403    403 409 409 409  409
 ines           403  403  403    403 403 403 403  403
 anna           403  403  403    403 403 403 403  403
 crm            403  403  403    403 403 403 403  403
 system         403  403  403    403 403 403 403  403
`

var stageOf = map[string]lead.Stage{
	"N": lead.Nurture, "M": lead.MQL, "C": lead.Claimed, "A": lead.SAL, "S": lead.SQL, "W": lead.Won, "L": lead.Lost, "D": lead.Disqualified,
}

var refusalOf = map[string]error{"403": lead.ErrForbidden, "409": lead.ErrConflict, "422": lead.ErrInvalid}

// askers are who asks in the machine, by name.
func askers() map[string]lead.Actor {
	all := map[string]lead.Actor{"crm": crm, "system": lead.System}
	for _, u := range staff {
		all[u.ID] = person(u)
	}
	return all
}

// asked is a request with whatever the move needs.
func asked(move lead.Move, who string) lead.Request {
	r := lead.Request{Move: move}
	to := rosa
	switch move {
	case lead.Claim:
		if who == "mia" || who == "boss" {
			r.To = &to
		}
	case lead.Return:
		r.Reason = "researching"
	case lead.Touch:
		r.Channel, r.Outcome = "call", "reached"
	case lead.Win:
		r.Amount = 100_00
	case lead.Disqualify:
		r.Reason = "spam"
	case lead.Reassign:
		r.To = &to
	}
	return r
}

func TestStateMachine(t *testing.T) {
	stages := []lead.Stage{lead.Nurture, lead.MQL, lead.Claimed, lead.SAL, lead.SQL, lead.Won, lead.Lost, lead.Disqualified}
	ready := map[lead.Stage]*story{}
	for _, st := range stages {
		ready[st] = bring(t, st)
		ready[st].now = ready[st].now.Add(time.Minute) // whatever could be undone can't be any more
	}
	move := lead.Move("")
	seen := map[lead.Move]int{}
	for _, line := range strings.Split(strings.TrimSpace(machine), "\n")[1:] {
		f := strings.Fields(line)
		if len(f) == 1 {
			move = lead.Move(f[0])
			continue
		}
		if len(f) != 9 {
			t.Fatalf("malformed line of the machine: %q", line)
		}
		seen[move]++
		for i, want := range f[1:] {
			t.Run(fmt.Sprintf("%s/%s by %s", stages[i], move, f[0]), func(t *testing.T) {
				s := *ready[stages[i]]
				s.t = t
				checkMove(t, &s, askers()[f[0]], asked(move, f[0]), want)
			})
		}
	}
	for _, m := range lead.PersonMoves {
		if seen[m] < 8 {
			t.Errorf("the machine says nothing of %s", m)
		}
	}
}

func checkMove(t *testing.T, s *story, a lead.Actor, r lead.Request, want string) {
	t.Helper()
	from, rows, version := s.l.Stage, len(s.history), s.l.HistorySeq
	err := s.try(a, r)
	if kind, ok := refusalOf[want]; ok {
		var refusal *lead.Refusal
		if !errors.Is(err, kind) || !errors.As(err, &refusal) || refusal.Text == "" {
			t.Fatalf("got %v, want the refusal %v with words", err, kind)
		}
		return
	}
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	added := len(s.history) - rows
	switch want {
	case "=":
		if added != 0 || s.l.HistorySeq != version {
			t.Errorf("a success that changes nothing wrote %d rows", added)
		}
		return
	case "+":
		s.wantStage(from)
	default:
		s.wantStage(stageOf[want])
	}
	wantRows := 1
	if r.Move == lead.Touch {
		wantRows = map[lead.Stage]int{lead.MQL: 3, lead.Claimed: 2, lead.SAL: 1}[from]
	}
	if a.Kind == lead.ByKey { // walks through what was skipped
		steps := map[lead.Stage]int{lead.Lost: 5, lead.Nurture: 4, lead.MQL: 3, lead.Claimed: 3, lead.SAL: 2, lead.SQL: 1}[from]
		if r.Move == lead.Opportunity {
			steps--
		}
		wantRows = steps
	}
	if added != wantRows {
		t.Errorf("%d rows of history, want %d: %+v", added, wantRows, s.history[rows:])
	}
	if h := s.last(); h.Move != r.Move || h.ActorID != a.ID || h.ActorKind != a.Kind || !h.RecordedAt.Equal(s.now) || h.Agreement != 1 {
		t.Errorf("the last row of history is %+v", h)
	}
	for _, h := range s.history[rows:] {
		if n := s.topics("lead." + string(h.Move)); n < 1 {
			t.Errorf("no outbox row for %s", h.Move)
		}
	}
}

// topics counts the outbox rows of a topic.
func (s *story) topics(topic string) int {
	n := 0
	for _, o := range s.outbox {
		if o.Topic == topic {
			n++
		}
	}
	return n
}

func TestErasureActsAtOnce(t *testing.T) {
	for _, st := range []lead.Stage{lead.Claimed, lead.SAL, lead.SQL} {
		for _, reason := range []string{"erasure", "do_not_contact"} {
			s := bring(t, st)
			s.move(person(ines), lead.Request{Move: lead.Disqualify, Reason: reason})
			s.wantStage(lead.Disqualified)
			s.wantRunning()
			if s.l.OwnerID != "" || s.last().OwnerBefore != "sam" {
				t.Errorf("%s: owner %q, row %+v", st, s.l.OwnerID, s.last())
			}
		}
		s := bring(t, st)
		if text := s.refused(person(mia), lead.Request{Move: lead.Disqualify, Reason: "spam"}, lead.ErrConflict); !strings.Contains(text, "Sam") {
			t.Errorf("who has to be asked is not named: %q", text)
		}
	}
}

func TestMovesOfTheSystemAreNobodysToAskFor(t *testing.T) {
	for _, m := range []lead.Move{lead.Cool, lead.Expire, lead.Merge, "dance", ""} {
		for _, a := range []lead.Actor{person(sam), person(mia), crm} {
			s := bring(t, lead.MQL)
			s.refused(a, lead.Request{Move: m}, lead.ErrInvalid)
		}
	}
}

// Forbidden before stage and race before fields.
func TestOrderOfRefusals(t *testing.T) {
	bad := lead.Request{Channel: "pigeon", Outcome: "eaten", Reason: "nonsense", Amount: -1, Note: strings.Repeat("x", 3000)}
	as := func(m lead.Move) lead.Request { r := bad; r.Move = m; return r }
	for _, c := range []struct {
		name  string
		stage lead.Stage
		who   lead.User
		move  lead.Move
		want  error
	}{
		{"returning what another holds, without a reason", lead.Claimed, rosa, lead.Return, lead.ErrForbidden},
		{"accepting what another holds", lead.Claimed, rosa, lead.Accept, lead.ErrForbidden},
		{"accepting what another has accepted", lead.SAL, rosa, lead.Accept, lead.ErrForbidden},
		{"claiming what another holds", lead.Claimed, rosa, lead.Claim, lead.ErrConflict},
		{"claiming what another has accepted", lead.SAL, rosa, lead.Claim, lead.ErrConflict},
		{"a return from a wrong stage, even without a reason", lead.Nurture, sam, lead.Return, lead.ErrConflict},
		{"a touch from a wrong stage, without an outcome", lead.Won, sam, lead.Touch, lead.ErrConflict},
		{"a win from a wrong stage with a negative amount", lead.SAL, sam, lead.Win, lead.ErrConflict},
		{"a return with an unknown reason", lead.Claimed, sam, lead.Return, lead.ErrInvalid},
		{"a touch by an unknown channel", lead.SAL, sam, lead.Touch, lead.ErrInvalid},
		{"a win with a negative amount", lead.SQL, sam, lead.Win, lead.ErrInvalid},
		{"a claim with too long a note", lead.MQL, sam, lead.Claim, lead.ErrInvalid},
		{"a claim on behalf of nobody", lead.MQL, mia, lead.Claim, lead.ErrInvalid},
		{"a reassignment of what nobody holds, to nobody", lead.MQL, mia, lead.Reassign, lead.ErrConflict},
		{"a reassignment to nobody", lead.SAL, mia, lead.Reassign, lead.ErrInvalid},
		{"marketing's disqualification of what a rep holds", lead.Claimed, ines, lead.Disqualify, lead.ErrConflict},
	} {
		t.Run(c.name, func(t *testing.T) { bring(t, c.stage).refused(person(c.who), as(c.move), c.want) })
	}
	// The CRM walks through stages only once nothing is wrong with what it says.
	bring(t, lead.Nurture).refused(crm, as(lead.Win), lead.ErrInvalid)
}

func TestALostRaceNamesTheWinner(t *testing.T) {
	s := bring(t, lead.Claimed)
	text := s.refused(person(rosa), lead.Request{Move: lead.Claim}, lead.ErrConflict)
	if !strings.Contains(text, "Sam has it since 10:01") {
		t.Errorf("got %q, want who has it since when, in the team's own time", text)
	}
}

func TestHoldingLimits(t *testing.T) {
	held := func(labels ...string) []lead.Held {
		var out []lead.Held
		for i, l := range labels {
			out = append(out, lead.Held{ID: l, Label: l, Since: monday.Add(time.Duration(i) * time.Minute)})
		}
		return out
	}
	three, five := held("Oldest", "b", "c"), held("Eldest", "b", "c", "d", "e")
	to := rosa
	for _, c := range []struct {
		name    string
		stage   lead.Stage
		who     lead.User
		r       lead.Request
		holding lead.Holding
		want    string // named in the refusal; "" = allowed
	}{
		{"a fourth claim", lead.MQL, sam, lead.Request{Move: lead.Claim}, lead.Holding{Claimed: three}, "Oldest"},
		{"a third claim", lead.MQL, sam, lead.Request{Move: lead.Claim}, lead.Holding{Claimed: three[:2]}, ""},
		{"a claim with five untouched", lead.MQL, sam, lead.Request{Move: lead.Claim}, lead.Holding{Untouched: five}, "Eldest"},
		{"a claim with four untouched", lead.MQL, sam, lead.Request{Move: lead.Claim}, lead.Holding{Untouched: five[:4]}, ""},
		{"accepting from the board is a claim", lead.MQL, sam, lead.Request{Move: lead.Accept}, lead.Holding{Claimed: three}, "Oldest"},
		{"accepting one's own claim frees a place", lead.Claimed, sam, lead.Request{Move: lead.Accept}, lead.Holding{Claimed: three}, ""},
		{"accepting a sixth untouched", lead.Claimed, sam, lead.Request{Move: lead.Accept}, lead.Holding{Claimed: three, Untouched: five}, "Eldest"},
		{"a manager claims on behalf of one whose hands are full", lead.MQL, mia, lead.Request{Move: lead.Claim, To: &to}, lead.Holding{Claimed: three}, "Oldest"},
		{"one's own claim repeated", lead.Claimed, sam, lead.Request{Move: lead.Claim}, lead.Holding{Claimed: three}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bring(t, c.stage)
			s.holding = &c.holding
			if c.want == "" {
				s.move(person(c.who), c.r)
				return
			}
			if text := s.refused(person(c.who), c.r, lead.ErrConflict); !strings.Contains(text, c.want) {
				t.Errorf("got %q, want the oldest named: %s", text, c.want)
			}
		})
	}
}

func TestWhoIsAwayTakesNothing(t *testing.T) {
	away := sam
	away.AwayUntil = monday.Add(48 * time.Hour)
	for _, r := range []lead.Request{{Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Touch, Outcome: "reached"}, {Move: lead.Return, Reason: "researching"}} {
		s := bring(t, lead.MQL)
		if text := s.refused(person(away), r, lead.ErrConflict); !strings.Contains(text, "away") {
			t.Errorf("%s: %q", r.Move, text)
		}
	}
	s := bring(t, lead.MQL)
	s.refused(person(mia), lead.Request{Move: lead.Claim, To: &away}, lead.ErrInvalid)
	gone := rosa
	gone.DisabledAt = monday
	s.refused(person(mia), lead.Request{Move: lead.Claim, To: &gone}, lead.ErrInvalid)
	other := otto
	s.refused(person(mia), lead.Request{Move: lead.Claim, To: &other}, lead.ErrInvalid)
}
