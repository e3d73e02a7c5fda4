package live

import (
	"net"
	"syscall"
	"time"
)

// vanished is how long a browser may take in nothing of what was sent, a heartbeat say,
// before its connection is taken to be dead.
const vanished = 30 * time.Second

// unsent is how many bytes the system takes for a connection beyond what is on its way
// already; it asks for more when half of them are left. So a line has to take a
// [writePiece] within a write's time-out, as it is meant.
const unsent = 2 * writePiece

// TCP_USER_TIMEOUT and TCP_NOTSENT_LOWAT of linux/tcp.h, which package syscall lacks on
// most processors.
const (
	tcpUserTimeout  = 0x12
	tcpNotSentLowat = 0x19
)

// ForStreams prepares a connection for streams. It is for a server's ConnContext: so it
// holds for every transport, and where many streams share a connection.
//
// The system ends it when its other end has taken in nothing of what was sent for half a
// minute (RFC 5482): a heartbeat, at the latest. Without it, who left without a word
// (another network, a machine that slept) holds their place for a quarter of an hour.
//
// And it holds 64 KiB of what can't be sent yet, not the megabytes that it would else: who
// does not read costs no more than [Options].MaxQueue beyond that, who is slow is not
// shown what was long ago, and is not taken for stuck while the system waits for room.
func ForStreams(c net.Conn) {
	if secure, is := c.(interface{ NetConn() net.Conn }); is { // of TLS
		c = secure.NetConn()
	}
	has, is := c.(syscall.Conn)
	if !is {
		return
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // it fails only on a connection that is gone, or is none of TCP
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(vanished.Milliseconds()))
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, unsent)
	})
}
