package lead

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"
)

// commit stores groups in one transaction, or where that fails each by itself;
// where the database is away, everybody is told so. Those with messages that are
// known to take too long wait for each other and keep nobody else waiting.
func (d *Desk) commit(groups []*intakeGroup) {
	groups = slices.DeleteFunc(groups, func(g *intakeGroup) bool {
		if !d.slow.among(g.msgs, d.Now()) {
			return false
		}
		select {
		case d.apart <- g:
		default:
			d.done(g, nil, fmt.Errorf("%w: messages wait already of those whose messages take too long", ErrBusy))
		}
		return true
	})
	if len(groups) > 0 {
		d.commitWithin(groups, groupPatience)
	}
}

// commitWithin stores groups; no transaction takes longer than patience.
func (d *Desk) commitWithin(groups []*intakeGroup, patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), allPatience)
	defer cancel()
	d.commitSome(ctx, groups, patience)
}

func (d *Desk) commitSome(ctx context.Context, groups []*intakeGroup, patience time.Duration) {
	var msgs []Message
	for _, g := range groups {
		msgs = append(msgs, g.msgs...)
	}
	began := time.Now()
	errs, err := d.bisect(ctx, msgs, coming{why: ByActivity, now: d.Now(), flowing: true, patience: patience, whole: len(groups) > 1})
	d.meter.Grouped(len(msgs), time.Since(began), err != nil)
	if errors.Is(err, errTooLong) {
		half := len(groups) / 2
		d.commitSome(ctx, groups[:half], halfPatience)
		d.commitSome(ctx, groups[half:], halfPatience)
		return
	}
	for _, g := range groups {
		var own []error
		if err == nil {
			own, errs = errs[:len(g.msgs)], errs[len(g.msgs):]
		}
		d.done(g, own, err)
	}
}

// done tells a group's caller what came of it.
func (d *Desk) done(g *intakeGroup, errs []error, err error) {
	g.errs, g.err = errs, err
	d.leave(int64(len(g.msgs)), g.size)
	close(g.done)
}

// coming is how messages come in.
type coming struct {
	why     Why
	noter   Noter // who takes note within the transaction, or nil
	now     time.Time
	flowing bool // more will come, of the same leads: what came of these is told while they do

	patience time.Duration // of one transaction; 0: the caller's
	whole    bool          // what takes too long the caller divides
}

// errTooLong: messages took too long together, while the database answers.
var errTooLong = errors.New("lead: the messages took too long together")

// bisect stores messages in one transaction. Where that fails, or takes too long
// while the database answers, halves are tried, so that one poisonous message fails
// alone.
func (d *Desk) bisect(ctx context.Context, msgs []Message, c coming) ([]error, error) {
	slow := c.patience > 0 && len(msgs) > 1 && d.slow.among(msgs, c.now)
	var err error
	if !slow {
		if slow, err = d.takeInTime(ctx, msgs, c); err == nil {
			return make([]error, len(msgs)), nil
		}
	}
	var noted *noteError
	switch {
	case slow && c.whole:
		return nil, errTooLong
	case slow && len(msgs) == 1:
		return []error{d.tookTooLong(ctx, msgs[0], c.now)}, nil
	case slow:
		c.patience = halfPatience
	case errors.As(err, &noted), errors.Is(err, ErrUnavailable) || len(msgs) == 0:
		return nil, err
	case len(msgs) == 1:
		err = d.poison(ctx, msgs[0], err)
		if c.noter != nil {
			c.noter.Refused(msgs[0], err)
		}
		return []error{err}, nil
	}
	left, err := d.bisect(ctx, msgs[:len(msgs)/2], c)
	if err != nil {
		return nil, err
	}
	right, err := d.bisect(ctx, msgs[len(msgs)/2:], c)
	return append(left, right...), err
}

// takeInTime stores messages in one transaction. Slow: it took longer than it may,
// and the database answers.
func (d *Desk) takeInTime(ctx context.Context, msgs []Message, c coming) (slow bool, err error) {
	within := ctx
	if patience := c.patience; patience > 0 {
		if len(msgs) == 1 {
			patience = alonePatience
		}
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	if err = d.takeSafely(within, msgs, c); err == nil {
		d.slow.kept(d.Now())
	}
	return err != nil && ctx.Err() == nil && within.Err() != nil && d.answers(ctx), err
}

// poison is why one message could not be stored, as its sender reads it.
func (d *Desk) poison(ctx context.Context, m Message, err error) error {
	var refused *Refusal
	if errors.As(err, &refused) {
		return err
	}
	d.log.ErrorContext(ctx, "a message could not be stored", slog.String("message_id", m.ID), slog.Any("error", err))
	return fmt.Errorf("%w: the message could not be stored", ErrInvalid)
}

// takeSafely turns a bug that one message brings out into that message's error.
func (d *Desk) takeSafely(ctx context.Context, msgs []Message, c coming) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.ErrorContext(ctx, "panic at intake", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("lead: intake panic: %v", p)
		}
	}()
	return d.take(ctx, msgs, c)
}
