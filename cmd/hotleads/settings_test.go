package main

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var secret32 = strings.Repeat("s", 32)

func TestSettings(t *testing.T) {
	same := cmp.Options{cmpopts.IgnoreUnexported(settings{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })}
	std := settings{Listen: ":8080", DatabaseURL: "sqlite:data/hotleads.db", RedisURL: "embedded:", APIRate: 300, AddressStreams: 2000}
	with := func(change func(*settings)) settings {
		s := std
		change(&s)
		return s
	}
	for name, test := range map[string]struct {
		env, flags map[string]string
		want       settings
	}{
		"nothing": {nil, nil, std},
		"everything": {
			map[string]string{
				"ADDR": "127.0.0.1:9000", "ADMIN_ADDR": "127.0.0.1:6060", "DATABASE_URL": "postgres://u:p@h/d", "REDIS_URL": "rediss://a:1,b:2", "BASE_URL": "https://leads.example.com/",
				"TRUSTED_PROXIES": "10.1.2.3/8, 192.168.1.5,2001:db8::/32", "SECRET_KEY": secret32, "ADMIN_EMAIL": " Ada@Example.com ", "ADMIN_PASSWORD": "correct horse",
				"WRITE_KEY": "try-me", "API_RATE": "0", "STREAMS_PER_ADDRESS": "500", "ACTIVITY_MONTHS": "24", "LOG_LEVEL": "WARN", "LOG_FORMAT": "json",
			}, nil,
			settings{
				Listen: "127.0.0.1:9000", AdminAddr: "127.0.0.1:6060", DatabaseURL: "postgres://u:p@h/d", RedisURL: "rediss://a:1,b:2", BaseURL: "https://leads.example.com",
				TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.5/32"), netip.MustParsePrefix("2001:db8::/32")},
				SecretKey:      secret32, AdminEmail: "ada@example.com", AdminPassword: "correct horse", WriteKey: "try-me", AddressStreams: 500, ActivityMonths: 24, LogLevel: slog.LevelWarn, LogFormat: "json",
			},
		},
		"a flag wins":              {map[string]string{"REDIS_URL": "redis://a"}, map[string]string{"REDIS_URL": "redis://b"}, with(func(s *settings) { s.RedisURL = "redis://b" })},
		"an empty flag is default": {map[string]string{"BASE_URL": "http://a"}, map[string]string{"BASE_URL": ""}, std},
		"ADDR over PORT":           {map[string]string{"ADDR": "[::1]:1", "PORT": "2"}, nil, with(func(s *settings) { s.Listen = "[::1]:1" })},
		"--port over ADDR":         {map[string]string{"ADDR": "[::1]:1"}, map[string]string{"PORT": "2"}, with(func(s *settings) { s.Listen = ":2" })},
		"--addr over --port":       {nil, map[string]string{"ADDR": ":1", "PORT": "2"}, with(func(s *settings) { s.Listen = ":1" })},
		"sentinels":                {map[string]string{"REDIS_URL": "redis+sentinel://a:1,b:2/main"}, nil, with(func(s *settings) { s.RedisURL = "redis+sentinel://a:1,b:2/main" })},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readSettings(serveSettings, getenv(test.env), test.flags)
			if diff := cmp.Diff(test.want, got, same); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		})
	}
}

// A wrong value is refused with its setting, what it got and what it wants; a
// secret is never repeated.
func TestWrongSettings(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want []string
		not  string
	}{
		"port in words":          {map[string]string{"PORT": "http"}, []string{"PORT", `"http"`, "65535"}, ""},
		"port too high":          {map[string]string{"PORT": "65536"}, []string{"PORT", `"65536"`}, ""},
		"address without port":   {map[string]string{"ADDR": "127.0.0.1"}, []string{"ADDR", `"127.0.0.1"`, "host:port"}, ""},
		"admin without port":     {map[string]string{"ADMIN_ADDR": "localhost"}, []string{"ADMIN_ADDR", `"localhost"`, "127.0.0.1:6060"}, ""},
		"another database":       {map[string]string{"DATABASE_URL": "mysql://root:hunter2@h/d"}, []string{"DATABASE_URL", "mysql", "postgres://"}, "hunter2"},
		"database in memory":     {map[string]string{"DATABASE_URL": "sqlite::memory:"}, []string{"DATABASE_URL", "sqlite:PATH"}, ""},
		"database with pragmas":  {map[string]string{"DATABASE_URL": "sqlite:a.db?mode=ro"}, []string{"DATABASE_URL"}, ""},
		"another cache":          {map[string]string{"REDIS_URL": "memcached://:hunter2@h"}, []string{"REDIS_URL", "embedded:"}, "hunter2"},
		"address with a path":    {map[string]string{"BASE_URL": "https://example.com/leads"}, []string{"BASE_URL", "without path"}, ""},
		"address with a query":   {map[string]string{"BASE_URL": "https://example.com?a"}, []string{"BASE_URL"}, ""},
		"address of nothing":     {map[string]string{"BASE_URL": "leads.example.com"}, []string{"BASE_URL", "http://"}, ""},
		"proxy by name":          {map[string]string{"TRUSTED_PROXIES": "10.0.0.0/8, proxy"}, []string{"TRUSTED_PROXIES", "CIDR"}, ""},
		"short secret":           {map[string]string{"SECRET_KEY": "hunter2"}, []string{"SECRET_KEY", "7 bytes", "32 bytes"}, "hunter2"},
		"no secret on Postgres":  {map[string]string{"DATABASE_URL": "postgres://h/d"}, []string{"SECRET_KEY", "Postgres"}, ""},
		"admin without password": {map[string]string{"ADMIN_EMAIL": "a@b.c"}, []string{"ADMIN_EMAIL", "ADMIN_PASSWORD", "both or none"}, ""},
		"admin without address":  {map[string]string{"ADMIN_PASSWORD": "hunter2hunter2"}, []string{"ADMIN_EMAIL"}, "hunter2"},
		"admin with short one":   {map[string]string{"ADMIN_EMAIL": "a@b.c", "ADMIN_PASSWORD": "hunter2"}, []string{"ADMIN_PASSWORD", "7 bytes"}, "hunter2"},
		"admin who is nobody":    {map[string]string{"ADMIN_EMAIL": "admin", "ADMIN_PASSWORD": "hunter2hunter2"}, []string{"ADMIN_EMAIL", `"admin"`}, "hunter2"},
		"write key with a space": {map[string]string{"WRITE_KEY": "hunter 2"}, []string{"WRITE_KEY"}, "hunter"},
		"API rate under 0":       {map[string]string{"API_RATE": "-1"}, []string{"API_RATE", `"-1"`, "0 to 100000"}, ""},
		"API rate in words":      {map[string]string{"API_RATE": "many"}, []string{"API_RATE", `"many"`}, ""},
		"API rate too high":      {map[string]string{"API_RATE": "100001"}, []string{"API_RATE"}, ""},
		"streams under 0":        {map[string]string{"STREAMS_PER_ADDRESS": "-1"}, []string{"STREAMS_PER_ADDRESS", `"-1"`, "0 to 1000000"}, ""},
		"too many streams":       {map[string]string{"STREAMS_PER_ADDRESS": "1000001"}, []string{"STREAMS_PER_ADDRESS"}, ""},
		"months under 0":         {map[string]string{"ACTIVITY_MONTHS": "-1"}, []string{"ACTIVITY_MONTHS", `"-1"`, "0 to 1200"}, ""},
		"more months than help":  {map[string]string{"ACTIVITY_MONTHS": "1201"}, []string{"ACTIVITY_MONTHS"}, ""},
		"log level":              {map[string]string{"LOG_LEVEL": "loud"}, []string{"LOG_LEVEL", `"loud"`, "debug"}, ""},
		"log format":             {map[string]string{"LOG_FORMAT": "xml"}, []string{"LOG_FORMAT", `"xml"`, "text or json"}, ""},
		"several at once":        {map[string]string{"LOG_FORMAT": "xml", "PORT": "-1"}, []string{"LOG_FORMAT", "PORT"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := hotleads(t, test.env, "", "serve")
			if r.status != statusUsage {
				t.Fatalf("status %d, want %d: %s", r.status, statusUsage, r.err)
			}
			for _, w := range test.want {
				if !strings.Contains(r.err, w) {
					t.Errorf("no %q in %s", w, r.err)
				}
			}
			if test.not != "" && strings.Contains(r.err, test.not) {
				t.Errorf("it tells a secret: %s", r.err)
			}
		})
	}
}

// A command reads only the settings that it uses.
func TestOtherSettingsDoNotMatter(t *testing.T) {
	env := database(t)
	env["PORT"], env["SECRET_KEY"] = "none", "short"
	done(t, env, "", "team", "list")
}
