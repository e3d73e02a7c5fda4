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
go test $race -json "$@" | go run ./test/summary
