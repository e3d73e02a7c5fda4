package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// checkReport is what the API says of the messages of a run.
type checkReport struct {
	Leads          int   `json:"leads"`          // that were looked at
	Messages       int64 `json:"messages"`       // of theirs that were acknowledged and leave an activity
	Lost           int64 `json:"lost"`           // acknowledged, and not there
	Doubled        int64 `json:"doubled"`        // there more than once
	Misplaced      int64 `json:"misplaced"`      // there with a lead that it was not of
	Unacknowledged int64 `json:"unacknowledged"` // there though no 200 came, which is no fault
}

// checkers is how many leads are read at a time.
const checkers = 8

// check reads the activities of the leads that a run was about and holds them
// against the ledger. An identify leaves none: of a lead that only has such
// messages it is counted as one message that the lead is there.
func check(ctx context.Context, o options, l *ledger, c *crowd) (*checkReport, error) {
	of := map[int][]int64{}
	for seq, line := range l.lines {
		if sampled(int(line.lead), o.Check) {
			of[int(line.lead)] = append(of[int(line.lead)], int64(seq))
		}
	}
	seen := make([]uint8, len(l.lines)) // up to 255 times
	r := &checkReport{Leads: len(of)}
	leads := make(chan int)
	var mu sync.Mutex
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	for range checkers {
		all.Go(func() {
			for lead := range leads {
				ids, there, err := activities(ctx, o, c.ref(lead))
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
					cancel()
				}
				if err == nil {
					r.see(l, lead, of[lead], ids, there, seen)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for lead := range of {
		select {
		case leads <- lead:
		case <-ctx.Done():
			break feed
		}
	}
	close(leads)
	all.Wait()
	if failed != nil {
		return nil, failed
	}
	r.settle(l, of, seen)
	return r, nil
}

// see takes note of what is there of one lead.
func (r *checkReport) see(l *ledger, lead int, sent []int64, ids []string, there bool, seen []uint8) {
	for _, id := range ids {
		seq, ours := l.seq(id)
		switch {
		case !ours: // of an earlier run, or seeded
		case int(l.lines[seq].lead) != lead:
			r.Misplaced++
		case seen[seq] < math.MaxUint8:
			seen[seq]++
		}
	}
	if there {
		for _, seq := range sent {
			if l.lines[seq].identify {
				seen[seq] = 1
			}
		}
	}
}

// settle compares what is there with what was acknowledged.
func (r *checkReport) settle(l *ledger, of map[int][]int64, seen []uint8) {
	for _, sent := range of {
		for _, seq := range sent {
			switch line := l.lines[seq]; {
			case line.fate == acknowledged && seen[seq] == 0:
				r.Lost++
			case line.fate != acknowledged && seen[seq] > 0 && !line.identify:
				r.Unacknowledged++
			}
			if seen[seq] > 1 {
				r.Doubled++
			}
			if line := l.lines[seq]; line.fate == acknowledged && !line.identify {
				r.Messages++
			}
		}
	}
}

// sampled tells whether a lead is of the share that is looked at: always the
// same ones, wherever they stand.
func sampled(lead int, share float64) bool {
	if share >= 1 {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strconv.Itoa(lead))) // a hash takes everything
	return float64(h.Sum32())/math.MaxUint32 < share
}

// activities are the message ids of all that is stored of a lead; there: there
// is such a lead.
func activities(ctx context.Context, o options, ref string) (ids []string, there bool, err error) {
	cursor := ""
	for {
		res, err := ask(ctx, checking, o, "/api/v1/leads/"+url.PathEscape(ref)+"/activities?limit=1000&cursor="+url.QueryEscape(cursor))
		if errors.Is(err, errNotThere) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		var page struct {
			Data []struct {
				MessageID string `json:"message_id"`
			} `json:"data"`
			Next *string `json:"next_cursor"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil {
			return nil, false, fmt.Errorf("read the activities of %s: %w", ref, err)
		}
		for _, a := range page.Data {
			ids = append(ids, a.MessageID)
		}
		if page.Next == nil || *page.Next == "" {
			return ids, true, nil
		}
		cursor = *page.Next
	}
}

var checking = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: checkers}, Timeout: answerWithin}

var errNotThere = errors.New("it is not there")

// mostTries bounds how often the API is asked the same.
const mostTries = 20

// ask asks the API, again where it is to wait. The error is errNotThere for 404.
func ask(ctx context.Context, client *http.Client, o options, path string) (*http.Response, error) {
	for try := 1; ; try++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL.String()+path, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+o.APIKey)
		res, err := client.Do(req)
		wait := time.Second
		switch {
		case err == nil && res.StatusCode == http.StatusOK:
			return res, nil
		case err == nil:
			res.Body.Close()
			wait = waitFor(res.Header.Get("Retry-After"), time.Now())
			if err = fmt.Errorf("the API answers %s with status %d", path, res.StatusCode); res.StatusCode == http.StatusNotFound {
				err = errNotThere
			}
			if res.StatusCode != http.StatusTooManyRequests && res.StatusCode < 500 {
				return nil, err
			}
		}
		if try == mostTries || !sleep(ctx, wait) {
			return nil, err
		}
	}
}
