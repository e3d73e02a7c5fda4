package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Use counts one more use of a name in the present window, for all instances,
// and tells how many there were in it and when it ends. Windows are of one length
// and follow each other on the clock that all instances share, so that counting
// is one round trip without a script.
func (r *Redis) Use(ctx context.Context, name string, window time.Duration, now time.Time) (n int64, ends time.Duration, err error) {
	began := now.Truncate(window)
	key := fmt.Sprintf("hl:{%s}:uses:%d", name, began.UnixMilli())
	var count *redis.IntCmd
	_, err = r.Pipelined(ctx, func(p redis.Pipeliner) error {
		count = p.Incr(ctx, key)
		p.PExpire(ctx, key, 2*window)
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("store: uses: %w", err)
	}
	return count.Val(), began.Add(window).Sub(now), nil
}
