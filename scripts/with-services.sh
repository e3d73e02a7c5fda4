#!/usr/bin/env bash
# Runs a command with the services that tests need, private ones on ports of their own, and takes them
# down after it:
#   scripts/with-services.sh go test ./store/
# The command finds them by HOTLEADS_TEST_POSTGRES_URL, HOTLEADS_TEST_REDIS_URL and HOTLEADS_TEST_CHROMIUM;
# one that is set already is used as it is. With CI set, one that can't be had is a failure; otherwise its
# tests are left out and say so. Nothing here is safe for data: Postgres doesn't even sync to disk. With
# --durable before the command it does, as in production, for what measures.
set -euo pipefail
postgres_settings="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
if [ "${1:-}" = --durable ]; then
  shift
  # Rooms for a small server; checkpoints seldom enough that none falls into somebody's turn.
  postgres_settings="-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=30min"
fi
cd "$(dirname "$0")/.."
. scripts/find.sh

# lacks says what can't be had, and gives up with CI set.
lacks() {
  echo "$1" >&2
  if [ -n "${CI:-}" ]; then exit 1; fi
  echo "its tests are left out" >&2
}

scripts/install.sh || lacks "not all services can be had"

folder=$(mktemp -d "${TMPDIR:-/tmp}/hotleads-test.XXXXXX")
chmod 755 "$folder" # Postgres runs as another user when this is root
postgres_bin=$(find_postgres)
redis_pid=""

# postgres_run runs one of Postgres' programs, as its own user where this is root: as root they refuse.
postgres_run() {
  local program=$1
  shift
  if [ "$(id -u)" = 0 ]; then
    (cd / && su postgres -s /bin/sh -c '"$0" "$@"' -- "$postgres_bin/$program" "$@")
  else
    "$postgres_bin/$program" "$@"
  fi
}

stop() {
  trap - EXIT
  trap '' HUP INT TERM # an impatient second Ctrl-C must not leave servers behind
  if [ -e "$folder/postgres/postmaster.pid" ]; then postgres_run pg_ctl -D "$folder/postgres" -m immediate -s stop >/dev/null 2>&1 || true; fi
  if [ -n "$redis_pid" ]; then
    kill "$redis_pid" 2>/dev/null || true
    wait "$redis_pid" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

start_postgres() {
  local port try
  mkdir "$folder/postgres"
  if [ "$(id -u)" = 0 ]; then chown postgres "$folder/postgres"; fi
  postgres_run initdb -D "$folder/postgres" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/initdb.log" 2>&1 || {
    cat "$folder/initdb.log" >&2
    return 1
  }
  for try in 1 2 3 4 5; do # somebody may take the port between the look and the start
    port=$(free_port)
    if postgres_run pg_ctl -D "$folder/postgres" -l "$folder/postgres/log" -w -s start \
      -o "-c listen_addresses=127.0.0.1 -p $port -c unix_socket_directories='' -c max_connections=500 $postgres_settings" >/dev/null 2>&1; then
      export HOTLEADS_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
      return
    fi
  done
  cat "$folder/postgres/log" >&2
  return 1
}

start_redis() {
  local port try wait
  for try in 1 2 3 4 5; do
    port=$(free_port)
    # Each test takes a numbered database of its own, hence so many.
    redis-server --port "$port" --bind 127.0.0.1 --dir "$folder" --save '' --appendonly no --databases 10000 >"$folder/redis.log" 2>&1 &
    redis_pid=$!
    for wait in $(seq 100); do
      if [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ]; then
        export HOTLEADS_TEST_REDIS_URL="redis://127.0.0.1:$port"
        return
      fi
      kill -0 "$redis_pid" 2>/dev/null || break
      sleep 0.05
    done
    kill "$redis_pid" 2>/dev/null || true
    redis_pid=""
  done
  cat "$folder/redis.log" >&2
  return 1
}

if [ -z "${HOTLEADS_TEST_POSTGRES_URL:-}" ]; then
  if [ -z "$postgres_bin" ]; then
    lacks "there is no Postgres server"
  else
    start_postgres || lacks "Postgres does not start"
  fi
fi
if [ -z "${HOTLEADS_TEST_REDIS_URL:-}" ]; then
  if ! command -v redis-server >/dev/null; then
    lacks "there is no Redis server"
  else
    start_redis || lacks "Redis does not start"
  fi
fi
chromium=$(find_chromium)
if [ -n "$chromium" ]; then
  export HOTLEADS_TEST_CHROMIUM="$chromium"
else
  lacks "there is no Chromium"
fi

"$@"
