#!/usr/bin/env bash
# Builds the solutions for a Raspberry Pi with its 64-bit system, and runs each of them under QEMU
# up to where it misses the Pi, or an id. What a Pi has beyond that is emulated by deep-check.sh.
#
# It needs, from Debian or Ubuntu: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static.
# Rust's standard library for the Pi it gets from rustup, or else from Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly TARGET=aarch64-unknown-linux-gnu
readonly LINKER=aarch64-linux-gnu-gcc
# Where Debian keeps the libraries that the programs load.
readonly LIBRARIES=/usr/aarch64-linux-gnu

skip() {
    printf 'SKIPPED the build for the Raspberry Pi: %s.\n' "$*" >&2
    exit 0
}

has() { command -v "$1" >/dev/null; }

has_target() { [ -d "$("${RUSTC:-rustc}" --print target-libdir --target "$TARGET")" ]; }

has "$LINKER" || skip "there is no $LINKER, which links for it"
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64) ||
    skip "there is no qemu-aarch64, which runs what was built"
if ! has_target && has rustup; then
    rustup target add "$TARGET" || true
fi
if ! has_target; then
    RUSTC=$(xtask/pi/debian-rust.sh) && export RUSTC && has_target ||
        skip "neither rustup nor Debian gives this Rust a standard library for $TARGET"
fi

# The server has no board, so there is no feature to give it.
CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$LINKER \
    cargo build --quiet --target "$TARGET" --target-dir target/pi \
    --package connect-solution --features connect-solution/pi \
    --package telemetry-solution --features telemetry-solution/pi \
    --package server-solution \
    --package commands-solution --features commands-solution/pi

# must_say WORDS PROGRAM [VARIABLE=VALUE…]: it ends with status 1, and with these words.
must_say() {
    local words=$1 program=$2 said status=0
    shift 2
    local file=$PWD/target/pi/$TARGET/debug/$program
    # From the top, where no nightlight.toml has a say.
    said=$(cd / && env -u CARGO_MANIFEST_DIR RUST_BACKTRACE=0 "$@" \
        timeout 60 "$emulator" -L "$LIBRARIES" "$file" 2>&1) || status=$?
    if [ "$status" -ne 1 ] || [[ $said != *"$words"* ]]; then
        printf '%s for the Raspberry Pi ended with status %s, and without `%s`:\n%s\n' \
            "$program" "$status" "$words" "$said" >&2
        exit 1
    fi
    printf '%s: %s\n' "$program" "$said"
}

for device in connect-solution telemetry-solution commands-device-solution; do
    must_say "this computer is no Raspberry Pi" "$device" \
        NIGHTLIGHT_ID=somebody NIGHTLIGHT_BROKER=mqtt://127.0.0.1 NIGHTLIGHT_BOARD=pi
done
for server in server-solution commands-server-solution; do
    must_say "no id is chosen yet" "$server" NIGHTLIGHT_ID=
done
