#!/usr/bin/env bash
# Runs one fuzz target on the stable compiler, without cargo-fuzz: fuzz/run.sh TARGET SECONDS
#
# The flags are what cargo-fuzz would pass. RUSTC_BOOTSTRAP lets the stable compiler take the one that names a pass. No
# sanitizer is linked in: the code under test holds no `unsafe`, and debug assertions and overflow checks are on.
set -euo pipefail
cd "$(dirname "$0")"
target=${1:?which target} seconds=${2:?for how many seconds}

export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1"
host=$(rustc -vV | sed -n 's/^host: //p')
# With --target the flags reach the targets and not the build scripts.
cargo build --release --target "$host" --bin "$target"

seeds=()
case $target in
  request_head) seeds=(../tests/corpus/requests) ;;
  response_head) seeds=(../tests/corpus/responses) ;;
  http2_bridge) seeds=(../tests/corpus/http2) ;;
  *) [ ! -d "seeds/$target" ] || seeds=("seeds/$target") ;;
esac
if [[ $target = http2_* ]]; then
  rustc --edition 2024 -o target/compile_frames compile_frames.rs
  target/compile_frames "${seeds[0]}" "target/seeds/$target"
  seeds=("target/seeds/$target")
fi
mkdir -p "corpus/$target" artifacts
exec nice -n 19 "target/$host/release/$target" "corpus/$target" "${seeds[@]}" \
  -max_total_time="$seconds" -rss_limit_mb=2048 -max_len=4096 -artifact_prefix="artifacts/$target-" -print_final_stats=1
