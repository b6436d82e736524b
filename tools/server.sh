# To be sourced, from the project's folder: build_server and start_server, for scripts that need a server of their own.

# Builds bin/regulars.
build_server() {
  go build -o bin/regulars .
}

# Starts the demo store on a free port with a throwaway database, and stops it when the script ends. Sets url, and for commands
# that work on the same store DATA_DIR. NAME is for messages. What else has to be done at the end goes behind it.
start_server() { # NAME
  local name=$1 dir log
  # The database drops root, so its user must be able to enter the folder.
  dir=$(mktemp -d "${TMPDIR:-/tmp}/regulars-$name.XXXXXX")
  chmod 755 "$dir"
  log=$dir/server.log
  export DATA_DIR=$dir/data

  trap "stop_server '$dir'" EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM

  ADDR=127.0.0.1:0 ADMIN_ADDR=127.0.0.1:0 bin/regulars serve --demo >"$log" 2>&1 &
  server=$!

  url=
  for _ in $(seq 600); do
    url=$(sed -nE 's#.*GraphQL +(http://127\.0\.0\.1:[0-9]+/graphql).*#\1#p' "$log" | head -n 1)
    if [ -n "$url" ] || ! kill -0 "$server" 2>/dev/null; then
      break
    fi
    sleep 0.2
  done
  if [ -z "$url" ]; then
    echo "$name: the server did not say where it listens; it wrote:" >&2
    cat "$log" >&2
    exit 1
  fi
}

stop_server() { # FOLDER
  local status=$?
  trap - EXIT
  if [ -n "${server:-}" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  rm -rf "$1"
  exit "$status"
}
