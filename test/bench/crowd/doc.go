// Package crowd is thousands of watchers of event streams in one process of
// their own, so that what they cost is not counted as the server's: browsers as
// far as a server can tell, but without a page.
//
//	c, err := crowd.Start(ctx, exec.CommandContext(ctx, program, "crowd")) // which calls crowd.Serve
//	opened, err := c.Open(crowd.Group{Name: "all", Count: 1000, Addr: addr, Requests: []string{"GET /stream HTTP/1.1\r\n…"}})
//	…
//	seen, err := c.Collect("all")
//
// What is published may carry the moment at which it was: [Stamp] writes it, and
// each watcher notes how old it was when it came.
package crowd
