#!/usr/bin/env bash
# Tests everything that with-services.sh brought up, under the race detector, and prints what go test
# prints and a summary after it. Arguments go to go test; without any, all packages are tested.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./...
race=-race
if ! command -v cc >/dev/null && ! command -v gcc >/dev/null; then
  echo "there is no C compiler: the race detector is left out" >&2
  if [ -n "${CI:-}" ]; then exit 1; fi
  race=""
fi
# SQLite itself, which is C made Go, and the hash of passwords are not ours to look for races in: with the
# detector's marks in them, what is stored takes five times as long and a sign-in ten times. Only these packages:
# they share no generic code with others, whose marks would be missing, too, and be reported as races. -timeout is a package's, and only a bound for what hangs.
go test $race -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='golang.org/x/crypto/argon2=-race=false' -timeout 20m -json "$@" | go run ./test/summary
