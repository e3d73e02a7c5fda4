package handlers

import (
	"time"

	"hotleads/lead"
)

// stageFor is how long one thing has the stage, and stageQueue how many may wait
// for it: what comes in crowds is no moment.
const (
	stageFor   = 5 * time.Second
	stageQueue = 3
)

// moment is what has the stage: a lead that is newly on fire, a deal, or nothing.
type moment struct {
	fire *lead.Scored
	win  *lead.Deal
}

// stage decides what takes a wall's stage. It begins with what there is: only
// what comes later is new.
type stage struct {
	begun bool
	fires map[string]bool // ids of leads that were on fire at the last look
	won   time.Time       // of the last deal that was seen
	queue []moment
	since time.Time // when the first of the queue took the stage
}

// at is what has the stage at now, with the leads that are on fire and the deals
// of the day, oldest first. A lead that somebody has already is no news.
func (s *stage) at(now time.Time, fires []lead.Scored, wins []lead.Deal) moment {
	burning := make(map[string]bool, len(fires))
	for i, l := range fires {
		burning[l.ID] = true
		if s.begun && !s.fires[l.ID] && l.Stage == lead.MQL {
			s.add(now, moment{fire: &fires[i]})
		}
	}
	s.fires = burning
	for i, d := range wins {
		if d.At.After(s.won) {
			s.won = d.At
			if s.begun {
				s.add(now, moment{win: &wins[i]})
			}
		}
	}
	s.begun = true
	if len(s.queue) > 0 && now.Sub(s.since) >= stageFor {
		s.queue, s.since = s.queue[1:], now
	}
	if len(s.queue) == 0 {
		return moment{}
	}
	return s.queue[0]
}

func (s *stage) add(now time.Time, m moment) {
	if len(s.queue) == 0 {
		s.since = now
	}
	if len(s.queue) < stageQueue {
		s.queue = append(s.queue, m)
	}
}
