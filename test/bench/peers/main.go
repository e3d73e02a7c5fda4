// Command peers runs one of the servers that the live layer is measured beside,
// each set up as its own documentation says: mercure or centrifuge. It is a
// module of its own, so that nothing of theirs comes into the product's.
//
//	GET /stream    a stream of events
//	POST /publish  the body goes to everybody's stream
//	POST /settle   memory that is free goes back to the system
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// peer is a server under measurement.
type peer struct {
	stream  http.Handler
	publish func(body string) error
}

// peers are those that can be asked for.
var peers = map[string]func() (peer, error){"mercure": mercurePeer, "centrifuge": centrifugePeer}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || peers[args[0]] == nil {
		return errors.New("usage: peers mercure|centrifuge")
	}
	p, err := peers[args[0]]()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /stream", p.stream)
	mux.HandleFunc("POST /publish", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = p.publish(string(body))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /settle", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("%s is at http://%s\n", args[0], l.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-stop
		_ = server.Close() // nobody has to be told: the measurement is over
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
