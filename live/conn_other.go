//go:build !linux

package live

import "net"

// ForStreams needs options that this platform has not got: it notices by its own
// time-outs who left without a word, and holds what it likes for who does not read.
func ForStreams(net.Conn) {}
