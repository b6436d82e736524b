#!/usr/bin/env bash
# Starts the server on a free port with a throwaway database and sends it the operations of real storefronts (tools/operations).
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/server.sh

quietly() { bin/regulars "$@" >/dev/null; }

build_server
start_server operations

# The storefront's pages are on another port of this machine; its server forwards shoppers' addresses.
quietly channel add-origin demo 1 http://127.0.0.1:3000
proxy=$(bin/regulars channel proxy-secret demo 1 --json)

# An app that logs shoppers in.
app=$(bin/regulars app create demo --name Loyalty --scope store_v2_customers_login --json)

# Fields of the store's own: 26 to 32 for accounts, 33 for addresses.
quietly formfield add demo customer checkboxes 'Terms and Conditions' --required --option 'I agree'
quietly formfield add demo customer date 'Birthday'
quietly formfield add demo customer multiline 'About you'
quietly formfield add demo customer number 'Shoe size' --min 1 --max 100
quietly formfield add demo customer password 'Secret word'
quietly formfield add demo customer radio 'How shall we write?' --option 'By mail' --option 'By post'
quietly formfield add demo customer text 'How did you find us?'
quietly formfield add demo address text 'Delivery note'

# What the store knows about Ada, and an app about the storefront.
quietly attribute add demo Tier string
quietly attribute add demo Since date
quietly attribute set-value demo ada@example.com 1 gold
quietly credit set demo ada@example.com 25.50 USD
quietly metafield set demo customer:ada@example.com loyalty points 1815 --permission-set read_and_sf_access
quietly metafield set demo customer:ada@example.com loyalty note 'not for her eyes'
quietly metafield set demo channel:1 theme accent teal --permission-set read_and_sf_access

# A store that makes accounts once their mailbox is proved answers to the machine's other name.
quietly channel remove-host demo 1 localhost
quietly store create strict --name 'Strict Store' --host localhost
quietly store set strict --email-verification required
quietly channel add-origin strict 1 http://localhost:3000

token() { bin/regulars token create "$1" --kind storefront --channel 1 --expires 1h --json; }
here=$(token demo)
there=$(token strict)

node tools/operations/run.mjs "$url" <<<"{ \"proxy\": $proxy, \"app\": $app, \"tokens\": { \"127.0.0.1\": $here, \"localhost\": $there } }"
