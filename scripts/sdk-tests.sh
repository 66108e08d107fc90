#!/usr/bin/env bash
# Drives a real `bellwether serve` with the official Python SDK. Arguments go to pytest.
# BELLWETHER_BIN names the binary; without it, target/debug/bellwether is built.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${BELLWETHER_BIN:-}" ]; then
  export PATH="$HOME/.cargo/bin:$PATH"
  cargo build --quiet --bin bellwether
  export BELLWETHER_BIN="${CARGO_TARGET_DIR:-target}/debug/bellwether"
fi

# The virtual environment is made once, and filled again when the pinned versions change.
pins=tests/sdk/requirements.txt
if ! cmp --silent "$pins" .venv/pinned.txt; then
  python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r "$pins"
  cp "$pins" .venv/pinned.txt
fi

exec .venv/bin/python -m pytest -c tests/sdk/pytest.ini tests/sdk "$@"
