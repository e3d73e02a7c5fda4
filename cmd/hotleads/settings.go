package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"hotleads/lead"
)

// settings are what the environment and flags say, checked.
type settings struct {
	Listen         string // host:port
	AdminAddr      string // host:port of profiles; "": nowhere
	DatabaseURL    string
	RedisURL       string
	BaseURL        string // without a slash at its end; "": from the request
	TrustedProxies []netip.Prefix
	SecretKey      string // "": made and kept beside the SQLite file
	AdminEmail     string
	AdminPassword  string
	WriteKey       string
	APIRate        int // requests a second of a key of the JSON API; 0: any number
	AddressStreams int // live pages that one address may have open; 0: any number
	ActivityMonths int // months for which activities are kept; 0: all of them
	LogLevel       slog.Level
	LogFormat      string // "text", "json" or "": by whether somebody looks

	addr, port string
}

// minSecret bounds SECRET_KEY, in bytes.
const minSecret = 32

// setting is one row of the table of settings.
type setting struct {
	name     string
	fallback string // its default, for help too
	about    string
	wants    string // what a right value is, for who gave a wrong one
	secret   bool   // never shown
	set      func(s *settings, v string) bool
}

// settingTable lists all settings in the order in which help shows them.
var settingTable = []setting{
	{name: "PORT", fallback: "8080", about: "port to listen on, at every address", wants: "a port from 0 (any free one) to 65535",
		set: func(s *settings, v string) bool { s.port = v; return isPort(v) }},
	{name: "ADDR", about: "address to listen on instead, as host:port", wants: "host:port, as 127.0.0.1:8080 or :8080",
		set: func(s *settings, v string) bool {
			s.addr = v
			_, port, err := net.SplitHostPort(v)
			return err == nil && isPort(port)
		}},
	{name: "ADMIN_ADDR", about: "address for profiles (/debug/pprof/) and /metrics, as host:port; keep it inside; none unless set", wants: "host:port, as 127.0.0.1:6060",
		set: func(s *settings, v string) bool {
			s.AdminAddr = v
			_, port, err := net.SplitHostPort(v)
			return err == nil && isPort(port)
		}},
	{name: "DATABASE_URL", fallback: "sqlite:data/hotleads.db", about: "where the truth is kept: sqlite:PATH or postgres://…", wants: "sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
		set: func(s *settings, v string) bool { s.DatabaseURL = v; return isDatabaseURL(v) }},
	{name: "REDIS_URL", fallback: "embedded:", about: "rankings and notices: embedded:, redis://, rediss:// (hosts with commas: a cluster) or redis+sentinel://", wants: "embedded:, redis://HOST:PORT, rediss://HOST:PORT or redis+sentinel://HOST:PORT,…/MASTER",
		set: func(s *settings, v string) bool { s.RedisURL = v; return isRedisURL(v) }},
	{name: "BASE_URL", about: "public address, for links and Secure cookies; else from the request", wants: "http:// or https:// and a host, without path or query",
		set: func(s *settings, v string) bool { s.BaseURL = strings.TrimSuffix(v, "/"); return isBaseURL(v) }},
	{name: "TRUSTED_PROXIES", about: "proxies whose forwarding headers count, with commas", wants: "addresses or CIDRs with commas, as 10.0.0.0/8, 192.168.1.5",
		set: func(s *settings, v string) (ok bool) { s.TrustedProxies, ok = parsePrefixes(v); return ok }},
	{name: "SECRET_KEY", about: "keys sessions and display links: another one signs everybody out; with SQLite it is made and kept beside the file", wants: "at least 32 bytes, as `openssl rand -base64 32` makes", secret: true,
		set: func(s *settings, v string) bool { s.SecretKey = v; return len(v) >= minSecret }},
	{name: "ADMIN_EMAIL", about: "makes the first admin where there is nobody yet", wants: "an email address",
		set: func(s *settings, v string) bool {
			s.AdminEmail = lead.NormalEmail(v)
			return s.AdminEmail != ""
		}},
	{name: "ADMIN_PASSWORD", about: "the first admin's password", wants: "8 characters to 200 bytes, and none that everybody tries first", secret: true,
		set: func(s *settings, v string) bool {
			s.AdminPassword = v
			return lead.CheckPassword(v, s.AdminEmail) == nil
		}},
	{name: "WRITE_KEY", about: "an extra write key that is accepted as is, for a first try", wants: "up to 200 characters without spaces and colons", secret: true,
		set: func(s *settings, v string) bool { s.WriteKey = v; return isWriteKey(v) }},
	{name: "API_RATE", fallback: "300", about: "requests a second that a key of the JSON API may make, ten seconds of them at once; 0: any number", wants: "a whole number from 0 to 100000",
		set: func(s *settings, v string) bool {
			n, err := strconv.ParseUint(v, 10, 31)
			s.APIRate = int(n)
			return err == nil && n <= 100_000
		}},
	{name: "STREAMS_PER_ADDRESS", fallback: "2000", about: "live pages that one address may have open, on each instance; 0: any number", wants: "a whole number from 0 to 1000000",
		set: func(s *settings, v string) bool {
			n, err := strconv.ParseUint(v, 10, 31)
			s.AddressStreams = int(n)
			return err == nil && n <= 1_000_000
		}},
	{name: "ACTIVITY_MONTHS", fallback: "0", about: "whole months for which activities are kept, as many as the agreement needs or more; 0: all of them", wants: fmt.Sprint("a whole number from 0 to ", lead.MostMonths),
		set: func(s *settings, v string) bool {
			n, err := strconv.ParseUint(v, 10, 31)
			s.ActivityMonths = int(n)
			return err == nil && n <= lead.MostMonths
		}},
	{name: "LOG_LEVEL", fallback: "info", about: "debug, info, warn or error", wants: "debug, info, warn or error",
		set: func(s *settings, v string) bool {
			v = strings.ToLower(v)
			return slices.Contains([]string{"debug", "info", "warn", "error"}, v) && s.LogLevel.UnmarshalText([]byte(v)) == nil
		}},
	{name: "LOG_FORMAT", about: "text or json; json where standard error is no terminal", wants: "text or json",
		set: func(s *settings, v string) bool {
			s.LogFormat = strings.ToLower(v)
			return s.LogFormat == "text" || s.LogFormat == "json"
		}},
}

// Which settings a command reads.
var (
	serveSettings    = settingNames()
	databaseSettings = []string{"DATABASE_URL"}
	displaySettings  = []string{"DATABASE_URL", "SECRET_KEY", "BASE_URL"}
	rebuildSettings  = []string{"DATABASE_URL", "REDIS_URL"}
)

func settingNames() []string {
	names := make([]string, len(settingTable))
	for i, set := range settingTable {
		names[i] = set.name
	}
	return names
}

// readSettings reads the settings of those names from flags, which win, else the
// environment, else their defaults. Everything that is wrong is told at once.
func readSettings(names []string, getenv func(string) string, flags map[string]string) (settings, error) {
	var s settings
	var errs []error
	for _, set := range settingTable {
		if !slices.Contains(names, set.name) {
			continue
		}
		v, given := flags[set.name]
		if !given {
			v = getenv(set.name)
		}
		if v == "" {
			v = set.fallback
		}
		if v == "" {
			continue
		}
		if !set.set(&s, v) {
			errs = append(errs, fmt.Errorf("%s: got %s, want %s", set.name, set.shown(v), set.wants))
		}
	}
	if (s.AdminEmail == "") != (s.AdminPassword == "") && len(errs) == 0 {
		errs = append(errs, errors.New("ADMIN_EMAIL and ADMIN_PASSWORD: got one of them, want both or none"))
	}
	if slices.Contains(names, "SECRET_KEY") && s.SecretKey == "" && !isSQLite(s.DatabaseURL) && len(errs) == 0 {
		errs = append(errs, errors.New("SECRET_KEY: got none, want at least 32 bytes with Postgres, the same for every instance, as `openssl rand -base64 32` makes"))
	}
	if len(errs) > 0 {
		return s, wrongUsage("%s", errors.Join(errs...))
	}
	// Of PORT and ADDR the one that is a flag wins, else the more telling one.
	_, portFlag := flags["PORT"]
	_, addrFlag := flags["ADDR"]
	s.Listen = s.addr
	if s.addr == "" || portFlag && !addrFlag {
		s.Listen = ":" + s.port
	}
	return s, nil
}

// shown is a value as a message may show it: without passwords.
func (set setting) shown(v string) string {
	if set.secret {
		return fmt.Sprintf("a value of %d bytes", len(v))
	}
	if strings.HasSuffix(set.name, "_URL") && (strings.ContainsRune(v, '@') || strings.Contains(strings.ToLower(v), "pass")) {
		scheme, _, ok := strings.Cut(v, ":")
		if !ok {
			return fmt.Sprintf("a value of %d bytes", len(v))
		}
		return fmt.Sprintf("%q", scheme+":…")
	}
	return fmt.Sprintf("%q", v)
}

func isPort(v string) bool {
	_, err := strconv.ParseUint(v, 10, 16)
	return err == nil
}

func isSQLite(databaseURL string) bool { return strings.HasPrefix(databaseURL, "sqlite:") }

func isDatabaseURL(v string) bool {
	if path, ok := strings.CutPrefix(v, "sqlite:"); ok {
		return path != "" && !strings.ContainsAny(path, "?#") && !strings.Contains(path, ":memory:")
	}
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")
}

func isRedisURL(v string) bool {
	if v == "embedded:" {
		return true
	}
	scheme, rest, _ := strings.Cut(v, "://")
	return slices.Contains([]string{"redis", "rediss", "redis+sentinel"}, scheme) && rest != ""
}

func isBaseURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		(u.Path == "" || u.Path == "/") && !strings.ContainsAny(v, "?#")
}

// parsePrefixes reads CIDRs and single addresses, with commas.
func parsePrefixes(v string) ([]netip.Prefix, bool) {
	var list []netip.Prefix
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if a, aerr := netip.ParseAddr(part); aerr == nil {
			p, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, false
		}
		list = append(list, p.Masked())
	}
	return list, true
}

// isWriteKey: a key is the user name of Basic authentication, which has no colon.
func isWriteKey(v string) bool {
	return len(v) <= 200 && !strings.ContainsFunc(v, func(r rune) bool {
		return r == ':' || r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}
