#!/usr/bin/env python3
"""Times the destruction of one object out of many snapshots and copies, beside rewriting the repositories of restic and borg.

    cargo build --release && python3 benches/destruction/speed.py [--files N] [--snapshots N] [--copies N] [--rounds N] [--peers]

Vaults, copies and the peers' repositories lie in memory; the key store lies in the temporary folder, so its flushes count. `execute` is
timed as a whole command. Of the executor's key there are two files: as `officer new` makes it (600,000 rounds of PBKDF2, which is most of
the time), and the same key with one round, which shows what the destruction itself costs. Needs openssl; with --peers, borg and a restic
that has `rewrite` (0.15), or neither.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/sealkeep"
OFFICERS = {"chen": "authority", "zhao": "authority", "wang": "data-administrator", "li": "department-head",
            "zhang": "legal", "sun": "executor", "zhou": "witness", "wu": "witness", "zheng": "inspector"}


def make_tree(tree, files):
    content = random.Random(7)
    for number in range(files):
        folder = tree / f"{number // 1000:03}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:06}").write_bytes(content.randbytes(8192))


def change(tree, snapshot):
    for number in range(10):
        (tree / "000" / f"{number:06}").write_bytes(random.Random(snapshot * 100 + number).randbytes(8192))


class Office:
    """A key store on disk, a vault in memory, and officers."""

    def __init__(self, disk, memory):
        self.disk, self.memory = disk, memory
        self.environment = dict(os.environ, XDG_CONFIG_HOME=str(disk), SEALKEEP_KEYSTORE=str(disk / "keys"),
                                SEALKEEP_KEY_FILE=str(disk / "key-file"), SEALKEEP_VAULT=str(memory / "vault"),
                                SEALKEEP_OFFICER_PASSPHRASE_FILE=str(disk / "passphrase"))
        (disk / "passphrase").write_text("passphrase\n")
        self.run("init", "--new-key-file", disk / "key-file")
        self.run("vault", "init")

    def run(self, *arguments, officer=None):
        environment = dict(self.environment)
        if officer:
            environment["SEALKEEP_OFFICER_KEY"] = str(self.disk / officer)
        done = subprocess.run([PROGRAM, *map(str, arguments)], env=environment, capture_output=True, text=True, cwd=self.disk)
        if done.returncode != 0:
            raise SystemExit(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def enrol(self):
        listed = ""
        for number, (name, role) in enumerate(OFFICERS.items()):
            told = self.run("officer", "new", f"{name}.pem")
            key = re.search(r"(ed25519|sm2):[0-9a-f]+", told)[0]
            listed += f'[[officer]]\nid = "{name}"\nname = "{name}"\nperson = "p{number}"\nroles = ["{role}"]\nkey = "{key}"\n'
            if role == "executor":
                listed += 'qualification = { number = "Q-1", until = 2099-12-31 }\n'
        (self.disk / "officers.toml").write_text(listed)
        (self.disk / "policy.toml").write_text(self.run("policy", "default").replace("7d", "0s"))
        self.run("officer", "init", "officers.toml", "--policy", "policy.toml", "--output", "one.json", officer="chen.pem")
        self.run("statement", "sign", "one.json", "zhao", "--output", "both.json", officer="zhao.pem")
        self.run("statement", "submit", "both.json")
        quick = ["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "1", "-passin", "pass:passphrase", "-passout",
                 "pass:passphrase", "-in", self.disk / "sun.pem", "-out", self.disk / "sun-quick.pem"]
        subprocess.run(quick, check=True, capture_output=True)

    def ready(self, number, path):
        self.run("destroy", "request", "--path", path, "--number", number, "--trigger", "consent-withdrawn", "--reason", "r",
                 "--yes", officer="wang.pem")
        self.run("destroy", "approve", number, "--yes", officer="li.pem")
        self.run("destroy", "approve", number, "--yes", officer="zhang.pem")

    def execute(self, number, key):
        os.sync()
        start = time.perf_counter()
        self.run("destroy", "execute", number, "--yes", officer=key)
        return time.perf_counter() - start


def ours(arguments, disk, memory, tree):
    office = Office(disk, memory)
    for snapshot in range(arguments.snapshots):
        change(tree, snapshot)
        office.run("backup", tree)
    for copy in range(arguments.copies):
        office.run("copy", "add", memory / f"copy-{copy}", "--kind", "nas")
    office.enrol()
    times = {"sun-quick.pem": [], "sun.pem": []}
    for round_ in range(arguments.rounds):
        for at, (key, found) in enumerate(times.items()):
            number = f"n-{round_}-{at}"
            office.ready(number, tree / "001" / f"{1000 + 2 * round_ + at:06}")
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
            "restic": {"init": ["restic", "init"], "backup": ["restic", "backup", "."],
                       "remove": [["restic", "rewrite", "--exclude", "001000", "--forget"], ["restic", "prune"]]},
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
