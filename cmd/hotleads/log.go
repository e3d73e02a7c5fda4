package main

import (
	"log/slog"

	"hotleads/handlers"
)

// logger writes to standard error: JSON where no person looks, unless the
// settings say how.
func (c *cli) logger(s settings) *slog.Logger {
	opts := &slog.HandlerOptions{Level: s.LogLevel}
	_, terminal := isTerminal(c.stderr)
	if s.LogFormat == "text" || s.LogFormat == "" && terminal {
		return slog.New(handlers.LogRequests(slog.NewTextHandler(c.stderr, opts)))
	}
	return slog.New(handlers.LogRequests(slog.NewJSONHandler(c.stderr, opts)))
}
