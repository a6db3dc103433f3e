#!/usr/bin/env bash
# Prints where a rustc of Debian 12's lies that builds for the Pi. cross.sh asks for it where rustup
# cannot help. Fetches about 125 MB, once, and unpacks it in target/pi/rust.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly FOLDER=$PWD/target/pi/rust

if [ ! -x "$FOLDER/rustc" ]; then
    [ "$(dpkg --print-architecture)" = amd64 ]
    rm -rf "$FOLDER"
    mkdir -p "$FOLDER/debs"
    . xtask/pi/own-apt.sh
    make_apt "$FOLDER"
    # The compiler, with those of its libraries that this machine lacks.
    with_own_apt apt-get install -qq -y --download-only --no-install-recommends \
        -o Dir::State::status=/var/lib/dpkg/status -o APT::Architecture=amd64 rustc-web:amd64 >&2
    (cd "$FOLDER/debs" && with_own_apt apt-get download -qq libstd-rust-web-dev:arm64) >&2
    for package in "$OWN_APT"/cache/archives/*.deb "$FOLDER"/debs/*.deb; do
        dpkg --extract "$package" "$FOLDER/root"
    done
    rm -rf "$FOLDER/debs" "$OWN_APT"
    cat >"$FOLDER/rustc" <<SCRIPT
#!/bin/sh
LD_LIBRARY_PATH=$FOLDER/root/usr/lib/x86_64-linux-gnu exec $FOLDER/root/usr/bin/rustc "\$@"
SCRIPT
    chmod +x "$FOLDER/rustc"
fi
printf '%s\n' "$FOLDER/rustc"
