#!/usr/bin/env python3
"""Plays Eclipse Paho's interoperability suites, for MQTT 3.1.1 and for 5, against the kit's broker and
against Mosquitto, and says what each passes.

    interoperability.py [--record] [FOLDER]

FOLDER is a checkout of github.com/eclipse-paho/paho.mqtt.testing. Without it NIGHTLIGHT_PAHO names one, and
else the commit below is fetched into target/paho. The program ends with 1 when the kit's broker fails a test
that is not among FAILURES, or passes fewer than Mosquitto, those aside that mqtt5 is to blame for.
`--record` writes the table that the guide shows. It takes nine minutes, and waits for most of them.
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = ROOT / "xtask/transcripts/paho.snap"
SOURCE = "https://github.com/eclipse-paho/paho.mqtt.testing"
COMMIT = "9d7bb80bb8b9d9cfc0b52f8cb4c1916401281103"
VERSIONS = ("3.1.1", "5")
OURS, THEIRS = "the kit’s broker", "Mosquitto"

# Seconds. The longest test needs 30; some wait for ever for what does not come.
TEST_LIMIT = 75
# The first start may build the runner.
START_LIMIT = 600
# The tests count on pauses. A busy computer fails one that passes when it is played again.
PLAYS = 3

MQTT5 = "mqtt5: "
PROPERTY = MQTT5 + "it adds a user property to every message"
# What the kit's broker fails, and why. Where mqtt5, the library in it, is to blame, the reason says so.
FAILURES = {
    ("3.1.1", "test_subscribe_failure"): "neither was told to refuse the filter",
    ("5", "test_subscribe_failure"): "neither was told to refuse the filter",
    ("5", "test_server_keep_alive"): "neither was told to shorten a keep-alive to 60 s",
    ("5", "test_flow_control2"): "65,536 messages at once; it comes to no end in 75 s",
    ("5", "test_server_topic_alias"): "a broker need not use aliases",
    ("5", "test_subscribe_identifiers"): "a message for each identifier is allowed, as is one for all",
    ("5", "test_client_topic_alias"): MQTT5 + "it closes at alias 0 without a DISCONNECT",
    ("5", "test_maximum_packet_size"): MQTT5 + "with its user property the message is too long",
    ("5", "test_retained_message"): PROPERTY,
    ("5", "test_user_properties"): PROPERTY,
    ("5", "test_will_message"): PROPERTY,
}


def fetched():
    folder = ROOT / "target/paho"
    git = ["git", "-C", folder]
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    checkout = [*git, "checkout", "--quiet", COMMIT]
    if subprocess.run(checkout, stderr=subprocess.DEVNULL).returncode:
        subprocess.run([*git, "fetch", "--quiet", "--depth=1", SOURCE, COMMIT], check=True)
        subprocess.run(checkout, check=True)
    return folder


def kit(port, _):
    return ["cargo", "xtask", "broker", "--quiet", "--port", str(port)]


def mosquitto(port, folder):
    settings = pathlib.Path(folder) / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    return ["mosquitto", "-c", settings]


COMMANDS = {OURS: kit, THEIRS: mosquitto}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def started(broker):
    """The port of a new one, which ends with the block."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
        port = free_port()
        command = COMMANDS[broker](port, folder)
        running = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        try:
            limit = time.monotonic() + START_LIMIT
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    if running.poll() is not None or time.monotonic() > limit:
                        said.seek(0)
                        sys.exit(f"{broker} does not start:\n{said.read()}")
                    time.sleep(0.1)
            yield port
        finally:
            running.terminate()
            running.wait()


def suite(folder, version, *what, **how):
    program = pathlib.Path(__file__).with_name("suite.py")
    # -B: the folder is somebody's checkout.
    command = [sys.executable, "-B", program, folder / "interoperability", version, *what]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def names(folder, version):
    listed = suite(folder, version, "list")
    if listed.returncode:
        sys.exit(f"{folder} is no checkout of {SOURCE}: {listed.stderr.splitlines()[-1]}")
    return listed.stdout.split()


def play(folder, broker, version):
    """For each test of the suite what it ended with, or None where it passed."""
    ends = {}
    # One broker for each suite: both use the same client names.
    with started(broker) as port:
        for name in names(folder, version):
            known = broker == OURS and (version, name) in FAILURES
            for _ in range(1 if known else PLAYS):
                try:
                    played = suite(folder, version, name, str(port), timeout=TEST_LIMIT)
                except subprocess.TimeoutExpired:
                    ends[name] = f"no end after {TEST_LIMIT} s"
                    break
                ends[name] = played.stderr.strip() if played.returncode else None
                if ends[name] is None:
                    break
            last = (ends[name] or "passed").splitlines()[-1]
            print(f"MQTT {version}, {name}, {broker}: {last}", flush=True)
    return ends


def version_of_mosquitto():
    # It says so with its usage, and ends with an error.
    said = subprocess.run(["mosquitto", "-h"], stdout=subprocess.PIPE, text=True).stdout
    return said.split()[2]


def commit_of(folder):
    git = ["git", "-C", folder, "log", "-1", "--format=%h of %cs"]
    said = subprocess.run(git, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return said.stdout.strip() or "of no known commit"


def table(ends, folder):
    heads = [f"Paho’s suites, {commit_of(folder)}", OURS, f"{THEIRS} {version_of_mosquitto()}", "why the kit’s does not"]
    rows = [heads, ["---"] * len(heads)]
    for version in VERSIONS:
        ours, theirs = ends[OURS, version], ends[THEIRS, version]
        counts = [f"{list(one.values()).count(None)} of {len(one)}" for one in (ours, theirs)]
        rows.append([f"**MQTT {version}**", *counts, ""])
        for name in ours:
            both = [ours[name], theirs[name]]
            if any(both):
                words = ["no" if end else "yes" for end in both]
                why = FAILURES.get((version, name), "") if ours[name] else ""
                rows.append([f"`{name}`", *words, why])
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def complaints(ends):
    for version in VERSIONS:
        ours, theirs = ends[OURS, version], ends[THEIRS, version]
        for name, end in ours.items():
            if end and (version, name) not in FAILURES:
                yield f"MQTT {version}, {name} is not among the failures that are known:\n{end}"
            if not end and (version, name) in FAILURES:
                print(f"MQTT {version}, {name} passes now: take it out of FAILURES, and record anew.")
        blamed = [why for (of, _), why in FAILURES.items() if of == version and why.startswith(MQTT5)]
        passed = list(ours.values()).count(None) + len(blamed)
        if passed < list(theirs.values()).count(None):
            yield f"On MQTT {version} Mosquitto passes more, also without what mqtt5 is to blame for."


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--record", action="store_true", help="write the table that the guide shows")
    where = os.environ.get("NIGHTLIGHT_PAHO")
    arguments.add_argument("folder", nargs="?", default=where, help="a checkout of the suites")
    arguments = arguments.parse_args()
    folder = pathlib.Path(arguments.folder).resolve() if arguments.folder else fetched()
    # Debian has Mosquitto where only root looks.
    os.environ["PATH"] += os.pathsep + "/usr/sbin"

    suites = [(broker, version) for broker in COMMANDS for version in VERSIONS]
    with concurrent.futures.ThreadPoolExecutor(len(suites)) as pool:
        played = pool.map(lambda one: play(folder, *one), suites)
        ends = dict(zip(suites, played))

    text = table(ends, folder)
    print(f"\n{text}")
    if arguments.record:
        today = datetime.date.today()
        RECORD.write_text(f"---\nsource: xtask/interop/interoperability.py, {today}\n---\n{text}")
    wrong = list(complaints(ends))
    print(*wrong, sep="\n\n", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
