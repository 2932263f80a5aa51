#!/usr/bin/env python3
"""Checks docs/spec/vectors/ledger with sealkeep_ledger.py, and that what was changed is refused."""

import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import sealkeep_ledger as ledger
from keystore_custody import Refused

VECTORS = Path(__file__).resolve().parents[2] / "docs/spec/vectors/ledger"


def refused(because, check):
    try:
        check()
    except (Refused, ValueError) as error:
        assert because in str(error), f"refused because {error}, not because {because}"
        return
    raise AssertionError(f"not refused: {because}")


def check_case(case, scratch):
    vkeys = [(case / name).read_text().strip() for name in ("log.vkey", "witness.vkey")]
    note = ledger.check_note(SimpleNamespace(vkey=",".join(vkeys), note=case / "checkpoint-11"))
    assert note["size"] == 11 and note["signed"]["wang.wu"] == 1_800_000_999
    lines = (case / "entries.jsonl").read_text().splitlines()
    for index, line in enumerate(lines):
        entry = scratch / "entry"
        entry.write_text(line)
        arguments = SimpleNamespace(vkey=vkeys[0], entry=entry, proof=case / f"proof-{index}")
        assert ledger.check_proof(arguments)["index"] == index
        changed = json.loads(line)
        changed["salt"] = json.loads(lines[index - 1])["salt"]
        entry.write_text(json.dumps(changed))
        refused("is not in the ledger", lambda: ledger.check_proof(arguments))
    files = {"old": case / "checkpoint-5", "new": case / "checkpoint-11", "proof": case / "consistency-5-11"}
    arguments = SimpleNamespace(vkey=vkeys[0], **files)
    assert ledger.check_consistency(arguments) == {"from": 5, "to": 11}
    proof = files["proof"].read_text().splitlines()
    arguments.proof = scratch / "proof"
    arguments.proof.write_text("\n".join(proof[::-1]) + "\n")
    refused("does not begin with", lambda: ledger.check_consistency(arguments))
    forged = scratch / "forged"
    forged.write_text(files["new"].read_text().replace("\n11\n", "\n12\n"))
    refused("is wrong", lambda: ledger.check_note(SimpleNamespace(vkey=vkeys[0], note=forged)))
    refused("did not sign", lambda: ledger.check_note(SimpleNamespace(vkey=vkeys[1], note=case / "checkpoint-5")))


def main():
    cases = sorted(path for path in VECTORS.iterdir() if path.is_dir())
    assert len(cases) >= 2, "there are no vectors"
    for case in cases:
        with tempfile.TemporaryDirectory() as scratch:
            check_case(case, Path(scratch))
    print(f"{len(cases)} ledgers: all as specified")


if __name__ == "__main__":
    sys.exit(main())
