//go:build unix

package crowd

import "syscall"

// narrow makes a connection to come take little before somebody reads: as on a
// real line, where neither segments nor buffers are loopback's.
func narrow(_, _ string, raw syscall.RawConn) error {
	var err error
	controlled := raw.Control(func(fd uintptr) {
		if err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096); err == nil {
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1400)
		}
	})
	if controlled != nil {
		return controlled
	}
	return err
}
