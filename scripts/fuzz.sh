#!/usr/bin/env bash
# Fuzzes each fuzz target for FUZZTIME (1m), one after the other. A finding is kept by go in the package's
# testdata/fuzz, to be committed with its fix, and ends the run with status 1.
set -euo pipefail
cd "$(dirname "$0")/.."
packages=$(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -r -n1 dirname | sort -u)
for package in $packages; do
  for target in $(grep -h '^func Fuzz' "$package"/*_test.go | sed -E 's/^func (Fuzz[A-Za-z0-9_]*).*/\1/' | sort -u); do
    echo "== $package $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-1m}" "$package"
  done
done
