package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hotleads/lead"
)

// Redis holds rankings and notices: only what can be made again.
type Redis struct {
	redis.UniversalClient
	embedded *miniredis.Miniredis
}

// OpenRedis connects to "embedded:" (an in-process server), "redis://…",
// "rediss://…" (several comma-separated hosts are a cluster) or
// "redis+sentinel://host:port,…/master[/db]". A server that does not answer yet
// is no error: rankings are read from SQL meanwhile.
func OpenRedis(redisURL string) (*Redis, error) {
	switch {
	case redisURL == "embedded:":
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		dial := func(context.Context, string, string) (net.Conn, error) { return m.Dial() }
		return &Redis{redis.NewClient(&redis.Options{Dialer: dial, Protocol: 2, DisableIdentity: true}), m}, nil
	case strings.HasPrefix(redisURL, "redis+sentinel://"):
		hosts, rest, _ := strings.Cut(strings.TrimPrefix(redisURL, "redis+sentinel://"), "/")
		master, _, _ := strings.Cut(rest, "/")
		user, pass := "", ""
		if at := strings.LastIndexByte(hosts, '@'); at >= 0 {
			user, pass, _ = strings.Cut(hosts[:at], ":")
			hosts = hosts[at+1:]
		}
		if master == "" || hosts == "" {
			return nil, errors.New("store: redis+sentinel wants redis+sentinel://host:port,…/master")
		}
		return &Redis{redis.NewFailoverClient(&redis.FailoverOptions{MasterName: master, SentinelAddrs: strings.Split(hosts, ","), Username: user, Password: pass}), nil}, nil
	case strings.HasPrefix(redisURL, "redis://"), strings.HasPrefix(redisURL, "rediss://"):
		scheme, rest, _ := strings.Cut(redisURL, "://")
		hosts := strings.Split(rest, ",")
		opts, err := redis.ParseURL(scheme + "://" + hosts[0])
		if err != nil {
			return nil, errors.New("store: REDIS_URL is not a valid address") // the error would show the password
		}
		if len(hosts) == 1 {
			return &Redis{redis.NewClient(opts), nil}, nil
		}
		addrs := []string{opts.Addr}
		for _, h := range hosts[1:] {
			h, _, _ = strings.Cut(h, "/")
			if _, _, err := net.SplitHostPort(h); err != nil {
				h += ":6379"
			}
			addrs = append(addrs, h)
		}
		return &Redis{redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, Username: opts.Username, Password: opts.Password, TLSConfig: opts.TLSConfig}), nil}, nil
	}
	return nil, errors.New("store: redis URL wants embedded:, redis://, rediss:// or redis+sentinel://")
}

// Close ends the connections and the embedded server.
func (r *Redis) Close() error {
	err := r.UniversalClient.Close()
	if r.embedded != nil {
		r.embedded.Close()
	}
	return err
}

// The keys of one team share a hash tag, so that a cluster keeps them together.
func rankKey(team string) string    { return "hl:{" + team + "}:rank" }
func versionKey(team string) string { return "hl:{" + team + "}:versions" }
func builtKey(team string) string   { return "hl:{" + team + "}:built" }

// rankScript writes ranks of leads, each only if its version is not older than
// the one that was written; a lead that left keeps its version for a while.
// ARGV: now and expiry in seconds, then lead, version, on (1 or 0), score, …
var rankScript = redis.NewScript(`
for i = 1, #ARGV, 4 do
  local id, version, on, score = ARGV[i], tonumber(ARGV[i+1]), ARGV[i+2], ARGV[i+3]
  local have = tonumber(redis.call('HGET', KEYS[2], id) or '-1')
  if version >= have then
    if on == '1' then
      redis.call('HSET', KEYS[2], id, version)
      redis.call('ZADD', KEYS[1], score, id)
    else
      if redis.call('ZREM', KEYS[1], id) == 1 or have >= 0 then
        redis.call('HSET', KEYS[2], id, version)
      end
    end
  end
end
return redis.status_reply('OK')`)

// Rank puts leads where they belong on their teams' boards.
func (r *Redis) Rank(ctx context.Context, ranks []lead.Rank) error {
	byTeam := map[string][]any{}
	for _, k := range ranks {
		on := 0
		if k.On {
			on = 1
		}
		byTeam[k.Team] = append(byTeam[k.Team], k.LeadID, k.Version, on, k.Score)
	}
	for team, args := range byTeam {
		if err := rankScript.Run(ctx, r.UniversalClient, []string{rankKey(team), versionKey(team)}, args...).Err(); err != nil {
			return fmt.Errorf("store: rank: %w", err)
		}
	}
	return nil
}

// errNotBuilt: the ranking was lost, or never made.
var errNotBuilt = errors.New("store: the ranking is not built")

// Top are the ids on a team's board, best first.
func (r *Redis) Top(ctx context.Context, team string, n int) ([]string, error) {
	var built *redis.IntCmd
	var top *redis.StringSliceCmd
	_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
		built = p.Exists(ctx, builtKey(team))
		top = p.ZRevRange(ctx, rankKey(team), 0, int64(n-1))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: ranking: %w", err)
	}
	if built.Val() == 0 {
		return nil, errNotBuilt
	}
	return top.Val(), nil
}

// Reset forgets a team's ranking.
func (r *Redis) Reset(ctx context.Context, team string) error {
	return r.Del(ctx, rankKey(team), versionKey(team), builtKey(team)).Err()
}

// Built says that a team's ranking is whole.
func (r *Redis) Built(ctx context.Context, team string) error {
	return r.Set(ctx, builtKey(team), "1", 0).Err()
}

const noticeChannel = "hl:notices"

// Ring publishes a notice to every instance.
func (r *Redis) Ring(ctx context.Context, n lead.Notice) error {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return r.Publish(ctx, noticeChannel, b).Err()
}

// Listen hears notices until the context ends, and calls f with each. f must
// not block. Connections that are lost are made again.
func (r *Redis) Listen(ctx context.Context, log *slog.Logger, f func(lead.Notice)) error {
	sub := r.Subscribe(ctx, noticeChannel)
	defer sub.Close()
	ch := sub.Channel(redis.WithChannelSize(1000))
	for {
		select {
		case <-ctx.Done():
			return nil
		case m, ok := <-ch:
			if !ok {
				return nil
			}
			var n lead.Notice
			if err := json.Unmarshal([]byte(m.Payload), &n); err != nil {
				log.Warn("a notice that is none", "error", err)
				continue
			}
			f(n)
		}
	}
}

// Attempts counts failed sign-ins of a name within a window: it returns how
// many there were before this one when add is set, else how many there are.
func (r *Redis) Attempts(ctx context.Context, name string, window time.Duration, add bool) (int64, error) {
	key := "hl:attempts:" + name
	if !add {
		n, err := r.Get(ctx, key).Int64()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
		return n, err
	}
	var n *redis.IntCmd
	_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
		n = p.Incr(ctx, key)
		p.ExpireNX(ctx, key, window)
		return nil
	})
	return n.Val(), err
}

// Forgive forgets failed sign-ins of a name.
func (r *Redis) Forgive(ctx context.Context, name string) error {
	return r.Del(ctx, "hl:attempts:"+name).Err()
}
