#!/usr/bin/env bash
# Runs every fuzz target for a short while, two at a time: scripts/fuzz-smoke.sh [SECONDS, 60 by default]
# Fails on a finding, and says where it lies. Needs a C++ compiler beside the stable Rust.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
source ./targets.sh
seconds=${1:-60}

smoke() {
  source ./targets.sh
  mkdir -p artifacts
  local log="artifacts/$1.log"
  if fuzz_target "$1" "$2" >"$log" 2>&1; then
    printf '%s: %s, no finding\n' "$1" "$(sed -n 's/^Done \(.* second(s)\)$/\1/p' "$log")"
    return
  fi
  grep -a -A 3 -e panicked -e 'ERROR: libFuzzer' "$log" || tail -n 20 "$log"
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$log")
  printf '%s: a finding. The input: fuzz/%s, all that was said: fuzz/%s\n' "$1" "${input:-artifacts}" "$log"
  printf 'Again: (cd fuzz && target/fuzz/%s %s)\n' "$1" "$input"
  return 1
}
export -f smoke

build_targets
target_names | xargs -P 2 -I TARGET bash -euo pipefail -c 'smoke TARGET '"$seconds"
