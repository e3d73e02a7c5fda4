package handlers_test

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// csvOf reads a file; its rows are by the names of their columns.
func (b browser) csvOf(path string) []map[string]string {
	b.x.t.Helper()
	status, h, body := b.get(path)
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || !strings.Contains(h.Get("Content-Disposition"), "attachment") {
		b.x.t.Fatalf("%s: %d %v", path, status, h)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\xEF\xBB\xBF"))).ReadAll()
	if err != nil {
		b.x.t.Fatal(err)
	}
	var out []map[string]string
	for _, r := range rows[1:] {
		row := map[string]string{}
		for i, cell := range r {
			row[rows[0][i]] = cell
		}
		out = append(out, row)
	}
	return out
}

// TestSLA: the page, its stream, its files and what leads to the clocks tell the
// same, narrowed alike.
func TestSLA(t *testing.T) {
	x := newSite(t)
	x.escalating()                   // around the clock
	elsewhere := "Pacific/Pago_Pago" // where it is another day than here
	if lead.Now().UTC().Hour() >= 10 {
		elsewhere = "Pacific/Kiritimati"
	}
	there, err := sla.ParseCalendar([]byte(`{"time_zone":"` + elsewhere + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far", Calendar: there}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	rosa := x.person("=Rosa", lead.Rep)
	x.person("Mara", lead.Marketing)
	x.person("Fara", lead.Manager, far.ID)
	ada, late := x.hot("ada"), x.hot("late")
	x.identify("late", map[string]any{"name": "+late"})
	mara := x.signIn("Mara")
	stream, end := x.open(mara, "/live/sla")
	defer end()
	stream.until("clock-" + ada + "-claim")
	only, end2 := x.open(mara, "/live/sla?kind=decision&tier=hot")
	defer end2()
	only.until("sla-rows")

	// What happens arrives: a breach in the rows, a touch in the figures.
	x.passed(31 * time.Minute)
	stream.until(`data-state="breached"`)
	if _, err := x.desk.Move(t.Context(), ada, lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}, lead.Person(rosa, "page"), lead.Now()); err != nil {
		t.Fatal(err)
	}
	if f := stream.until("1 was called"); !strings.Contains(f, "#sla-rows") && !strings.Contains(f, "sla-sentence") {
		t.Errorf("the figures come as %.300s", f)
	}
	x.move(late, "claim", "=Rosa")
	if f := only.until("clock-" + late + "-decision"); strings.Contains(f, "clock-"+late+"-claim") {
		t.Errorf("a stream of decisions has a claim: %.300s", f)
	}

	_, _, page := mara.get("/sla")
	for _, want := range []string{"clock-" + late + "-decision", "This week 2 leads were handed over.", "How it ran", `class="course"`, "breached", `<option value="decision"`} {
		if !strings.Contains(page, want) {
			t.Errorf("/sla without %q", want)
		}
	}
	if _, _, page := mara.get("/sla?kind=claim"); strings.Contains(page, "clock-"+late+"-decision") || !strings.Contains(page, `<option value="claim" selected`) || strings.Contains(page, "until the first call?") {
		t.Error("/sla of claims tells of others")
	}
	// On a phone the filters are folded until one of them narrows.
	for path, open := range map[string]bool{"/sla": false, "/sla?tier=hot": true, "/sla?from=2020-01-01&to=2020-01-31": true} {
		if _, _, page := mara.get(path); strings.Contains(page, `<input type="checkbox" checked> Narrow it down`) != open {
			t.Errorf("%s shows its filters at once: %v", path, !open)
		}
	}
	_, _, page = mara.get("/sla/clocks?result=missed&kind=claim&tier=hot&team=emea&wait=10-20&hour=1-9&rep=" + rosa.ID)
	if want := "This week · qualified → claimed · 10 to 20 business minutes · Mondays, 9:00 to 10:00 · EMEA · =Rosa · Hot<"; !strings.Contains(page, want) {
		t.Errorf("clocks that are narrowed in every way are not said to be %q", want)
	}
	if status, _, page := mara.get("/sla?kind=cuckoo&tier=lukewarm"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "is no clock") || !strings.Contains(page, "is no tier") {
		t.Errorf("a kind and a tier that are none: %d", status)
	}
	// Beside a refusal stands what was not refused, and it stays so.
	for query, live := range map[string]string{
		"?team=emea&from=soon&tier=hot&kind=claim":               "?kind=claim&amp;team=emea&amp;tier=hot",
		"?team=emea&from=2026-01-01&to=2025-01-01&tier=lukewarm": "?team=emea",
		"?from=2026-01-01&tier=lukewarm&kind=cuckoo":             "?from=2026-01-01",
	} {
		if _, _, page := mara.get("/sla" + query); !strings.Contains(page, `data-live="/live/sla`+live+`"`) {
			t.Errorf("%s goes on as %s", query, regexp.MustCompile(`data-live="[^"]*"`).FindString(page))
		}
	}

	clocks := mara.csvOf("/sla/clocks.csv?result=missed&kind=claim")
	if len(clocks) != 2 || clocks[0]["lead"] != late || clocks[0]["name"] != "'+late" || clocks[0]["rep"] != "'=Rosa" || clocks[0]["state"] != "missed" || clocks[0]["team"] != "EMEA" || clocks[0]["clock"] != "claim" ||
		!strings.Contains(clocks[0]["why"], "breached") || clocks[0]["target_minutes"] != "30.00" {
		t.Errorf("claims that were missed: %v", clocks)
	}
	for query, n := range map[string]int{"": 7, "?kind=touch": 1, "?kind=decision": 2, "?tier=fire": 0, "?source=nowhere": 0, "?from=2020-01-01&to=2020-01-31": 0, "?result=open": 2, "?rep=" + rosa.ID: 7, "?team=far": 0} {
		if got := mara.csvOf("/sla/clocks.csv" + query); len(got) != n {
			t.Errorf("/sla/clocks.csv%s has %d clocks, want %d: %v", query, len(got), n, got)
		}
	}
	figures := map[string]map[string]string{}
	for _, row := range mara.csvOf("/sla.csv") {
		figures[row["by"]+" "+row["name"]+" "+row["clock"]] = row
	}
	if r := figures["period  claim"]; r["missed"] != "2" || r["met"] != "0" || r["in_time_percent"] != "0.0" {
		t.Errorf("claims of the period: %v", r)
	}
	if r := figures["rep '=Rosa touch"]; r["met"] != "1" || r["done"] != "1" || r["in_time_percent"] != "100.0" {
		t.Errorf("Rosa's touches: %v in %v", r, figures)
	}
	if r := figures["rep '=Rosa response"]; r["met"] != "1" || r["open"] != "1" || figures["rep  response"] != nil {
		t.Errorf("whom the buyers wait on: %v in %v", r, figures)
	}
	// All that the page shows stands in the file.
	hourly := 0
	for name, want := range map[string]map[string]string{
		"period  response":      {"hand_offs": "2", "mqls": "2", "called": "1", "waiting": "1", "ended": "0", "promised_percent": ""},
		"period  claim":         {"claimed_by_none": "0", "promised_percent": "90.0", "hand_offs": ""},
		"verified  touch":       {"met": "0"},
		"self-reported  touch":  {"met": "1", "done": ""},
		"today  touch":          {"met": "1"},
		"team EMEA response":    {"hand_offs": "2", "waiting": "1"},
		"bin 0–1 min touch":     {"met": "1", "missed": "0", "open": ""},
		"bin 0–1 min decision":  {"met": "1"},
		"after hours  response": {"met": "0"},
		"tier hot response":     {"hand_offs": "2"},
	} {
		for column, text := range want {
			if got := figures[name][column]; got != text {
				t.Errorf("%s: %s %q, want %q", name, column, got, text)
			}
		}
	}
	for name, row := range figures {
		if strings.HasPrefix(name, "hour ") && row["clock"] == "claim" {
			n, err := strconv.Atoi(row["missed"])
			if hourly += n; err != nil || !strings.HasSuffix(row["name"], ":00") {
				t.Errorf("an hour of the week: %v", row)
			}
		}
	}
	if hourly != 2 {
		t.Errorf("%d claims were missed by the hours of the week, want 2", hourly)
	}
	for _, row := range mara.csvOf("/sla.csv?kind=touch") {
		if row["clock"] != "touch" {
			t.Errorf("touches alone: %v", row)
		}
	}
	// Who sees one team has its days, as on its board.
	fara := x.signIn("Fara")
	today := lead.Now().In(there.Zone()).Format(time.DateOnly)
	if _, _, page := fara.get("/sla"); !strings.Contains(page, "from="+today+"&amp;to="+today) || strings.Contains(page, "team=far") {
		t.Errorf("the manager of a team in %s has another today than %s", elsewhere, today)
	}
	if got := fara.csvOf("/sla/clocks.csv"); len(got) != 0 {
		t.Errorf("another team's manager reads %v", got)
	}
	if status, _, _ := fara.get("/sla/clocks.csv?team=emea"); status != http.StatusNotFound {
		t.Errorf("another team by name: %d", status)
	}

	// The board tells of the day by the same rule: 3 steps in time (ada's decision and
	// touch, nothing else is over), 2 claims missed.
	if page := x.board("=Rosa"); !strings.Contains(page, "<b>50 %</b> in time") {
		i := strings.Index(page, `id="board-stats"`)
		t.Errorf("the board's day: %.400s", page[i:])
	}

	// An agreement of other hours: what is over is drawn by those of its day.
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		t.Fatal(err)
	}
	if a.SLA.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"UTC","hours":{"mon":[["00:00","00:01"]]}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := x.store.Activate(t.Context(), lead.Operator, a, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if _, _, page := mara.get("/leads/" + ada); strings.Count(page, `data-part="open"`) < 4 || strings.Contains(page, "by hours that have changed") {
		t.Errorf("by another agreement: %s", page)
	}
	// So are the hours of a team that has had others since.
	hours := func(text string) {
		t.Helper()
		cal, err := sla.ParseCalendar([]byte(text))
		if err == nil {
			err = x.store.ChangeTeam(t.Context(), lead.Operator, x.team.ID, lead.TeamPlan{Name: "EMEA", Calendar: cal, MaxClaimed: 3, MaxUntouched: 5}, lead.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hours(`{"time_zone":"Asia/Tokyo"}`)
	eve := x.hot("eve")
	if _, err := x.desk.Move(t.Context(), eve, lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}, lead.Person(rosa, "page"), lead.Now()); err != nil {
		t.Fatal(err)
	}
	hours(`{"time_zone":"UTC","hours":{"mon":[["00:00","00:01"]]}}`)
	if _, _, page := mara.get("/leads/" + eve); !strings.Contains(page, `data-part="left"`) || strings.Contains(page, `data-part="unsure"`) || strings.Contains(page, "by hours that have changed") {
		t.Errorf("by other hours of the team: %s", page)
	}
}

// A page of figures from some day on stays the page that GET gives, over the end of a
// week and another calendar of its team.
func TestAPeriodGoesOn(t *testing.T) {
	var ahead atomic.Int64
	x := newSite(t, func(c *handlers.Config) {
		c.Now = func() time.Time { return lead.Now().Add(time.Duration(ahead.Load())) }
	})
	x.alwaysOpen()
	x.person("Mara", lead.Marketing)
	r := x.read("the clocks", x.signIn("Mara"), "/sla?team=emea&from="+lead.Now().AddDate(0, 0, -20).Format(time.DateOnly))
	same := func() string { return r.differs(r.fresh()) }
	r.becomes("as it began", same)
	now := lead.Now()
	ahead.Store(int64(report.Monday(now, time.UTC).AddDate(0, 0, 7).Sub(now) + time.Hour))
	r.becomes("next week", same)
}
