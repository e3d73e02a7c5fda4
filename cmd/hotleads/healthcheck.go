package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// patience is how long healthcheck waits for an answer: the server itself gives
// the database two seconds.
const patience = 3 * time.Second

func healthcheckCommand() command {
	return command{
		name: "healthcheck", brief: "ask the server on this machine whether it lives", settings: []string{"PORT", "ADDR"},
		about: `
For containers, which have no curl: it asks /healthz at the address of the
settings and fails unless that answers. --ready asks /readyz, which also needs
the database: right for who sends traffic, wrong for who restarts what is ill.

  hotleads healthcheck
  hotleads healthcheck --ready --port 9000`,
		define: func(fs *flag.FlagSet) action {
			ready := fs.Bool("ready", false, "whether it can serve, too")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				path := "/healthz"
				if *ready {
					path = "/readyz"
				}
				return c.healthcheck(ctx, s, path)
			}
		},
	}
}

func (c *cli) healthcheck(ctx context.Context, s settings, path string) error {
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || port == "0" {
		return wrongUsage("the server's port is not known: name it by PORT or ADDR")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return err
	}
	res, err := (&http.Client{Transport: &http.Transport{}}).Do(r) // no proxy
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<10))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answers %s: %s", res.Status, body)
	}
	_, err = c.stdout.Write(body)
	return err
}
