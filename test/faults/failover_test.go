package faults

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotleads/test/testenv"
)

// Of several Redis servers the one that keeps the team's ranking goes away, or
// hangs, and a replica takes its place: instances find it by themselves, rank anew
// what it had not heard of, and hear each other again.
func TestFailover(t *testing.T) {
	t.Parallel() // nearly all of it is waiting
	sentinels, cluster := testenv.RedisSentinels(t), testenv.RedisClusterSet(t)
	w := newWorld(t, testenv.Postgres(t), sentinels.URL, 0)
	for _, c := range []struct {
		name          string
		set           *testenv.RedisSet
		killed, brief bool
	}{
		{name: "Sentinel: the master hangs", set: sentinels, brief: true},
		{name: "Cluster: the master is killed", set: cluster, killed: true, brief: true},
		{name: "Sentinel: the master is killed", set: sentinels, killed: true},
		{name: "Cluster: the master hangs", set: cluster},
	} {
		if !full && !c.brief {
			continue
		}
		w.T = t
		for _, i := range w.instances {
			i.stop()
		}
		w.env = append(w.env, "REDIS_URL="+c.set.URL)
		w.openRedis(c.set.URL)
		w.instances = []*instance{w.start(), w.start()}
		second := w.instances[1]
		rosa := second.signIn("Rosa")
		board := w.watch(rosa, func() *instance { return second })
		var former *testenv.Server
		fault := func(t *testing.T, during *traffic) time.Time {
			former = c.set.Master(w.ranks())
			if c.killed {
				former.Kill()
			} else {
				former.Freeze(w.whole) // longer than this part
			}
			began := time.Now()
			w.degraded(t, during, rosa, board)
			rest(lasting(10*time.Second, time.Second) - time.Since(began))
			c.set.TakeOver(w.ranks(), former)
			return time.Now()
		}
		hear := func(t *testing.T) {
			w.T = t
			w.hear()
			if c.killed {
				former.Start()
			} else {
				former.Thaw()
			}
			c.set.Follows(former)
			for _, i := range w.instances {
				i.until("whole", http.StatusOK, "ok")
			}
			w.hear()
			w.eventually("all agree when the former master is back", w.agrees)
		}
		if !w.survives(t, c.name, board, fault) || !t.Run(c.name+", and all hear of each other", hear) {
			return
		}
	}
}

// hear holds that each instance hears what all of them tell.
func (w *world) hear() {
	w.Helper()
	n := 0
	told := func() (sent int, heard []int, err error) {
		for _, i := range w.instances {
			s, err := i.figure("hotleads_notices_sent_total")
			if err != nil {
				return 0, nil, err
			}
			sent += s
		}
		for _, i := range w.instances { // after all that was sent
			h, err := i.figure("hotleads_notices_heard_total")
			if err != nil {
				return 0, nil, err
			}
			heard = append(heard, h)
		}
		return sent, heard, nil
	}
	took := w.eventually("all instances hear of each other", func() error {
		sent, heard, err := told()
		if err != nil {
			return err
		}
		n++
		w.instances[n%len(w.instances)].lead(fmt.Sprintf("heard-%d-%d", n, time.Now().UnixNano()))
		var missed error
		for range 20 {
			later, now, err := told()
			if err != nil {
				return err
			}
			missed = nil
			for at := range now {
				if got := now[at] - heard[at]; later == sent || got < later-sent {
					missed = errors.Join(missed, fmt.Errorf("%s heard %d of %d notices", w.instances[at].url, got, later-sent))
				}
			}
			if missed == nil {
				break
			}
			rest(poll)
		}
		return missed
	})
	w.Logf("all instances hear of each other after %s", took.Round(time.Millisecond))
}

// figure reads a metric of the instance that has no labels.
func (i *instance) figure(name string) (int, error) {
	status, text, err := i.get(http.DefaultClient, "/metrics")
	if err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("metrics: %d %w", status, err)
	}
	for line := range strings.Lines(text) {
		if value, is := strings.CutPrefix(line, name+" "); is {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return int(v), err
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}
