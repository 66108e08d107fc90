#!/usr/bin/env bash
# Talks WebSocket through a real `bellwether serve`, with the client and the server of the `websockets` package.
# Arguments go to pytest. BELLWETHER_BIN names the binary; without it, target/debug/bellwether is built.
set -euo pipefail
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-target}"

if [ -z "${BELLWETHER_BIN:-}" ]; then
  export PATH="$HOME/.cargo/bin:$PATH"
  cargo build --quiet --bin bellwether
  export BELLWETHER_BIN="$target/debug/bellwether"
fi

# The virtual environment is made once, and filled again when the pinned versions change.
pins=tests/websocket/requirements.txt
venv="$target/venv-websocket"
if ! cmp --silent "$pins" "$venv/pinned.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$pins"
  cp "$pins" "$venv/pinned.txt"
fi

exec "$venv/bin/python" -m pytest -c tests/websocket/pytest.ini tests/websocket "$@"
