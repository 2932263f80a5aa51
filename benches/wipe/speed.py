#!/usr/bin/env python3
"""Times `sealkeep wipe` beside `dd`, `shred` and others, on ext4 over a loop device in memory. As root.

    cargo build --release && python3 benches/wipe/speed.py [--rounds N] [--mib N] [--files N]

Every round runs every command once, in turn, so that ratios hold though the machine is not quiet; medians are printed.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/sealkeep"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, text=True, capture_output=True, **options)


class Disk:
    """An ext4 file system over a loop device over a file in memory."""

    def __init__(self, mib, inodes):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sealkeep-speed.", dir="/dev/shm"))
        image, self.root = self.dir / "image", self.dir / "root"
        self.root.mkdir()
        with open(image, "wb") as file:
            file.truncate(mib << 20)
        run("mkfs.ext4", "-q", "-N", inodes, image)
        run("mount", "-o", "loop", image, self.root)

    def close(self):
        run("umount", self.root)
        shutil.rmtree(self.dir)


def timed(*command):
    os.sync()
    start = time.perf_counter()
    done = run(*command)
    return time.perf_counter() - start, done


def wipe(environment, *args):
    """Runs our program; returns the whole time, that of the pass, and that of reading it back."""
    import json

    os.sync()
    start = time.perf_counter()
    done = subprocess.run([str(PROGRAM), "wipe", "--yes", "--json", *map(str, args)], text=True,
                          capture_output=True, env=environment)
    whole = time.perf_counter() - start
    report = json.loads(done.stdout)
    assert report["result"] in ("verified", "best-effort"), report
    passes = report["passes"]
    return whole, sum(one["seconds"] for one in passes) / len(passes), passes[-1]["read_back_seconds"]


def large(disk, mib, rounds, environment):
    size, path = mib << 20, disk.root / "large"
    rows = {}

    def add(name, seconds):
        rows.setdefault(name, []).append(size / seconds / 1e9)

    for _ in range(rounds):
        add("`dd if=/dev/zero bs=1M conv=fsync,notrunc`", timed("dd", "if=/dev/zero", f"of={path}", "bs=1M",
            f"count={mib}", "conv=fsync,notrunc")[0])
        for method in ("random", "zero"):
            _, written, read = wipe(environment, "--keep", "--method", method, path)
            add(f"`wipe --method {method}`: the pass", written)
            add(f"`wipe --method {method}`: reading it back", read)
        _, each, _ = wipe(environment, "--keep", "--method", "pfitzner-7", path)
        add("`wipe --method pfitzner-7`: each of seven passes", each)
        add("`dd iflag=direct bs=1M of=/dev/null`", timed("dd", f"if={path}", "of=/dev/null", "bs=1M",
            "iflag=direct")[0])
        add("`shred -n1`", timed("shred", "-n1", path)[0])
        for tool, *args in (("scrub", "-p", "fillzero", "-f"),):
            if shutil.which(tool):
                add(f"`{tool} {' '.join(args)}`", timed(tool, *args, path)[0])
    return rows


def small(disk, count, rounds, environment):
    rows = {}

    def make():
        tree = disk.root / "tree"
        tree.mkdir()
        content = os.urandom(8192)
        for number in range(count):
            (tree / f"patient-{number:06}.dcm").write_bytes(content)
        return tree

    def add(name, seconds):
        rows.setdefault(name, []).append(count / seconds)

    for _ in range(rounds):
        add("`wipe` of the folder: random, read back, names gone", wipe(environment, make())[0])
        tree = make()
        files = sorted(tree.iterdir())
        add("`shred -u -n1`", timed("shred", "-u", "-n1", *files)[0])
        shutil.rmtree(tree)
        if shutil.which("srm"):
            tree = make()
            add("`srm -r -ll`", timed("srm", "-r", "-ll", tree)[0])
    return rows


def table(title, unit, rows, base):
    reference = statistics.median(rows[base])
    print(f"\n| {title} | {unit} | of {base} |\n|---|---:|---:|")
    for name, values in rows.items():
        median = statistics.median(values)
        ratios = [value / other for value, other in zip(values, rows[base])]
        print(f"| {name} | {median:.2f} ({min(values):.2f}–{max(values):.2f}) | {statistics.median(ratios):.2f} |")
    assert reference > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--files", type=int, default=10_000)
    args = parser.parse_args()
    disk = Disk(2 * args.mib + 512, 3 * args.files + 10_000)
    try:
        environment = {**os.environ, "SEALKEEP_KEYSTORE": str(disk.dir / "keys/store"), "SEALKEEP_LANG": "en"}
        table(f"{args.mib} MiB", "GB/s", large(disk, args.mib, args.rounds, environment),
              "`dd if=/dev/zero bs=1M conv=fsync,notrunc`")
        (disk.root / "large").unlink()
        table(f"{args.files} files of 8 KiB", "files/s", small(disk, args.files, args.rounds, environment),
              "`shred -u -n1`")
    finally:
        disk.close()


if __name__ == "__main__":
    main()
