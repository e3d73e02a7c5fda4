package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// office is who sits before boards while the traffic comes in.
type office struct {
	t       *traffic
	reps    []*rep
	boards  *boards // nil: none are open
	leaving context.CancelFunc
	running sync.WaitGroup

	waiting atomic.Pointer[[]string] // ids of leads that the last page showed as to be claimed

	mu          sync.Mutex
	look, claim latencies
	beside      map[string]int64 // what did not go as it was meant to, by kind
}

// rep is somebody who signed in.
type rep struct {
	client *http.Client
	board  string // path of their board
	live   string // path of its stream
}

// signInAll signs in who is to look at boards, if anybody is.
func signInAll(ctx context.Context, o options) ([]*rep, error) {
	if o.Boards == 0 && o.Looks == 0 {
		return nil, nil
	}
	var reps []*rep
	for _, email := range o.Emails {
		r, err := signIn(ctx, o, email)
		if err != nil {
			return nil, err
		}
		reps = append(reps, r)
	}
	return reps, nil
}

// visit lets them begin. They go on until they leave or ctx ends.
func visit(ctx context.Context, t *traffic, reps []*rep) *office {
	ctx, leaving := context.WithCancel(ctx)
	f := &office{t: t, reps: reps, leaving: leaving, look: newLatencies(), claim: newLatencies(), beside: map[string]int64{}}
	if t.Boards > 0 {
		f.boards = openBoards(ctx, f)
	}
	f.pace(ctx, t.Looks, f.lookOnce)
	f.pace(ctx, t.Claims, f.claimOnce)
	return f
}

// leave ends what goes on beside the traffic and reports it.
func (f *office) leave(r *report) {
	f.leaving()
	f.running.Wait()
	if f.boards != nil {
		r.Boards = f.boards.report()
	}
	if f.t.Looks > 0 {
		l := f.look.report()
		r.Look = &l
	}
	if f.t.Claims > 0 {
		l := f.claim.report()
		r.Claim = &l
	}
	r.Beside = f.beside
}

// noted counts what did not go as it was meant to.
func (f *office) noted(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.beside[kind]++
}

// hands is how many at a time do what is done at a rate: enough that one slow
// answer does not keep the next from being asked for in its time.
const hands = 8

// pace does something at a rate, each time at a moment that was fixed before.
func (f *office) pace(ctx context.Context, rate float64, once func(context.Context, *rep, time.Time)) {
	if rate == 0 {
		return
	}
	var n atomic.Int64
	start := time.Now()
	for i := range hands {
		f.running.Go(func() {
			r := f.reps[i%len(f.reps)]
			for {
				at := start.Add(time.Duration(float64(n.Add(1)) / rate * float64(time.Second)))
				if !sleep(ctx, time.Until(at)) {
					return
				}
				once(ctx, r, at)
			}
		})
	}
}

var waitingRow = regexp.MustCompile(`data-lead="([^"]+)"[^>]*data-stage="mql"`)

// lookOnce reads the board as a page.
func (f *office) lookOnce(ctx context.Context, r *rep, at time.Time) {
	status, page, err := r.do(ctx, http.MethodGet, r.board)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		f.noted("board page: " + kindOf(err))
		return
	case status != http.StatusOK:
		f.noted("board page: status " + strconv.Itoa(status))
		return
	}
	f.mu.Lock()
	if f.t.counting(at) {
		f.look.add(time.Since(at))
	}
	f.mu.Unlock()
	var ids []string
	for _, m := range waitingRow.FindAllStringSubmatch(page, -1) {
		ids = append(ids, m[1])
	}
	f.waiting.Store(&ids)
}

// claimOnce claims a lead that the page showed, and lets it go again.
func (f *office) claimOnce(ctx context.Context, r *rep, at time.Time) {
	ids := f.waiting.Load()
	if ids == nil || len(*ids) == 0 {
		return
	}
	id := (*ids)[rand.IntN(len(*ids))]
	status, _, err := r.do(ctx, http.MethodPost, "/leads/"+id+"/claim")
	took := time.Since(at)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		f.noted("claim: " + kindOf(err))
		return
	case status != http.StatusSeeOther:
		f.noted("claim: status " + strconv.Itoa(status)) // 409: somebody was faster
		return
	}
	f.mu.Lock()
	if f.t.counting(at) {
		f.claim.add(took)
	}
	f.mu.Unlock()
	if status, _, err := r.do(ctx, http.MethodPost, "/leads/"+id+"/release"); err == nil && status != http.StatusSeeOther {
		f.noted("release: status " + strconv.Itoa(status))
	}
}

var liveURL = regexp.MustCompile(`data-live="([^"]+)"`)

// signIn opens a session and finds its board.
func signIn(ctx context.Context, o options, email string) (*rep, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r := &rep{client: &http.Client{Jar: jar, CheckRedirect: stay, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * hands}}}
	form := url.Values{"email": {email}, "password": {o.Password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL.String()+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("%s can't sign in: status %d", email, res.StatusCode)
	}
	r.board = o.URL.String() + "/board"
	for range 3 { // to one's first team's
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.board, nil)
		if err != nil {
			return nil, err
		}
		res, err := r.client.Do(req)
		if err != nil {
			return nil, err
		}
		page, err := io.ReadAll(res.Body)
		res.Body.Close()
		if to, lerr := res.Location(); lerr == nil {
			r.board = to.String()
			continue
		}
		if m := liveURL.FindSubmatch(page); err == nil && m != nil {
			r.live = o.URL.String() + html.UnescapeString(string(m[1]))
			r.board = strings.TrimPrefix(r.board, o.URL.String())
			return r, nil
		}
	}
	return nil, errors.New(email + " has no board")
}

// do asks for a page of this server and reads it; a redirect is not followed.
func (r *rep) do(ctx context.Context, method, path string) (int, string, error) {
	base, err := url.Parse(r.live)
	if err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, method, base.Scheme+"://"+base.Host+path, nil)
	if err != nil {
		return 0, "", err
	}
	res, err := r.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	return res.StatusCode, string(page), err
}
