#!/usr/bin/env bash
# Builds step 4's device for a board that one can buy, with an ESP32-C3. Nothing here can run it: it is
# built, and what its build must refuse is tried.
#
# Rust's core for the chip it gets from rustup, or has Debian's Rust build it: rustc-web cargo-web
# rust-web-src lld.
set -euo pipefail
cd "$(dirname "$0")/../../solutions/firmware/esp32-c3"

readonly TARGET=riscv32imc-unknown-none-elf

skip() {
    printf 'SKIPPED the build for the ESP32-C3: %s.\n' "$*" >&2
    exit 0
}

has_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$TARGET" ]; }

cargo=(cargo)
if ! has_target && command -v rustup >/dev/null; then
    timeout 120 rustup target add "$TARGET" 2>/dev/null || true
fi
if ! has_target; then
    [ -e /usr/lib/rustlib/src/rust/library/core ] && [ -x /usr/bin/ld.lld ] ||
        skip "neither rustup nor Debian gives this Rust a core for $TARGET"
    cargo=(env PATH=/usr/bin:/bin RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=core,alloc
        CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER=ld.lld /usr/bin/cargo)
fi

# build [VARIABLE=VALUE…]: with settings that belong to nobody (RFC 5737), and with these.
build() {
    env NIGHTLIGHT_ID=somebody NIGHTLIGHT_BROKER=mqtt://192.0.2.1 \
        NIGHTLIGHT_WIFI=somewhere NIGHTLIGHT_WIFI_PASSWORD=something \
        "$@" "${cargo[@]}" build --quiet --release --locked
}

# refuses WORDS [VARIABLE=VALUE…]: it is not built, and is told why with these words.
refuses() {
    local words=$1 said
    shift
    if said=$(build "$@" 2>&1) || [[ $said != *"$words"* ]]; then
        printf 'With %s the firmware should not be built, and say `%s`. It said:\n%s\n' \
            "$*" "$words" "$said" >&2
        exit 1
    fi
}

said=$(build 2>&1) && [[ $said != *warning:* ]] || {
    printf 'The firmware is not built, or not without warnings:\n%s\n' "$said" >&2
    exit 1
}
refuses "no id is chosen yet" NIGHTLIGHT_ID=
refuses "no Wi-Fi is named" NIGHTLIGHT_WIFI=
refuses "no board can reach the broker" NIGHTLIGHT_BROKER=mqtt://127.0.0.1
refuses "this firmware can do neither" NIGHTLIGHT_BROKER=mqtts://192.0.2.1
printf 'Step 4’s device is built for the ESP32-C3, and was not run: %s\n' "$TARGET"
