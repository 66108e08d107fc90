#!/usr/bin/env bash
# Calls a real gRPC server through a real `bellwether serve` with a real gRPC client.
# BELLWETHER_BIN names the binary; without it, target/debug/bellwether is built.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${BELLWETHER_BIN:-}" ]; then
  export PATH="$HOME/.cargo/bin:$PATH"
  cargo build --quiet --bin bellwether
  export BELLWETHER_BIN="${CARGO_TARGET_DIR:-target}/debug/bellwether"
fi

# A virtual environment of its own, filled again when the pinned versions change.
pins=tests/grpc/requirements.txt
venv="${CARGO_TARGET_DIR:-target}/venv-grpc"
if ! cmp --silent "$pins" "$venv/pinned.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$pins"
  cp "$pins" "$venv/pinned.txt"
fi

exec "$venv/bin/python" tests/grpc/run.py
