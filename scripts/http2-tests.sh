#!/usr/bin/env bash
# curl and h2load against a real `bellwether serve`.
# BELLWETHER_BIN names the binary; without it, target/debug/bellwether is built.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${BELLWETHER_BIN:-}" ]; then
  export PATH="$HOME/.cargo/bin:$PATH"
  cargo build --quiet --bin bellwether
  export BELLWETHER_BIN="${CARGO_TARGET_DIR:-target}/debug/bellwether"
fi

exec python3 tests/http2/run.py
