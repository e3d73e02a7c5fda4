package views_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"hotleads/static"
	"hotleads/views"
)

// policy is the content security policy of the product.
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// pages draws every page in every state that has a look of its own.
func pages(t testing.TB, now time.Time) map[string]templ.Component {
	t.Helper()
	page := func(nav string, v views.Viewer, live bool) views.Page {
		return views.Page{Title: nav, Nav: nav, Viewer: v, Waiting: 5, Live: live, Now: now, Build: "one", Asset: static.URL}
	}
	teams := []views.TeamLink{{Slug: "emea", Name: "EMEA", Current: true}, {Slug: "dach", Name: "DACH"}}
	board := views.BoardModel{Team: "EMEA", Slug: "emea", LiveURL: "/live/board", Rows: rendered(t, sampleRows(now)), Reasons: reasons, Stats: sampleStats(),
		Undo: &views.UndoModel{LeadID: "grace", LeadName: "Grace Hopper", Move: "claim", Until: now.Add(8 * time.Second)}}
	mine, looks, many, managers := board, board, board, board
	mine.Mine, looks.LooksOnly, many.Rows, managers.Teams = true, true, rendered(t, manyRows(now, 200)), teams
	mine.Undo, looks.Undo, many.Undo, managers.Undo = nil, nil, nil, nil
	empty := views.BoardModel{Team: "EMEA", Slug: "emea", LiveURL: "/live/board"}
	first := empty
	first.FirstTime, first.BaseURL, first.LooksOnly = true, "http://localhost:8080", true
	emptyMine := empty
	emptyMine.Mine = true
	held := sampleProfile(now)
	held.Head.Owner, held.Head.Stage = views.Person{ID: rosa.ID, Name: rosa.Name}, "sal"
	held.Message, held.Ask = "Sam Ortiz has it since 14:02.", "return"
	bare := views.ProfileModel{LiveURL: "/live/leads/x", Head: views.ProfileHead{ID: "x", Name: "somebody@example.com", Tier: "none", Stage: "nurture", HeldBack: "a competitor’s domain"}}
	setup := views.SetupModel{Zones: []string{"Europe/Berlin", "Europe/London", "America/New_York"}, Zone: "Europe/Berlin"}
	wrong := setup
	wrong.Company, wrong.Email, wrong.Zone = "Analytical Engines", "ada", "Mars"
	wrong.Errors = map[string]string{"email": "This is not an address.", "zone": "No such time zone. Take one from the list.", "password": "Eleven characters: one is missing."}
	problem := page("board", rosa, true)
	problem.Problem, problem.Flash = "Ranking is read from the database: everything works, updates take a few seconds longer.", "Grace Hopper is yours."
	told := page("notices", rosa, true)
	told.Bell = views.BellModel{Unread: 104, News: []views.NewsModel{{Key: "1", LeadID: "ada", Title: "Ada Byron", Text: "is on fire · EMEA", URL: "/leads/ada"}}}
	refused := sampleTeam(now)
	refused.People[0].Open, refused.People[0].Away.Day, refused.People[0].Away.Error = true, "2026-01-02", "Not that day."
	return map[string]templ.Component{
		"team-refused": views.HoldingsPage(page("team", milo, true), refused),
		"board":        views.BoardPage(page("board", rosa, true), board), "board-mine": views.BoardPage(page("mine", rosa, true), mine),
		"board-looks": views.BoardPage(page("board", mara, true), looks), "board-manager": views.BoardPage(page("board", milo, true), managers),
		"board-200": views.BoardPage(page("board", rosa, true), many), "board-empty": views.BoardPage(page("board", rosa, true), empty),
		"board-first": views.BoardPage(page("board", mara, true), first), "board-empty-mine": views.BoardPage(page("mine", rosa, true), emptyMine),
		"board-problem": views.BoardPage(problem, many),
		"profile":       views.ProfilePage(page("leads", rosa, true), sampleProfile(now)), "profile-held": views.ProfilePage(page("leads", rosa, true), held),
		"profile-bare": views.ProfilePage(page("leads", mara, true), bare),
		"sla":          views.SLAPage(page("sla", mara, true), sampleSLA(now)), "sla-empty": views.SLAPage(page("sla", milo, true), views.SLAModel{LiveURL: "/live/sla", Sentence: "Nobody is waiting."}),
		"leads": views.LeadsPage(page("leads", rosa, false), sampleLeads(now)), "leads-none": views.LeadsPage(page("leads", rosa, false), views.LeadsModel{Finder: views.Finder{Action: "/leads", Query: "zuse", Reset: "/leads", Sought: "“zuse”"}}),
		"api-docs": views.APIDocsPage(views.Page{Title: "API", Asset: static.URL}, sampleAPIDocs()),
		"login":    views.LoginPage(views.Page{Title: "Sign in", Asset: static.URL}, views.LoginModel{}), "login-wrong": views.LoginPage(views.Page{Title: "Sign in", Asset: static.URL}, views.LoginModel{Email: "rosa@example.com", Next: "/board", Error: "This address and this password do not belong together."}),
		"setup": views.SetupPage(views.Page{Title: "Set up", Asset: static.URL}, setup), "setup-wrong": views.SetupPage(views.Page{Title: "Set up", Asset: static.URL}, wrong),
		"wall": views.WallPage(page("", views.Viewer{}, true), sampleWall(t, now, 8)), "wall-empty": views.WallPage(page("", views.Viewer{}, true), sampleWall(t, now, 0)),
		"gone-wall":         views.WallGone(views.Page{Asset: static.URL}, "This display link was revoked.", "Ask an administrator for a new link."),
		"away":              views.AwayPage(page("", rosa, false), views.AwayModel{Action: "/account/away", MayGo: true, Until: now.AddDate(0, 0, 3), First: "2026-11-17"}),
		"settings-displays": views.DisplaysPage(page("settings", anna, false), sampleDisplays(now)), "settings-displays-none": views.DisplaysPage(page("settings", anna, false), views.DisplaysModel{Teams: sampleDisplays(now).Teams}),
		"team": views.HoldingsPage(page("team", milo, true), sampleTeam(now)), "team-empty": views.HoldingsPage(page("team", milo, true), views.HoldingsModel{LiveURL: "/live/team", Sentence: "Nobody holds a lead."}),
		"notices": views.NoticesPage(told, sampleNotices(now)), "notices-none": views.NoticesPage(page("notices", mara, true), views.NoticesModel{LiveURL: "/live/notices", When: sampleNotices(now).When}),
		"error-404": views.ErrorPage(page("", rosa, false), views.ErrorModel{Status: 404}), "error-503": views.ErrorPage(views.Page{Asset: static.URL}, views.ErrorModel{Status: 503, Back: "/board", Reference: "0b9d4c1e-7a52-4f7e-9d0e-52b1c6f0a3d8"}),
		"error-401": views.ErrorPage(views.Page{Asset: static.URL}, views.ErrorModel{Status: 401}),
	}
}

// site serves the pages with the product's policy, a stream that a test
// feeds, and moves that a test answers.
type site struct {
	*httptest.Server
	now    time.Time
	viewer views.Viewer

	mu       sync.Mutex
	snapshot []byte                                                                 // the first frame of a stream
	answer   func(w http.ResponseWriter, id, move string, form func(string) string) // of a move
	watchers map[chan []byte]string                                                 // by what they watch
	asked    int                                                                    // how often a stream was asked for
	refuse   http.HandlerFunc                                                       // answers instead of the stream
	gone     int                                                                    // the status of boards that are not to be seen any more; 0: they are
	page     string                                                                 // what the stream says of its page: version and viewer
}

func newSite(t testing.TB) *site { return newSiteBy(t, (*httptest.Server).Start) }

// newSiteBy is a site whose server is started so.
func newSiteBy(t testing.TB, start func(*httptest.Server)) *site {
	s := &site{now: time.Now(), viewer: rosa, watchers: map[chan []byte]string{}}
	mux := http.NewServeMux()
	mux.Handle("/static/", static.Handler())
	mux.HandleFunc("/me.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		viewer := s.viewer
		if role := r.Header.Get("Referer"); role != "" {
			for path, v := range map[string]views.Viewer{"looks": mara, "first": mara, "sla": mara, "bare": mara, "manager": milo} {
				if bytes.Contains([]byte(role), []byte(path)) {
					viewer = v
				}
			}
		}
		_, _ = w.Write(views.MeCSS(viewer.ID, viewer.Role, nil))
	})
	mux.HandleFunc("/live/", s.stream)
	mux.HandleFunc("/boards/{name}", func(w http.ResponseWriter, r *http.Request) { // as many as a test wants
		s.mu.Lock()
		gone := s.gone
		s.mu.Unlock()
		if gone != 0 {
			w.WriteHeader(gone)
			s.draw(t, w, views.ErrorPage(views.Page{Viewer: s.viewer, Build: "one", Asset: static.URL}, views.ErrorModel{Status: gone}))
			return
		}
		m := views.BoardModel{Team: r.PathValue("name"), Slug: "emea", LiveURL: "/live/" + r.PathValue("name"), Rows: rendered(t, sampleRows(s.now)), Reasons: reasons, Stats: sampleStats()}
		s.draw(t, w, views.BoardPage(views.Page{Viewer: s.viewer, Live: true, Now: time.Now(), Build: "one", Asset: static.URL}, m))
	})
	mux.HandleFunc("POST /leads/{id}/{move}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer
		s.mu.Unlock()
		answer(w, r.PathValue("id"), r.PathValue("move"), r.PostFormValue)
	})
	mux.HandleFunc("GET /leads/{id}", func(w http.ResponseWriter, r *http.Request) {
		m := sampleProfile(s.now)
		m.Head.ID = r.PathValue("id")
		s.draw(t, w, views.ProfilePage(views.Page{Viewer: s.viewer, Live: true, Now: time.Now(), Build: "one", Asset: static.URL}, m))
	})
	all := pages(t, s.now)
	mux.HandleFunc("/{page}", func(w http.ResponseWriter, r *http.Request) {
		c, ok := all[r.PathValue("page")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		s.draw(t, w, c)
	})
	s.Server = httptest.NewUnstartedServer(mux)
	start(s.Server)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *site) draw(t testing.TB, w http.ResponseWriter, c templ.Component) {
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

func (s *site) stream(w http.ResponseWriter, r *http.Request) {
	mine := make(chan []byte, 64)
	s.mu.Lock()
	s.asked++
	refuse, first := s.refuse, s.snapshot
	if refuse == nil {
		s.watchers[mine] = r.URL.Path
	}
	if s.page != "" {
		w.Header().Set("Hotleads-Page", s.page)
	}
	s.mu.Unlock()
	if refuse != nil {
		refuse(w, r)
		return
	}
	defer func() {
		s.mu.Lock()
		delete(s.watchers, mine)
		s.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Hotleads-Time", views.Millis(time.Now()))
	_, _ = w.Write([]byte("retry: 100\n"))
	send := func(data []byte) {
		_, _ = w.Write([]byte("data: " + string(data) + "\n\n"))
		_ = http.NewResponseController(w).Flush()
	}
	send(append(slices.Clip(first), views.PartialAge(time.Now())...))
	age := time.NewTicker(2 * time.Second)
	defer age.Stop()
	for {
		select {
		case frame, ok := <-mine:
			if !ok {
				return
			}
			send(frame)
		case now := <-age.C:
			send(views.PartialAge(now))
		case <-r.Context().Done():
			return
		}
	}
}

// set changes how streams begin from now on.
func (s *site) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// open counts the streams that are open, and those that were ever asked for.
func (s *site) open() (open, asked int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watchers), s.asked
}

// push sends a frame to every open page.
func (s *site) push(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		w <- frame
	}
}

// cut ends all streams, and refuses new ones if told so.
func (s *site) cut(refuse http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
	for w := range s.watchers {
		close(w)
		delete(s.watchers, w)
	}
}

// refusal answers with a status and says, if not empty, when to come back.
func refusal(status int, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		http.Error(w, http.StatusText(status), status)
	}
}
