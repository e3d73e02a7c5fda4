package demo

import (
	"container/heap"
	"context"
	"time"
)

// agenda is what is to be done and when. What stands at one moment is done in
// the order in which it was put there.
type agenda struct {
	tasks taskHeap
	put   int
}

type task struct {
	at time.Time
	n  int
	do func(context.Context) error
}

// add puts something on the agenda.
func (a *agenda) add(at time.Time, do func(context.Context) error) {
	a.put++
	heap.Push(&a.tasks, task{at, a.put, do})
}

// pop takes the first task that is due at or before a moment.
func (a *agenda) pop(until time.Time) (task, bool) {
	if len(a.tasks) == 0 || a.tasks[0].at.After(until) {
		return task{}, false
	}
	return heap.Pop(&a.tasks).(task), true
}

// taskHeap implements heap.Interface.
type taskHeap []task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].n < h[j].n
	}
	return h[i].at.Before(h[j].at)
}
func (h taskHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *taskHeap) Push(x any)   { *h = append(*h, x.(task)) }
func (h *taskHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
