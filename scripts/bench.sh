#!/usr/bin/env bash
# The side-by-side performance table. Installs the peers, builds everything in release mode, runs bench/run.py.
# Arguments go to bench/run.py, for example: scripts/bench.sh --rounds 3 --seconds 3
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for tool in nginx haproxy wrk cmake taskset; do
  command -v "$tool" >/dev/null || missing+=("${tool/taskset/util-linux}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

cargo build --release --bin bellwether
(cd bench/peers/l4copy && cargo build --release)
(cd bench/peers/pingora && cargo build --release)
exec bench/run.py "$@"
