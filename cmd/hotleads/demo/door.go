package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"hotleads/lead"
)

// door is the server as the demo's visitors and reps reach it.
type door struct {
	base             string
	client           *http.Client
	writeKey, apiKey string
}

// row is what the API tells of a lead, as far as the demo wants to know.
type row struct {
	ID           string     `json:"id"`
	UserID       string     `json:"user_id"`
	Country      string     `json:"country"`
	Score        float64    `json:"score"`
	Tier         string     `json:"tier"`
	Stage        lead.Stage `json:"stage"`
	Owner        *named     `json:"owner"`
	OfferedTo    *named     `json:"offered_to"`
	OfferedUntil time.Time  `json:"offered_until"`
	BackAgain    *struct{}  `json:"back_again"`
	Clocks       []struct {
		Kind      string     `json:"kind"`
		State     string     `json:"state"`
		DueAt     time.Time  `json:"due_at"`
		StoppedAt *time.Time `json:"stopped_at"`
	} `json:"clocks"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// steps is the clock that runs for what a stage waits for.
var steps = map[lead.Stage]string{lead.MQL: "claim", lead.Claimed: "decision", lead.SAL: "touch"}

// due is when the row's step has to be done, and whether that has passed.
func (r row) due() (at time.Time, breached bool) {
	for _, c := range r.Clocks {
		if c.Kind == steps[r.Stage] && c.StoppedAt == nil {
			return c.DueAt, c.State == "breached"
		}
	}
	return time.Time{}, false
}

// americas tells the region that a lead is of.
func (r row) americas() bool { return r.Country == "United States" || r.Country == "Canada" }

// refusal is an answer of the server that is not a success.
type refusal struct {
	status int
	detail string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("demo: the server says %d: %s", r.status, r.detail)
}

// refused tells whether the server understood and said no: for good, unlike a
// server that is away or busy.
func refused(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status < 500 && r.status != http.StatusTooManyRequests && r.status != http.StatusUnauthorized
}

// shut tells whether the keys no longer open the server.
func shut(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusUnauthorized
}

// send sends what visitors did.
func (d *door) send(ctx context.Context, calls []call, now time.Time) error {
	body, err := batch(calls, now)
	if err != nil {
		return err
	}
	return d.call(ctx, http.MethodPost, "/v1/batch", d.writeKey, body, nil)
}

// board reads a team's board, best first.
func (d *door) board(ctx context.Context, team string) ([]row, error) {
	var reply struct {
		Data []row `json:"data"`
	}
	return reply.Data, d.call(ctx, http.MethodGet, "/api/v1/board?team="+url.QueryEscape(team), "", nil, &reply)
}

// leads reads a page of those in a stage, and where the next one begins.
func (d *door) leads(ctx context.Context, stage lead.Stage, limit int, cursor string) ([]row, string, error) {
	var reply struct {
		Data []row   `json:"data"`
		Next *string `json:"next_cursor"`
	}
	path := fmt.Sprintf("/api/v1/leads?stage=%s&limit=%d&cursor=%s", stage, limit, url.QueryEscape(cursor))
	if err := d.call(ctx, http.MethodGet, path, "", nil, &reply); err != nil {
		return nil, "", err
	}
	if reply.Next == nil {
		return reply.Data, "", nil
	}
	return reply.Data, *reply.Next, nil
}

// move makes a rep's move.
func (d *door) move(ctx context.Context, id string, actor Person, r lead.Request) error {
	body, err := json.Marshal(map[string]any{
		"actor": actor.Email, "reason": r.Reason, "note": r.Note, "date": r.Date, "channel": r.Channel, "outcome": r.Outcome, "amount": r.Amount,
	})
	if err != nil {
		return err
	}
	return d.call(ctx, http.MethodPost, "/api/v1/leads/"+id+"/"+string(r.Move), "", body, nil)
}

// call makes a request and decodes the answer into reply, unless it is nil.
// With a write key it signs in as a client of the intake, else with the API key.
func (d *door) call(ctx context.Context, method, path, writeKey string, body []byte, reply any) error {
	req, err := http.NewRequestWithContext(ctx, method, d.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if writeKey != "" {
		req.SetBasicAuth(writeKey, "")
	} else {
		req.Header.Set("Authorization", "Bearer "+d.apiKey)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	switch {
	case err != nil:
		return err
	case res.StatusCode >= 400:
		return &refusal{res.StatusCode, string(text[:min(len(text), 300)])}
	case reply == nil:
		return nil
	}
	return json.Unmarshal(text, reply)
}
