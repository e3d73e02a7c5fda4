// Package handlers is the product over HTTP: the routes as one table
// (routes.go), one file for each page or resource, one table from errors to
// statuses (errors.go). A handler binds a small form, makes one call and
// renders; rules live in package lead.
package handlers

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"hotleads/lead"
	"hotleads/live"
)

// Store is what pages and API read beside the Desk, and what sign-in and
// set-up write.
type Store interface {
	Keys
	Agreements
	People
	Teams
	Secrets
	Lists
	Trail
	Imports
	Ping(ctx context.Context) error
	Rules(ctx context.Context) (*lead.Rules, error)
	Book(ctx context.Context) (*lead.Book, error)
	FreshBook(ctx context.Context) (*lead.Book, error)
	Access(ctx context.Context) (string, error)
	User(ctx context.Context, idOrEmail string) (lead.User, error)
	SignIn(ctx context.Context, email, password string) (lead.User, error)
	Find(ctx context.Context, q lead.Search) ([]lead.Card, error)
	Count(ctx context.Context, q lead.Search, most int) (int, error)
	Sources(ctx context.Context, limit int) ([]string, error)
	Duplicates(ctx context.Context, q lead.DuplicateSearch) ([]lead.Duplicate, error)
	Drips(ctx context.Context) ([]lead.Drip, error)
	Cards(ctx context.Context, ids []string) (map[string]lead.Card, error)
	History(ctx context.Context, leadID string, before int64, limit int) ([]lead.History, error)
	HistorySince(ctx context.Context, leads []string, since time.Time) (map[string][]lead.History, error)
	Activities(ctx context.Context, leadID string, after *lead.ActivityPoint, limit int) ([]lead.Activity, error)
	ActivitiesSince(ctx context.Context) (time.Time, error)
	Note(ctx context.Context, leadID string, seq int64) (string, error)
	Running(ctx context.Context, q lead.RunningSearch) ([]lead.RunningClock, error)
	Overdue(ctx context.Context, teams []string, now time.Time) (int, error)
	Facts(ctx context.Context, q lead.FactsQuery) ([]lead.Facts, error)
	Alerts(ctx context.Context, user string, after *lead.AlertPoint, limit int) ([]lead.Alert, error)
	Unread(ctx context.Context, users []string, since time.Time, most int) (map[string][]lead.Alert, error)
	Clocks(ctx context.Context, ids []string) (map[string]lead.Clock, error)
	FindClocks(ctx context.Context, q lead.ClockSearch) ([]lead.LeadClock, error)
	Day(ctx context.Context, team string, from, to time.Time) (lead.Day, error)
	HeldCounts(ctx context.Context, owners, teams []string) ([]lead.HeldCount, error)
	Holds(ctx context.Context, owners, leave, teams []string, limit int) ([]lead.Holds, error)
	SetUp(ctx context.Context, s lead.SetUp, now time.Time) (lead.User, error)
	Empty(ctx context.Context) (bool, error)
}

// Attempts counts failed sign-ins for all instances.
type Attempts interface {
	// Attempts tells how many there were of a name within the window, this one
	// included where it is added. The window begins with the first of them.
	Attempts(ctx context.Context, name string, window time.Duration, add bool) (int64, error)
	// Forgive forgets those of a name.
	Forgive(ctx context.Context, name string) error
}

// Quotas counts for all instances what somebody uses.
type Quotas interface {
	// Use counts one more use of a name in the present window of that length. It
	// tells how many there were in it, and the time until it ends.
	Use(ctx context.Context, name string, window time.Duration, now time.Time) (n int64, ends time.Duration, err error)
}

// Config is what a server is made of.
type Config struct {
	Desk           *lead.Desk
	Store          Store
	Sessions       Sessions
	Links          Links
	Displays       Displays
	Attempts       Attempts
	Quotas         Quotas
	APIRate        int // requests a second that a key of the JSON API has; 0: any number
	RedisPing      func(context.Context) error
	Hub            *live.Hub
	AddressStreams int    // streams that one address may have open; 0: any number
	BaseURL        string // public address without a slash at its end; "": from each request
	TrustedProxies []netip.Prefix
	WriteKey       string // accepted as is for the intake; "": none
	Version        string
	Registry       *prometheus.Registry // of what /metrics shows, beside what is counted here; nil: a new one
	Log            *slog.Logger
	Now            func() time.Time // nil: lead.Now
	Draining       func() bool      // tells that the server is about to stop; nil: never
}

type server struct {
	Config
	sessions *scs.SessionManager
	guard    *http.CrossOriginProtection
	metrics  *metrics
	bodies   bodies // of pages and of the JSON API
	calls    bodies // of the intake

	uncounted turns // to log that quotas are not

	mu     sync.Mutex
	stats  map[string]statsAt   // by team: today's figures
	counts map[string]countAt   // by team: who waits
	hours  map[string]pastHours // see remembered
}

// New makes the HTTP side of the product.
func New(c Config) (http.Handler, error) {
	if c.Now == nil {
		c.Now = lead.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &server{Config: c, sessions: scs.New(), guard: http.NewCrossOriginProtection(), stats: map[string]statsAt{}, counts: map[string]countAt{}, hours: map[string]pastHours{}}
	s.metrics = newMetrics(c, map[string]*bodies{"intake": &s.calls, "pages": &s.bodies}, s.up)
	s.sessions.Store, s.sessions.Lifetime = c.Sessions, lifetime
	if c.BaseURL != "" {
		u, err := url.Parse(c.BaseURL)
		if err != nil {
			return nil, err
		}
		if err := s.guard.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, err
		}
	}
	if s.Hub != nil {
		s.Hub.Guard((&guard{s: s}).ended)
		s.Hub.Owns(s.owns)
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.fail
	e.IPExtractor, e.SchemeExtractor = s.clientIP(), s.scheme
	e.Use(s.observe, s.recover, s.harden, s.doors)
	s.routes(e)
	return e, nil
}

// clientIP is the address of who asks: forwarding headers count only from
// trusted proxies.
func (s *server) clientIP() echo.IPExtractor {
	if len(s.TrustedProxies) == 0 {
		return echo.ExtractIPDirect()
	}
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.TrustedProxies {
		opts = append(opts, echo.TrustIPRange(ipNet(p)))
	}
	return echo.ExtractIPFromXFFHeader(opts...)
}

// fromTrusted tells whether the request came through a trusted proxy.
func (s *server) fromTrusted(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range s.TrustedProxies {
		if p.Contains(addr.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// ipNet is a prefix as the library of before netip wants it.
func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// https tells whether the browser speaks https to us.
func (s *server) https(r *http.Request) bool {
	switch {
	case s.BaseURL != "":
		return strings.HasPrefix(s.BaseURL, "https:")
	case r.TLS != nil:
		return true
	}
	return s.fromTrusted(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// base is the public address of the server as the request sees it.
func (s *server) base(r *http.Request) string {
	if s.BaseURL != "" {
		return s.BaseURL
	}
	return s.scheme(r) + "://" + r.Host
}

func (s *server) scheme(r *http.Request) string {
	if s.https(r) {
		return "https"
	}
	return "http"
}

// zone is the time zone of pages: the team's on team pages, else the company's.
func zone(rules *lead.Rules, team *lead.Team) *time.Location {
	return rules.CalendarOf(team).Zone()
}
