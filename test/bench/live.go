package main

import (
	"context"
)

// liveResults are what the live part measured.
type liveResults struct {
	fans    map[string]*fanOut // by contender
	leftOut string             // what could not be had, and why; "": everything could
}

// measureLive measures the live layer by itself and then the product with it.
func (b *bench) measureLive(ctx context.Context) error {
	b.buildPeers(ctx)
	return b.fanAll(ctx)
}

func (b *bench) liveTable() string { return "" }
func (b *bench) draw(string) error { return nil }
