#!/usr/bin/env bash
# Installs what the tests need and this machine lacks: a C compiler (for the race detector), Postgres,
# Redis, Chromium, Node.js with npm, and the npm packages of test/segment. Debian with apt, macOS with
# brew; elsewhere it says what to install by hand. What is there already is left alone.
# Exit status 1 when something is still missing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/find.sh

# missing prints the parts that are not there, one word each.
missing() {
  command -v cc >/dev/null || command -v gcc >/dev/null || echo compiler
  [ -n "$(find_postgres)" ] || echo postgres
  command -v redis-server >/dev/null || echo redis
  [ -n "$(find_chromium)" ] || echo chromium
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then echo node; fi
}

# as_root runs a command as root, if there is a way to.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    echo "not root, and there is no sudo" >&2
    return 1
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

with_apt() {
  local packages="" part
  for part in "$@"; do
    case $part in
      compiler) packages="$packages gcc libc6-dev" ;;
      postgres) packages="$packages postgresql" ;;
      redis) packages="$packages redis-server" ;;
      # A browser without a font draws no text, and without its sandbox runs as root only.
      chromium) packages="$packages chromium chromium-sandbox fonts-liberation" ;;
      # npm comes with Node.js where it is not Debian's.
      node) if command -v node >/dev/null; then packages="$packages npm"; else packages="$packages nodejs npm"; fi ;;
    esac
  done
  echo "installing:$packages"
  local log
  log=$(mktemp)
  if as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq update >"$log" 2>&1 &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y install --no-install-recommends $packages >>"$log" 2>&1; then
    rm "$log"
  else
    tail -n 20 "$log" >&2
    rm "$log"
    return 1
  fi
}

with_brew() {
  local packages="" casks="" part
  for part in "$@"; do
    case $part in
      compiler) echo "a C compiler is missing: run xcode-select --install" >&2 ;;
      postgres) packages="$packages postgresql@17" ;;
      redis) packages="$packages redis" ;;
      chromium) casks="google-chrome" ;;
      node) packages="$packages node" ;;
    esac
  done
  echo "installing:$packages $casks"
  if [ -n "$packages" ]; then brew install --quiet $packages || return 1; fi
  if [ -n "$casks" ]; then brew install --quiet --cask $casks || return 1; fi
}

lacking=$(missing | tr '\n' ' ')
if [ -n "$lacking" ]; then
  if [ -e /etc/debian_version ] && command -v apt-get >/dev/null; then
    with_apt $lacking || echo "apt could not install all of: $lacking" >&2
  elif [ "$(uname)" = Darwin ] && command -v brew >/dev/null; then
    with_brew $lacking || echo "brew could not install all of: $lacking" >&2
  fi
fi

lacking=$(missing | tr '\n' ' ')
npm_done=test/segment/node_modules/.package-lock.json
if command -v npm >/dev/null && ! [ "$npm_done" -nt test/segment/package-lock.json ]; then
  echo "installing: the npm packages of test/segment"
  # Not npm ci: it refuses a lock that lacks optional packages of other platforms, and which of them
  # a registry has differs. This installs what the lock says, and leaves the lock alone.
  (cd test/segment && npm install --no-save --no-progress --loglevel=error) || true
fi
[ -e "$npm_done" ] || lacking="${lacking}npm-packages "

if [ -n "$lacking" ]; then
  echo "missing, please install by hand (a C compiler, PostgreSQL's server, redis-server, Chromium or Chrome, Node.js 18+ with npm; then npm install in test/segment): $lacking" >&2
  exit 1
fi
