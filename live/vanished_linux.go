package live

import (
	"net"
	"syscall"
	"time"
)

// vanished is how long a browser may take in nothing of what was sent, a heartbeat say,
// before its connection is taken to be dead.
const vanished = 30 * time.Second

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall lacks on most
// processors.
const tcpUserTimeout = 0x12

// GiveUpVanished has the system end a connection whose other end has taken in nothing of
// what was sent for half a minute (RFC 5482): a heartbeat, at the latest. Without it, who
// left without a word (another network, a machine that slept) holds their place for a
// quarter of an hour. It is for a server's ConnContext: so it holds for every transport,
// and where many streams share a connection.
func GiveUpVanished(c net.Conn) {
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
	})
}
