#!/usr/bin/env bash
# Formatting, clippy with warnings denied, licences of everything that is linked in, known advisories.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh build
export PATH="$HOME/.cargo/bin:$PATH"

step() { printf '\n== %s\n' "$*"; }

step "rustfmt"
cargo fmt --all --check

step "clippy"
cargo clippy --workspace --all-targets -- -D warnings

step "licences"
python3 scripts/licences.py

step "advisories, bans and sources"
if ! cargo deny --version >/dev/null 2>&1; then
  echo "NOT CHECKED: cargo-deny is not installed (cargo install cargo-deny)."
elif cargo deny --log-level error fetch db >/dev/null 2>&1; then
  cargo deny check advisories bans sources
else
  echo "NOT CHECKED: advisories, because their database cannot be fetched and cargo-deny has no copy of it."
  cargo deny --offline check bans sources
fi
