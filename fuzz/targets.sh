# What the scripts that fuzz have in common. To be sourced in this folder.

# Names of all targets.
target_names() { basename -s .rs -a fuzz_targets/*.rs; }

# build_targets [--bin TARGET]: all of them, or one, on the stable compiler.
#
# The flags are what cargo-fuzz would pass. RUSTC_BOOTSTRAP lets the stable compiler take the one that names a pass. No
# sanitizer is linked in: the code under test holds no `unsafe`, and debug assertions and overflow checks are on.
build_targets() {
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  export RUSTC_BOOTSTRAP=1
  export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 -Ccodegen-units=1"
  # With --target the flags reach the targets and not the build scripts.
  cargo build --release --locked --target-dir target --target "$host" "$@"
  ln -sfn "$host/release" target/fuzz
  rustc --edition 2024 -o target/compile_frames compile_frames.rs
}

# seeds_of TARGET: the folder of its seeds, if it has one. Messages that are written as frames are compiled first.
seeds_of() {
  local folder="seeds/$1"
  case $1 in
    request_head) folder=../tests/corpus/requests ;;
    response_head) folder=../tests/corpus/responses ;;
    http2_bridge) folder=../tests/corpus/http2 ;;
  esac
  case $1 in
    http2_*)
      target/compile_frames "$folder" "target/seeds/$1" >&2
      folder="target/seeds/$1"
      ;;
  esac
  [ ! -d "$folder" ] || echo "$folder"
}

# fuzz_target TARGET SECONDS: runs it at the lowest priority. What it learns stays in corpus/, what it finds in artifacts/.
fuzz_target() {
  mkdir -p "corpus/$1" artifacts
  local seeds
  seeds=$(seeds_of "$1")
  # shellcheck disable=SC2086 # no seeds are no argument
  nice -n 19 "target/fuzz/$1" "corpus/$1" $seeds -max_total_time="$2" -rss_limit_mb=2048 -max_len=4096 \
    -artifact_prefix="artifacts/$1-" -print_final_stats=1
}
