#!/usr/bin/env bash
# Gradescope runs this once, as root, while it builds the image.
set -euo pipefail
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends build-essential ca-certificates curl
# Not in root's home: submissions are compiled by a user of their own.
export RUSTUP_HOME=/opt/rustup CARGO_HOME=/opt/cargo
curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --no-modify-path
export PATH="/opt/cargo/bin:$PATH"
cd /autograder/source/kit
cargo build --manifest-path xtask/launch/alone/Cargo.toml
cargo build --package xtask
cargo build --package grade --package jail --bin grade --bin jail
cargo build --package palette --package unify --lib
cargo build --package palette-tls --package unify --lib
