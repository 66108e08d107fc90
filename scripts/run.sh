#!/usr/bin/env bash
# Builds Bellwether and starts the demo. Arguments go to `bellwether demo`.
# The development profile: it builds fast, and `make test` uses the same build. For speed, see scripts/bench.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
export PATH="$HOME/.cargo/bin:$PATH"
cargo build --quiet --bin bellwether
exec target/debug/bellwether demo "$@"
