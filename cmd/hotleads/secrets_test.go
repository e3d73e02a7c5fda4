package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// planted is what must not come out anywhere but where it is made, by what it is.
type planted map[string]string

// in reports what of it stands in a text.
func (p planted) in(t *testing.T, where, text string) {
	t.Helper()
	for what, secret := range p {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(secret)); i >= 0 {
			t.Errorf("%s tells the %s: …%.120s…", where, what, text[max(0, i-60):])
		}
	}
}

// asked is what a server has answered so far: everything but the bodies of
// answers that are meant to show personal data.
type asked struct {
	t *testing.T
	*http.Client
	url     string
	said    bytes.Buffer // addresses that it led to, headers, bodies of refusals
	cookies []string
}

func (a *asked) do(method, path, body string, headers ...string) int {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "basic" {
			r.SetBasicAuth(headers[i+1], "")
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := a.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	for name, values := range res.Header {
		if name == "Set-Cookie" {
			a.cookies = append(a.cookies, values...)
			continue
		}
		a.said.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
	}
	if res.StatusCode >= 400 && !strings.Contains(res.Header.Get("Content-Type"), "html") || path == "/metrics" || path == "/readyz" {
		a.said.Write(text)
	}
	return res.StatusCode
}

// TestNothingTellsSecrets plants secrets and personal data, drives a server and
// commands through what succeeds and what fails, with everything logged, and then
// looks for them in the log, answers, addresses, metrics, other commands' output
// and the database.
func TestNothingTellsSecrets(t *testing.T) {
	env := database(t)
	secrets := planted{
		"admin's password": "planted-admin-pa55", "rep's password": "planted-rep-pa55", "wrong password": "planted-wrong-pa55", "write key of the settings": "planted-write-key", "SECRET_KEY": "planted-secret-key-of-thirty-two-bytes-and-more",
		"password in an address": "planted-in-address",
	}
	people := planted{"rep's address": "rosa.planted@people.example", "rep's name": "Rosaplanted", "lead's address": "ada.planted@leads.example", "lead's name": "Adaplanted", "lead's phone": "+4930555000111", "lead's company": "Enginesplanted", "lead's user id": "user-planted-42", "note": "noteplanted"}
	env["ADMIN_EMAIL"], env["ADMIN_PASSWORD"] = "anna@people.example", secrets["admin's password"]
	env["WRITE_KEY"], env["SECRET_KEY"] = secrets["write key of the settings"], secrets["SECRET_KEY"]
	env["LOG_LEVEL"], env["LOG_FORMAT"] = "debug", "json"
	env["REDIS_URL"] = "redis://:planted-redis-pa55@127.0.0.1:1" // nobody answers there
	secrets["Redis' password"] = "planted-redis-pa55"

	var printed strings.Builder // what commands said
	command := func(stdin string, args ...string) string {
		t.Helper()
		r := hotleads(t, env, stdin, args...)
		printed.WriteString(r.err)
		if !strings.HasPrefix(strings.Join(args, " "), "key add") && !strings.Contains(strings.Join(args, " "), "list") {
			printed.WriteString(r.out)
		}
		if strings.Contains(strings.Join(args, " "), "list") { // shows people and keys, but no secrets
			secrets.in(t, strings.Join(args, " "), r.out)
		}
		return strings.TrimSpace(r.out)
	}
	command("", "team", "add", "--name", "EMEA")
	for _, kind := range []string{"write", "server", "api"} {
		secrets[kind+" key"] = command("", "key", "add", "--kind", kind, "--name", kind)
	}
	secrets["revoked key"] = command("", "key", "add", "--kind", "api", "--name", "gone")
	command("", "key", "revoke", "gone")
	s := startServer(t, env)
	command(secrets["rep's password"], "user", "add", "--email", people["rep's address"], "--name", people["rep's name"], "--role", "rep", "--team", "EMEA", "--password-stdin")
	for _, args := range [][]string{{"user", "list"}, {"team", "list"}, {"key", "list"}, {"agreement", "show"}, {"version"}, {"user", "add", "--email", people["rep's address"], "--name", "x", "--role", "rep", "--password-stdin"}, {"user", "password", people["rep's address"], "--password-stdin"}, {"rebuild"}} {
		r := hotleads(t, env, secrets["wrong password"], args...)
		secrets.in(t, strings.Join(args, " "), r.out+r.err)
	}
	command(secrets["rep's password"], "user", "password", people["rep's address"], "--password-stdin")

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &asked{t: t, url: s.url, Client: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	sign := func(email, password string) int {
		return a.do(http.MethodPost, "/login", url.Values{"email": {email}, "password": {password}}.Encode(), form...)
	}
	if sign(people["rep's address"], secrets["wrong password"]) != http.StatusUnauthorized || sign(secrets["wrong password"], people["rep's address"]) != http.StatusUnauthorized {
		t.Error("a wrong password signs in")
	}
	if status := sign(people["rep's address"], secrets["rep's password"]); status != http.StatusSeeOther {
		t.Fatalf("the right password: %d", status)
	}
	here, _ := url.Parse(s.url)
	secrets["session"] = jar.Cookies(here)[0].Value

	identify := `{"type":"identify","userId":"` + people["lead's user id"] + `","traits":{"email":"` + people["lead's address"] + `","name":"` + people["lead's name"] + `","phone":"` + people["lead's phone"] + `","company":"` + people["lead's company"] + `"}}`
	track := `{"type":"track","userId":"` + people["lead's user id"] + `","event":"Demo Requested"}`
	for _, key := range []string{"write key", "server key", "write key of the settings"} {
		if status := a.do(http.MethodPost, "/v1/batch", `{"batch":[`+identify+`,`+track+`]}`, "basic", secrets[key]); status != http.StatusOK {
			t.Errorf("the %s: %d", key, status)
		}
	}
	bearer := func(key string) []string { return []string{"Authorization", "Bearer " + secrets[key]} }
	ref := "/api/v1/leads/email:" + url.PathEscape(people["lead's address"])
	if status := a.do(http.MethodGet, ref, "", bearer("api key")...); status != http.StatusOK {
		t.Errorf("the lead: %d", status)
	}
	for name := range secrets { // every secret where it does not belong
		v := url.QueryEscape(secrets[name])
		a.do(http.MethodGet, "/v1/projects/"+url.PathEscape(secrets[name])+"/settings", "")
		a.said.Reset() // the settings of a write key hold it: that is what they are for
		for _, path := range []string{"/v1/" + v, "/tv/" + v, "/invite/" + v, "/reset/" + v, "/api/v1/leads/" + v, "/live/tv/" + v} {
			a.do(http.MethodGet, path, "")
			a.do(http.MethodPost, path, "x=y", form...)
		}
		a.do(http.MethodPost, "/v1/track", track, "basic", secrets[name])
		a.do(http.MethodPost, "/v1/track", `{"writeKey":"`+secrets[name]+`",`, "Content-Type", "text/plain")
		a.do(http.MethodGet, "/api/v1/leads", "", "Authorization", "Bearer "+secrets[name])
		a.do(http.MethodGet, "/api/v1/leads", "", "Authorization", secrets[name])
		a.do(http.MethodGet, "/board", "", "Cookie", "hotleads="+secrets[name]+"; __Host-hotleads="+secrets[name])
		a.do("BREW", "/board", "", "X-Api-Key", secrets[name])
	}
	a.said.Reset() // what was in the address comes back in a redirect to the sign-in; looked at apart, below
	if status := a.do(http.MethodGet, "/board/emea", ""); status != http.StatusOK {
		t.Errorf("the board: %d", status)
	}
	for _, path := range []string{"/leads?q=" + people["lead's name"], "/leads?password=" + secrets["password in an address"], "/me.css", "/readyz", "/nowhere", "/" + people["rep's name"]} {
		a.do(http.MethodGet, path, "")
	}
	for _, body := range []string{"reason=", "note=" + people["note"], strings.Repeat("x", 2<<20), "%zz"} {
		a.do(http.MethodPost, "/leads/nobody/claim", body, form...)
		a.do(http.MethodPost, ref+"/claim", `{"actor":"`+people["rep's address"]+`","note":"`+people["note"]+`"}`, bearer("api key")...)
		a.do(http.MethodPost, ref+"/nothing", body, bearer("api key")...)
		a.do(http.MethodPost, ref+"/claim", body, bearer("revoked key")...)
	}
	a.do(http.MethodPost, "/logout", "", form...)
	a.do(http.MethodGet, "/metrics", "")
	raw(t, s.url, "GET /"+secrets["api key"]+" HTTP/1.1\r\nHost: x\r\nAuthorization : "+secrets["api key"]+"\r\n\r\n")
	raw(t, s.url, "GET /board?"+secrets["api key"]+" "+secrets["session"]+"\r\n\r\n")
	s.end(t)

	log := s.log.String()
	if !strings.Contains(log, `"level":"DEBUG"`) || !strings.Contains(log, "/v1/projects/:key/settings") || !strings.Contains(log, `"msg":"refused"`) || !strings.Contains(log, `"msg":"signed in"`) {
		t.Fatalf("not everything was logged: %.2000s", log)
	}
	for where, text := range map[string]string{"the log": log, "an answer": a.said.String(), "a command": printed.String()} {
		secrets.in(t, where, text)
	}
	people.in(t, "the log", log)
	delete(people, "rep's name") // asked for by its name, above
	people.in(t, "a refusal or header", strings.ReplaceAll(a.said.String(), "email:"+people["lead's address"], ""))

	// Whoever has the database, a copy or a backup of it, has no way in by it.
	delete(secrets, "password in an address")
	files, err := filepath.Glob(strings.TrimPrefix(env["DATABASE_URL"], "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no database: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		secrets.in(t, filepath.Base(file), string(text))
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v %v", filepath.Base(file), info.Mode(), err)
		}
	}
}

// raw sends bytes that are no request.
func raw(t *testing.T, base, text string) {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	_, _ = bufio.NewReader(c).ReadString('\n')
}

// TestAddressesOfServicesStaySecret: what is wrong with DATABASE_URL and REDIS_URL
// is said without their passwords, whatever is wrong.
func TestAddressesOfServicesStaySecret(t *testing.T) {
	secret := planted{"password": "planted-pa55"}
	for _, address := range []string{
		"postgres://hotleads:planted-pa55@127.0.0.1:1/hotleads", "postgres://hotleads:planted-pa55@127.0.0.1:1/hotleads?sslmode=planted-pa55", "postgres://hotleads:planted-pa55@[::1/hotleads", "postgres://hotleads:planted-pa55 @host/db",
		"postgres://hotleads@127.0.0.1:1/db?password=planted-pa55", "mysql://root:planted-pa55@host/db", "postgres:planted-pa55@host", "postgres://u:planted-pa55@host:port/db", "postgres://u:%zzplanted-pa55@host/db", "://u:planted-pa55@host", "host=x password=planted-pa55",
	} {
		for _, args := range [][]string{{"migrate"}, {"serve", "--addr", "127.0.0.1:0"}, {"user", "list"}, {"serve", "--database-url", address}} {
			env := map[string]string{"DATABASE_URL": address, "SECRET_KEY": strings.Repeat("s", 40), "LOG_LEVEL": "debug"}
			r := hotleads(t, env, "", args...)
			if r.status == statusDone {
				t.Errorf("%s with %s succeeds", args, address)
			}
			secret.in(t, strings.Join(args[:1], " ")+" with "+strings.ReplaceAll(address, "planted-pa55", "…"), r.out+r.err)
		}
	}
	for _, address := range []string{
		"redis://:planted-pa55@host:port", "redis://user:planted-pa55@[::1", "redis://:%zzplanted-pa55@host", "rediss://:planted-pa55@", "redis://:planted-pa55@host/notanumber", "redis://:planted-pa55@host?nonsense=planted-pa55",
		"redis+sentinel://:planted-pa55@host", "redis+sentinel://:planted-pa55@host:1/master/notanumber", "memcache://:planted-pa55@host", "redis://:planted-pa55@a:1,:planted-pa55@b:2",
	} {
		env := database(t)
		env["REDIS_URL"] = address
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		var out, errs lockedBuffer
		run(ctx, []string{"rebuild"}, getenv(env), strings.NewReader(""), &out, &errs)
		cancel()
		secret.in(t, "rebuild with "+strings.ReplaceAll(address, "planted-pa55", "…"), out.String()+errs.String())
	}
}
