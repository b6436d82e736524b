#!/usr/bin/env bash
# Writes the well-known passwords that are refused anew (needs Node): internal/shop/common_passwords.bin and its licence.
set -euo pipefail
cd "$(dirname "$0")/.."

(cd tools/passwords && npm ci --ignore-scripts --no-audit --no-fund)
node tools/passwords/passwords.mjs internal/shop/common_passwords.bin internal/shop/common_passwords_license.txt
