#!/usr/bin/env python3
"""Times backups beside restic and borg, on a file system in memory.

    cargo build --release && python3 benches/vault/speed.py [--rounds N] [--files N] [--million] [--large-mib N]

Every round runs every command once, in turn, so that ratios hold though the machine is not quiet; medians are printed, and the
ratio to the better of restic and borg. Needs restic and borgbackup, GNU time, and room in /dev/shm.
"""

import argparse
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/sealkeep"
STEPS = ("first", "unchanged", "1 % changed", "restore", "check with data")


class Tool:
    """Something that makes backups. Each step returns seconds and peak memory in MiB."""

    def __init__(self, place, tree):
        self.place, self.tree = pathlib.Path(place), pathlib.Path(tree)
        self.place.mkdir()
        self.environment = dict(os.environ, HOME=str(self.place), **self.settings())
        self.make()

    def run(self, *command, cwd=None):
        report = self.place / "time"
        os.sync()
        start = time.perf_counter()
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", str(report), *map(str, command)], check=True, cwd=cwd,
                       env=self.environment, capture_output=True)
        seconds = time.perf_counter() - start
        return seconds, int(report.read_text().split()[-1]) / 1024

    def size(self):
        return sum(file.stat().st_size for file in self.repository().rglob("*") if file.is_file())


class Sealkeep(Tool):
    name = "sealkeep"
    suite = "aes256-gcm"

    def settings(self):
        place = self.place
        return {"SEALKEEP_KEYSTORE": str(place / "keys"), "SEALKEEP_VAULT": str(place / "vault"),
                "SEALKEEP_KEY_FILE": str(place / "key-file")}

    def make(self):
        subprocess.run([PROGRAM, "init", "--suite", self.suite, "--new-key-file", self.place / "key-file"], check=True,
                       env=self.environment, capture_output=True)
        subprocess.run([PROGRAM, "vault", "init", "--suite", self.suite], check=True, env=self.environment,
                       capture_output=True)

    def repository(self):
        return self.place / "vault"

    def size(self):
        return sum(file.stat().st_size for file in self.repository().rglob("*")
                   if file.is_file() and "catalogue" not in file.parts)

    def backup(self):
        return self.run(PROGRAM, "backup", self.tree)

    def restore(self, target):
        return self.run(PROGRAM, "restore", "latest", "-o", target)

    def check(self):
        return self.run(PROGRAM, "vault", "check", "--read-data")


class SealkeepGm(Sealkeep):
    name = "sealkeep, sm4-gcm"
    suite = "sm4-gcm"


class Restic(Tool):
    name = "restic"

    def settings(self):
        return {"RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": str(self.place / "repository")}

    def make(self):
        subprocess.run(["restic", "init", "-q"], check=True, env=self.environment, capture_output=True)

    def repository(self):
        return self.place / "repository"

    def backup(self):
        return self.run("restic", "backup", "-q", self.tree)

    def restore(self, target):
        return self.run("restic", "restore", "-q", "latest", "--target", target)

    def check(self):
        return self.run("restic", "check", "-q", "--read-data")


class Borg(Tool):
    name = "borg"
    number = 0

    def settings(self):
        return {"BORG_PASSPHRASE": "x", "BORG_REPO": str(self.place / "repository"), "BORG_BASE_DIR": str(self.place)}

    def make(self):
        subprocess.run(["borg", "init", "-e", "repokey-blake2"], check=True, env=self.environment,
                       capture_output=True)

    def repository(self):
        return self.place / "repository"

    def backup(self):
        self.number += 1
        return self.run("borg", "create", f"::a{self.number}", self.tree)

    def restore(self, target):
        return self.run("borg", "extract", f"::a{self.number}", cwd=target)

    def check(self):
        return self.run("borg", "check", "--verify-data")


class Copy(Tool):
    """Not a backup tool: what copying costs."""

    name = "cp -a"

    def settings(self):
        return {}

    def make(self):
        pass

    def repository(self):
        return self.place / "copy"

    def backup(self):
        shutil.rmtree(self.repository(), ignore_errors=True)
        return self.run("cp", "-a", self.tree, self.repository())


def small_tree(tree, files, text=False):
    words = "the patient was seen on ward and discharged with advice 病历 门诊 检查 正常 复诊".split()
    chooser = random.Random(7)
    for number in range(files):
        path = tree / f"{number // 100:04}" / f"{number % 100:02}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(" ".join(chooser.choices(words, k=1200)).encode() if text else os.urandom(8192))


def change(tree, files, share):
    for number in random.Random(9).sample(range(files), max(1, int(files * share))):
        (tree / f"{number // 100:04}" / f"{number % 100:02}").write_bytes(os.urandom(8192))


def table(title, rows, steps, unit="s"):
    print(f"\n### {title}\n")
    print("| | " + " | ".join(steps) + " | peak MiB | size MB |")
    print("|---" * (len(steps) + 3) + "|")
    for name, row in rows.items():
        cells = [f"{statistics.median(row[step]):.2f}" if step in row else "–" for step in steps]
        print(f"| {name} | {' | '.join(cells)} | {max(row['memory']):.0f} | {row['size'] / 1e6:.1f} |")
    best = {step: min(statistics.median(rows[tool][step]) for tool in ("restic", "borg")) for step in steps}
    for ours in (name for name in rows if name.startswith("sealkeep")):
        cells = [f"{statistics.median(rows[ours][step]) / best[step]:.2f}" for step in steps]
        print(f"| {ours}: ratio to the better of restic and borg | {' | '.join(cells)} | "
              f"{max(rows[ours]['memory']) / min(max(rows[t]['memory']) for t in ('restic', 'borg')):.2f} | "
              f"{rows[ours]['size'] / rows['restic']['size']:.3f} of restic |")


def note(rows, tool, step, measured):
    row = rows.setdefault(tool.name, {"memory": [], "size": 0})
    row.setdefault(step, []).append(measured[0])
    row["memory"].append(measured[1])


def small_files(tools, rounds, files, text):
    rows = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sealkeep-vault.", dir="/dev/shm") as base:
            base = pathlib.Path(base)
            small_tree(base / "tree", files, text)
            made = [tool(base / f"tool{number}", base / "tree") for number, tool in enumerate([*tools, Copy])]
            for tool in made:
                note(rows, tool, "first", tool.backup())
                rows[tool.name]["size"] = tool.size()
            backups = [tool for tool in made if not isinstance(tool, Copy)]
            for tool in backups:
                note(rows, tool, "unchanged", tool.backup())
            change(base / "tree", files, 0.01)
            for tool in backups:
                note(rows, tool, "1 % changed", tool.backup())
            for tool in backups:
                target = base / "target"
                target.mkdir()
                note(rows, tool, "restore", tool.restore(target))
                shutil.rmtree(target)
            for tool in backups:
                note(rows, tool, "check with data", tool.check())
    table(f"{files:,} files of 8 KiB{' of text' if text else ''}", rows, STEPS)


def large_file(tools, rounds, mib):
    rows, reads = {}, []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sealkeep-vault.", dir="/dev/shm") as base:
            base = pathlib.Path(base)
            (base / "tree").mkdir()
            with open(base / "tree/large", "wb") as file:
                for _ in range(mib):
                    file.write(os.urandom(1 << 20))
            made = [tool(base / f"tool{number}", base / "tree") for number, tool in enumerate(tools)]
            for tool in made:
                note(rows, tool, "first", tool.backup())
                tool.before = tool.size()
            with open(base / "tree/large", "r+b") as file:
                for _ in range(20):
                    file.seek(random.randrange((mib << 20) - 4096))
                    file.write(os.urandom(4096))
            start = time.perf_counter()
            subprocess.run("cat large > /dev/null", shell=True, cwd=base / "tree", check=True)
            reads.append(time.perf_counter() - start)
            for tool in made:
                note(rows, tool, "20 edits", tool.backup())
                rows[tool.name]["size"] = tool.size() - tool.before
    table(f"one file of {mib} MiB, 20 edits of 4 KiB (size: growth)", rows, ("first", "20 edits"))
    print(f"\n`cat large > /dev/null`: {statistics.median(reads):.2f} s")


def copies(rounds, mib):
    """Bringing a copy up to date beside `cp`, checking it beside `sha256sum`."""
    seconds = {}

    def timed(name, *command, environment=None, shell=None):
        os.sync()
        start = time.perf_counter()
        subprocess.run(shell or [str(part) for part in command], shell=bool(shell), check=True, env=environment,
                       capture_output=True)
        seconds.setdefault(name, []).append(time.perf_counter() - start)

    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="sealkeep-vault.", dir="/dev/shm") as base:
            base = pathlib.Path(base)
            (base / "tree").mkdir()
            (base / "tree/large").write_bytes(os.urandom(mib << 20))
            tool = Sealkeep(base / "tool", base / "tree")
            tool.backup()
            copy, environment = base / "copy", tool.environment
            subprocess.run([PROGRAM, "copy", "add", copy, "--kind", "disk", "--no-sync"], check=True, env=environment,
                           capture_output=True)
            timed("copy sync", PROGRAM, "copy", "sync", environment=environment)
            timed("copy sync, nothing new", PROGRAM, "copy", "sync", environment=environment)
            timed("cp -a", "cp", "-a", base / "tool/vault", base / "plain")
            timed("copy check", PROGRAM, "copy", "check", environment=environment)
            timed("sha256sum", shell=f"find {copy} -type f | xargs sha256sum")
    print(f"\n### A copy of a vault of {mib} MiB\n\n| | s |\n|---|---|")
    for name, values in seconds.items():
        print(f"| `{name}` | {statistics.median(values):.2f} |")


def million(count):
    """Many small files: memory, and how quickly a snapshot is listed and searched."""
    with tempfile.TemporaryDirectory(prefix="sealkeep-vault.", dir="/dev/shm") as base:
        base = pathlib.Path(base)
        for number in range(count // 1000):
            folder = base / "tree" / f"{number:04}"
            folder.mkdir(parents=True)
            for file in range(1000):
                (folder / f"{file:03}").write_bytes(b"%d-%d" % (number, file))
        tool = Sealkeep(base / "tool", base / "tree")
        print(f"\n### {count:,} files\n\n| | s | peak MiB |\n|---|---|---|")
        rows = [("first backup", tool.backup), ("unchanged", tool.backup)]
        rows.append(("ls of a folder", lambda: tool.run(PROGRAM, "ls", "latest", base / "tree/0500")))
        rows.append(("find by name", lambda: tool.run(PROGRAM, "find", "**/0500/777")))
        rows.append(("check", lambda: tool.run(PROGRAM, "vault", "check")))
        copy = base / "copy"
        rows.append(("copy add", lambda: tool.run(PROGRAM, "copy", "add", copy, "--kind", "disk", "--no-sync")))
        rows.append(("copy sync", lambda: tool.run(PROGRAM, "copy", "sync")))
        rows.append(("copy sync, nothing new", lambda: tool.run(PROGRAM, "copy", "sync")))
        for name, step in rows:
            seconds, memory = step()
            print(f"| {name} | {seconds:.2f} | {memory:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--large-mib", type=int, default=2048)
    parser.add_argument("--million", type=int, default=0, metavar="FILES")
    parser.add_argument("--only", choices=("small", "text", "large", "copies", "million"))
    options = parser.parse_args()
    tools = [Sealkeep, SealkeepGm, Restic, Borg]
    if options.only in (None, "small"):
        small_files(tools, options.rounds, options.files, False)
    if options.only in (None, "text"):
        small_files(tools, 1, options.files, True)
    if options.only in (None, "large"):
        large_file(tools, options.rounds, options.large_mib)
    if options.only in (None, "copies"):
        copies(options.rounds, options.large_mib)
    if options.million or options.only == "million":
        million(options.million or 1_000_000)


if __name__ == "__main__":
    main()
