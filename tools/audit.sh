#!/usr/bin/env bash
# Starts the server on a free port with a throwaway database and runs the GraphQL-over-HTTP audits against it.
set -euo pipefail
cd "$(dirname "$0")/.."

(cd tools/audit && npm ci --ignore-scripts --no-audit --no-fund)
go build -o bin/regulars .

# The database drops root, so its user must be able to enter the folder.
dir=$(mktemp -d "${TMPDIR:-/tmp}/regulars-audit.XXXXXX")
chmod 755 "$dir"
log=$dir/server.log
pid=

stop() {
  status=$?
  trap - EXIT
  if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
  fi
  rm -rf "$dir"
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ADDR=127.0.0.1:0 ADMIN_ADDR=127.0.0.1:0 DATA_DIR=$dir/data bin/regulars serve --demo >"$log" 2>&1 &
pid=$!

url=
for _ in $(seq 600); do
  url=$(sed -nE 's#.*GraphQL +(http://127\.0\.0\.1:[0-9]+/graphql).*#\1#p' "$log" | head -n 1)
  if [ -n "$url" ] || ! kill -0 "$pid" 2>/dev/null; then
    break
  fi
  sleep 0.2
done
if [ -z "$url" ]; then
  echo "audit: the server did not say where it listens; it wrote:" >&2
  cat "$log" >&2
  exit 1
fi

echo "auditing $url"
node tools/audit/audit.mjs "$url"
