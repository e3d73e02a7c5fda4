//go:build !unix

package main

import (
	"context"
	"errors"
	"io"
)

func serveRaw(context.Context, io.Writer) error {
	return errors.New("raw sockets are not to be had on this system")
}

// descriptors is how many files and connections a process may have.
func descriptors() int { return 1 << 20 }
