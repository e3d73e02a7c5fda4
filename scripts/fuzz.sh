#!/usr/bin/env bash
# Fuzzes each fuzz target that the packages have (all, or those given) for FUZZTIME (1m), one after the other.
# A finding is kept by go in the package's testdata/fuzz, to be committed with its fix; all targets have their
# turn, and a finding ends the run with status 1.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./...
# go test -list prints the names of a package's targets, then "ok" and the package.
listed=$(go test -vet=off -list '^Fuzz' "$@")
targets=$(awk '/^Fuzz/ { names = names " " $1 } $1 == "ok" { n = split(names, each, " "); for (i = 1; i <= n; i++) print $2, each[i]; names = "" }' <<<"$listed")
[ -n "$targets" ] || { echo "there is no fuzz target in $*" >&2; exit 1; }
found=""
while read -r package target; do
  echo "== $package $target"
  # Seeds may be whole documents: without a bound, making them smaller takes the time that finding wants.
  go test -vet=off -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 20x "$package" </dev/null || found="$found $target"
done <<<"$targets"
if [ -n "$found" ]; then
  echo "found something:$found" >&2
  exit 1
fi
