package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/centrifugal/centrifuge"
)

const channel = "board"

// centrifugePeer is a centrifuge node with its broker in memory. Whoever connects
// over its event stream is subscribed to the one channel.
func centrifugePeer() (peer, error) {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return peer{}, err
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{
			Credentials:   &centrifuge.Credentials{UserID: "watcher"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{channel: {}},
		}, nil
	})
	if err := node.Run(); err != nil {
		return peer{}, err
	}
	// Watchers only read, so nobody is asked for a pong.
	handler := centrifuge.NewSSEHandler(node, centrifuge.SSEConfig{PingPongConfig: centrifuge.PingPongConfig{PongTimeout: -1}})
	return peer{
		stream: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = url.Values{"cf_connect": {`{"id":1,"connect":{}}`}}.Encode()
			handler.ServeHTTP(w, r)
		}),
		publish: func(body string) error {
			data, err := json.Marshal(body) // its messages are JSON
			if err == nil {
				_, err = node.Publish(channel, data)
			}
			return err
		},
	}, nil
}
