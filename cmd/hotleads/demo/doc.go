// Package demo is the fictional company that `hotleads demo` shows: its people
// and agreement, four weeks of history, and the traffic that keeps its board
// alive. It holds no rules. The past is played through the same use cases that
// serve real customers (Desk.TakeAt, Desk.Move, Desk.Sweep) at past moments;
// the present is real HTTP requests to a running server: activities with the
// write key, the moves of simulated reps with the API key.
//
//	cast, err := demo.Seed(ctx, demo.World{Store: s, Desk: d, Log: log}, lead.Now(), demo.PastDays, 1, nil)
//	err = demo.Run(ctx, "http://localhost:8080", cast, rand.New(rand.NewPCG(1, 2)), 1, log)
//
// Nobody in it exists: mail addresses and sites are under the reserved domain
// example (RFC 2606), phone numbers are those that regulators keep for films
// (Ofcom, Bundesnetzagentur, ARCEP, PTS, and 555-01xx in North America).
package demo
