package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/test/bench/crowd"
)

// house is an installation whose boards are watched.
type house struct {
	*site
	client *http.Client
	seats  []string // the cookies of people who are signed in, all reps of one team
	empty  float64  // bytes resident before anybody came
	leads  []string // ids of those on the board; the i-th one's user id is boardLead(i)
}

const (
	boardLeads = 40 // on the team's board
	mostTabs   = 20 // of one person: each may have 24
)

// open makes a house with so many people and starts its server.
func (b *bench) openHouse(ctx context.Context, people int) (*house, error) {
	s, err := b.found(ctx, "live")
	if err != nil {
		return nil, err
	}
	h := &house{site: s, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if err := h.seat(ctx, people); err != nil {
		return nil, fmt.Errorf("seat %d people: %w", people, err)
	}
	if err := s.start(ctx, b.hotleads, "serve"); err != nil {
		return nil, err
	}
	if err := h.fill(ctx); err != nil {
		return nil, err
	}
	if err := h.again(ctx); err != nil {
		return nil, err
	}
	h.empty = residentOf(s.server.Process.Pid)
	return h, nil
}

// again starts the server once more, on a database that knows its tables, as that of
// a company does that was not founded a minute ago.
func (h *house) again(ctx context.Context) error {
	if err := h.stop(); err != nil {
		return err
	}
	db, err := h.open()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := calm(ctx, db); err != nil {
		return err
	}
	return h.start(ctx, h.b.hotleads, "serve")
}

// seat makes people who are like the site's rep, and signs them in: a real
// sign-in takes its time on purpose.
func (h *house) seat(ctx context.Context, people int) error {
	db, err := h.open()
	if err != nil {
		return err
	}
	defer db.Close()
	for _, c := range []struct {
		table, where string
		set          map[string]string
	}{
		{"users", "t.email = $3", map[string]string{"id": "'seat-' || n", "email": "'seat-' || n || '@example.com'", "name": "'Seat ' || n"}},
		{"memberships", "t.user_id = (SELECT id FROM users WHERE email = $3)", map[string]string{"user_id": "'seat-' || n"}},
	} {
		text, err := copying(ctx, db, c.table, c.where, c.set)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, text, 1, people, rep); err != nil {
			return err
		}
	}
	var hash string
	if err := db.QueryRowContext(ctx, `SELECT password FROM users WHERE email = $1`, rep).Scan(&hash); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(hash))
	st, err := store.Open(ctx, h.b.address(h.database))
	if err != nil {
		return err
	}
	defer st.Close()
	sessions, end := st.Sessions([]byte(secret)), time.Now().Add(24*time.Hour)
	h.seats = make([]string, people)
	return all(people, func(i int) error {
		user, token := fmt.Sprint("seat-", i+1), rand.Text()
		data, err := scs.GobCodec{}.Encode(end, map[string]any{"user": user, "stamp": hex.EncodeToString(sum[:8])})
		if err != nil {
			return err
		}
		if err := sessions.CommitCtx(ctx, token, data, end); err != nil {
			return err
		}
		h.seats[i] = "hotleads=" + token
		now := lead.Now()
		return sessions.Began(ctx, token, lead.Session{UserID: user, CreatedAt: now, SeenAt: now, Address: "127.0.0.1", Agent: "bench"})
	})
}

// all does something for 0 to n-1, several at a time.
func all(n int, do func(int) error) error {
	errs := make([]error, 16)
	var hands sync.WaitGroup
	for hand := range errs {
		hands.Go(func() {
			for i := hand; i < n && errs[hand] == nil; i += len(errs) {
				errs[hand] = do(i)
			}
		})
	}
	hands.Wait()
	return errors.Join(errs...)
}

// boardLead is the user id of a lead on the board.
func boardLead(i int) string { return fmt.Sprintf("board-%03d", i) }

var rowOnPage = regexp.MustCompile(`(?s)data-lead="([^"]+)".*?(board-\d+)`)

// fill makes the readers, and brings leads onto the board: each has asked for a demo.
func (h *house) fill(ctx context.Context) error {
	for first := 0; first < readers; first += 100 {
		var batch []map[string]any
		for i := range 100 {
			batch = append(batch, reads(first+i))
		}
		if err := wanted(http.StatusOK)(h.send(ctx, "/v1/batch", map[string]any{"batch": batch})); err != nil {
			return fmt.Errorf("readers: %w", err)
		}
	}
	var batch []map[string]any
	for i := range boardLeads {
		batch = append(batch,
			map[string]any{"type": "identify", "userId": boardLead(i), "traits": map[string]any{"email": boardLead(i) + "@buyer.example", "name": boardLead(i), "company": "Buyer", "title": "Head of Operations"}},
			map[string]any{"type": "track", "userId": boardLead(i), "event": "Demo Requested"},
			compared(i, 0))
	}
	if status, err := h.send(ctx, "/v1/batch", map[string]any{"batch": batch}); err != nil || status != http.StatusOK {
		return fmt.Errorf("leads for the board: status %d: %w", status, err)
	}
	h.leads = make([]string, boardLeads)
	for range 50 {
		page, err := h.page(ctx, "/board/"+strings.ToLower(team))
		if err != nil {
			return err
		}
		rows := strings.Split(page, "<li id=\"lead-")
		for _, row := range rows[1:] {
			var i int
			if m := rowOnPage.FindStringSubmatch(row); m != nil {
				if _, err := fmt.Sscanf(m[2], "board-%d", &i); err == nil && i < boardLeads {
					h.leads[i] = m[1]
				}
			}
		}
		if len(rows) == boardLeads+1 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the leads do not come onto the board")
}

// compared is an activity by which a lead's row says something new: which one it
// was.
func compared(i int, n int64) map[string]any {
	return map[string]any{"type": "track", "userId": boardLead(i), "event": "Products Compared", "properties": map[string]any{"products": probe(n)}}
}

// probe is the text by which a row is recognised.
func probe(n int64) string { return fmt.Sprintf("probe %d of this run", n) }

// send posts what Segment's clients post.
func (h *house) send(ctx context.Context, path string, message any) (int, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth(h.writeKey, "")
	return h.status(req)
}

// move posts a move's form as one of the people.
func (h *house) move(ctx context.Context, seat int, leadID, move string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/leads/"+leadID+"/"+move, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Cookie", h.seats[seat])
	return h.status(req)
}

func (h *house) status(req *http.Request) (int, error) {
	res, err := h.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

func (h *house) page(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+path, nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Cookie", h.seats[0])
	res, err := h.client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	return string(page), err
}

// boards are n streams of the team's board, of as many people as there are, each
// with no more tabs than a person may have.
func (h *house) boards(n int) crowd.Group {
	addr := strings.TrimPrefix(h.url, "http://")
	requests := make([]string, len(h.seats))
	for i, cookie := range h.seats {
		requests[i] = streamRequest("/live/board/"+strings.ToLower(team), addr, cookie)
	}
	return crowd.Group{Name: everybody, Count: n, Addr: addr, Requests: requests, Snapshot: true}
}
