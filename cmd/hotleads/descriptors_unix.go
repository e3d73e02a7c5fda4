//go:build unix

package main

import "syscall"

// maxConns is how many connections the limit of open files leaves room for.
func maxConns() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return connsWithin(0)
	}
	return connsWithin(uint64(limit.Cur)) // signed on some systems
}
