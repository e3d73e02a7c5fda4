package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// errAway: Redis has just failed to answer, and is not asked for a moment.
var errAway = errors.New("store: Redis does not answer")

// awayFor is for how long a Redis that failed is not asked, half of it at least:
// instances don't come back to it together.
const awayFor = time.Second

// breaker spares those who can do without a server from waiting for it one by one
// while it is away. After a failure nobody asks for a moment; then one does, and
// the others wait for what comes of that.
type breaker struct {
	until atomic.Int64 // nobody asks before that time since began; 0: Redis answers
	began time.Time
}

func newBreaker() *breaker { return &breaker{began: time.Now()} }

// sitsOut tells whether the caller is not to ask.
func (b *breaker) sitsOut() bool {
	until := b.until.Load()
	if until == 0 {
		return false
	}
	now := int64(time.Since(b.began))
	// Whoever moves the moment on is the one who asks.
	return now < until || !b.until.CompareAndSwap(until, now+b.moment())
}

func (b *breaker) moment() int64 { return int64(awayFor/2 + rand.N(awayFor/2)) }

// note takes in how a command ended.
func (b *breaker) note(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() != nil: // the caller left, which says nothing of Redis
	case lost(err):
		b.until.Store(int64(time.Since(b.began)) + b.moment())
	default:
		b.until.Store(0)
	}
}

// lost tells whether an error is of a server that does not answer, or not yet.
func lost(err error) bool {
	var reply redis.Error
	var network net.Error
	switch {
	case err == nil, errors.Is(err, redis.Nil),
		errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted): // we are busy, not Redis away
		return false
	case errors.As(err, &reply):
		for _, word := range []string{"LOADING", "CLUSTERDOWN", "MASTERDOWN"} {
			if strings.HasPrefix(reply.Error(), word) {
				return true
			}
		}
		return false
	case errors.As(err, &network):
		return true
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, redis.ErrClosed)
}

// handshake tells whether commands begin a connection: whoever asks makes one, and
// its first words go through the same hooks.
func handshake(cmds ...redis.Cmder) bool {
	return len(cmds) > 0 && slices.Contains([]string{"hello", "auth", "select", "client", "readonly"}, cmds[0].Name())
}

// DialHook implements redis.Hook.
func (b *breaker) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (b *breaker) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if handshake(cmd) {
			return next(ctx, cmd)
		}
		if b.sitsOut() {
			cmd.SetErr(errAway)
			return errAway
		}
		err := next(ctx, cmd)
		b.note(ctx, err)
		return err
	}
}

// ProcessPipelineHook implements redis.Hook.
func (b *breaker) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		if handshake(cmds...) {
			return next(ctx, cmds)
		}
		if b.sitsOut() {
			for _, cmd := range cmds {
				cmd.SetErr(errAway)
			}
			return errAway
		}
		err := next(ctx, cmds)
		b.note(ctx, err)
		return err
	}
}

// Answers is an error while Redis, or one of a cluster's masters, does not answer.
func (r *Redis) Answers(ctx context.Context) error {
	ask := func(ctx context.Context, c *redis.Client) error { return c.Ping(ctx).Err() }
	var err error
	switch c := r.UniversalClient.(type) {
	case *redis.ClusterClient: // one alone would be asked at random
		err = c.ForEachMaster(ctx, ask)
	case *redis.Client:
		err = ask(ctx, c)
	}
	if err != nil {
		return fmt.Errorf("store: Redis: %w", err)
	}
	return nil
}

// Whom tells whom the client speaks to: another answer means that a server was
// started anew or gave way to another one, and may have forgotten or remember
// what is long over. It asks each master; an embedded one is always the same.
func (r *Redis) Whom(ctx context.Context) (string, error) {
	if r.embedded != nil {
		return "embedded", r.Ping(ctx).Err()
	}
	cluster, is := r.UniversalClient.(*redis.ClusterClient)
	if !is {
		return runID(ctx, r)
	}
	ids := make(chan string, 1000)
	err := cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		id, err := runID(ctx, node)
		if err == nil {
			ids <- node.Options().Addr + " " + id
		}
		return err
	})
	close(ids)
	if err != nil {
		return "", err
	}
	return joined(ids), nil
}

// runID is what a server calls itself since it was started. Where it does not say
// (a provider may forbid to ask), all that is told is that it answers.
func runID(ctx context.Context, c redis.Cmdable) (string, error) {
	info, err := c.Info(ctx, "server").Result()
	var reply redis.Error
	if errors.As(err, &reply) && !lost(err) {
		return "", c.Ping(ctx).Err()
	}
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	for line := range strings.Lines(info) {
		if id, is := strings.CutPrefix(line, "run_id:"); is {
			return strings.TrimSpace(id), nil
		}
	}
	return "", nil
}

func joined(words chan string) string {
	var all []string
	for w := range words {
		all = append(all, w)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}
