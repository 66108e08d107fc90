#!/usr/bin/env bash
# Installs what is missing, and nothing else. Usage: scripts/setup.sh build|test
#   build   a C compiler and a Rust toolchain that is new enough
#   test    what the tests talk to: openssl, nftables, iproute2, curl, h2load, a Python with venv; a C++ compiler for
#           libFuzzer
# The toolchain is not pinned by a rust-toolchain.toml: such a file makes rustup download that very toolchain even when
# a newer one is installed. The oldest one that works is `rust-version` in Cargo.toml.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()

# need COMMAND PACKAGE: the package is installed when the command is not there.
need() { command -v "$1" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null || packages+=("$2"); }

install_packages() {
  [ "${#packages[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "Missing: ${packages[*]}. This is not a Debian or Ubuntu machine; install them by its own means." >&2
    exit 1
  fi
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "Installing: ${packages[*]}" >&2
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" >&2
  packages=()
}

oldest_rust() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml; }

have_rust() {
  command -v cargo >/dev/null || return 1
  local have
  have=$(cargo --version | sed 's/^cargo \([0-9.]*\).*/\1/')
  [ "$(printf '%s\n%s\n' "$(oldest_rust)" "$have" | sort -V | head -n 1)" = "$(oldest_rust)" ]
}

install_rust() {
  have_rust && return 0
  if ! command -v rustup >/dev/null; then
    need curl curl
    install_packages
    echo "Installing Rust with rustup, for this user only" >&2
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c rustfmt -c clippy >&2
  else
    rustup toolchain install stable --profile minimal -c rustfmt -c clippy >&2
    rustup default stable >&2
  fi
}

for what in "$@"; do
  case "$what" in
    build)
      need cc build-essential
      install_packages
      install_rust
      ;;
    test)
      need openssl openssl
      need nft nftables
      need ip iproute2
      need curl curl
      need c++ g++
      need h2load nghttp2-client
      python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
      install_packages
      ;;
    *)
      echo "usage: scripts/setup.sh build|test ..." >&2
      exit 2
      ;;
  esac
done
