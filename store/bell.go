package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"hotleads/lead"
)

const noticeChannel = "hl:notices"

// Ring publishes a notice to every instance.
func (r *Redis) Ring(ctx context.Context, n lead.Notice) error {
	b, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("store: notice: %w", err)
	}
	if err := r.Publish(ctx, noticeChannel, b).Err(); err != nil {
		return fmt.Errorf("store: notice: %w", err)
	}
	return nil
}

// beatEvery is how often a listener sends word to itself.
const beatEvery = 2 * time.Second

// errDeaf: word that Redis took from a listener has not come back to it.
var errDeaf = errors.New("store: Redis takes notices, and they do not come")

// Listen hears notices until the context ends, and calls f with each. f must
// not block. Connections that are lost are made again; notices of that time are
// lost. One that nothing comes by any more although Redis answers, of a server that
// hangs or vanished while another took its place, is an error.
func (r *Redis) Listen(ctx context.Context, log *slog.Logger, f func(lead.Notice)) error {
	sub := r.Subscribe(ctx, noticeChannel)
	defer sub.Close()
	ch := sub.Channel(redis.WithChannelSize(1000))
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	waits := false // for its own word, of which nothing has come since
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if waits {
				return errDeaf
			}
			waits = r.Ring(ctx, lead.Notice{}) == nil
		case m, ok := <-ch:
			if !ok {
				return nil
			}
			waits = false
			if m.Payload == beatPayload {
				continue
			}
			var n lead.Notice
			if err := json.Unmarshal([]byte(m.Payload), &n); err != nil {
				log.Warn("a notice that is none", slog.Any("error", err))
				continue
			}
			f(n)
		}
	}
}

// beatPayload is an empty notice, by which nobody has anything to do.
const beatPayload = "{}"

// countScript counts within a window that begins with the first of them.
// ARGV: the window in milliseconds.
var countScript = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n`)

// Attempts tells how many failed sign-ins a name had within a window, this one
// included where add is set.
func (r *Redis) Attempts(ctx context.Context, name string, window time.Duration, add bool) (int64, error) {
	key := "hl:attempts:" + name
	var n int64
	var err error
	if add {
		n, err = countScript.Run(ctx, r.UniversalClient, []string{key}, window.Milliseconds()).Int64()
	} else if n, err = r.Get(ctx, key).Int64(); errors.Is(err, redis.Nil) {
		err = nil
	}
	if err != nil {
		return 0, fmt.Errorf("store: attempts: %w", err)
	}
	return n, nil
}

// Forgive forgets failed sign-ins of a name.
func (r *Redis) Forgive(ctx context.Context, name string) error {
	if err := r.Del(ctx, "hl:attempts:"+name).Err(); err != nil {
		return fmt.Errorf("store: forgive: %w", err)
	}
	return nil
}
