"""The streams of wipe passes, written from docs/spec/wipe.md alone.

    python3 sealkeep_wipe.py check-spec docs/spec/wipe.md
    python3 sealkeep_wipe.py stream --seed HEX --pass N --base N --offset N --length N
"""

import argparse
import re
import sys

from suite import SUITES

AES = SUITES[1]
UNIT = 65_536


def pass_key(seed, number):
    return AES.hkdf(seed, b"", b"sealkeep/v1/wipe/pass" + number.to_bytes(4, "big"), 32)


def commitment(seed):
    return AES.hkdf(seed, b"", b"sealkeep/v1/wipe/commitment", 32)


def stream(seed, number, base, offset, length):
    """What pass `number` writes at a target's `offset`; the target begins at unit `base`."""
    key = pass_key(seed, number)
    first, skip = base + offset // UNIT, offset % UNIT
    units = b"".join(
        AES.seal(key, unit.to_bytes(12, "big"), b"", bytes(UNIT))[:UNIT]
        for unit in range(first, first + (skip + length + UNIT - 1) // UNIT)
    )
    return units[skip : skip + length]


def check_spec(path):
    """The test vector: rows `| name | value |` of the specification."""
    with open(path, encoding="utf-8") as spec:
        rows = dict(re.findall(r"^\| ([a-z0-9 ]+) \| `([0-9a-f]+)` \|$", spec.read(), re.M))
    seed = bytes.fromhex(rows["seed"])
    number, base, offset = (int(rows[name]) for name in ("pass", "base", "offset"))
    expected = bytes.fromhex(rows["bytes"])
    assert pass_key(seed, number).hex() == rows["pass key"]
    assert commitment(seed).hex() == rows["commitment"]
    assert stream(seed, number, base, offset, len(expected)) == expected
    print("the vector agrees")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check-spec").add_argument("path")
    command = commands.add_parser("stream")
    command.add_argument("--seed", type=bytes.fromhex, required=True)
    for name in ("--pass", "--base", "--offset", "--length"):
        command.add_argument(name, type=int, required=True)
    args = vars(parser.parse_args())
    if args["command"] == "check-spec":
        check_spec(args["path"])
    else:
        names = ("seed", "pass", "base", "offset", "length")
        sys.stdout.write(stream(*(args[name] for name in names)).hex() + "\n")


main()
