#!/usr/bin/env bash
# Starts the server on a free port with a throwaway database and runs the GraphQL-over-HTTP audits against it.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/server.sh

(cd tools/audit && npm ci --ignore-scripts --no-audit --no-fund)
build_server
start_server audit

echo "auditing $url"
node tools/audit/audit.mjs "$url"
