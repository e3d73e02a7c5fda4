package main

import (
	"net/http"
	"net/url"

	"github.com/dunglas/mercure"
	"go.uber.org/zap"
)

const topic = "https://example.com/board"

// mercurePeer is a mercure hub with its transport in memory, for everybody to
// watch. What is published goes the way that its publish handler goes, without
// the request's signature.
func mercurePeer() (peer, error) {
	transport, err := mercure.NewLocalTransport(&url.URL{Scheme: "local"}, zap.NewNop())
	if err != nil {
		return peer{}, err
	}
	hub, err := mercure.NewHub(mercure.WithAnonymous(), mercure.WithTransport(transport), mercure.WithLogger(zap.NewNop()))
	if err != nil {
		return peer{}, err
	}
	return peer{
		stream: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = url.Values{"topic": {topic}}.Encode()
			hub.SubscribeHandler(w, r)
		}),
		publish: func(body string) error {
			return transport.Dispatch(&mercure.Update{Topics: []string{topic}, Event: mercure.Event{Data: body}})
		},
	}, nil
}
