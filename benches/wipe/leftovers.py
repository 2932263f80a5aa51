#!/usr/bin/env python3
"""What programs that overwrite files leave behind: a table in Markdown.

Files of a content that is recognised anywhere are wiped on file systems made for it in memory; then the raw image is searched for
blocks of the content, of earlier content, and for the file's name. As root, on Linux with loop devices, with xfsprogs and
btrfs-progs. Programs that are not installed are named and left out.

    cargo build --release && benches/wipe/leftovers.py [--sealkeep target/release/sealkeep] [--rows btrfs] [--tools shred]

A cell says how many blocks of 4 KiB are left, then whether the name is. Where the program itself says what it achieved, that
comes first; what it refused to touch is not counted. `tests/media.rs` has the same cases as tests.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

BLOCK = 4096
BLOCKS = 1024
RECORD = 32
EXT4 = ["mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256"]
XFS = ["mkfs.xfs", "-q", "-m", "reflink=1"]
BTRFS = ["mkfs.btrfs", "-q"]
NOW, BEFORE = 2, 1


def run(*command, check=True):
    """Runs a helper; what it says is shown when it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if check and done.returncode:
        sys.exit(f"{command}: {done.stderr.decode(errors='replace')}")
    return done


class Image:
    """A mounted image with its marks."""

    def __init__(self, folder, mkfs, options="", mib=300):
        self.raw, self.root = f"{folder}/image", f"{folder}/root"
        self.tag, name = os.urandom(16), os.urandom(16).hex()
        self.name = name.encode()
        self.above, self.compressed = [], 0
        os.mkdir(self.root)
        with open(self.raw, "wb") as raw:
            raw.truncate(mib << 20)
        run(*mkfs, self.raw)
        run("mount", "-o", ",".join(filter(None, ["loop", options])), self.raw, self.root)
        self.file = self.path(f"patient-{name}.dcm")

    def path(self, name):
        return f"{self.root}/{name}"

    def sync(self):
        run("sync", "-f", self.root)

    def record(self, version, block):
        numbers = version.to_bytes(4, "little") + block.to_bytes(4, "little")
        return self.tag + numbers + bytes(byte ^ 0xA5 for byte in numbers)

    def content(self, version, size):
        blocks = (self.record(version, block) * (BLOCK // RECORD) for block in range(-(-size // BLOCK)))
        return b"".join(blocks)[:size]

    def save(self, path, version=NOW, size=BLOCKS * BLOCK, mode="wb", content=None):
        with open(path, mode) as file:
            file.write(self.content(version, size) if content is None else content)
            file.flush()
            os.fsync(file.fileno())

    def unmount(self):
        for mount in [*reversed(self.above), self.root]:
            run("umount", mount, check=False)
        self.above = []

    def left(self):
        """Blocks left, and whether the name is."""
        found, name = set(), False
        # Compressed content has a marker in each block that does not get smaller.
        markers = [marker(self.tag, block)[64:80] for block in range(self.compressed)]
        for data in regions(self.raw):
            at = data.find(self.tag)
            while at >= 0:
                numbers, check = data[at + 16 : at + 24], data[at + 24 : at + 32]
                if bytes(byte ^ 0xA5 for byte in numbers) == check:
                    found.add(numbers)
                at = data.find(self.tag, at + RECORD)
            found.update(marker for marker in markers if marker in data)
            name = name or self.name in data
        return len(found), name


def regions(path):
    """The data of a file, without its holes."""
    with open(path, "rb") as file:
        end = 0
        while True:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield os.pread(file.fileno(), end - start, start)


def marker(tag, block):
    """256 bytes that do not compress, other ones for each block."""
    return hashlib.shake_256(tag + block.to_bytes(4, "little")).digest(256)


def plain(mkfs, options="", size=BLOCKS * BLOCK):
    def scene(folder):
        image = Image(folder, mkfs, options)
        image.save(image.file, size=size)
        return image

    return scene


def saved_by_rename(folder):
    image = Image(folder, EXT4)
    image.save(image.file, BEFORE)
    image.sync()
    image.save(image.path("saved"))
    os.rename(image.path("saved"), image.file)
    return image


def truncated(folder):
    image = plain(EXT4)(folder)
    image.sync()
    os.truncate(image.file, BLOCKS // 4 * BLOCK)
    return image


def reflink(removed):
    def scene(folder):
        image = plain(XFS)(folder)
        image.sync()
        run("cp", "--reflink=always", image.file, image.path("copy"))
        image.sync()
        if removed:
            os.unlink(image.path("copy"))
        return image

    return scene


def rewritten_under_reflink(folder):
    image = Image(folder, XFS)
    image.save(image.file, BEFORE)
    run("cp", "--reflink=always", image.file, image.path("copy"))
    image.save(image.file, mode="r+b")
    os.unlink(image.path("copy"))
    return image


def nodatacow(image):
    image.save(image.file, content=b"")
    run("chattr", "+C", image.file)
    image.save(image.file, mode="r+b")
    return image


def btrfs_nodatacow(folder):
    return nodatacow(Image(folder, BTRFS, "nodiscard"))


def btrfs_snapshot(cow):
    def scene(folder):
        image = Image(folder, BTRFS, "nodiscard")
        run("btrfs", "subvolume", "create", image.path("volume"))
        image.file = image.path("volume/") + os.path.basename(image.file)
        if cow:
            image.save(image.file)
        else:
            nodatacow(image)
        run("btrfs", "subvolume", "snapshot", "-r", image.path("volume"), image.path("snapshot"))
        return image

    return scene


def btrfs_compressed(folder):
    image = Image(folder, BTRFS, "nodiscard,compress-force=zstd")
    image.compressed = 128
    blocks = (marker(image.tag, block).ljust(BLOCK) for block in range(image.compressed))
    image.save(image.file, content=b"".join(blocks))
    return image


def overlay(copied_up):
    def scene(folder):
        image = Image(folder, EXT4)
        lower, upper, work, merged = (image.path(name) for name in ("lower", "upper", "work", "merged"))
        for path in (lower, upper, work, merged):
            os.mkdir(path)
        name = os.path.basename(image.file)
        if copied_up:
            image.save(f"{lower}/{name}")
        options = f"lowerdir={lower},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "overlay", "-o", options, merged)
        image.above.append(merged)
        image.file = f"{merged}/{name}"
        image.save(image.file, mode="r+b" if copied_up else "wb")
        return image

    return scene


SCENES = {
    "ext4, data=ordered": plain(EXT4),
    "ext4, no journal": plain([*EXT4, "-O", "^has_journal"]),
    "ext4, data=journal": plain(EXT4, "data=journal"),
    "ext4, data=journal, file of 8 KiB": plain(EXT4, "data=journal", 8192),
    "ext4, inline_data, 100 B": plain([*EXT4, "-O", "inline_data"], size=100),
    "ext4, file once saved by rename": saved_by_rename,
    "ext4, file once truncated to a quarter": truncated,
    "xfs": plain(XFS),
    "xfs, a reflink copy exists": reflink(False),
    "xfs, a reflink copy existed until now": reflink(True),
    "xfs, rewritten while a reflink copy existed": rewritten_under_reflink,
    "btrfs": plain(BTRFS, "nodiscard"),
    "btrfs, inline 1 KiB": plain(BTRFS, "nodiscard", 1024),
    "btrfs, compressed, 128 blocks": btrfs_compressed,
    "btrfs, nodatacow": btrfs_nodatacow,
    "btrfs, with a snapshot": btrfs_snapshot(True),
    "btrfs, nodatacow, with a snapshot": btrfs_snapshot(False),
    "overlayfs over ext4": overlay(False),
    "overlayfs over ext4, a copy below": overlay(True),
}

TOOLS = {
    "shred -u -n1": ["shred", "-u", "-n1"],
    "shred -u -n3 -z": ["shred", "-u", "-n3", "-z"],
    "srm": ["srm"],
    "wipe -q": ["wipe", "-q", "-f", "-s"],
    "scrub -r": ["scrub", "-r"],
}


def cell(scene, command, reports):
    """One scene wiped by one program."""
    folder = tempfile.mkdtemp(prefix="sealkeep-leftovers.", dir="/dev/shm")
    image = None
    try:
        image = scene(folder)
        image.sync()
        if not image.left()[0]:
            sys.exit("the search does not find what was written: the table would say nothing")
        done = run(*command, image.file, *(["--yes", "--json"] if reports else []), check=False)
        said = ""
        if reports:
            said = json.loads(done.stdout)["targets"][0]["result"]
            if said == "refused":
                return said
            said += " · "
        image.unmount()
        blocks, name = image.left()
        return said + (f"**{blocks}**" if blocks else "0") + (" · name" if name else " · –")
    finally:
        if image:
            image.unmount()
        if not os.path.ismount(f"{folder}/root"):
            shutil.rmtree(folder)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sealkeep", default="target/release/sealkeep")
    options.add_argument("--rows", default="", help="only file systems with this in their name")
    options.add_argument("--tools", default="", help="only programs with this in their name")
    chosen = options.parse_args()
    if os.geteuid():
        sys.exit("loop devices and mounts need root")
    tools = {**TOOLS, "sealkeep wipe": [chosen.sealkeep, "wipe"]}
    for name, command in list(tools.items()):
        if chosen.tools not in name:
            del tools[name]
        elif not shutil.which(command[0]):
            print(f"({name} is not installed: left out)\n")
            del tools[name]
    print("| file system | " + " | ".join(tools) + " |")
    print("|---" * (len(tools) + 1) + "|")
    for row, scene in SCENES.items():
        if chosen.rows in row:
            cells = [cell(scene, command, name == "sealkeep wipe") for name, command in tools.items()]
            print(f"| {row} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
