#!/usr/bin/env bash
# Starts the server on a free port with a throwaway database and sends it the operations of real storefronts (tools/operations).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/server.sh

build_server
start_server operations

# The storefront's pages are on another port of this machine; its server forwards shoppers' addresses.
bin/regulars channel add-origin demo 1 http://127.0.0.1:3000
secret=$(bin/regulars channel proxy-secret demo 1 | tail -n 1)

node tools/operations/run.mjs "$url" "$secret"
