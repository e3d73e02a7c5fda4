#!/usr/bin/env bash
# Checks the code without running it. Each step is named; the first that fails ends it with status 1.
#   scripts/check.sh        everything
#   scripts/check.sh quick  what takes seconds: formatting, vet, generated files
set -euo pipefail
cd "$(dirname "$0")/.."
tool() { go tool -modfile=tools.mod "$@"; }
step() { echo "== $*"; }
# files prints the project's files that match, new ones included, deleted ones not.
files() { git ls-files -co --exclude-standard "$1" | while read -r file; do if [ -e "$file" ]; then echo "$file"; fi; done; }

step gofmt
unformatted=$(files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
  echo "run gofmt -w on: $unformatted" >&2
  exit 1
fi

step go vet
go vet ./...

step generated files are current
for source in $(files '*.templ'); do
  if ! go tool templ generate -f "$source" -stdout 2>/dev/null | cmp -s - "${source%.templ}_templ.go"; then
    echo "${source%.templ}_templ.go is not what $source says: run make generate" >&2
    exit 1
  fi
done
for generated in $(files '*_templ.go'); do
  if [ ! -e "${generated%_templ.go}.templ" ]; then
    echo "$generated has no source any more: delete it" >&2
    exit 1
  fi
done
if [ "${1:-}" = quick ]; then exit; fi

step go mod tidy
go mod tidy -diff

step golangci-lint
tool golangci-lint run ./...

step govulncheck
# Its database is remote: not to be reached is not a pass, and not a finding.
if ! findings=$(tool govulncheck ./... 2>&1); then
  case $findings in
    *"fetching vulnerabilities"*) echo "SKIPPED, this is not a pass: the vulnerability database can't be reached: $findings" ;;
    *)
      echo "$findings" >&2
      exit 1
      ;;
  esac
fi
