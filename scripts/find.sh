# Where things are on this machine. To be sourced.

# find_postgres prints the folder of the newest Postgres server's programs, or nothing. Debian and brew
# keep them off PATH.
find_postgres() {
  local initdb found=""
  for initdb in $(ls -d /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb /usr/local/opt/postgresql@*/bin/initdb 2>/dev/null | sort -V); do
    found=$initdb
  done
  [ -n "$found" ] || found=$(command -v initdb || true)
  [ -z "$found" ] || dirname "$found"
}

# find_chromium prints the browser's program, or nothing.
find_chromium() {
  local name mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  if [ -n "${HOTLEADS_TEST_CHROMIUM:-}" ]; then
    echo "$HOTLEADS_TEST_CHROMIUM"
    return
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then return; fi
  done
  if [ -x "$mac" ]; then echo "$mac"; fi
}

# free_port prints a port of this machine that nobody listens on. It stays below 32768, where the ports
# that outgoing connections take at random begin.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}
