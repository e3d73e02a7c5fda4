package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/views"
)

const (
	leadsShown   = 50  // leads on a page of a list
	tabCounted   = 999 // how far a tab counts
	looks        = 5   // how often a page of a list that is narrowed here reads on, before it is shown shorter
	looked       = 200 // leads at a time then
	sourcesShown = 100 // sources to choose from
)

// leadFilter is what a list is narrowed to, as its address says it.
type leadFilter struct {
	Words, Stage, Team, Tier, Owner, Source, Sort, Why string
}

// values are the parameters of a filter, in the order of an address.
func (f leadFilter) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"q": f.Words, "stage": f.Stage, "team": f.Team, "tier": f.Tier, "owner": f.Owner, "source": f.Source, "sort": f.Sort, "why": f.Why} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func (f leadFilter) url(path, cursor string) string {
	v := f.values()
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func readFilter(c echo.Context) leadFilter {
	get := func(name string) string { return strings.TrimSpace(c.QueryParam(name)) }
	return leadFilter{Words: get("q"), Stage: get("stage"), Team: get("team"), Tier: get("tier"), Owner: get("owner"), Source: get("source"), Sort: get("sort"), Why: get("why")}
}

// leadList is a list of leads for somebody: what is asked for, and how what the
// store finds is narrowed further.
type leadList struct {
	leadFilter
	search lead.Search
	keep   func(lead.Card) bool // nil: all
}

// list reads what is asked for, for who may see what. What nobody could mean is
// lead.ErrInvalid; another team than one's own is not there.
func (s *server) list(sc scene, u lead.User, f leadFilter) (leadList, error) {
	l := leadList{leadFilter: f, search: lead.Search{Words: f.Words, Seen: u.TeamsSeen(), Source: f.Source, Now: sc.now}}
	if f.Stage != "" {
		if l.search.Stage = lead.Stage(f.Stage); !l.search.Stage.Valid() {
			return l, lead.Invalid("stage", "%q is not a stage", f.Stage)
		}
	}
	if f.Team != "" {
		t := teamOf(&lead.Book{Teams: seenTeams(sc.book, u)}, f.Team)
		if t == nil {
			return l, lead.NotFound("the team " + f.Team)
		}
		l.search.Team = t.ID
	}
	if f.Owner != "" {
		if _, ok := sc.book.Users[f.Owner]; !ok {
			return l, lead.Invalid("owner", "there is nobody with this id")
		}
		l.search.OwnerID = f.Owner
	}
	switch tier := scoring.Tier(f.Tier); tier {
	case "":
	case scoring.Warm, scoring.Hot, scoring.Fire:
		l.search.Tiers = []scoring.Tier{scoring.Warm, scoring.Hot, scoring.Fire}[tier.Rank()-1:]
		l.keep = func(c lead.Card) bool {
			_, now := c.Lead.ScoreAt(sc.rules, sc.now)
			return now == tier
		}
	default:
		return l, lead.Invalid("tier", "%q is not a tier: warm, hot or fire", f.Tier)
	}
	switch f.Sort {
	case "":
	case "newest":
		l.search.Newest = true
	default:
		return l, lead.Invalid("sort", "%q is no order: newest, or none for the last changed", f.Sort)
	}
	if f.Why != "" {
		if l.search.Hold = lead.Hold(f.Why); !slices.Contains(lead.HoldKinds, l.search.Hold) {
			return l, lead.Invalid("why", "%q is nothing that keeps leads off the board", f.Why)
		}
	}
	return l, nil
}

// pageOf reads the next n leads of a list, and where it goes on; nil: nowhere.
func (s *server) pageOf(ctx context.Context, l leadList, n int) ([]lead.Card, *lead.SearchPoint, error) {
	q, most := l.search, 1
	q.Limit = n + 1
	if l.keep != nil {
		q.Limit, most = max(looked, n+1), looks
	}
	var out []lead.Card
	for range most {
		cards, err := s.Store.Find(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range cards {
			if l.keep == nil || l.keep(c) {
				if len(out) == n {
					return out, q.After, nil
				}
				out = append(out, c)
			}
			at := searchPoint(c)
			q.After = &at
		}
		if len(cards) < q.Limit {
			return out, nil, nil
		}
	}
	return out, q.After, nil
}

func (s *server) leadsPage(c echo.Context) error {
	switch c.QueryParam("stage") { // where these lists were before they had pages of their own
	case "held", "backlog":
		return c.Redirect(http.StatusSeeOther, "/leads/"+c.QueryParam("stage"))
	}
	return s.listPage(c, false)
}

// heldPage lists who is kept off the board, and why.
func (s *server) heldPage(c echo.Context) error { return s.listPage(c, true) }

func (s *server) listPage(c echo.Context, held bool) error {
	ctx, u, path := c.Request().Context(), *viewer(c), "/leads"
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	l, err := s.list(sc, u, readFilter(c))
	if err != nil {
		return err
	}
	if held {
		path, l.search.Held = "/leads/held", true
	} else {
		l.search.Hold, l.Why = "", ""
	}
	if l.search.After, err = readCursor[lead.SearchPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	cards, next, err := s.pageOf(ctx, l, leadsShown)
	if err != nil {
		return err
	}
	m := views.LeadsModel{Held: held}
	if m.LeadsFrame, err = s.leadsFrame(ctx, sc, u, path); err != nil {
		return err
	}
	if m.Finder, err = s.finder(ctx, sc, u, l, path); err != nil {
		return err
	}
	if next != nil {
		m.Next = l.url(path, writeCursor(*next))
	}
	if l.search.After != nil {
		m.First = l.url(path, "")
	}
	if !held && len(cards) > 0 {
		m.CSV = l.url("/leads.csv", "")
	}
	for _, card := range cards {
		line := sc.line(card)
		if held {
			sc.why(&line, &card.Lead, u)
		}
		m.Rows = append(m.Rows, line)
	}
	p := s.page(c, "leads")
	p.Title = "Leads"
	if held {
		p.Title = "Held back"
	}
	return s.render(c, http.StatusOK, views.LeadsPage(p, m))
}

// line is a lead in a list.
func (sc scene) line(card lead.Card) views.LeadLine {
	l := sc.rules.Explain(card.Lead, card.Clocks, sc.now)
	line := views.LeadLine{ID: l.ID, Name: l.DisplayName(), Company: l.Company, Title: l.Title, Score: l.Score.Total, Tier: string(l.Tier), Stage: string(l.Stage), Seen: l.LastActivityAt}
	if l.OwnerID != "" {
		line.Owner = sc.book.Name(l.OwnerID)
	}
	if t := sc.book.Team(l.TeamID); t != nil {
		line.Team = t.Name
	}
	return line
}

// heldOff is what keeps a lead off the board.
func (sc scene) heldOff(l *lead.Lead) (lead.Absence, bool) {
	return lead.Scene{Rules: sc.rules, Book: sc.book, Now: sc.now}.WhyNot(l)
}

// why tells what keeps the lead off the board, with a way out where the viewer
// has one.
func (sc scene) why(line *views.LeadLine, l *lead.Lead, u lead.User) {
	a, _ := sc.heldOff(l)
	line.Why, line.Way = a.Text, a.Way
	own := "/leads/" + url.PathEscape(l.ID)
	switch a.Fix {
	case lead.FixCorrect:
		if u.MayCorrect(l) {
			line.WayURL = own + "/correct"
		}
	case lead.FixList:
		if u.Role == lead.Admin {
			line.WayURL = "/settings/lists"
		}
	case lead.FixReopen, lead.FixDecide:
		if u.Role == lead.Marketing || u.Role == lead.Manager {
			line.WayURL = own
		}
	case lead.FixRelease:
		if u.Role == lead.Manager {
			line.WayURL = "/leads/backlog"
			if t := sc.book.Team(l.TeamID); t != nil {
				line.WayURL += "?team=" + url.QueryEscape(t.Slug)
			}
		}
	}
}

// leadsFrame is the frame of the pages of the list for somebody.
func (s *server) leadsFrame(ctx context.Context, sc scene, u lead.User, path string) (views.LeadsFrame, error) {
	m := views.LeadsFrame{MayAdd: movers.of(u.Role) != none, Import: importers.of(u.Role) != none}
	held, err := s.Store.Count(ctx, lead.Search{Held: true, Now: sc.now, Seen: u.TeamsSeen()}, tabCounted+1)
	if err != nil {
		return m, err
	}
	backlog, err := s.Store.Count(ctx, lead.Search{Backlog: true, Seen: u.TeamsSeen()}, tabCounted+1)
	if err != nil {
		return m, err
	}
	m.Tabs = []views.LeadsTab{{URL: "/leads", Text: "All"}, {URL: "/leads/held", Text: "Held back", Count: upTo(held)}}
	open, err := s.Store.Count(ctx, lead.Search{Circle: lead.OfEvery}, tabCounted+1)
	if err != nil {
		return m, err
	}
	if open > 0 || path == openPath {
		m.Tabs = append(m.Tabs, views.LeadsTab{URL: openPath, Text: "Open to every team", Count: upTo(open)})
	}
	if watchers.of(u.Role) != none {
		m.Tabs = append(m.Tabs, views.LeadsTab{URL: "/leads/backlog", Text: "Backlog", Count: upTo(backlog)})
	}
	m.Tabs = append(m.Tabs, views.LeadsTab{URL: "/leads/duplicates", Text: "Suspected duplicates"})
	for i := range m.Tabs {
		m.Tabs[i].Current = m.Tabs[i].URL == path
	}
	return m, nil
}

// upTo is a number that was counted so far and no further.
func upTo(n int) string {
	switch {
	case n == 0:
		return ""
	case n > tabCounted:
		return strconv.Itoa(tabCounted) + "+"
	}
	return strconv.Itoa(n)
}

// finder is the form above a list.
func (s *server) finder(ctx context.Context, sc scene, u lead.User, l leadList, path string) (views.Finder, error) {
	m := views.Finder{Action: path, Query: l.Words}
	choose := func(name, label, any, value string, options []views.Pick) {
		m.Filters = append(m.Filters, views.Filter{Name: name, Label: label, Any: any, Value: value, Options: options})
		for _, o := range options {
			if value != "" && o.Value == value {
				m.Sought += ", " + strings.ToLower(label) + " " + o.Text
			}
		}
	}
	if path == "/leads/held" {
		var options []views.Pick
		for _, h := range lead.HoldKinds {
			options = append(options, views.Pick{Value: string(h), Text: holdWords[h]})
		}
		choose("why", "Reason", "Any reason", l.Why, options)
	} else {
		var options []views.Pick
		for _, stage := range lead.Stages {
			options = append(options, views.Pick{Value: string(stage), Text: views.StageWord(string(stage))})
		}
		choose("stage", "Stage", "Any stage", l.Stage, options)
	}
	if teams := seenTeams(sc.book, u); len(teams) > 1 {
		choose("team", "Team", "Any team", l.Team, teamOptions(teams))
	}
	if path != "/leads/held" {
		var tiers []views.Pick
		for _, t := range []scoring.Tier{scoring.Fire, scoring.Hot, scoring.Warm} {
			tiers = append(tiers, views.Pick{Value: string(t), Text: views.TierWord(string(t))})
		}
		choose("tier", "Tier", "Any tier", l.Tier, tiers)
	}
	choose("owner", "With", "With anybody", l.Owner, holders(sc, u))
	sources, err := s.Store.Sources(ctx, sourcesShown)
	if err != nil {
		return m, err
	}
	if l.Source != "" && !slices.Contains(sources, l.Source) {
		sources = append(sources, l.Source)
	}
	if len(sources) > 0 {
		options := make([]views.Pick, len(sources))
		for i, text := range sources {
			options[i] = views.Pick{Value: text, Text: text}
		}
		choose("source", "Source", "Any source", l.Source, options)
	}
	choose("sort", "Order", "Last changed first", l.Sort, []views.Pick{{Value: "newest", Text: "Newest first"}})
	sought := l.leadFilter
	if sought.Sort = ""; sought != (leadFilter{}) {
		m.Reset = path
		if l.Words != "" {
			m.Sought = ", “" + l.Words + "”" + m.Sought
		}
		m.Sought = strings.TrimPrefix(m.Sought, ", ")
	}
	return m, nil
}

var holdWords = map[lead.Hold]string{
	lead.HoldDisqualified: "Disqualified", lead.HoldLost: "Lost", lead.HoldExcluded: "Excluded", lead.HoldTraits: "No way to reach them", lead.HoldBacklog: "In the backlog",
	lead.HoldReturned: "Blocked by a return", lead.HoldRequalify: "Returned, not enough since", lead.HoldIntent: "Not enough intent", lead.HoldWaits: "Waits for an activity",
}

func teamOptions(teams []lead.Team) []views.Pick {
	options := make([]views.Pick, len(teams))
	for i, t := range teams {
		options[i] = views.Pick{Value: t.Slug, Text: t.Name}
	}
	return options
}

// holders are the reps of the teams that the viewer sees, by name.
func holders(sc scene, u lead.User) []views.Pick {
	var options []views.Pick
	for _, p := range sc.book.Users {
		if p.Role == lead.Rep && slices.ContainsFunc(p.Teams, u.Sees) {
			options = append(options, views.Pick{Value: p.ID, Text: p.Name})
		}
	}
	slices.SortFunc(options, func(a, b views.Pick) int { return strings.Compare(a.Text+a.Value, b.Text+b.Value) })
	return options
}

// duplicatesPage lists leads that may be one person.
func (s *server) duplicatesPage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	q := lead.DuplicateSearch{Seen: u.TeamsSeen(), Limit: leadsShown + 1}
	if q.After, err = readCursor[lead.DuplicatePoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	pairs, err := s.Store.Duplicates(ctx, q)
	if err != nil {
		return err
	}
	m := views.DuplicatesModel{}
	if m.LeadsFrame, err = s.leadsFrame(ctx, sc, u, "/leads/duplicates"); err != nil {
		return err
	}
	if q.After != nil {
		m.First = "/leads/duplicates"
	}
	if len(pairs) > leadsShown {
		pairs = pairs[:leadsShown]
		last := pairs[leadsShown-1]
		m.Next = "/leads/duplicates?cursor=" + writeCursor(lead.DuplicatePoint{SeenAt: last.SeenAt, A: last.A, B: last.B})
	}
	var ids []string
	for _, d := range pairs {
		ids = append(ids, d.A, d.B)
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return err
	}
	for _, d := range pairs {
		a, b := cards[d.A], cards[d.B]
		if u.Sees(a.Lead.TeamID) && u.Sees(b.Lead.TeamID) { // else it went to another team a moment ago
			m.Rows = append(m.Rows, views.DuplicateLine{A: sc.line(a), B: sc.line(b), Cause: causeWords[d.Cause], SeenAt: d.SeenAt})
		}
	}
	p := s.page(c, "leads")
	p.Title = "Suspected duplicates"
	return s.render(c, http.StatusOK, views.DuplicatesPage(p, m))
}

var causeWords = map[string]string{string(lead.ByEmail): "the same email", string(lead.ByPhone): "the same phone number", string(lead.ByUser): "the same user id", string(lead.ByAnonymous): "the same browser"}

// twinsShown bounds the suspected duplicates on a lead's page.
const twinsShown = 10

// twins are the leads that may be the same person, as far as those see them who
// see the teams.
func (s *server) twins(ctx context.Context, id string, teams []string) ([]views.Twin, error) {
	pairs, err := s.Store.Duplicates(ctx, lead.DuplicateSearch{LeadID: id, Seen: teams, Limit: twinsShown})
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	other := func(d lead.Duplicate) string {
		if d.A == id {
			return d.B
		}
		return d.A
	}
	ids := make([]string, len(pairs))
	for i, d := range pairs {
		ids[i] = other(d)
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]views.Twin, 0, len(pairs))
	for _, d := range pairs {
		if c, ok := cards[other(d)]; ok && (teams == nil || c.Lead.TeamID == "" || slices.Contains(teams, c.Lead.TeamID)) {
			out = append(out, views.Twin{ID: c.Lead.ID, Name: c.Lead.DisplayName(), Cause: causeWords[d.Cause]})
		}
	}
	return out, nil
}
