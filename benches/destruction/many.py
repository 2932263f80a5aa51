#!/usr/bin/env python3
"""Times the destruction of very many objects in one act, and their inspection; and opening many files beside an older program.

    cargo build --release && python3 benches/destruction/many.py [--objects 100000] [--copies 1] [--beside PROGRAM]

Vault and copies lie in memory, the key store in the temporary folder. Each command is timed as a whole. With --beside, 50,000 sealed
files of 4 KiB are opened in turn by this program and by another one (one that makes no entries of access, say), each from its own store.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/scale"))
from office import PROGRAM, Office


def timed(act):
    os.sync()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def many(arguments, disk, memory):
    tree = memory / "tree"
    for number in range(arguments.objects):
        folder = tree / f"trial/{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}").write_text(f"record {number}")
    office = Office(disk, memory)
    (disk / "rules.toml").write_text('version = "1"\n[[rule]]\nmatch = "trial/**"\nscope = "trial"\n')
    print(f"backup: {timed(lambda: office.run('backup', tree, '--scope-rules', 'rules.toml')):.2f} s")
    for copy in range(arguments.copies):
        office.run("copy", "add", memory / f"copy-{copy}", "--kind", "nas")
    office.enrol()
    office.ready("2026-001", "--query", "*")
    print(f"execute: {office.execute('2026-001'):.2f} s")
    for witness in ("zhou", "wu"):
        office.run("destroy", "witness", "2026-001", "--yes", officer=f"{witness}.pem")
    told = []
    took = timed(lambda: told.append(office.run("destroy", "inspect", "2026-001", "--yes", "--json", officer="zheng.pem")))
    report = json.loads(told[0])
    tried = sum(place["items"] for place in report["places"])
    print(f"inspect: {took:.2f} s, {tried} attempts, {tried / took:.0f}/s")
    took = timed(lambda: office.run("destroy", "certify", "2026-001", "--output", "certificates"))
    print(f"certify: {took:.2f} s")
    file = next((disk / "certificates").glob("*certificate*.json"))
    took = timed(lambda: office.run("certificate", "verify", file))
    print(f"certificate verify: {took:.2f} s, {file.stat().st_size / 1e6:.0f} MB")


def opened(program, name, disk, memory, tree, rounds):
    """How one program opens what it sealed, of several rounds; each is a function to call."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SEALKEEP_")}
    environment |= {"XDG_CONFIG_HOME": str(disk), "SEALKEEP_KEYSTORE": str(disk / name), "SEALKEEP_KEY_FILE": str(disk / f"{name}.key")}
    run = lambda *words: subprocess.run([program, *map(str, words)], env=environment, check=True, capture_output=True)
    run("init", "--new-key-file", disk / f"{name}.key")
    run("seal", tree, "-o", memory / f"{name}-sealed")

    def once():
        out = memory / f"{name}-back"
        took = timed(lambda: run("open", memory / f"{name}-sealed", "-o", out))
        shutil.rmtree(out)
        return took

    return once


def beside(arguments, disk, memory):
    tree = memory / "files"
    for number in range(50_000):
        folder = tree / f"{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}").write_bytes(os.urandom(4096))
    ours = opened(PROGRAM, "ours", disk, memory, tree, 5)
    other = opened(arguments.beside, "other", disk, memory, tree, 5)
    pairs = [(ours(), other()) for _ in range(7)][1:]
    ratio = statistics.median(one / two for one, two in pairs)
    times = [statistics.median(column) for column in zip(*pairs)]
    print(f"open 50,000 files: {times[0]:.2f} s, the other program {times[1]:.2f} s, ratio {ratio:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--beside")
    arguments = parser.parse_args()
    disk = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-many-"))
    memory = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-many-", dir="/dev/shm"))
    try:
        beside(arguments, disk, memory) if arguments.beside else many(arguments, disk, memory)
    finally:
        shutil.rmtree(disk)
        shutil.rmtree(memory)


if __name__ == "__main__":
    main()
