#!/usr/bin/env bash
# The side-by-side performance tables. Installs the peers, builds everything in release mode, runs bench/run.py.
# Arguments go to bench/run.py, for example: scripts/bench.sh --rows small-answers,http2 --rounds 3
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A package=([nginx]=nginx [haproxy]=haproxy [caddy]=caddy [wrk]=wrk [h2load]=nghttp2-client [openssl]=openssl
  [taskset]=util-linux [cmake]=cmake)
missing=()
for tool in "${!package[@]}"; do
  command -v "$tool" >/dev/null || missing+=("${package[$tool]}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=$([ "$(id -u)" = 0 ] || echo sudo)
  $as_root apt-get update -q
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q --no-install-recommends "${missing[@]}"
fi

if [ -z "${BELLWETHER_BIN:-}" ]; then
  cargo build --release --bin bellwether
fi
cargo build --release -p routing --example compile_speed
cargo build --release -p probe --example probe_rate
cargo build --release --manifest-path bench/Cargo.toml --target-dir bench/target
exec bench/run.py "$@"
