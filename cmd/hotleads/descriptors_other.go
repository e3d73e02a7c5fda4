//go:build !unix

package main

func maxConns() int { return connsWithin(0) }
