package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int
		down := errors.New("the database is away")
		g := &gathered[string]{ask: func(ctx context.Context, keys []string) (map[string]string, error) {
			asked = append(asked, len(keys))
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			found := map[string]string{}
			for _, key := range keys {
				if key == "down" {
					return nil, down
				}
				if key != "nobody" {
					found[key] = "it is " + key
				}
			}
			return found, nil
		}}
		want := func(key, value string, there bool, failure error) {
			t.Helper()
			v, ok, err := g.get(t.Context(), key)
			if v != value || ok != there || !errors.Is(err, failure) {
				t.Errorf("%s: %q, %v, %v", key, v, ok, err)
			}
		}
		var all sync.WaitGroup
		all.Go(func() { want("the first", "it is the first", true, nil) })
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		all.Go(func() {
			if _, ok, err := g.get(gone, "who left"); ok || !errors.Is(err, context.Canceled) {
				t.Errorf("who left is answered: %v, %v", ok, err)
			}
		})
		for i := range 2*mostGathered - 1 {
			key := fmt.Sprint("key ", i)
			all.Go(func() { want(key, "it is "+key, true, nil) })
		}
		all.Go(func() { want("nobody", "", false, nil) })
		synctest.Wait()
		leave()
		all.Wait()
		if got := fmt.Sprint(asked); got != fmt.Sprintf("[1 %d %d]", mostGathered, mostGathered) {
			t.Errorf("1,001 keys were questions of %s", got)
		}
		want("down", "", false, down)
		want("afterwards", "it is afterwards", true, nil)
		hangs := func(ctx context.Context, keys []string) (map[string]string, error) {
			if keys[0] == "hangs" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return map[string]string{keys[0]: "it is " + keys[0]}, nil
		}
		g.ask = hangs
		begun := time.Now()
		all.Go(func() {
			if _, _, err := g.get(t.Context(), "hangs"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "asked for 1") || time.Since(begun) > statementPatience {
				t.Errorf("a question that hangs: %v after %v", err, time.Since(begun))
			}
		})
		synctest.Wait()
		want("beside it", "it is beside it", true, nil)
		if took := time.Since(begun); took > usually {
			t.Errorf("who comes while a question hangs waits %v", took)
		}
		all.Wait()
	})
}
