package views

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// Millis is a moment in Unix milliseconds, as the script reads it.
func Millis(at time.Time) string { return strconv.FormatInt(at.UnixMilli(), 10) }

// RenderRow renders one row to one line: no newline and no carriage return,
// whatever the lead's texts contain.
func RenderRow(ctx context.Context, m RowModel) ([]byte, error) { return render(ctx, Row(m)) }

// Render renders any component to one line, for fragments and streams.
func Render(ctx context.Context, c templ.Component) ([]byte, error) { return render(ctx, c) }

func render(ctx context.Context, c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	if err := c.Render(ctx, &b); err != nil {
		return nil, err
	}
	return line(b.Bytes()), nil
}

// line turns line ends into spaces in place. Inside HTML text and quoted
// attribute values, the only places where ours occur, that changes nothing
// that is seen.
func line(b []byte) []byte {
	for i, c := range b {
		if c == '\n' || c == '\r' {
			b[i] = ' '
		}
	}
	return b
}

const partialEnd = `</hx-partial>`

// Partial is one instruction of a frame: put html into target by the swap
// style. Several partials in a row are one frame. A target that isn't on the
// page is skipped by the browser, without an error.
func Partial(target, swap string, html []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(html) + len(target) + 64)
	b.WriteString(`<hx-partial hx-target="`)
	b.WriteString(templ.EscapeString(target))
	b.WriteString(`" hx-swap="`)
	b.WriteString(swap)
	b.WriteString(`">`)
	b.Write(html)
	b.WriteString(partialEnd)
	return b.Bytes()
}

// PartialRow replaces the row of a lead that is on the board.
func PartialRow(id string, row []byte) []byte { return Partial("#lead-"+id, "outerMorph", row) }

// PartialNew adds the row of a lead that wasn't on the board. PartialOrder of the
// same frame says where it stands.
func PartialNew(row []byte) []byte { return Partial("#board", "beforeend", row) }

// PartialGone takes the row of a lead off the board.
func PartialGone(id string) []byte { return Partial("#lead-"+id, "delete", nil) }

// PartialOrder tells the rank order of all rows: the browser moves its rows
// accordingly. It holds until the next one, so that each frame in which rows come,
// leave or move has one.
func PartialOrder(ids []string) []byte {
	return Partial("#board-order", "innerHTML", orderBytes(ids))
}

// PartialStats replaces the line beside the team's name. Mine is ByViewer in a
// stream that several people read.
func PartialStats(ctx context.Context, m StatsModel) ([]byte, error) {
	stats, err := render(ctx, boardStats(m))
	if err != nil {
		return nil, err
	}
	return Partial("#board-stats", "innerMorph", stats), nil
}

// PartialWaiting replaces the count in the navigation.
func PartialWaiting(n int) []byte {
	return Partial("#nav-waiting", "textContent", []byte(waitingText(n)))
}

// PartialBell replaces what the viewer was told and has not seen, in the frame of
// every page.
func PartialBell(ctx context.Context, m BellModel) ([]byte, error) {
	html, err := render(ctx, bell(m))
	if err != nil {
		return nil, err
	}
	return Partial("#notices", "innerMorph", html), nil
}

// PartialNotices replaces the list of /notices.
func PartialNotices(ctx context.Context, m NoticesModel) ([]byte, error) {
	html, err := render(ctx, noticeList(m))
	if err != nil {
		return nil, err
	}
	return Partial("#notice-list", "innerMorph", html), nil
}

// SnapshotAround is what stands before and behind all rows, given in rank order, to
// replace those on the page, and to tell that order.
func SnapshotAround(ids []string) (before, behind []byte) {
	none := Partial("#board", "innerMorph", nil)
	at := len(none) - len(partialEnd)
	return none[:at:at], append(none[at:], PartialOrder(ids)...)
}

// PartialMessage says something in the row (or on the page) of a lead, to
// the one viewer whose click it answers.
func PartialMessage(leadID, text string) []byte {
	return Partial(`[data-msg="`+leadID+`"]`, "innerHTML", []byte(templ.EscapeString(oneLine(text))))
}

// PartialUndo offers an undo; nil takes the offer back.
func PartialUndo(ctx context.Context, m *UndoModel) ([]byte, error) {
	if m == nil {
		return Partial("#undo", "innerHTML", nil), nil
	}
	bar, err := render(ctx, UndoBar(*m))
	if err != nil {
		return nil, err
	}
	return Partial("#undo", "innerHTML", bar), nil
}

// MoveDone answers a move that succeeded, with the lead's row as it is now (of
// the stage Gone where it has left the board); undo is nil when the move can't be
// taken back.
func MoveDone(ctx context.Context, id string, row []byte, undo *UndoModel) ([]byte, error) {
	out := PartialRow(id, row)
	bar, err := PartialUndo(ctx, undo)
	if err != nil {
		return nil, err
	}
	out = append(out, PartialMessage(id, "")...)
	return append(out, bar...), nil
}

// MoveRefused answers a move that was refused: the lead as it is now, and why.
// row is nil where no board shows it.
func MoveRefused(id string, row []byte, why string) []byte {
	var out []byte
	if row != nil {
		out = PartialRow(id, row)
	}
	return append(out, PartialMessage(id, why)...)
}

// ProfileFrame carries the live parts of a lead's page, for its stream and as
// the answer to a move made there.
func ProfileFrame(ctx context.Context, m ProfileModel) ([]byte, error) {
	var out []byte
	for _, part := range []struct {
		id string
		c  templ.Component
	}{
		{"#profile-head", profileHead(m.Head, m.Ask)},
		{"#profile-receipt", profileReceipt(m.Receipt)},
		{"#profile-clocks", profileClocks(m.Clocks)},
		{"#profile-contact", profileContact(m.Contact)},
		{"#profile-twins", profileTwins(m.Twins)},
		{"#profile-timeline", profileTimeline(m.Timeline, m.Older, m.Forgotten)},
		{"#profile-traits", profileTraits(m.Traits)},
	} {
		html, err := render(ctx, part.c)
		if err != nil {
			return nil, err
		}
		out = append(out, Partial(part.id, "innerMorph", html)...)
	}
	return out, nil
}

// SLAPart draws one of the live parts of /sla.
func SLAPart(ctx context.Context, m SLAModel, target string) ([]byte, error) {
	html, err := render(ctx, map[string]templ.Component{
		"#sla-sentence": slaSentence(m), "#sla-as-of": slaAsOf(m.FiguresAt), "#sla-tiles": slaTiles(m.Figures), "#sla-rows": slaRows(m.Rows), "#sla-figures": slaFigures(m.Figures),
	}[target])
	if err != nil {
		return nil, err
	}
	return Partial(target, "innerMorph", html), nil
}

func orderBytes(ids []string) []byte {
	var b bytes.Buffer
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(id)
	}
	return b.Bytes()
}
