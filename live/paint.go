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
	rows, taken, rowTrouble := s.drawRows(page.Rows)
	parts, partTrouble := s.drawParts(page.Parts)
	before := s.now.Load()
	if trouble = errors.Join(rowTrouble, partTrouble); trouble != nil {
		now = before.asOf // what can't be drawn is as it was then, if it ever was
	}
	next := newState(rows, parts, now)

	data, by, sent, tell, err := s.compose(before, next)
	if err != nil {
		s.giveBack(taken)
		return trouble, err
	}
	// The new state comes before its frame: who joins in between has the frame in
	// the snapshot already, and drops it by its number.
	next.seq = before.seq
	if tell {
		next.seq++
	}
	s.now.Store(next)
	if tell {
		s.publish(next.seq, data, by, sent)
	}
	s.giveBack(leftOut(before.rows, next.rows))
	return trouble, nil
}

// look calls the view's Look, when it is this view's turn. A turn that nobody waits for
// any more goes to the next view at once ([errLeftAlone]).
func (s *screen) look(ctx context.Context) (Page, time.Time, error) {
	turns := s.hub.looks
	if s.view.Slow {
		turns = s.hub.slow
	}
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-ctx.Done():
		return Page{}, time.Time{}, ctx.Err()
	}
	if s.watching() == 0 {
		return Page{}, time.Time{}, errLeftAlone
	}
	ctx, cancel := context.WithTimeout(ctx, s.hub.o.LookTimeout)
	defer cancel()
	now := s.hub.o.Now()
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
	was := s.now.Load().rows
	before := make(map[string]shown, len(was))
	for _, row := range was {
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
			old.only = row.For
			drawn = append(drawn, old)
			continue
		}
		drawing, drew, err := s.hub.cache.get(row)
		if drew {
			s.hub.count.renders.Add(1)
		}
		if err == nil {
			taken = append(taken, drawing)
			drawn = append(drawn, shown{row.ID, row.Rev, row.For, drawing.html, drawing})
			continue
		}
		s.hub.count.drawErrors.Add(1)
		trouble = errors.Join(trouble, err)
		if there {
			old.only = row.For
			drawn = append(drawn, old)
		}
	}
	return drawn, taken, trouble
}

// drawParts is drawRows for parts, which no other view shares.
func (s *screen) drawParts(parts []Part) (drawn []shown, trouble error) {
	was := s.now.Load().parts
	before := make(map[string]shown, len(was))
	for _, part := range was {
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

// compose returns the frame that leads everybody from one state to the next, how it
// does, and how many rows it carries. If tell is true watchers are to be told, though
// the frame may be empty: then the change is only of rows that not everybody sees.
func (s *screen) compose(before, next *state) (data []byte, by step, rows int, tell bool, err error) {
	s.mu.Lock()
	fresh := s.fresh
	s.mu.Unlock()
	by.to = next
	if !fresh { // whoever waits begins with a snapshot
		s.behind, s.aged = false, time.Now()
		return nil, by, 0, false, nil
	}
	if s.behind {
		by.whole = true
		data, err = contained(func() ([]byte, error) { return s.wholeOf(next).data(), nil })
		return data, by, len(next.shared), true, err
	}
	c, parts := diff(before.shared, next.shared), changedParts(before.parts, next.parts)
	by.moved = c.order != nil
	if c.empty() && len(parts) == 0 && time.Since(s.aged) < s.hub.o.Age {
		return nil, by, 0, before.differsForSome(next), nil
	}
	data, err = contained(func() ([]byte, error) {
		data, head, tail := frame(s.view.Frames, c, parts, next.asOf)
		by.head, by.tail = head, tail
		return data, nil
	})
	return data, by, len(c.changed) + len(c.added), len(data) > 0 || before.differsForSome(next), err
}

// leftOut are the drawings of rows that next shows no more.
func leftOut(before, next []shown) (left []*drawing) {
	kept := make(map[*drawing]bool, len(next))
	for _, row := range next {
		kept[row.drawing] = true
	}
	for _, row := range before {
		if !kept[row.drawing] {
			left = append(left, row.drawing)
		}
	}
	return left
}

// publish hands a frame to r3labs without waiting. If it is not taken, the next
// look publishes a snapshot to everybody instead of a difference.
//
// The frame goes as a comment, behind its number: r3labs prints a comment as it
// is and in one piece, so the whole event is put together once for all watchers.
func (s *screen) publish(seq uint64, data []byte, by step, rows int) {
	comment := fmt.Appendf(nil, "%d\n", seq)
	if len(data) > 0 {
		comment = fmt.Appendf(comment, field+"%s\n", data)
	}
	s.fan.expect(seq, by)
	taken := s.hub.sse.TryPublish(s.view.Topic, &sse.Event{Comment: comment})
	s.behind = !taken
	if !taken {
		s.fan.take(seq)
		return
	}
	if len(data) > 0 { // else it told no age to those who see no rows of their own
		s.aged = time.Now()
	}
	s.hub.count.frames.Add(1)
	s.hub.count.rowsSent.Add(uint64(rows))
}

func (s *screen) giveBack(drawings []*drawing) {
	for _, d := range drawings {
		s.hub.cache.put(d)
	}
}

// frame is what brings about a change; head and tail are where in it the order of
// rows begins and ends.
func frame(f Frames, c change, parts []shown, asOf time.Time) (data []byte, head, tail int) {
	for _, id := range c.gone {
		data = append(data, f.Gone(id)...)
	}
	for _, row := range c.changed {
		data = append(data, f.Row(row.id, row.html)...)
	}
	for _, row := range c.added {
		data = append(data, f.New(row.html)...)
	}
	head = len(data)
	if c.order != nil {
		data = append(data, f.Order(c.order)...)
	}
	tail = len(data)
	for _, part := range parts {
		data = append(data, f.Part(part.id, part.html)...)
	}
	data = append(data, f.Age(asOf)...)
	return flat(data), head, tail
}

// flat makes data safe behind "data: ": a line feed would cut it off, and a bare
// carriage return would let it forge fields. Both become spaces, in place. (One that
// begins with a colon is safe: r3labs makes a comment only of what it has as data.)
func flat(data []byte) []byte {
	for _, end := range []byte("\n\r") {
		for rest := data; ; {
			at := bytes.IndexByte(rest, end)
			if at < 0 {
				break
			}
			rest[at] = ' '
			rest = rest[at+1:]
		}
	}
	return data
}
