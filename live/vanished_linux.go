package live

import (
	"net"
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h, which package syscall lacks on most
// processors.
const tcpUserTimeout = 0x12

// giveUpAfter has the system end a connection whose other end has taken in nothing of what
// was sent for so long (RFC 5482): a heartbeat, at the latest. Without it, who left without
// a word (another network, a machine that slept) holds their place for a quarter of an hour.
func giveUpAfter(c net.Conn, silence time.Duration) {
	has, is := c.(syscall.Conn)
	if !is {
		return
	}
	raw, err := has.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { // it fails only on a connection that is gone, or is none of TCP
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(silence.Milliseconds()))
	})
}
