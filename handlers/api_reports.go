package handlers

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// Shapes of the SLA report. Shares are 0 to 1, minutes are business minutes; null
// where there is nothing to tell.
type (
	slaJSON struct {
		From     time.Time     `json:"from"`
		To       time.Time     `json:"to"`
		Since    time.Time     `json:"since"`
		At       time.Time     `json:"at"`
		TimeZone string        `json:"time_zone"`
		Team     *refJSON      `json:"team"`
		HandOffs handOffsJSON  `json:"hand_offs"`
		Clocks   []clockFigure `json:"clocks"`
		Today    []keptJSON    `json:"today"`
		Week     []keptJSON    `json:"week"`
		Weeks    []weekJSON    `json:"weeks"`
		Teams    []partJSON    `json:"teams"`
		Reps     []partJSON    `json:"reps"`
		Tiers    []partJSON    `json:"tiers"`
		Sources  []partJSON    `json:"sources"`
	}
	handOffsJSON struct {
		All        int `json:"all"`
		MQLs       int `json:"mqls"`
		Called     int `json:"called"`
		Waiting    int `json:"waiting"`
		Ended      int `json:"ended"`
		Unrecorded int `json:"unrecorded"`
		AfterHours int `json:"after_hours"`
		Unclaimed  int `json:"unclaimed"`
	}
	keptJSON struct {
		Kind       sla.Kind `json:"kind"`
		Met        int      `json:"met"`
		Missed     int      `json:"missed"`
		Open       int      `json:"open"`
		Unrecorded int      `json:"unrecorded"`
		Cancelled  int      `json:"cancelled"`
		Share      *float64 `json:"share"`
	}
	waitsJSON struct {
		Done   int      `json:"done"`
		Median *float64 `json:"median_minutes"`
		P90    *float64 `json:"p90_minutes"`
	}
	clockFigure struct {
		keptJSON
		waitsJSON
		Promised     *float64   `json:"promised"`
		AfterHours   closedJSON `json:"after_hours"`
		Verified     countJSON  `json:"verified"`
		SelfReported countJSON  `json:"self_reported"`
		Bins         []binJSON  `json:"bins"`
		Hours        []hourJSON `json:"hours"`
	}
	countJSON struct {
		Met    int `json:"met"`
		Missed int `json:"missed"`
	}
	closedJSON struct {
		countJSON
		Open int `json:"open"`
		waitsJSON
	}
	binJSON struct {
		From float64  `json:"from_minutes"`
		To   *float64 `json:"to_minutes"`
		countJSON
	}
	hourJSON struct {
		Day  int `json:"day"`
		Hour int `json:"hour"`
		countJSON
	}
	weekJSON struct {
		Monday   string     `json:"monday"`
		HandOffs int        `json:"hand_offs"`
		Clocks   []keptJSON `json:"clocks"`
		Response waitsJSON  `json:"response"`
	}
	partJSON struct {
		ID       string       `json:"id"`
		Name     string       `json:"name"`
		HandOffs int          `json:"hand_offs"`
		Waiting  int          `json:"waiting"`
		Clocks   []partFigure `json:"clocks"`
	}
	partFigure struct {
		keptJSON
		waitsJSON
	}
)

// apiSLA is the report of the promises of a period.
func (s *server) apiSLA(c echo.Context) error {
	ctx := c.Request().Context()
	var team *lead.Team
	if ref := c.QueryParam("team"); ref != "" {
		var err error
		if team, err = s.apiTeam(ctx, ref); err != nil {
			return err
		}
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f, err := sc.readSLA(c, team)
	if err != nil {
		return err
	}
	r, err := s.slaReport(ctx, f, nil)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, sc.slaJSON(f, r))
}

// slaReport makes the figures of what somebody sees who sees the teams; nil: all.
func (s *server) slaReport(ctx context.Context, f slaFilter, teams []string) (report.SLA, error) {
	if f.Query.Team != "" {
		teams = []string{f.Query.Team}
	}
	return report.Read(f.Query, func(from, to time.Time) ([]lead.Facts, error) {
		return s.Store.Facts(ctx, lead.FactsQuery{Teams: teams, From: from, To: to, Now: f.Now})
	})
}

// promised is the share of a kind of clock that sales promised to meet; false for
// the response, of which nobody promised any.
func (sc scene) promised(kind sla.Kind) (float64, bool) {
	p := sc.rules.Commitments
	switch kind {
	case sla.Claim:
		return p.ClaimedInTime, true
	case sla.Decision:
		return p.DecidedInTime, true
	case sla.Touch:
		return p.TouchedInTime, true
	}
	return 0, false
}

func (sc scene) slaJSON(f slaFilter, r report.SLA) slaJSON {
	n := r.HandOffs
	out := slaJSON{
		From: r.From.UTC(), To: r.To.UTC(), Since: r.Since().UTC(), At: r.Now.UTC(), TimeZone: r.Zone.String(),
		HandOffs: handOffsJSON{n.All, n.MQLs, n.Called, n.Waiting, n.Ended, n.Unrecorded, n.Closed, r.Unclaimed},
		Clocks:   []clockFigure{}, Today: keptsJSON(r.Today), Week: keptsJSON(r.Week), Weeks: []weekJSON{},
		Teams: sc.partsJSON(r.Teams, sc.teamName), Reps: sc.partsJSON(r.Reps, sc.repName), Tiers: sc.partsJSON(r.Tiers, itself), Sources: sc.partsJSON(r.Sources, itself),
	}
	if f.Team != nil {
		out.Team = &refJSON{f.Team.ID, f.Team.Name}
	}
	for _, k := range r.Clocks {
		c := clockFigure{keptJSON: keptOf(k.Kept), waitsJSON: waitsOf(k.Waits), AfterHours: closedJSON{countJSON{k.ClosedMet, k.ClosedMissed}, k.ClosedOpen, waitsOf(k.Closed)},
			Verified: allOf(k.Verified), SelfReported: allOf(k.SelfReported), Bins: []binJSON{}, Hours: []hourJSON{}}
		if share, is := sc.promised(k.Kind); is {
			c.Promised = &share
		}
		for _, b := range k.Bins {
			one := binJSON{From: b.From.Minutes(), countJSON: countJSON{b.Met, b.Missed}}
			if b.To > 0 {
				one.To = new(b.To.Minutes())
			}
			c.Bins = append(c.Bins, one)
		}
		for _, h := range k.Hours {
			c.Hours = append(c.Hours, hourJSON{h.Day + 1, h.Hour, countJSON{h.Met, h.Missed}})
		}
		out.Clocks = append(out.Clocks, c)
	}
	for _, w := range r.Weeks {
		out.Weeks = append(out.Weeks, weekJSON{w.Monday.Format(time.DateOnly), w.HandOffs, keptsJSON(w.Kept), waitsOf(w.Response)})
	}
	return out
}

// allOf counts a sort of ended clocks, after-hours arrivals included.
func allOf(k report.Kept) countJSON { return countJSON{k.Met + k.ClosedMet, k.Missed + k.ClosedMissed} }

func keptOf(k report.Kept) keptJSON {
	out := keptJSON{k.Kind, k.Met, k.Missed, k.Open, k.Unrecorded, k.Cancelled, nil}
	if share, known := k.Share(); known {
		out.Share = new(math.Round(share*1e4) / 1e4)
	}
	return out
}

func keptsJSON(all []report.Kept) []keptJSON {
	out := make([]keptJSON, len(all))
	for i, k := range all {
		out[i] = keptOf(k)
	}
	return out
}

func waitsOf(w report.Waits) waitsJSON {
	if w.Done == 0 {
		return waitsJSON{}
	}
	return waitsJSON{w.Done, new(hundredth(w.Median.Minutes())), new(hundredth(w.P90.Minutes()))}
}

func hundredth(f float64) float64 { return math.Round(f*100) / 100 }

func itself(key string) string { return key }

func (sc scene) teamName(id string) string {
	if t := sc.book.Team(id); t != nil {
		return t.Name
	}
	return ""
}

func (sc scene) repName(id string) string {
	if id == "" {
		return ""
	}
	return sc.book.Name(id)
}

func (sc scene) partsJSON(all []report.Share, name func(string) string) []partJSON {
	out := make([]partJSON, len(all))
	for i, p := range all {
		out[i] = partJSON{ID: p.Key, Name: name(p.Key), HandOffs: p.HandOffs, Waiting: p.Waiting}
		for _, k := range p.Clocks {
			out[i].Clocks = append(out[i].Clocks, partFigure{keptOf(k.Kept), waitsOf(k.Waits)})
		}
	}
	return out
}
