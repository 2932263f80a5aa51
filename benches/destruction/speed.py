#!/usr/bin/env python3
"""Times the destruction of one object out of many snapshots and copies, beside rewriting the repositories of restic and borg.

    cargo build --release && python3 benches/destruction/speed.py [--files N] [--snapshots N] [--copies N] [--rounds N] [--peers]

Vaults, copies and the peers' repositories lie in memory; the key store lies in the temporary folder, so its flushes count. `execute` is
timed as a whole command. Of the executor's key there are two files: as `officer new` makes it (600,000 rounds of PBKDF2, which is most of
the time), and the same key with one round, which shows what the destruction itself costs. Needs openssl; with --peers, borg and a restic
that has `rewrite` (0.15 or later; RESTIC names it), or neither.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/scale"))
from office import PROGRAM, Office

RESTIC = os.environ.get("RESTIC", "restic")


def make_tree(tree, files):
    content = random.Random(7)
    for number in range(files):
        folder = tree / f"{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}").write_bytes(content.randbytes(8192))


def change(tree, snapshot):
    for number in range(10):
        (tree / "000" / f"{number:06}").write_bytes(random.Random(snapshot * 100 + number).randbytes(8192))


def quick_key(office):
    """The executor's key once more, stretched by one round."""
    quick = ["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "1", "-passin", "pass:passphrase", "-passout",
             "pass:passphrase", "-in", office.disk / "sun.pem", "-out", office.disk / "sun-quick.pem"]
    subprocess.run(quick, check=True, capture_output=True)


def ours(arguments, disk, memory, tree):
    office = Office(disk, memory)
    for snapshot in range(arguments.snapshots):
        change(tree, snapshot)
        office.run("backup", tree)
    for copy in range(arguments.copies):
        office.run("copy", "add", memory / f"copy-{copy}", "--kind", "nas")
    office.enrol()
    quick_key(office)
    times = {"sun-quick.pem": [], "sun.pem": []}
    for round_ in range(arguments.rounds):
        for at, (key, found) in enumerate(times.items()):
            number = f"n-{round_}-{at}"
            office.ready(number, "--path", tree / "001" / f"{1000 + 2 * round_ + at:06}")
            found.append(office.execute(number, key))
    first = tree / "001/001000"
    left = subprocess.run([PROGRAM, "dump", "latest", first], env=office.environment, capture_output=True)
    assert left.returncode == 31, left
    return {key: statistics.median(found) for key, found in times.items()}


def peer(name, commands, arguments, memory, tree):
    place = memory / name
    place.mkdir()
    environment = dict(os.environ, HOME=str(place), RESTIC_REPOSITORY=str(place / "repository"), RESTIC_PASSWORD="p",
                       BORG_REPO=str(place / "repository"), BORG_PASSPHRASE="p", BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes")
    run = lambda *command: subprocess.run(list(map(str, command)), env=environment, check=True, capture_output=True, cwd=tree)
    run(*commands["init"])
    for snapshot in range(arguments.snapshots):
        change(tree, snapshot)
        run(*[part.format(snapshot=snapshot) for part in commands["backup"]])
    os.sync()
    start = time.perf_counter()
    for command in commands["remove"]:
        run(*command)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--snapshots", type=int, default=50)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    disk = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-destruction-"))
    memory = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-destruction-", dir="/dev/shm"))
    try:
        tree = memory / "tree"
        make_tree(tree, arguments.files)
        found = ours(arguments, disk, memory, tree)
        quick, whole = found["sun-quick.pem"], found["sun.pem"]
        print(f"{arguments.files} files, {arguments.snapshots} snapshots, {arguments.copies} copies")
        print(f"sealkeep destroy execute: {1000 * quick:.0f} ms; {1000 * whole:.0f} ms with the key stretched 600,000 times")
        peers = {
            "borg": {"init": ["borg", "init", "-e", "repokey-blake2"], "backup": ["borg", "create", "::s{snapshot}", "."],
                     "remove": [["borg", "recreate", "--exclude", "001/001000"], ["borg", "compact"]]},
            "restic": {"init": [RESTIC, "init"], "backup": [RESTIC, "backup", "."],
                       "remove": [[RESTIC, "rewrite", "--exclude", "001000", "--forget"], [RESTIC, "prune", "--max-unused", "0"]]},
        }
        for name, commands in peers.items() if arguments.peers else ():
            try:
                seconds = peer(name, commands, arguments, memory, tree)
                print(f"{name}: {seconds:.2f} s, one copy: {seconds / quick:.0f} and {seconds / whole:.0f} times as long")
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{name}: not measured ({error})")
        print(json.dumps({"quick": quick, "whole": whole}))
    finally:
        shutil.rmtree(disk)
        shutil.rmtree(memory)


if __name__ == "__main__":
    main()
