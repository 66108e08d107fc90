#!/usr/bin/env bash
# Runs one fuzz target on the stable compiler, without cargo-fuzz: fuzz/run.sh TARGET SECONDS
set -euo pipefail
cd "$(dirname "$0")"
source ./targets.sh
target=${1:?which target: $(target_names | tr '\n' ' ')} seconds=${2:?for how many seconds}
build_targets --bin "$target"
fuzz_target "$target" "$seconds"
