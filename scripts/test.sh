#!/usr/bin/env bash
# Everything that CI runs: the tests of the workspace, the pages that are generated, fuzzing for a few minutes, the
# official SDK, WebSocket, gRPC, curl and h2load.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build test
export PATH="$HOME/.cargo/bin:$PATH:/usr/sbin:/sbin"

step() { printf '\n== %s\n' "$*"; }

step "tests of the workspace"
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace
  cargo test --workspace --doc --quiet
else
  cargo test --workspace --quiet
fi

step "which behaviours the tests cite"
python3 scripts/conformance.py --check

step "every fuzz target for a minute"
scripts/fuzz-smoke.sh

step "the official SDK"
scripts/sdk-tests.sh

step "a WebSocket client and server"
scripts/websocket-tests.sh

step "a gRPC client and server"
scripts/grpc-tests.sh

step "curl and h2load by HTTP/2"
scripts/http2-tests.sh

step "all passed"
