#!/usr/bin/env bash
# Plays step 4 on an emulated Raspberry Pi 3 and looks at GPIO 5 from outside; the Grove hat is a
# chip that remembers what it is told. For maintainers, when the library's Pi half has changed.
#
# It needs Debian's packages of `needed` below, the target of cross.sh, and the internet once: for
# Debian's kernel and its source, about 210 MB. Nothing of that is installed, it is unpacked
# in target/pi/emulated.
#
# What it cannot tell: whether real parts are wired well, how the hat's own firmware answers
# (only its registers for the id and for socket A0 are there), and how a Pi 4 or 5 behaves.
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly IMAGE=$PWD/target/pi/emulated
readonly HERE=$PWD/xtask/pi/emulated
readonly PROGRAMS=$PWD/target/pi/aarch64-unknown-linux-gnu/debug
readonly LIBRARIES=/usr/aarch64-linux-gnu/lib

readonly needed="qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio make python3 xz-utils"
for tool in qemu-system-aarch64 aarch64-linux-gnu-gcc cpio make python3 xz dpkg apt-get; do
    command -v "$tool" >/dev/null || {
        printf 'There is no %s. On Debian: sudo apt install %s\n' "$tool" "$needed" >&2
        exit 2
    }
done

# What the Pi's network and its I2C need, in the order in which they need each other.
readonly MODULES="usb-common usbcore roles udc-core phy-generic dwc2 mii usbnet cdc_ether
    rndis_host i2c-dev"

# Everything that is needed only once.
readonly WORK=$IMAGE/work

. xtask/pi/own-apt.sh

# unpack PACKAGE PATH…: only these paths of it.
unpack() {
    local package=$1
    shift
    dpkg --fsys-tarfile "$WORK"/debs/"$package"_*.deb |
        tar --extract --directory "$WORK/root" --wildcards "$@"
}

# Debian's kernel has no i2c-stub, but its source has.
make_stub() {
    local kernel=$1 headers=$WORK/root/usr/src/linux-headers-$1
    unpack "linux-headers-$kernel" ./usr/src
    unpack "linux-headers-${kernel%-arm64}-common" ./usr/src
    unpack linux-kbuild-6.1 ./usr/lib
    unpack linux-source-6.1 ./usr/src/linux-source-6.1.tar.xz
    mkdir -p "$WORK/stub"
    tar --extract --xz --file "$WORK/root/usr/src/linux-source-6.1.tar.xz" --to-stdout \
        linux-source-6.1/drivers/i2c/i2c-stub.c >"$WORK/stub/i2c-stub.c"
    echo "obj-m := i2c-stub.o" >"$WORK/stub/Makefile"
    sed -i "s#^include /usr#include $WORK/root/usr#" "$headers/Makefile"
    make --silent -C "$headers" M="$WORK/stub" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
        CC=aarch64-linux-gnu-gcc modules
}

# What does not change from one run to the next.
make_kernel() {
    local kernel
    rm -rf "$IMAGE"
    mkdir -p "$IMAGE/modules" "$WORK"/{debs,root}
    make_apt "$WORK"
    kernel=$(with_own_apt apt-cache depends linux-image-arm64 |
        sed -n 's/ *Depends: linux-image-//p')
    echo "Fetching Debian's kernel $kernel and its source."
    (cd "$WORK/debs" && with_own_apt apt-get download -qq \
        "linux-image-$kernel" "linux-headers-$kernel" "linux-headers-${kernel%-arm64}-common" \
        "linux-kbuild-6.1:$(dpkg --print-architecture)" linux-source-6.1 busybox-static)
    unpack busybox-static ./bin/busybox
    unpack "linux-image-$kernel" './boot/vmlinuz-*' '*/bcm2837-rpi-3-b.dtb' \
        './lib/modules/*/drivers/usb/*' './lib/modules/*/drivers/net/*' \
        './lib/modules/*/drivers/i2c/*'
    make_stub "$kernel"
    local module
    for module in $MODULES; do
        # It fails, as it should, when there is none.
        cp "$(find "$WORK/root/lib/modules" -name "$module.ko")" "$IMAGE/modules/"
    done
    cp "$WORK/stub/i2c-stub.ko" "$IMAGE/modules/"
    echo "$MODULES" >"$IMAGE/modules/order"
    cp "$WORK"/root/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$IMAGE/pi.dtb"
    cp "$WORK/root/bin/busybox" "$IMAGE/"
    # Last: it says that all the rest is there.
    cp "$WORK/root/boot/vmlinuz-$kernel" "$IMAGE/vmlinuz"
    rm -rf "$WORK"
}

# What the Pi starts from: BusyBox, the modules, the device and the libraries it loads.
make_initrd() {
    local files=$IMAGE/files
    rm -rf "$files"
    mkdir -p "$files"/{bin,dev,lib,proc,sys}
    cp "$HERE/init" "$files/init"
    cp "$IMAGE/busybox" "$files/bin/"
    cp -r "$IMAGE/modules" "$files/"
    cp -L "$LIBRARIES"/{ld-linux-aarch64.so.1,libc.so.6,libgcc_s.so.1,libm.so.6} "$files/lib/"
    cp "$PROGRAMS/commands-device-solution" "$files/device"
    (cd "$files" && find . | cpio --quiet --create --format=newc | gzip -1) >"$IMAGE/initrd.gz"
}

xtask/pi/cross.sh >/dev/null
[ -x "$PROGRAMS/commands-device-solution" ] || exit 2
cargo build --quiet --package xtask --package commands-solution --bins
[ -f "$IMAGE/vmlinuz" ] || make_kernel
make_initrd
exec python3 "$HERE/play.py" "$IMAGE" target/debug/xtask target/debug/commands-server-solution
