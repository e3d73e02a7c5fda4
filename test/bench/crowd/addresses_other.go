//go:build !linux

package crowd

// manyAddresses: only 127.0.0.1 is sure to be this machine.
const manyAddresses = false
