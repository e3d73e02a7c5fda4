package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/r3labs/sse/v2"
)

// repaint looks once and publishes the difference. trouble tells what could not
// be drawn though the rest was; with err, nothing changed on the screen.
func (s *screen) repaint(ctx context.Context) (trouble, err error) {
	page, now, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	next := state{asOf: now}
	rows, taken, rowTrouble := s.drawRows(page.Rows)
	parts, partTrouble := s.drawParts(page.Parts)
	next.rows, next.parts = rows, parts
	trouble = errors.Join(rowTrouble, partTrouble)

	data, sent, err := s.compose(next)
	if err != nil {
		s.giveBack(taken)
		return trouble, err
	}
	left := s.store(next, data != nil)
	if data != nil {
		s.publish(data, sent, now)
	}
	s.giveBack(left)
	return trouble, nil
}

// look calls the view's Look, when it is this view's turn.
func (s *screen) look(ctx context.Context) (Page, time.Time, error) {
	select {
	case s.hub.looks <- struct{}{}:
		defer func() { <-s.hub.looks }()
	case <-ctx.Done():
		return Page{}, time.Time{}, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, s.hub.o.LookTimeout)
	defer cancel()
	now := time.Now()
	s.hub.count.looks.Add(1)
	page, err := contained(func() (Page, error) { return s.view.Look(ctx, now) })
	if err != nil {
		s.hub.count.lookErrors.Add(1)
		return Page{}, now, fmt.Errorf("look: %w", err)
	}
	return page, now, nil
}

// drawRows draws those rows that are not shown at their rev already, and returns
// the drawings that it took. A row that can't be drawn stays as it was, or out,
// and is tried again at the next look; so one bad row does not stop a board.
func (s *screen) drawRows(rows []Row) (drawn []shown, taken []*drawing, trouble error) {
	before := make(map[string]shown, len(s.rows))
	for _, row := range s.rows {
		before[row.id] = row
	}
	seen := make(map[string]bool, len(rows))
	for _, row := range rows {
		if row.ID == "" || seen[row.ID] {
			trouble = errors.Join(trouble, fmt.Errorf("row %q: no id, or twice the same", row.ID))
			continue
		}
		seen[row.ID] = true
		old, there := before[row.ID]
		if there && old.rev == row.Rev {
			drawn = append(drawn, old)
			continue
		}
		drawing, drew, err := s.hub.cache.get(row)
		if drew {
			s.hub.count.renders.Add(1)
		}
		if err == nil {
			taken = append(taken, drawing)
			drawn = append(drawn, shown{row.ID, row.Rev, drawing.html, drawing})
			continue
		}
		s.hub.count.drawErrors.Add(1)
		trouble = errors.Join(trouble, err)
		if there {
			drawn = append(drawn, old)
		}
	}
	return drawn, taken, trouble
}

// drawParts is drawRows for parts, which no other view shares.
func (s *screen) drawParts(parts []Part) (drawn []shown, trouble error) {
	before := make(map[string]shown, len(s.parts))
	for _, part := range s.parts {
		before[part.id] = part
	}
	for _, part := range parts {
		old, there := before[part.Target]
		if there && old.rev == part.Rev {
			drawn = append(drawn, old)
			continue
		}
		s.hub.count.partRenders.Add(1)
		html, err := contained(part.HTML)
		if err == nil {
			drawn = append(drawn, shown{id: part.Target, rev: part.Rev, html: html})
			continue
		}
		s.hub.count.drawErrors.Add(1)
		trouble = errors.Join(trouble, fmt.Errorf("part %s: %w", part.Target, err))
		if there {
			drawn = append(drawn, old)
		}
	}
	return drawn, trouble
}

// compose returns the frame that leads from what is shown to next, and how many
// rows it carries; nil if watchers need none.
func (s *screen) compose(next state) (data []byte, rows int, err error) {
	s.mu.Lock()
	fresh := s.fresh
	s.mu.Unlock()
	if !fresh { // whoever waits begins with a snapshot
		s.behind, s.aged = false, next.asOf
		return nil, 0, nil
	}
	if s.behind {
		data, err = contained(func() ([]byte, error) { return snapshot(s.view.Frames, next), nil })
		return data, len(next.rows), err
	}
	c, parts := diff(s.rows, next.rows), changedParts(s.parts, next.parts)
	if c.empty() && len(parts) == 0 && next.asOf.Sub(s.aged) < s.hub.o.Age {
		return nil, 0, nil
	}
	data, err = contained(func() ([]byte, error) { return frame(s.view.Frames, c, parts, next.asOf), nil })
	if len(data) == 0 {
		data = nil
	}
	return data, len(c.changed) + len(c.added), err
}

// store makes next what the screen shows and returns the drawings that it shows
// no more. It comes before publishing: who joins in between has the frame in the
// snapshot already, and drops it by its number.
func (s *screen) store(next state, framed bool) (left []*drawing) {
	kept := make(map[*drawing]bool, len(next.rows))
	for _, row := range next.rows {
		kept[row.drawing] = true
	}
	for _, row := range s.rows {
		if !kept[row.drawing] {
			left = append(left, row.drawing)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next.seq = s.seq
	if framed {
		next.seq++
	}
	s.state, s.snap = next, nil
	return left
}

// publish hands a frame to r3labs without waiting. If it is not taken, the next
// look publishes a snapshot to everybody instead of a difference.
//
// The frame goes as a comment, behind its number: r3labs prints a comment as it
// is and in one piece, so the whole event is put together once for all watchers.
func (s *screen) publish(data []byte, rows int, now time.Time) {
	taken := s.hub.sse.TryPublish(s.view.Topic, &sse.Event{
		Comment: fmt.Appendf(nil, "%d\ndata: %s\n", s.seq, data),
	})
	s.behind = !taken
	if !taken {
		return
	}
	s.aged = now
	s.hub.count.frames.Add(1)
	s.hub.count.rowsSent.Add(uint64(rows))
}

func (s *screen) giveBack(drawings []*drawing) {
	for _, d := range drawings {
		s.hub.cache.put(d)
	}
}

// snapshotEvent returns the event that a watcher begins with, shared by all who
// begin at this state, and the number of the last frame that is in it.
func (s *screen) snapshotEvent() (event []byte, seq uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snap == nil {
		data, err := contained(func() ([]byte, error) { return snapshot(s.view.Frames, s.state), nil })
		if err != nil {
			return nil, 0, fmt.Errorf("live: snapshot of %s: %w", s.view.Topic, err)
		}
		s.snap = fmt.Appendf(nil, "data: %s\n\n", data)
	}
	return s.snap, s.seq, nil
}

func snapshot(f Frames, st state) []byte {
	rows := make([][]byte, len(st.rows))
	for i, row := range st.rows {
		rows[i] = row.html
	}
	data := bytes.Clone(f.Snapshot(rows, idsOf(st.rows)))
	for _, part := range st.parts {
		data = append(data, f.Part(part.id, part.html)...)
	}
	return oneLine(append(data, f.Age(st.asOf)...))
}

func frame(f Frames, c change, parts []shown, asOf time.Time) []byte {
	var data []byte
	for _, id := range c.gone {
		data = append(data, f.Gone(id)...)
	}
	for _, row := range c.changed {
		data = append(data, f.Row(row.id, row.html)...)
	}
	for _, row := range c.added {
		data = append(data, f.New(row.html)...)
	}
	if c.order != nil {
		data = append(data, f.Order(c.order)...)
	}
	for _, part := range parts {
		data = append(data, f.Part(part.id, part.html)...)
	}
	return oneLine(append(data, f.Age(asOf)...))
}

// oneLine makes data safe behind "data: ": a line feed would cut it off, a bare
// carriage return would let it forge fields, and r3labs would make a comment of
// one that begins with a colon. It changes data in place if it can.
func oneLine(data []byte) []byte {
	for i, b := range data {
		if b == '\n' || b == '\r' {
			data[i] = ' '
		}
	}
	if len(data) > 0 && data[0] == ':' {
		data = append([]byte{' '}, data...)
	}
	return data
}
