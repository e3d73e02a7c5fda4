package crowd

// manyAddresses: all of 127.0.0.0/8 is this machine.
const manyAddresses = true
