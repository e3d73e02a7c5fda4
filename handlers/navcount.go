package handlers

import (
	"context"
	"slices"
	"time"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

// homeTeam is the team whose board somebody comes to: their first one,
// marketing's and administrators' the default one. False: there is none.
func homeTeam(book *lead.Book, u lead.User) (lead.Team, bool) {
	teams := seenTeams(book, u)
	if len(teams) == 0 {
		return lead.Team{}, false
	}
	if len(u.Teams) > 0 {
		if i := slices.IndexFunc(teams, func(t lead.Team) bool { return t.ID == u.Teams[0] }); i >= 0 {
			return teams[i], true
		}
	}
	return teams[0], true
}

const (
	mostWaiting = 1000        // the navigation counts no further
	countedFor  = time.Second // how long a count is shown before it is read again
)

// countAt is what was counted at a moment.
type countAt struct {
	at time.Time // with its monotonic part
	n  int
}

// waiting is how many leads wait on a team's board, for the navigation.
func (s *server) waiting(ctx context.Context, team string) (int, error) {
	s.mu.Lock()
	known, ok := s.counts[team]
	s.mu.Unlock()
	if ok && time.Since(known.at) < countedFor {
		return known.n, nil
	}
	at := time.Now()
	n, err := s.Store.Count(ctx, lead.Search{Stage: lead.MQL, Team: team}, mostWaiting)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	s.counts[team] = countAt{at, n}
	s.mu.Unlock()
	return n, nil
}

// waitingBeside is how many leads wait on the home team, beside the board of a team
// on which this many do: its own count where that is the one.
func (s *server) waitingBeside(ctx context.Context, home, team string, here int) (int, error) {
	if home == team {
		return here, nil
	}
	return s.waiting(ctx, home)
}

// counting adds to a view the navigation's count of a team's board, for those who
// come from there. It is as fresh as the view's looks: a tick at most.
func (s *server) counting(v live.View, team string) live.View {
	look := v.Look
	v.Topic += countedAt(team)
	v.Look = func(ctx context.Context, now time.Time) (live.Page, error) {
		page, err := look(ctx, now)
		if err != nil {
			return page, err
		}
		n, err := s.waiting(ctx, team)
		if err != nil {
			return page, err
		}
		page.Parts = append(slices.Clip(page.Parts), waitingPart(n))
		return page, nil
	}
	return v
}

// countedAt is what the topic of a view ends with whose navigation counts a team's
// board.
func countedAt(team string) string { return "|at " + team }

func waitingPart(n int) live.Part {
	return live.Part{Target: "#nav-waiting", Rev: revOf(n), HTML: func() ([]byte, error) { return views.PartialWaiting(n), nil }}
}
