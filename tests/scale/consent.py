#!/usr/bin/env python3
"""One person withdraws consent: their data goes from every snapshot in every copy by one execution, and everybody else's restores.

    cargo build --release && python3 tests/scale/consent.py [--people 10000] [--nights 50] [--copies 3] [--every 10]

Every person has two files; each night some change, the one person's too. In the vault and each copy, the oldest and the newest snapshot and
every `--every`th between are restored and compared, byte by byte, with what there was that night. Works in memory (some 2 GiB).
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from office import Office

RULES = """version = "2026-01"
[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
level = 4
subjects = ["{id}"]
"""
# What a restore ends with when all came back but what was destroyed.
DESTROYED = 41


class Records:
    """What each file holds on each night: everybody's history changes once in fifty nights, the one person's every seventh night."""

    def __init__(self, people, gone):
        self.people, self.gone = people, gone

    def version(self, person, night):
        if person == self.gone:
            return night // 7
        return (night + person) // 50

    def content(self, person, name, night):
        version = self.version(person, night) if name == "history" else 0
        return random.Random(f"{person} {name} {version}").randbytes(400)

    def write(self, tree, night):
        for person in range(self.people):
            folder = tree / f"patients/{person:05}"
            if night == 0:
                folder.mkdir(parents=True)
                (folder / "scan").write_bytes(self.content(person, "scan", 0))
            elif self.version(person, night) == self.version(person, night - 1):
                continue
            (folder / "history").write_bytes(self.content(person, "history", night))

    def check(self, restored, night):
        """Everybody's but one person's, and nothing else."""
        found = {path.name for path in (restored / "patients").iterdir()}
        expected = {f"{person:05}" for person in range(self.people)} - {f"{self.gone:05}"}
        # A folder is an object of its own, and goes as well.
        assert found == expected, sorted(found ^ expected)[:10]
        for person in range(self.people):
            if person == self.gone:
                continue
            folder = restored / f"patients/{person:05}"
            for name in ("scan", "history"):
                assert (folder / name).read_bytes() == self.content(person, name, night), (folder / name, night)


def consent(arguments, disk, memory):
    gone = arguments.people // 2
    records = Records(arguments.people, gone)
    tree = memory / "tree"
    office = Office(disk, memory, arguments.suite)
    (disk / "rules.toml").write_text(RULES)
    office.run("keystore", "copy", "add", disk / "keys-copy")
    for night in range(arguments.nights):
        records.write(tree, night)
        office.run("backup", tree, "--scope-rules", "rules.toml", "--tag", f"night-{night}")
    places = {"vault": memory / "vault"}
    for copy in range(arguments.copies):
        places[f"copy {copy}"] = memory / f"copy-{copy}"
        office.run("copy", "add", memory / f"copy-{copy}", "--kind", "nas")
    office.enrol()
    office.ready("2026-001", "--subject", f"{gone:05}")
    took = office.execute("2026-001")
    certificate = office.finish("2026-001", "certificates")
    office.run("certificate", "verify", certificate)
    restored = 0
    chosen = sorted({0, *range(0, arguments.nights, arguments.every), arguments.nights - 1})
    for name, place in places.items():
        snapshots = json.loads(office.run("snapshots", "--json", "--vault", place))
        by_tag = {tag: one["id"] for one in snapshots["snapshots"] for tag in one["tags"]}
        assert len(by_tag) == arguments.nights, (name, len(by_tag))
        for night in chosen:
            out = memory / "restored"
            office.run("restore", by_tag[f"night-{night}"], "--vault", place, "--output", out, ends=DESTROYED)
            top = next(path.parent for path in out.rglob("patients"))
            records.check(top, night)
            shutil.rmtree(out)
            restored += 1
    print(f"{arguments.people} people, {arguments.nights} nights, {arguments.copies} copies: destroyed in {took:.2f} s; "
          f"{restored} restores of everybody else compared")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--nights", type=int, default=50)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--suite", default="aes256-gcm")
    arguments = parser.parse_args()
    disk = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-consent-"))
    memory = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-consent-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        consent(arguments, disk, memory)
    finally:
        shutil.rmtree(disk)
        shutil.rmtree(memory)


if __name__ == "__main__":
    main()
