package store

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/redis/go-redis/v9"

	"hotleads/lead"
)

// The keys of one team share a hash tag, so that a cluster keeps them together:
// a sorted set of who is on the board, a hash of the versions that ranks were
// written from, a sorted set of when leads departed, that the ranking is whole, and
// the token of those who are about to make it so.
func rankKeys(team string) []string {
	at := "hl:{" + team + "}:"
	return []string{at + "rank", at + "versions", at + "departed", at + "built", at + "begun"}
}

// departedFor is how long the version of a lead that left the board is kept, in
// seconds: longer than an announcement can be late.
const departedFor = 3600

// rankScript writes ranks of leads, each only if its version is not older than
// the one that was written; a lead that left, or was never there, keeps its
// version for a while, so that an older rank which comes late finds it.
// ARGV: now in seconds by the clock that all instances share, then lead, version, on (1 or 0), score of each.
var rankScript = redis.NewScript(`
local now = tonumber(ARGV[1])
for i = 2, #ARGV, 4 do
  local id, version, on, score = ARGV[i], tonumber(ARGV[i+1]), ARGV[i+2], ARGV[i+3]
  if version >= tonumber(redis.call('HGET', KEYS[2], id) or '-1') then
    redis.call('HSET', KEYS[2], id, version)
    if on == '1' then
      redis.call('ZADD', KEYS[1], score, id)
      redis.call('ZREM', KEYS[3], id)
    else
      redis.call('ZREM', KEYS[1], id)
      redis.call('ZADD', KEYS[3], now, id)
    end
  end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ` + fmt.Sprint(departedFor) + `, 'LIMIT', 0, 1000)) do
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
return redis.status_reply('OK')`)

// mostRanks bounds how long one script keeps everybody else waiting.
const mostRanks = 500

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
		for len(args) > 0 {
			n := min(len(args), 4*mostRanks)
			if err := rankScript.Run(ctx, r.UniversalClient, rankKeys(team)[:3], append([]any{r.now().Unix()}, args[:n]...)...).Err(); err != nil {
				return fmt.Errorf("store: rank: %w", err)
			}
			args = args[n:]
		}
	}
	return nil
}

// Top are the ids on a team's board, best first: at most n, all where n is 0.
func (r *Redis) Top(ctx context.Context, team string, n int) ([]string, error) {
	keys := rankKeys(team)
	var built *redis.IntCmd
	var top *redis.StringSliceCmd
	_, err := r.Pipelined(ctx, func(p redis.Pipeliner) error {
		built = p.Exists(ctx, keys[3])
		top = p.ZRevRange(ctx, keys[0], 0, int64(n-1))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: ranking: %w", err)
	}
	if built.Val() == 0 {
		return nil, fmt.Errorf("store: %w", lead.ErrNotRanked)
	}
	return top.Val(), nil
}

// Reset forgets a team's ranking.
func (r *Redis) Reset(ctx context.Context, team string) error {
	if err := r.Del(ctx, rankKeys(team)...).Err(); err != nil {
		return fmt.Errorf("store: reset ranking: %w", err)
	}
	return nil
}

// beginScript gives the token of those who write all ranks, the same to all of
// them. ARGV: the token, where there is none yet.
var beginScript = redis.NewScript(`
redis.call('SET', KEYS[1], ARGV[1], 'NX')
return redis.call('GET', KEYS[1])`)

// Begin notes that all ranks of a team are about to be written. The token tells
// whether what was written since is still there.
func (r *Redis) Begin(ctx context.Context, team string) (string, error) {
	token, err := beginScript.Run(ctx, r.UniversalClient, rankKeys(team)[4:], rand.Text()).Text()
	if err != nil {
		return "", fmt.Errorf("store: begin a ranking: %w", err)
	}
	return token, nil
}

// builtScript says that a ranking is whole, and 1 where nothing of it was lost
// since the token was given.
var builtScript = redis.NewScript(`
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], '1')
return 1`)

// Built says that a team's ranking is whole.
func (r *Redis) Built(ctx context.Context, team, token string) error {
	whole, err := builtScript.Run(ctx, r.UniversalClient, rankKeys(team)[3:], token).Bool()
	if err != nil {
		return fmt.Errorf("store: ranking built: %w", err)
	}
	if !whole {
		return fmt.Errorf("store: lost while it was built: %w", lead.ErrNotRanked)
	}
	return nil
}
