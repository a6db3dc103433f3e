"""Plays step 4 on an emulated Pi 3: the device there, broker and server here.

    play.py IMAGE_FOLDER BROKER SERVER     (deep-check.sh calls it)

Nothing that the device says counts: its pin is looked at from outside, through QEMU's monitor,
and what it measured is what the server heard.
"""

import os
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

image, broker_program, server_program = sys.argv[1:]

# An emulated Pi needs about 10 s to start; a busy machine may take much longer.
LIMIT = 60

# BCM2837's GPIO registers as its processor sees them (BCM2835 ARM Peripherals, section 6.1): what
# the first ten pins are for, three bits each, and the levels of the first 32 pins.
FUNCTIONS, LEVELS = 0x3F200000, 0x3F200034
LED_PIN = 5

# The Grove hat's registers, see lessons/nightlight/src/board/pi/grove_hat.rs.
ID, A0 = 0x00, 0x30


class Program:
    """A process whose lines are waited for."""

    def __init__(self, name, arguments, **settings):
        self.name = name
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "RUST_BACKTRACE": "0", **settings},
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode(errors="replace").rstrip())
        self.lines.put(None)

    def until(self, pattern):
        end = time.monotonic() + LIMIT
        while True:
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                sys.exit(f"FAILED: {self.name} did not say `{pattern}` within {LIMIT} s")
            if line is None:
                sys.exit(f"FAILED: {self.name} ended before it said `{pattern}`")
            print(f"  {self.name} | {line}", flush=True)
            if found := re.search(pattern, line):
                return found

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()


class Pi(Program):
    """The emulated Pi: a shell on its second serial line, and QEMU's monitor."""

    def __init__(self, folder):
        place = os.path.join(folder, "monitor")
        super().__init__(
            "pi",
            ["qemu-system-aarch64", "-M", "raspi3b", "-display", "none", "-no-reboot"]
            + ["-kernel", f"{image}/vmlinuz", "-dtb", f"{image}/pi.dtb"]
            + ["-initrd", f"{image}/initrd.gz"]
            # Debian's kernel keeps programs away from /dev/mem's registers unless it is told not to.
            + ["-append", "console=ttyS1,115200 iomem=relaxed rdinit=/init panic=-1"]
            + ["-serial", "null", "-serial", "stdio"]
            + ["-monitor", f"unix:{place},server,nowait"]
            # To the Pi, this machine's own 127.0.0.1 is 10.0.2.2.
            + ["-netdev", "user,id=network", "-device", "usb-net,netdev=network"],
        )
        self.until("cdc_ether .* usb0: register")
        self.type("dmesg -n 1; ip address add 10.0.2.15/24 dev usb0; ip link set usb0 up")
        self.type("ln -s i2c-0 /dev/i2c-1; echo the pi is $((40 + 2))")
        self.until("the pi is 42")
        self.monitor = socket.socket(socket.AF_UNIX)
        self.monitor.settimeout(LIMIT)
        self.monitor.connect(place)
        self.answer()

    def answer(self):
        """What the monitor says up to its next prompt."""
        said = b""
        while not said.endswith(b"(qemu) "):
            piece = self.monitor.recv(4096)
            if not piece:
                sys.exit("FAILED: QEMU is gone")
            said += piece
        return said.decode(errors="replace")

    def register(self, address):
        self.monitor.sendall(f"xp /1wx {address:#x}\n".encode())
        return int(re.search(r": (0x[0-9a-f]{8})", self.answer())[1], 16)

    def is_output(self):
        return self.register(FUNCTIONS) >> 3 * LED_PIN & 7 == 1

    def is_high(self):
        return bool(self.register(LEVELS) >> LED_PIN & 1)

    def until_led(self, on):
        # A pin does not tell when it changes, so it is asked again.
        end = time.monotonic() + LIMIT
        while not self.is_output() or self.is_high() != on:
            if time.monotonic() > end:
                sys.exit(f"FAILED: GPIO {LED_PIN} is not {'high' if on else 'low'}")
            time.sleep(0.05)
        print(f"  outside | GPIO {LED_PIN} is {'high' if on else 'low'}", flush=True)

    def hat(self, register, word):
        # In any other form, BusyBox takes them for something else.
        self.type(f"i2cset -y 1 0x04 {register:#04x} {word:#06x} w")

    def start_device(self):
        self.type(
            f"NIGHTLIGHT_ID=deep NIGHTLIGHT_BROKER=mqtt://10.0.2.2:{port} NIGHTLIGHT_BOARD=pi "
            "RUST_BACKTRACE=0 /device &"
        )


def claim(words):
    print(words, flush=True)


with tempfile.TemporaryDirectory() as folder:
    programs = []
    try:
        broker = Program("broker", [broker_program, "broker", "--port", "0"])
        programs.append(broker)
        port = broker.until(r"mqtt://127\.0\.0\.1:(\d+)")[1]
        server = Program(
            "server",
            [server_program],
            NIGHTLIGHT_ID="deep",
            NIGHTLIGHT_BROKER=f"mqtt://127.0.0.1:{port}",
        )
        programs.append(server)
        server.until("MQTT connected!")
        claim("An emulated Pi 3 starts")
        pi = Pi(folder)
        programs.append(pi)

        claim("A chip that is no hat is told from one")
        pi.start_device()
        pi.until("no Grove Base Hat on the Raspberry Pi's I2C bus")

        pi.hat(ID, 4)
        for level, on in [(250, True), (700, False), (299, True), (300, False), (0, True)]:
            claim(f"The hat measures {level}: the LED goes {'on' if on else 'off'}")
            pi.hat(A0, level)
            if level == 250:
                pi.start_device()
            server.until(f'Message received: {{"light":{level}}}')
            pi.until_led(on)

        claim("The device ends: the LED goes out")
        pi.type("kill -INT $!; wait $!; echo it ended with $?")
        pi.until("it ended with 0")
        if pi.is_output():
            sys.exit(f"FAILED: GPIO {LED_PIN} is still an output")
        claim("All of it holds.")
    finally:
        for program in reversed(programs):
            program.process.kill()
            program.process.wait()
