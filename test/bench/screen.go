package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/test/bench/crowd"
)

// What a real browser shows, and when.

// watchRows notes in the page when a row first says what its lead did last. It looks
// at what a frame brought, and at nothing that the page itself ticks.
const watchRows = `(() => {
  window.shown = [];
  const board = document.querySelector('#board'), last = new Map();
  new MutationObserver(changes => {
    const now = performance.timeOrigin + performance.now(), rows = new Set();
    for (const c of changes) for (const node of [c.target, ...c.addedNodes]) rows.add((node.nodeType === 1 ? node : node.parentElement)?.closest('[data-lead]'));
    for (const row of rows) {
      const said = row && /probe (\d+) of/.exec(row.textContent);
      if (!said || last.get(row.dataset.lead) === said[1]) continue;
      last.set(row.dataset.lead, said[1]);
      window.shown.push({lead: row.dataset.lead, n: said[1], at: now});
    }
  }).observe(board, {subtree: true, childList: true, characterData: true});
  return document.querySelector('#connection').dataset.state;
})()`

// shown is an activity that a row shows, and when it did first.
type shown struct {
	Lead string  `json:"lead"`
	N    string  `json:"n"`
	At   float64 `json:"at"` // Unix time in milliseconds
}

// onScreen opens the board in Chromium, among those who watch already, lets
// activities come in, and measures from each one's acknowledgement until the row
// shows it or a later one of the same lead. Those who watch doze meanwhile.
func (b *bench) onScreen(ctx context.Context, h *house, c *crowd.Crowd) (err error) {
	tab, leave, err := b.browser(ctx)
	if err != nil {
		b.noBrowser = err.Error()
		b.say("left out: a real browser: %v", err)
		return nil
	}
	defer leave()
	cookie := fmt.Sprintf("document.cookie = %q; true", h.seats[0]+"; path=/")
	err = chromedp.Do(tab, chromedp.Navigate(h.url+"/login"))
	if err == nil {
		_, err = chromedp.Run(tab, chromedp.Evaluate[bool](cookie))
	}
	if err == nil {
		err = chromedp.Do(tab, chromedp.Navigate(h.url+"/board/"+strings.ToLower(team)))
	}
	if err != nil {
		return fmt.Errorf("the board in a browser: %w", err)
	}
	time.Sleep(2 * time.Second) // it draws its first board
	if state, err := chromedp.Run(tab, chromedp.Evaluate[string](watchRows)); err != nil || state != "live" {
		return fmt.Errorf("the board in a browser is %q: %w", state, err)
	}
	if err := c.Doze(everybody); err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.Wake(everybody)) }()
	w := &b.whole
	for range b.liveRounds {
		t := h.traffic(ctx, activityRate)
		time.Sleep(b.warmUp + 2*b.liveTurn)
		took := t.taken()
		if err := t.stop(); err != nil {
			return err
		}
		time.Sleep(2 * time.Second)
		seen, err := chromedp.Run(tab, chromedp.Evaluate[[]shown](`window.shown`))
		if err != nil {
			return err
		}
		times, missing := lags(t.sent, seen, h.leads)
		l := quantiles(times)
		w.shown, w.accept, w.unshown = append(w.shown, l), append(w.accept, took), w.unshown+missing
		b.say("activity to a real browser's row: p50 %.1f, p99 %.1f ms (%d; %d not shown); acknowledged p99 %.1f ms", l.P50, l.P99, l.Count, missing, took.P99)
	}
	return nil
}

// lags are the milliseconds from each activity's acknowledgement until its row
// showed it or a later one of the same lead, 0 where it did before; and how many
// were never shown.
func lags(sent []sent, seen []shown, leads []string) (times []float64, missing int) {
	byLead := map[string][]shown{}
	for _, s := range seen {
		byLead[s.Lead] = append(byLead[s.Lead], s)
	}
next:
	for _, s := range sent {
		for _, x := range byLead[leads[s.lead]] {
			if n := fmt.Sprint(s.n); len(x.N) > len(n) || len(x.N) == len(n) && x.N >= n {
				times = append(times, max(0, x.At-float64(s.at.UnixNano())/1e6))
				continue next
			}
		}
		missing++
	}
	return times, missing
}

// browser starts Chromium and returns the context of its tab.
func (b *bench) browser(ctx context.Context) (context.Context, func(), error) {
	if b.chromium == "" {
		return nil, nil, errors.New("there is no Chromium: run it under scripts/with-services.sh")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(b.chromium),
		chromedp.UserDataDir(filepath.Join(b.folder, "browser")),
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-component-update", true),
		// Chromium refuses to run as root with its sandbox on.
		chromedp.Flag("no-sandbox", os.Getuid() == 0),
	)
	allocator, stop := chromedp.NewExecAllocator(ctx, options...)
	tab, _ := chromedp.NewContext(allocator)
	leave := func() {
		_ = chromedp.Cancel(tab) // it has nothing to say any more
		stop()
	}
	if err := chromedp.Do(tab); err != nil {
		leave()
		return nil, nil, fmt.Errorf("start Chromium: %w", err)
	}
	return tab, leave, nil
}
